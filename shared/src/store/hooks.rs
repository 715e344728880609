//! What providers tell our hook of calls: it may come twice, late, before the call's own response, and of calls that are
//! not ours.

use std::time::Duration;

use super::{Placed, PollEntry, Settled, Store, StoreError, arguments::Arguments};
use crate::domain::{
    AttemptId, Outcome, Timestamp, polling,
    record::{AttemptRecord, Record},
    transition::{self, Ending},
};

/// How often a call's id is noted again because its record changed meanwhile.
const TRIES_MAX: usize = 4;

/// One call that a provider told of.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Its id; empty if only our attempt was named.
    pub call_id: String,
    /// Our attempt's id, where it came along.
    pub attempt: Option<AttemptId>,
    /// How the call ended, if that was told.
    pub ending: Option<Ending>,
    /// It may be believed. Otherwise it is a hint, and the call is asked for.
    pub proved: bool,
}

/// How an account's hook deals with what it is told.
#[derive(Debug, Clone, Copy)]
pub struct HookTerms {
    /// How long the ends of calls that nobody knows wait for the calls' own responses.
    pub keep_early: Duration,
    /// In how long a call is asked for, so that one request asks for several; none: the account polls nothing.
    pub poll_in: Option<Duration>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The attempt ended by it.
    Settled,
    /// The call is asked for soon.
    PollDue,
    /// It changed nothing: it came twice, or too late, or told of a call that goes on.
    NothingNew,
    /// No attempt is known by that id, or none yet: the end of a call waits for a while.
    Unknown,
}

impl Store {
    /// Takes in what the hook of an account was told of one call.
    ///
    /// # Errors
    /// When Redis does not answer, or recovers from a restart: the provider may tell again.
    pub async fn hear(&self, account: &str, told: &Told, terms: &HookTerms) -> Result<Heard, StoreError> {
        let by_call_id = self.attempt_of_call(account, told, terms).await?;
        let Some(attempt) = by_call_id.or(told.attempt) else { return Ok(Heard::Unknown) };
        for _ in 0..TRIES_MAX {
            let Some((record, past)) = self.attempt_at(account, attempt, by_call_id.is_some()).await? else {
                return Ok(Heard::Unknown);
            };
            let is_open = past.outcome.is_none_or(|outcome| outcome == Outcome::Unknown);
            if is_open && past.call_id.is_empty() && !told.call_id.is_empty() {
                match self.note_call_id(attempt, &record, &told.call_id, terms).await? {
                    Settled::Written => {}
                    Settled::Stale(_) => continue,
                }
            }
            // Somebody else's word under this attempt's address is not believed.
            let is_this_call = told.call_id.is_empty() || past.call_id.is_empty() || past.call_id == told.call_id;
            return match &told.ending {
                Some(ending) if told.proved && is_this_call => self.settle_heard(attempt, ending).await,
                None if told.proved => Ok(Heard::NothingNew),
                _ if is_open => {
                    let call_id = if past.call_id.is_empty() { &told.call_id } else { &past.call_id };
                    self.hasten_poll(account, attempt, &past, call_id, terms).await
                }
                _ => Ok(Heard::NothingNew),
            };
        }
        Err(StoreError::Conflict("a contact's record kept changing".to_owned()))
    }

    /// The attempt whose call has the id that was told. What was told waits where nobody knows it.
    async fn attempt_of_call(
        &self,
        account: &str,
        told: &Told,
        terms: &HookTerms,
    ) -> Result<Option<AttemptId>, StoreError> {
        let waits = told.ending.as_ref().filter(|_| told.attempt.is_none());
        let waits = waits.map_or(String::new(), |ending| if told.proved { stored(ending) } else { HINT.to_owned() });
        let arguments = Arguments::default().text(account).text(&told.call_id).text(waits);
        let arguments = arguments.text(terms.keep_early.as_millis());
        let (knows, attempt): (i64, String) = self.connection.run("hear_call", arguments.as_slice()).await?;
        match knows {
            0 => {
                Err(StoreError::Unwilling("it was restarted, and workers write again what it may have lost".to_owned()))
            }
            _ => Ok(parse_attempt(&attempt)),
        }
    }

    /// An attempt as it stands. None if there is none, or if its call went through another account: that an account's
    /// provider proves who it is says nothing of others' calls.
    async fn attempt_at(
        &self,
        account: &str,
        attempt: AttemptId,
        is_ours: bool,
    ) -> Result<Option<(Record, AttemptRecord)>, StoreError> {
        let (mut records, versions) = self.records_and_versions([attempt].into_iter()).await?;
        let (Some(record), Some(version)) = (records.pop().flatten(), versions.get(&attempt.campaign)) else {
            return Ok(None);
        };
        let past = record.attempts.iter().find(|past| past.revision == attempt.revision).cloned();
        let Some(past) = past else { return Ok(None) };
        let info = self.info(attempt.campaign, *version).await?;
        Ok((is_ours || info.account_at(past.started_at) == account).then_some((record, past)))
    }

    /// Notes the id of a call whose own response is still awaited, or was lost. From now on it is polled.
    async fn note_call_id(
        &self,
        attempt: AttemptId,
        record: &Record,
        call_id: &str,
        terms: &HookTerms,
    ) -> Result<Settled, StoreError> {
        let Some(past) = record.attempts.last().filter(|last| last.revision == attempt.revision) else {
            return Ok(Settled::Written);
        };
        let Some(noted) = transition::placed(record, attempt.revision, call_id, past.started_at) else {
            return Ok(Settled::Written);
        };
        let info = self.info(attempt.campaign, 0).await?;
        let results = &info.definition.results;
        let entry = PollEntry { attempt, started_at: past.started_at, call_id: call_id.to_owned() };
        let pause = terms.poll_in.map_or(results.give_up, |_| results.poll_first);
        let placed = Placed {
            attempt,
            record: noted,
            worker: past.worker,
            poll: Some((entry, past.started_at + pause.duration())),
            findable: Some(polling::findable(results)),
        };
        let answers = self.placed(std::slice::from_ref(&placed)).await?;
        Ok(answers.into_iter().next().unwrap_or(Settled::Stale(None)))
    }

    async fn settle_heard(&self, attempt: AttemptId, ending: &Ending) -> Result<Heard, StoreError> {
        let written = self.end_attempts(vec![(attempt, ending.clone())]).await?;
        Ok(if written > 0 { Heard::Settled } else { Heard::NothingNew })
    }

    async fn hasten_poll(
        &self,
        account: &str,
        attempt: AttemptId,
        past: &AttemptRecord,
        call_id: &str,
        terms: &HookTerms,
    ) -> Result<Heard, StoreError> {
        let Some(poll_in) = terms.poll_in.filter(|_| !call_id.is_empty()) else { return Ok(Heard::NothingNew) };
        let entry = PollEntry { attempt, started_at: past.started_at, call_id: call_id.to_owned() };
        let arguments = Arguments::default().text(account).text(entry.stored()).text(poll_in.as_millis());
        let is_polled: i64 = self.connection.run("hasten_poll", arguments.as_slice()).await?;
        Ok(if is_polled == 1 { Heard::PollDue } else { Heard::NothingNew })
    }
}

/// A hint that waits: the call is polled as soon as its id is known.
const HINT: &str = "!h";
/// Before an ending that was proved. It sorts behind hints.
const PROVED: &str = "!p";

/// `!pat_ms|outcome|duration_s|provider_status`
fn stored(ending: &Ending) -> String {
    let duration = ending.duration_s.map_or(String::new(), |duration| duration.to_string());
    format!("{PROVED}{}|{}|{duration}|{}", ending.at.as_millis(), ending.outcome, ending.provider_status)
}

/// How a call ended of which our hook was told before its id was known; none if that was nothing, or only a hint.
pub(super) fn early_ending(stored: &str) -> Option<Ending> {
    let mut parts = stored.strip_prefix(PROVED)?.splitn(4, '|');
    let at = Timestamp::from_millis(parts.next()?.parse().ok()?);
    let outcome = parts.next()?.parse().ok()?;
    let duration_s = parts.next()?.parse().ok();
    let provider_status = parts.next()?.to_owned();
    Some(Ending { outcome, provider_status, duration_s, reason: String::new(), hold: false, at })
}

/// `campaign:position:revision`
fn parse_attempt(text: &str) -> Option<AttemptId> {
    let mut parts = text.split(':');
    let campaign = super::claims::campaign_id(parts.next()?).ok()?;
    Some(AttemptId { campaign, position: parts.next()?.parse().ok()?, revision: parts.next()?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_that_waits_for_its_call_is_read_as_it_was_written() {
        for duration_s in [None, Some(12.25)] {
            let ending = Ending {
                outcome: Outcome::Busy,
                provider_status: "line | busy!".to_owned(),
                duration_s,
                reason: String::new(),
                hold: false,
                at: Timestamp::from_millis(1_780_315_200_123),
            };
            assert_eq!(early_ending(&stored(&ending)), Some(ending));
        }
        assert_eq!((early_ending(HINT), early_ending("")), (None, None));
        assert!(stored(&early_ending("!p1|busy||").unwrap()).as_str() > HINT);
    }
}
