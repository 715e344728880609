//! Entries of lanes, weighed against what they say of contacts. An entry is a hint: whoever moved a contact elsewhere left the
//! old one for claim to drop. So who counts contacts by entries looks at their records, as claim does.

use std::collections::{BTreeMap, HashSet};

use super::{CampaignInfo, LaneBacklog, Store, StoreError, attempts::record_place};
use crate::domain::{AttemptId, ContactPosition, ContactState, Timestamp, record::Record};

/// Commands of one pipeline.
const COMMANDS: usize = 1_024;

/// An entry: where and when a contact is said to come up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hint {
    /// The lane in which it stands.
    pub lane: u16,
    /// The time of its bucket; the first instant of all for one of the queue, whose time has come.
    pub at: Timestamp,
    /// The contact.
    pub position: ContactPosition,
    /// For how many entries it stands, itself among them.
    pub stands_for: f64,
}

/// Contacts that wait for their turn, each told once.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Each where and when it comes up.
    pub hints: Vec<Hint>,
    /// Whether entries that were not looked at may be out of date as well.
    pub estimated: bool,
}

impl Store {
    /// Those of some hints that are true, each contact's soonest one.
    pub(super) async fn weigh(&self, info: &CampaignInfo, hints: &[Hint]) -> Result<Waiting, StoreError> {
        let mut waiting = Waiting::default();
        for some in hints.chunks(COMMANDS) {
            let attempt = |hint: &Hint| AttemptId { campaign: info.id, position: hint.position, revision: 0 };
            let records = self.records(some.iter().map(attempt)).await?;
            for (hint, record) in some.iter().zip(&records) {
                let at = comes_up(hint, record.as_ref());
                waiting.estimated |= hint.stands_for > 1.0 && at != Some(hint.at);
                waiting.hints.extend(at.map(|at| Hint { at, ..*hint }));
            }
        }
        waiting.keep_soonest();
        Ok(waiting)
    }

    /// Which keys of records there are, of those that would have these contacts': contacts of the others were never touched.
    pub(super) async fn touched_shards(&self, info: &CampaignInfo, hints: &[Hint]) -> Result<HashSet<u64>, StoreError> {
        let shards: HashSet<u64> = hints.iter().map(|hint| record_place(hint.position).0).collect();
        let shards: Vec<u64> = shards.into_iter().collect();
        let mut touched = HashSet::new();
        for some in shards.chunks(COMMANDS) {
            let mut pipeline = redis::pipe();
            for shard in some {
                pipeline.cmd("EXISTS").arg(self.connection.keys().records(info.id, shard));
            }
            let exist: Vec<bool> = self.connection.query_all(&pipeline).await?;
            touched.extend(some.iter().zip(exist).filter(|(_, exists)| *exists).map(|(shard, _)| *shard));
        }
        Ok(touched)
    }
}

impl Waiting {
    fn keep_soonest(&mut self) {
        self.hints.sort_by_key(|hint| hint.at);
        let mut told = HashSet::with_capacity(self.hints.len());
        self.hints.retain(|hint| told.insert(hint.position));
    }

    /// By lane: who is due at `now`, and the others by the times to which `at` takes theirs.
    pub(super) fn by_lane(&self, now: Timestamp, at: impl Fn(Timestamp) -> Timestamp) -> Vec<LaneBacklog> {
        let mut counts: BTreeMap<u16, BTreeMap<Option<Timestamp>, f64>> = BTreeMap::new();
        let mut positions: BTreeMap<u16, Vec<ContactPosition>> = BTreeMap::new();
        let later = |hint: &Hint| (hint.at > now).then_some(hint.at);
        // There may be a million: they come in runs.
        for run in self.hints.chunk_by(|a, b| a.lane == b.lane && later(a) == later(b)) {
            let (lane, later) = (run[0].lane, later(&run[0]).map(&at));
            let count: f64 = run.iter().map(|hint| hint.stands_for).sum();
            *counts.entry(lane).or_default().entry(later).or_default() += count;
            if later.is_some() {
                positions.entry(lane).or_default().extend(run.iter().map(|hint| hint.position));
            }
        }
        let backlog = |(lane, mut counts): (u16, BTreeMap<Option<Timestamp>, f64>)| LaneBacklog {
            lane,
            due: counts.remove(&None).map_or(0, |count| count.round() as u64),
            later: counts.into_iter().filter_map(|(at, count)| Some((at?, count.round() as u64))).collect(),
            waiting: positions.remove(&lane).unwrap_or_default(),
        };
        counts.into_iter().map(backlog).collect()
    }
}

/// When the contact of a hint comes up there, if its record does not contradict.
fn comes_up(hint: &Hint, record: Option<&Record>) -> Option<Timestamp> {
    let Some(record) = record else { return Some(hint.at) };
    let waits = matches!(record.state, ContactState::Pending | ContactState::Waiting) && record.lane == hint.lane;
    waits.then(|| record.due.map_or(hint.at, |due| due.max(hint.at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1_000)
    }

    fn hint(lane: u16, second: i64, position: ContactPosition, stands_for: f64) -> Hint {
        Hint { lane, at: at(second), position, stands_for }
    }

    #[test]
    fn a_hint_counts_only_where_the_record_has_its_contact_and_not_before_its_time() {
        let waiting = Record { due: Some(at(60)), ..Record::fresh(5, 1) };
        assert_eq!(comes_up(&hint(5, 60, 0, 1.0), Some(&waiting)), Some(at(60)));
        assert_eq!(comes_up(&hint(5, 0, 0, 1.0), Some(&waiting)), Some(at(60)), "claim files it for its time");
        assert_eq!(comes_up(&hint(5, 65, 0, 1.0), Some(&waiting)), Some(at(65)), "its number is in use until then");
        assert_eq!(comes_up(&hint(6, 60, 0, 1.0), Some(&waiting)), None);
        assert_eq!(comes_up(&hint(6, 60, 0, 1.0), None), Some(at(60)));
        let done = Record { state: ContactState::Completed, ..waiting };
        assert_eq!(comes_up(&hint(5, 60, 0, 1.0), Some(&done)), None);
    }

    #[test]
    fn a_contact_of_several_entries_is_told_once_by_its_soonest_and_a_part_stands_for_the_rest() {
        let hints = vec![hint(5, 90, 7, 1.0), hint(5, 60, 7, 1.0), hint(5, 0, 8, 2.5), hint(6, 90, 9, 4.0)];
        let mut waiting = Waiting { hints, estimated: false };
        waiting.keep_soonest();
        let lanes = waiting.by_lane(at(10), |at| at);
        assert_eq!(lanes.iter().map(|lane| (lane.lane, lane.due)).collect::<Vec<_>>(), [(5, 3), (6, 0)]);
        assert_eq!((&lanes[0].later, &lanes[1].later), (&vec![(at(60), 1)], &vec![(at(90), 4)]));
    }
}
