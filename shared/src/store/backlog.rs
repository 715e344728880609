//! Whom a campaign has still to call, lane by lane.

use std::time::Duration;

use super::{CampaignInfo, Store, StoreError, hold::positions_of};
use crate::domain::{Interval, Place, Timestamp, calling_hours::open_intervals};

/// Buckets read in one go.
const BUCKETS_PER_READ: usize = 256;

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

    async fn backlog(&self, info: &CampaignInfo, lane: u16) -> Result<LaneBacklog, StoreError> {
        let (keys, now) = (self.connection.keys(), self.clock().now());
        let mut pipeline = redis::pipe();
        pipeline.cmd("LRANGE").arg(keys.queue(info.id, lane)).arg(0).arg(-1);
        pipeline.cmd("ZRANGE").arg(keys.buckets(info.id, lane)).arg(0).arg(-1);
        let (queue, buckets): (Vec<String>, Vec<i64>) = self.connection.query_all(&pipeline).await?;
        let mut backlog = LaneBacklog { lane, due: contacts_of(&queue)?, later: Vec::new() };
        for some in buckets.chunks(BUCKETS_PER_READ) {
            let mut pipeline = redis::pipe();
            for due in some {
                pipeline.cmd("LRANGE").arg(keys.bucket(info.id, lane, due)).arg(0).arg(-1);
            }
            let contents: Vec<Vec<String>> = self.connection.query_all(&pipeline).await?;
            for (due, entries) in some.iter().zip(&contents) {
                let (due, count) = (Timestamp::from_millis(*due), contacts_of(entries)?);
                if due <= now { backlog.due += count } else { backlog.later.push((due, count)) }
            }
        }
        Ok(backlog)
    }
}

fn contacts_of(entries: &[String]) -> Result<u64, StoreError> {
    entries.iter().map(|entry| positions_of(entry).map(|positions| positions.len() as u64)).sum()
}

impl CampaignInfo {
    /// When contacts at a place may be called, for so long from `now` on.
    pub fn open_at(&self, place: &Place, now: Timestamp, ahead: Duration) -> Vec<Interval> {
        open_intervals(&self.definition.calling_hours, place, now, now + ahead)
    }
}
