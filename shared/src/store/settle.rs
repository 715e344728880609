//! Ending attempts: the policy is computed from the record as it stands, and computed again when the record has changed
//! meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use super::{CampaignInfo, Intent, OptOut, Poll, PollEntry, Settled, Settlement, Store, StoreError};
use crate::domain::{
    AttemptId, CampaignId, Outcome, Timestamp,
    campaign::CampaignDefinition,
    learned::Captured,
    record::{AttemptRecord, Record},
    transition::{self, Change, Ending, Policy},
};

/// How often one ending is computed anew before its record is left to another process.
const TRIES_MAX: usize = 16;

impl Store {
    /// Ends attempts, each as its campaign's rules and retry policy say. What changes nothing (the same answer twice, an
    /// answer to an attempt that has a definite outcome) is passed over. Answers how many records changed.
    ///
    /// # Errors
    /// When Redis does not answer: try again.
    pub async fn end_attempts(&self, endings: Vec<(AttemptId, Ending)>) -> Result<usize, StoreError> {
        self.settle_each(endings, CampaignInfo::settlement).await
    }

    /// Takes in what was learned of calls that go on, or have ended. Answers how many records changed.
    ///
    /// # Errors
    /// As [`Store::end_attempts`].
    pub(super) async fn learn(&self, learned: Vec<(AttemptId, Captured)>) -> Result<usize, StoreError> {
        self.settle_each(learned, CampaignInfo::learned).await
    }

    async fn settle_each<Word>(
        &self,
        mut words: Vec<(AttemptId, Word)>,
        settlement_of: impl Fn(&CampaignInfo, AttemptId, &Record, &Word) -> Option<Settlement>,
    ) -> Result<usize, StoreError> {
        let mut written = 0;
        for _ in 0..TRIES_MAX {
            if words.is_empty() {
                break;
            }
            let mut settlements = Vec::with_capacity(words.len());
            let mut tried = Vec::with_capacity(words.len());
            let (records, versions) = self.records_and_versions(words.iter().map(|(attempt, _)| *attempt)).await?;
            for ((attempt, word), record) in words.into_iter().zip(records) {
                let (Some(record), Some(version)) = (record, versions.get(&attempt.campaign)) else { continue };
                let info = self.info_of_lane(attempt.campaign, *version, record.lane).await?;
                if let Some(mut settlement) = settlement_of(&info, attempt, &record, &word) {
                    if settlement.change.attempts < 0 {
                        // Without its id, the call counts on for the contact: that is the safe side.
                        settlement.contact_id = self.contact_id(attempt).await.unwrap_or_default();
                    }
                    settlements.push(settlement);
                    tried.push((attempt, word));
                }
            }
            let answers = if settlements.is_empty() { Vec::new() } else { self.conclude(&settlements).await? };
            written += answers.iter().filter(|answer| **answer == Settled::Written).count();
            let stale = |(tried, answer): ((AttemptId, Word), Settled)| (answer != Settled::Written).then_some(tried);
            words = tried.into_iter().zip(answers).filter_map(stale).collect();
        }
        Ok(written)
    }

    /// The id of an attempt's contact, by which caps count it.
    async fn contact_id(&self, attempt: AttemptId) -> Result<String, StoreError> {
        let (_, mut rows) = self.rows(attempt.campaign, 0, [attempt.position]).await?;
        Ok(rows.remove(&attempt.position).map_or(String::new(), |row| row.contact.id))
    }

    pub(super) async fn records(
        &self,
        attempts: impl Iterator<Item = AttemptId>,
    ) -> Result<Vec<Option<Record>>, StoreError> {
        self.records_and_versions(attempts).await.map(|(records, _)| records)
    }

    /// The present records of attempts' contacts, and the present versions of their campaigns: a process that has read a
    /// campaign once would else go on by the policy it had then.
    pub(super) async fn records_and_versions(
        &self,
        attempts: impl Iterator<Item = AttemptId>,
    ) -> Result<(Vec<Option<Record>>, BTreeMap<CampaignId, u32>), StoreError> {
        let keys = self.connection.keys();
        let mut pipeline = redis::pipe();
        let mut campaigns = BTreeSet::new();
        for attempt in attempts {
            let (shard, field) = super::attempts::record_place(attempt.position);
            pipeline.cmd("HGET").arg(keys.records(attempt.campaign, shard)).arg(field);
            campaigns.insert(attempt.campaign);
        }
        for campaign in &campaigns {
            pipeline.cmd("HGET").arg(keys.campaign(campaign)).arg("version");
        }
        let mut found: Vec<Option<Vec<u8>>> = self.connection.query_all(&pipeline).await?;
        let versions = found.split_off(found.len().saturating_sub(campaigns.len()));
        let version = |bytes: Option<Vec<u8>>| String::from_utf8(bytes?).ok()?.parse().ok();
        let versions = campaigns.into_iter().zip(versions).filter_map(|(id, bytes)| Some((id, version(bytes)?)));
        let record = |bytes: Option<Vec<u8>>| bytes.map(|bytes| super::record_codec::decode(&bytes)).transpose();
        Ok((found.into_iter().map(record).collect::<Result<_, _>>()?, versions.collect()))
    }
}

impl CampaignInfo {
    /// What an ending means for a record, by this campaign's policy; none when it changes nothing.
    pub fn settlement(&self, attempt: AttemptId, record: &Record, ending: &Ending) -> Option<Settlement> {
        let change = transition::conclude(record, attempt.revision, ending, &self.policy(record.lane))?;
        let past = record.attempts.iter().find(|past| past.revision == attempt.revision)?;
        let in_doubt = !ending.is_certain();
        let slot_held = self.holds_slot(past, ending);
        // Who is to be called again before that is taken for free by then: the policy says so.
        let opt_out = OptOut::by_rule(&change, &self.definition.results.rules);
        let called_again = change.record.due.filter(|_| change.file);
        let slot_held = slot_held.map(|until| called_again.map_or(until, |due| until.min(due)));
        Some(Settlement {
            attempt,
            expected: record.revision,
            change,
            worker: past.worker,
            number: past.dialed.clone(),
            number_until: slot_held,
            free_slot: slot_held.is_none(),
            poll: if in_doubt { Poll::Keep } else { poll_end(attempt, past) },
            exactly: None,
            contact_id: String::new(),
            called_at: past.started_at,
            opt_out,
        })
    }

    /// What something learned of a call means for a record; none when it is not new. Slot, number and polls stay as they are.
    fn learned(&self, attempt: AttemptId, record: &Record, captured: &Captured) -> Option<Settlement> {
        let change = transition::learn(record, attempt.revision, captured, &self.policy(record.lane))?;
        let opt_out = OptOut::by_rule(&change, &self.definition.results.rules);
        Some(Settlement { opt_out, ..Settlement::of_record_alone(attempt, change) })
    }

    fn policy(&self, lane: u16) -> Policy<'_> {
        let CampaignDefinition { retry, results, .. } = &self.definition;
        Policy { retry, rules: &results.rules, calendars: self.calendars(lane) }
    }

    /// A withdrawal of an intent: the attempt never was. None when it is not the live one of this record.
    pub fn withdrawal(
        &self,
        intent: &Intent,
        record: &Record,
        due: Option<Timestamp>,
        reason: &str,
    ) -> Option<Settlement> {
        self.returned(intent, record, transition::withdraw(record, intent.attempt().revision, due, reason)?)
    }

    /// The same for nobody's fault: the contact comes up again soon, and later each time in a row.
    pub fn putting_off(&self, intent: &Intent, record: &Record, now: Timestamp, reason: &str) -> Option<Settlement> {
        self.returned(intent, record, transition::put_off(record, intent.attempt().revision, now, reason)?)
    }

    /// The same for a contact that nobody can call until somebody acts.
    pub fn holding_back(&self, intent: &Intent, record: &Record, reason: &str) -> Option<Settlement> {
        self.returned(intent, record, transition::hold_back(record, intent.attempt().revision, reason)?)
    }

    fn returned(&self, intent: &Intent, record: &Record, change: Change) -> Option<Settlement> {
        let attempt = intent.attempt();
        let past = record.attempts.iter().find(|past| past.revision == attempt.revision)?;
        Some(Settlement {
            attempt,
            expected: record.revision,
            change,
            worker: past.worker,
            number: past.dialed.clone(),
            number_until: None,
            free_slot: true,
            poll: Poll::Keep,
            exactly: Some(record.clone()),
            contact_id: intent.contact_id.clone(),
            called_at: past.started_at,
            opt_out: None,
        })
    }

    /// Until when a call that ended without telling us still occupies its slot and its number: one in doubt may be
    /// ringing, one that was submitted may be talking.
    fn holds_slot(&self, past: &AttemptRecord, ending: &Ending) -> Option<Timestamp> {
        let results = &self.definition.results;
        let hold = match ending.outcome {
            _ if !ending.charged || ending.is_over => return None,
            Outcome::Unknown => results.max_call,
            Outcome::Submitted => results.assume_call,
            _ => return None,
        };
        Some(past.started_at + hold.duration()).filter(|&until| until > ending.at)
    }
}

fn poll_end(attempt: AttemptId, past: &AttemptRecord) -> Poll {
    if past.call_id.is_empty() {
        return Poll::Keep;
    }
    Poll::End(PollEntry { attempt, started_at: past.started_at, call_id: past.call_id.clone() })
}
