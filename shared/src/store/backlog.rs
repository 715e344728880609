//! Whom a campaign has still to call, lane by lane.

use std::time::Duration;

use super::{
    Ahead, CampaignInfo, Store, StoreError,
    attempts::record_place,
    hints::{Hint, Waiting},
    hold::positions_of,
    refused::cap_in,
};
use crate::domain::{
    AttemptId, ContactPosition, Interval, Place, Timestamp, calling_hours::open_intervals, record::Record,
};

/// Buckets read in one go.
const BUCKETS_PER_READ: usize = 256;
/// Of how many waiting contacts the records are looked at for caps, about.
const SAMPLE: usize = 1_000;
/// Of how many entries the records are looked at, about; beyond that, some stand for the others.
const LOOKED_AT: usize = 65_536;

/// The contacts of one lane that are waiting for their turn. Those that a worker has claimed for the next moment are not
/// counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LaneBacklog {
    /// The lane.
    pub lane: u16,
    /// Due now.
    pub due: u64,
    /// Due later, by time.
    pub later: Vec<(Timestamp, u64)>,
    /// Those who are due later, or those of them who were looked at.
    pub(super) waiting: Vec<ContactPosition>,
}

impl Store {
    /// The backlogs of a campaign's lanes; empty ones are left out. Each contact counts once, if it still waits. Reads a few
    /// bytes for each run of contacts, and the records of up to 65,536: of more that were ever called or edited, a part
    /// stands for the others.
    ///
    /// # Errors
    /// When Redis does not answer, or a lane's entry or a record is damaged.
    pub async fn backlogs(&self, info: &CampaignInfo) -> Result<Ahead, StoreError> {
        if self.unfinished(info.id).await?.is_some() {
            return Ok(Ahead::default());
        }
        let mut hints = Vec::new();
        for lane in self.filled_lanes(info).await? {
            self.read_hints(info, lane.lane, &mut hints).await?;
        }
        let touched = self.touched_shards(info, &hints).await?;
        let (mut doubtful, certain): (Vec<Hint>, Vec<Hint>) =
            hints.into_iter().partition(|hint| touched.contains(&record_place(hint.position).0));
        thin_out(&mut doubtful, LOOKED_AT);
        let Waiting { hints, estimated } = self.weigh(info, &doubtful).await?;
        let waiting = Waiting { hints: [certain, hints].concat(), estimated };
        Ok(Ahead { lanes: waiting.by_lane(self.clock().now(), |at| at), estimated })
    }

    /// How many of those who are due later wait for a cap: by a sample of some hundred where there are more.
    ///
    /// # Errors
    /// When Redis does not answer, or a record is damaged.
    pub async fn capped(&self, info: &CampaignInfo, backlogs: &[LaneBacklog]) -> Result<u64, StoreError> {
        let waiting: usize = backlogs.iter().map(|backlog| backlog.waiting.len()).sum();
        let later: u64 = backlogs.iter().flat_map(|backlog| &backlog.later).map(|(_, count)| count).sum();
        let every = waiting.div_ceil(SAMPLE).max(1);
        let sample = backlogs.iter().flat_map(|backlog| &backlog.waiting).step_by(every);
        let attempt = |&position| AttemptId { campaign: info.id, position, revision: 0 };
        let records = self.records(sample.map(attempt)).await?;
        let is_capped =
            |record: &&Option<Record>| record.as_ref().is_some_and(|record| cap_in(&record.reason).is_some());
        let capped = records.iter().filter(is_capped).count() as u64;
        Ok((capped * later).div_ceil(records.len().max(1) as u64))
    }

    /// All entries of a lane.
    async fn read_hints(&self, info: &CampaignInfo, lane: u16, hints: &mut Vec<Hint>) -> Result<(), StoreError> {
        let keys = self.connection.keys();
        let mut pipeline = redis::pipe();
        pipeline.cmd("LRANGE").arg(keys.queue(info.id, lane)).arg(0).arg(-1);
        pipeline.cmd("ZRANGE").arg(keys.buckets(info.id, lane)).arg(0).arg(-1);
        let (queue, buckets): (Vec<String>, Vec<i64>) = self.connection.query_all(&pipeline).await?;
        push_hints(hints, lane, Timestamp::default(), &queue)?;
        for some in buckets.chunks(BUCKETS_PER_READ) {
            let mut pipeline = redis::pipe();
            for due in some {
                pipeline.cmd("LRANGE").arg(keys.bucket(info.id, lane, due)).arg(0).arg(-1);
            }
            let contents: Vec<Vec<String>> = self.connection.query_all(&pipeline).await?;
            for (due, entries) in some.iter().zip(&contents) {
                push_hints(hints, lane, Timestamp::from_millis(*due), entries)?;
            }
        }
        Ok(())
    }
}

/// Notes whom a lane's entries name.
pub(super) fn push_hints(
    hints: &mut Vec<Hint>,
    lane: u16,
    at: Timestamp,
    entries: &[String],
) -> Result<(), StoreError> {
    for entry in entries {
        let positions = positions_of(entry)?;
        hints.extend(positions.map(|position| Hint { lane, at, position, stands_for: 1.0 }));
    }
    Ok(())
}

/// Keeps about so many hints, evenly spread, which stand for the others.
pub(super) fn thin_out(hints: &mut Vec<Hint>, most: usize) {
    let (all, every) = (hints.len(), hints.len().div_ceil(most.max(1)).max(1));
    *hints = hints.iter().step_by(every).copied().collect();
    let each = all as f64 / hints.len().max(1) as f64;
    hints.iter_mut().for_each(|hint| hint.stands_for *= each);
}

impl CampaignInfo {
    /// When contacts at a place may be called, for so long from `now` on.
    pub fn open_at(&self, place: &Place, now: Timestamp, ahead: Duration) -> Vec<Interval> {
        open_intervals(&self.definition.calling_hours, place, now, now + ahead)
    }
}
