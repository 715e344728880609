//! What providers tell our hook of calls: it may come twice, late, before the call's own response, and of calls that are
//! not ours.

mod early;

use std::time::{Duration, Instant};

use serde_json::Value;

pub(super) use early::EarlyWord;

use super::{Placed, PollEntry, Settled, Store, StoreError, arguments::Arguments};
use crate::{
    domain::{
        AttemptId, Outcome,
        learned::Captured,
        polling,
        record::{AttemptRecord, Record},
        transition::{self, Ending},
    },
    telemetry::traces::SpanKind,
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
    /// All that was told of it, for `results.capture`.
    pub report: Value,
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
    /// Something that the campaign captures, and nothing else.
    Learned,
    /// The call is asked for soon.
    PollDue,
    /// It changed nothing: it came twice, or too late, or told of a call that goes on.
    NothingNew,
    /// No attempt is known by that id, or none yet: the end of a call waits for a while.
    Unknown,
}

impl Heard {
    /// In a word, for metrics and traces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Learned => "learned",
            Self::PollDue => "poll_due",
            Self::NothingNew => "nothing_new",
            Self::Unknown => "unknown",
        }
    }
}

impl Store {
    /// Takes in what the hook of an account was told of one call.
    ///
    /// # Errors
    /// When Redis does not answer, or recovers from a restart: the provider may tell again.
    pub async fn hear(&self, account: &str, told: &Told, terms: &HookTerms) -> Result<Heard, StoreError> {
        let began = Instant::now();
        let by_call_id = self.attempt_of_call(account, told, terms).await?;
        let Some(attempt) = by_call_id.or(told.attempt) else { return Ok(Heard::Unknown) };
        let heard = self.hear_of(account, attempt, by_call_id.is_some(), told, terms).await?;
        if heard != Heard::Unknown {
            self.trace_attempt(attempt, "webhook", SpanKind::Server, began, |span| {
                span.with("redial.provider", account).with("redial.result", heard.as_str())
            });
        }
        Ok(heard)
    }

    async fn hear_of(
        &self,
        account: &str,
        attempt: AttemptId,
        is_ours: bool,
        told: &Told,
        terms: &HookTerms,
    ) -> Result<Heard, StoreError> {
        for _ in 0..TRIES_MAX {
            let Some((record, past)) = self.attempt_at(account, attempt, is_ours).await? else {
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
            let captured = self.captured(attempt, &told.report).await?;
            let ending = told.ending.clone().filter(|_| told.proved && is_this_call);
            if let Some(ending) = ending {
                let written = self.end_attempts(vec![(attempt, Ending { captured, ..ending })]).await?;
                return Ok(if written > 0 { Heard::Settled } else { Heard::NothingNew });
            }
            let learned = is_this_call && self.learn(vec![(attempt, captured)]).await? > 0;
            let nothing_else = if learned { Heard::Learned } else { Heard::NothingNew };
            return match &told.ending {
                None if told.proved => Ok(nothing_else),
                _ if is_open => {
                    let call_id = if past.call_id.is_empty() { &told.call_id } else { &past.call_id };
                    let is_polled = self.hasten_poll(account, attempt, &past, call_id, terms).await?;
                    Ok(if is_polled { Heard::PollDue } else { nothing_else })
                }
                _ => Ok(nothing_else),
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
        let waits = told.ending.is_some() && told.attempt.is_none();
        let waits = if waits { EarlyWord::of(told).stored() } else { String::new() };
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

    /// What of a report the attempt's campaign captures.
    pub(super) async fn captured(&self, attempt: AttemptId, report: &Value) -> Result<Captured, StoreError> {
        if report.is_null() {
            return Ok(Captured::default());
        }
        Ok(self.info(attempt.campaign, 0).await?.definition.results.capture.of(report))
    }

    /// Answers whether the call is polled.
    async fn hasten_poll(
        &self,
        account: &str,
        attempt: AttemptId,
        past: &AttemptRecord,
        call_id: &str,
        terms: &HookTerms,
    ) -> Result<bool, StoreError> {
        let Some(poll_in) = terms.poll_in.filter(|_| !call_id.is_empty()) else { return Ok(false) };
        let entry = PollEntry { attempt, started_at: past.started_at, call_id: call_id.to_owned() };
        let arguments = Arguments::default().text(account).text(entry.stored()).text(poll_in.as_millis());
        let is_polled: i64 = self.connection.run("hasten_poll", arguments.as_slice()).await?;
        Ok(is_polled == 1)
    }
}

/// `campaign:position:revision`
fn parse_attempt(text: &str) -> Option<AttemptId> {
    let mut parts = text.split(':');
    let campaign = super::claims::campaign_id(parts.next()?).ok()?;
    Some(AttemptId { campaign, position: parts.next()?.parse().ok()?, revision: parts.next()?.parse().ok()? })
}
