//! Whom a campaign has still to call, lane by lane.

use std::time::Duration;

use super::{CampaignInfo, Store, StoreError, hold::positions_of, refused::cap_in};
use crate::domain::{
    AttemptId, ContactPosition, Interval, Place, Timestamp, calling_hours::open_intervals, record::Record,
};

/// Buckets read in one go.
const BUCKETS_PER_READ: usize = 256;
/// Of how many waiting contacts the records are looked at, about.
const SAMPLE: usize = 1_000;

/// The contacts of one lane that are waiting for their turn. Those taken out since they were filed are counted still, and
/// those a worker has claimed for the next moment are not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LaneBacklog {
    /// The lane.
    pub lane: u16,
    /// Due now.
    pub due: u64,
    /// Due later, by time.
    pub later: Vec<(Timestamp, u64)>,
    /// Those who are due later.
    pub(super) waiting: Vec<ContactPosition>,
}

impl Store {
    /// The backlogs of a campaign's lanes; empty ones are left out. Reads a few bytes for each run of contacts.
    ///
    /// # Errors
    /// When Redis does not answer, or a lane's entry is damaged.
    pub async fn backlogs(&self, info: &CampaignInfo) -> Result<Vec<LaneBacklog>, StoreError> {
        let mut backlogs = Vec::new();
        for lane in info.lanes() {
            let backlog = self.backlog(info, lane).await?;
            if backlog.due > 0 || !backlog.later.is_empty() {
                backlogs.push(backlog);
            }
        }
        Ok(backlogs)
    }

    /// How many of those who are due later wait for a cap: by a sample of some hundred where there are more.
    ///
    /// # Errors
    /// When Redis does not answer, or a record is damaged.
    pub async fn capped(&self, info: &CampaignInfo, backlogs: &[LaneBacklog]) -> Result<u64, StoreError> {
        let waiting: usize = backlogs.iter().map(|backlog| backlog.waiting.len()).sum();
        let every = waiting.div_ceil(SAMPLE).max(1);
        let sample = backlogs.iter().flat_map(|backlog| &backlog.waiting).step_by(every);
        let attempt = |&position| AttemptId { campaign: info.id, position, revision: 0 };
        let records = self.records(sample.map(attempt)).await?;
        let is_capped =
            |record: &&Option<Record>| record.as_ref().is_some_and(|record| cap_in(&record.reason).is_some());
        Ok((records.iter().filter(is_capped).count() * every) as u64)
    }

    async fn backlog(&self, info: &CampaignInfo, lane: u16) -> Result<LaneBacklog, StoreError> {
        let (keys, now) = (self.connection.keys(), self.clock().now());
        let mut pipeline = redis::pipe();
        pipeline.cmd("LRANGE").arg(keys.queue(info.id, lane)).arg(0).arg(-1);
        pipeline.cmd("ZRANGE").arg(keys.buckets(info.id, lane)).arg(0).arg(-1);
        let (queue, buckets): (Vec<String>, Vec<i64>) = self.connection.query_all(&pipeline).await?;
        let due = positions(&queue)?.len() as u64;
        let mut backlog = LaneBacklog { lane, due, later: Vec::new(), waiting: Vec::new() };
        for some in buckets.chunks(BUCKETS_PER_READ) {
            let mut pipeline = redis::pipe();
            for due in some {
                pipeline.cmd("LRANGE").arg(keys.bucket(info.id, lane, due)).arg(0).arg(-1);
            }
            let contents: Vec<Vec<String>> = self.connection.query_all(&pipeline).await?;
            for (due, entries) in some.iter().zip(&contents) {
                let (due, mut positions) = (Timestamp::from_millis(*due), positions(entries)?);
                let count = positions.len() as u64;
                if due <= now {
                    backlog.due += count;
                } else {
                    backlog.later.push((due, count));
                    backlog.waiting.append(&mut positions);
                }
            }
        }
        Ok(backlog)
    }
}

fn positions(entries: &[String]) -> Result<Vec<ContactPosition>, StoreError> {
    let mut positions = Vec::new();
    for entry in entries {
        positions.extend(positions_of(entry)?);
    }
    Ok(positions)
}

impl CampaignInfo {
    /// When contacts at a place may be called, for so long from `now` on.
    pub fn open_at(&self, place: &Place, now: Timestamp, ahead: Duration) -> Vec<Interval> {
        open_intervals(&self.definition.calling_hours, place, now, now + ahead)
    }
}
