//! Contacts that nobody can call until somebody acts: how those whose hours nobody can tell come to be held, and how held ones are
//! put back.

use std::{collections::BTreeMap, ops::Range};

use super::{CampaignInfo, Settled, Settlement, Store, StoreError, limits};
use crate::domain::{
    AttemptId, CampaignId, ContactPosition,
    calling_hours::Hold,
    transition::{self, Change},
};

/// Entries of a queue or a bucket that are looked at in one go.
const ENTRIES: isize = 64;
/// How often contacts are held again that changed meanwhile.
const TRIES_MAX: usize = 64;

/// What became of held contacts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Released {
    /// They are called as their turn comes.
    pub released: usize,
    /// How many stay held, by why.
    pub stay_held: BTreeMap<String, usize>,
}

impl Store {
    /// Holds the contacts of whom nobody can tell when they may be called. Answers how many.
    ///
    /// # Errors
    /// When Redis does not answer, or there is no such campaign.
    pub async fn hold_zoneless(&self, campaign: CampaignId) -> Result<usize, StoreError> {
        let info = self.fresh_info(campaign).await?;
        let keys = self.connection.keys();
        let mut held = 0;
        for lane in info.lanes().filter(|&lane| info.hold(lane).is_some()) {
            held += self.hold_entries(&info, lane, &keys.queue(campaign, lane)).await?;
            let mut buckets = redis::cmd("ZRANGE");
            buckets.arg(keys.buckets(campaign, lane)).arg(0).arg(-1);
            for due in self.connection.query::<Vec<String>>(&buckets).await? {
                held += self.hold_entries(&info, lane, &keys.bucket(campaign, lane, due)).await?;
            }
        }
        Ok(held)
    }

    /// Puts held contacts back, to be called as their turn comes: those at `only`, else all. Those of whom nobody can tell when
    /// they may be called stay held.
    ///
    /// # Errors
    /// When Redis does not answer, or there is no such campaign.
    pub async fn release(
        &self,
        campaign: CampaignId,
        only: Option<&[ContactPosition]>,
    ) -> Result<Released, StoreError> {
        let info = self.fresh_info(campaign).await?;
        let mut done = Released::default();
        for block in 0..self.block_count(campaign).await? {
            let mut changes = Vec::new();
            for (position, record) in self.block_records(campaign, block).await? {
                let is_meant = only.is_none_or(|only| only.contains(&position));
                let Some(change) = transition::release(&record).filter(|_| is_meant) else { continue };
                match info.hold(record.lane) {
                    Some(hold) => *done.stay_held.entry(hold.to_string()).or_default() += 1,
                    None => changes.push((position, change)),
                }
            }
            done.released += self.revise(&info, changes).await?;
        }
        Ok(done)
    }

    /// Holds the contacts that a list of positions, or of ranges of them, names. An entry goes after its contacts are
    /// held: should this process die between the two, it is a hint that claim drops.
    async fn hold_entries(&self, info: &CampaignInfo, lane: u16, key: &str) -> Result<usize, StoreError> {
        let mut held = 0;
        loop {
            let entries: Vec<String> =
                self.connection.query(redis::cmd("LRANGE").arg(key).arg(0).arg(ENTRIES - 1)).await?;
            if entries.is_empty() {
                return Ok(held);
            }
            let mut removal = redis::pipe();
            for entry in &entries {
                let positions: Vec<_> = positions_of(entry)?.collect();
                for some in positions.chunks(limits::ROWS_PER_BLOCK as usize) {
                    held += self.hold_some(info, lane, some).await?;
                }
                removal.cmd("LREM").arg(key).arg(1).arg(entry).ignore();
            }
            self.connection.query_all::<()>(&removal).await?;
        }
    }

    async fn hold_some(
        &self,
        info: &CampaignInfo,
        lane: u16,
        positions: &[ContactPosition],
    ) -> Result<usize, StoreError> {
        let mut held = 0;
        for _ in 0..TRIES_MAX {
            let changes = self.holds(info, lane, positions).await?;
            let wanted = changes.len();
            let written = self.revise(info, changes).await?;
            held += written;
            if written == wanted {
                return Ok(held);
            }
        }
        Err(StoreError::Conflict("contacts to be held kept changing: try again".to_owned()))
    }

    /// What holds those of some contacts that are to be called from this lane.
    async fn holds(
        &self,
        info: &CampaignInfo,
        lane: u16,
        positions: &[ContactPosition],
    ) -> Result<Vec<(ContactPosition, Change)>, StoreError> {
        let attempt = |&position| AttemptId { campaign: info.id, position, revision: 0 };
        let records = self.records(positions.iter().map(attempt)).await?;
        let (_, rows) = self.rows(info.id, info.version, positions.iter().copied()).await?;
        let Some(why) = info.hold(lane).map(|hold| hold.to_string()) else { return Ok(Vec::new()) };
        let mut changes = Vec::new();
        for (position, record) in positions.iter().zip(records) {
            let record = match record {
                Some(record) => record,
                None => self.fresh_record(info, lane, &rows[position]).await?,
            };
            // One whose next number is another by now stands in that one's lane too.
            if record.lane == lane {
                changes.extend(transition::hold(&record, &why).map(|change| (*position, change)));
            }
        }
        Ok(changes)
    }

    /// Writes changes that are no attempt's; one whose record has changed meanwhile is left as it is.
    pub(super) async fn revise(
        &self,
        info: &CampaignInfo,
        changes: Vec<(ContactPosition, Change)>,
    ) -> Result<usize, StoreError> {
        if changes.is_empty() {
            return Ok(0);
        }
        let settlement = |(position, change): (ContactPosition, Change)| {
            let attempt = AttemptId { campaign: info.id, position, revision: change.record.revision };
            Settlement::of_record_alone(attempt, change)
        };
        let settlements: Vec<_> = changes.into_iter().map(settlement).collect();
        let settled = self.conclude(&settlements).await?;
        Ok(settled.iter().filter(|settled| **settled == Settled::Written).count())
    }
}

impl CampaignInfo {
    /// Why the contacts of a lane must be held, if so: nobody can tell when they may be called.
    pub(super) fn hold(&self, lane: u16) -> Option<Hold> {
        self.definition.calling_hours.hold(&self.whereabouts(lane).place)
    }
}

/// The positions that an entry of a lane names: `position` or `first:count`.
pub(super) fn positions_of(entry: &str) -> Result<Range<ContactPosition>, StoreError> {
    let (first, count) = entry.split_once(':').unwrap_or((entry, "1"));
    match (first.parse::<ContactPosition>(), count.parse::<ContactPosition>()) {
        (Ok(first), Ok(count)) => Ok(first..first + count),
        _ => Err(StoreError::Corrupt(format!("lane entry `{entry}`"))),
    }
}
