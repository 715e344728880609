//! How a contact's record changes: pure functions from one record to the next. The store writes what they return only if
//! the record still has the revision they started from.

#[cfg(test)]
mod learned_tests;
mod person;
#[cfg(test)]
mod returns_tests;

use std::time::Duration;

use chrono_tz::Tz;

use super::{
    ContactState, Outcome, Timestamp,
    learned::{Action, Captured, Facts, ResultRule},
    record::{AttemptRecord, Record},
    retry::{NextStep, RetryPolicy, is_usable, next_step, retry_in},
};

pub use person::{ERASED, Edited, NOT_BEFORE, edit, erase, forget_number};

/// Why a contact is cancelled that somebody took out.
const CANCELLED: &str = "taken out by request";
/// A contact refused or missed for nobody's fault comes up again after this time, and after twice as long each time in a
/// row, up to [`SOON_MAX`].
const SOON_MIN: Duration = Duration::from_secs(30);
const SOON_MAX: Duration = Duration::from_secs(300);
/// What a record counts of such times: more make no difference.
const PUT_OFF_MAX: u8 = 15;

/// What is known of how an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// How it ended.
    pub outcome: Outcome,
    /// The provider's own word.
    pub provider_status: String,
    /// Talk time in seconds.
    pub duration_s: Option<f32>,
    /// What went wrong, in plain words.
    pub reason: String,
    /// A human must act at the provider: the contact is held, not called again.
    pub hold: bool,
    /// The provider says that the call is over, also where we know no word for how: it holds no line any more.
    pub is_over: bool,
    /// Whether it is one of the contact's attempts. One that is not never was: the contact comes up again soon.
    pub charged: bool,
    /// When it was learned.
    pub at: Timestamp,
    /// What else the report held of what the campaign captures.
    pub captured: Captured,
}

impl Ending {
    /// Whether nothing that comes later can change it.
    pub fn is_certain(&self) -> bool {
        !self.charged || self.outcome != Outcome::Unknown
    }
}

/// A change of one record, with what the store must know beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The new record; its revision is one more than the old one's.
    pub record: Record,
    /// Whether the contact is to be filed for a call, at `record.due`.
    pub file: bool,
    /// The outcome that was counted for the attempt before.
    pub counted_before: Option<Outcome>,
    /// The outcome to count for it now.
    pub counted_now: Option<Outcome>,
    /// Attempts to add to the count.
    pub attempts: i32,
}

/// The record of a contact for which an intent is written: a live attempt at its next number.
pub fn begin(before: &Record, digits: &str, permit: Timestamp, worker: u32) -> Record {
    let mut record = next_revision(before);
    record.state = ContactState::Active;
    record.due = None;
    record.reason.clear();
    record.attempts.push(AttemptRecord {
        revision: record.revision,
        number: before.next_number,
        then: None,
        dialed: digits.to_owned(),
        outcome: None,
        started_at: permit,
        ended_at: None,
        worker,
        call_id: String::new(),
        provider_status: String::new(),
        duration_s: None,
        reason: String::new(),
        captured: Captured::default(),
    });
    record
}

/// The provider took the call: its id, and when the request was really sent. None when the attempt is not live any more
/// or has its id already.
pub fn placed(before: &Record, attempt: u32, call_id: &str, sent_at: Timestamp) -> Option<Record> {
    let mut record = next_revision(before);
    let attempt = record.attempts.iter_mut().find(|past| past.revision == attempt)?;
    if !attempt.call_id.is_empty() {
        return None;
    }
    call_id.clone_into(&mut attempt.call_id);
    attempt.started_at = sent_at;
    Some(record)
}

/// Nothing was sent, or it was refused without charge: the attempt never was. None when it is not the live one.
pub fn withdraw(before: &Record, attempt: u32, due: Option<Timestamp>, reason: &str) -> Option<Change> {
    let last = before.attempts.last()?;
    if last.revision != attempt || last.outcome.is_some() {
        return None;
    }
    let mut record = next_revision(before);
    record.turn_to(last.number);
    record.attempts.pop();
    record.due = due;
    reason.clone_into(&mut record.reason);
    record.state = callable_state(&record);
    let file = !take_out_if_asked(&mut record);
    Some(Change { record, file, counted_before: None, counted_now: None, attempts: -1 })
}

/// What decides of a contact after an attempt.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// By how it ended.
    pub retry: &'a RetryPolicy,
    /// By what was learned; goes first.
    pub rules: &'a [ResultRule],
    /// Whose calendar days count: a limit per day holds in each of them.
    pub calendars: &'a [Tz],
}

/// As [`withdraw`], for nobody's fault: the contact comes up again soon, and after twice as long each time in a row.
pub fn put_off(before: &Record, attempt: u32, now: Timestamp, reason: &str) -> Option<Change> {
    let mut change = withdraw(before, attempt, None, reason)?;
    if change.file {
        wait_soon(&mut change.record, now);
    }
    Some(change)
}

/// As [`withdraw`], but nobody can call the contact until somebody acts.
pub fn hold_back(before: &Record, attempt: u32, reason: &str) -> Option<Change> {
    let mut change = withdraw(before, attempt, None, reason)?;
    if std::mem::take(&mut change.file) {
        change.record.state = ContactState::Held;
    }
    Some(change)
}

/// An attempt ended. The answer to the last attempt decides what becomes of the contact, also after `unknown`; one for an
/// older attempt that was in doubt corrects only that attempt. A definite outcome stays, but what else is learned is
/// added. None when nothing changes.
pub fn conclude(before: &Record, attempt: u32, ending: &Ending, policy: &Policy<'_>) -> Option<Change> {
    let index = place_of(before, attempt)?;
    let past = &before.attempts[index];
    let in_doubt = past.outcome == Some(Outcome::Unknown) && ending.is_certain();
    if past.outcome.is_some() && !in_doubt {
        return learn(before, attempt, &ending.captured, policy);
    }
    let decides = decides(before, index);
    if !ending.charged {
        return Some(strike(before, index, ending, decides));
    }
    let mut record = next_revision(before);
    let counted_before = past.outcome;
    note_ending(&mut record.attempts[index], ending);
    let file = decides && settle(&mut record, ending.hold, policy);
    Some(Change { record, file, counted_before, counted_now: Some(ending.outcome), attempts: 0 })
}

/// Something was learned from a call, before its end or after. Where it makes another rule apply to a contact that went on
/// because of that call, it goes on by that rule. None when nothing is new.
pub fn learn(before: &Record, attempt: u32, captured: &Captured, policy: &Policy<'_>) -> Option<Change> {
    let index = place_of(before, attempt)?;
    let mut record = next_revision(before);
    if !record.attempts[index].captured.learn(captured) {
        return None;
    }
    let rule = |record: &Record| ResultRule::first(policy.rules, Facts::of(&record.attempts[index])).cloned();
    let moves_on = matches!(before.state, ContactState::Waiting | ContactState::Completed | ContactState::Failed);
    let outcome = record.attempts[index].outcome;
    let file =
        moves_on && decides(&record, index) && rule(&record) != rule(before) && settle(&mut record, false, policy);
    Some(Change { record, file, counted_before: outcome, counted_now: outcome, attempts: 0 })
}

/// Where an attempt stands in a record; none too where its contact was erased, or the number that it called forgotten: nothing
/// more is to be known of it.
fn place_of(record: &Record, attempt: u32) -> Option<usize> {
    let is_known = |past: &AttemptRecord| past.revision == attempt && !past.is_forgotten();
    record.attempts.iter().position(is_known).filter(|_| !record.is_erased())
}

/// Whether what becomes of a contact hangs on this attempt.
fn decides(record: &Record, index: usize) -> bool {
    index + 1 == record.attempts.len() && index >= usize::from(record.former_attempts)
}

/// Takes an attempt that is not charged out of the record. If it was the last one, its contact comes up again soon, unless
/// somebody took it out meanwhile.
fn strike(before: &Record, index: usize, ending: &Ending, decides: bool) -> Change {
    let mut record = next_revision(before);
    let past = record.attempts.remove(index);
    if index < usize::from(record.former_attempts) {
        record.former_attempts -= 1;
    }
    let is_out = matches!(record.state, ContactState::Suppressed | ContactState::Expired | ContactState::Cancelled);
    let mut file = decides && !is_out;
    if file {
        record.turn_to(past.number);
        record.state = callable_state(&record);
        record.reason = format!("missed at the provider: {}", ending.provider_status);
        wait_soon(&mut record, ending.at);
        file = !take_out_if_asked(&mut record);
    }
    Change { record, file, counted_before: past.outcome, counted_now: None, attempts: -1 }
}

/// 30 s, doubling to 5 min.
fn wait_soon(record: &mut Record, now: Timestamp) {
    let pause = SOON_MIN.saturating_mul(1 << u32::from(record.put_off.min(PUT_OFF_MAX)));
    record.due = Some(now + pause.min(SOON_MAX));
    record.put_off = (record.put_off + 1).min(PUT_OFF_MAX);
}

/// For a new run of a campaign that dials its whole list each time: all is forgotten but the attempts themselves. None
/// for a contact that is being called, that was erased, or that has nothing to forget.
pub fn restart(before: &Record) -> Option<Change> {
    let counted = before.attempts.len() - usize::from(before.former_attempts);
    let keep = matches!(before.state, ContactState::Active | ContactState::Suppressed | ContactState::Cancelled);
    if keep || before.is_erased() || (before.state == ContactState::Pending && counted == 0) {
        return None;
    }
    let mut record = next_revision(before);
    record.state = ContactState::Pending;
    record.cancel_asked = false;
    record.due = None;
    record.turn_to(0);
    record.former_attempts = u16::try_from(record.attempts.len()).unwrap_or(u16::MAX);
    record.put_off = 0;
    record.reason.clear();
    Some(Change { record, file: true, counted_before: None, counted_now: None, attempts: 0 })
}

/// Nobody can call the contact until somebody acts. None for one that is not waiting to be called.
pub fn hold(before: &Record, reason: &str) -> Option<Change> {
    matches!(before.state, ContactState::Pending | ContactState::Waiting).then(|| {
        let mut record = next_revision(before);
        record.state = ContactState::Held;
        record.due = None;
        reason.clone_into(&mut record.reason);
        Change { record, file: false, counted_before: None, counted_now: None, attempts: 0 }
    })
}

/// A held contact is called again as its turn comes. None for one that is not held.
pub fn release(before: &Record) -> Option<Change> {
    (before.state == ContactState::Held).then(|| {
        let mut record = next_revision(before);
        record.state = callable_state(&record);
        record.reason.clear();
        Change { record, file: true, counted_before: None, counted_now: None, attempts: 0 }
    })
}

/// The contact is not called again: at once, or once the call that it is on is over. None for one that is finished, or that
/// somebody has taken out already.
pub fn cancel(before: &Record) -> Option<Change> {
    if before.cancel_asked || !(before.state.is_open() || before.state == ContactState::Held) {
        return None;
    }
    let mut record = next_revision(before);
    record.cancel_asked = true;
    if record.state != ContactState::Active {
        take_out_if_asked(&mut record);
    }
    Some(Change { record, file: false, counted_before: None, counted_now: None, attempts: 0 })
}

/// Whether somebody has asked for that.
fn take_out_if_asked(record: &mut Record) -> bool {
    if record.cancel_asked {
        record.state = ContactState::Cancelled;
        record.due = None;
        CANCELLED.clone_into(&mut record.reason);
    }
    record.cancel_asked
}

/// The number that would be called next is not free (`free`: for each number, whether no do-not-call list has it): the
/// next one that is free and may be called takes its place, else the contact is never called again. None for a contact
/// that is not to be called, or whose next number is free after all.
pub fn suppress(before: &Record, policy: &RetryPolicy, free: &[bool], reason: &str) -> Option<Change> {
    let is_free = |number: u8| free.get(usize::from(number)).copied().unwrap_or(false);
    if !matches!(before.state, ContactState::Pending | ContactState::Waiting) || is_free(before.next_number) {
        return None;
    }
    let history = before.history();
    let others = (before.next_number + 1..before.numbers).chain(0..before.next_number);
    let next = others.into_iter().find(|&number| is_free(number) && is_usable(policy, &history, number));
    let mut record = next_revision(before);
    record.due = None;
    reason.clone_into(&mut record.reason);
    match next {
        Some(number) => record.turn_to(number),
        None => record.state = ContactState::Suppressed,
    }
    Some(Change { record, file: next.is_some(), counted_before: None, counted_now: None, attempts: 0 })
}

/// A cap keeps the contact from being called before `due`. It stands in its lane already. None for one that is not to be
/// called.
pub fn wait(before: &Record, due: Timestamp, reason: &str) -> Option<Change> {
    matches!(before.state, ContactState::Pending | ContactState::Waiting).then(|| {
        let mut record = next_revision(before);
        record.state = ContactState::Waiting;
        record.due = Some(due);
        reason.clone_into(&mut record.reason);
        Change { record, file: false, counted_before: None, counted_now: None, attempts: 0 }
    })
}

/// What kept the contact from being called does so no longer: it comes up again at once. None for one that is not waiting.
pub fn wait_no_longer(before: &Record) -> Option<Change> {
    (before.state == ContactState::Waiting).then(|| {
        let mut record = next_revision(before);
        record.state = callable_state(&record);
        record.due = None;
        record.reason.clear();
        Change { record, file: true, counted_before: None, counted_now: None, attempts: 0 }
    })
}

/// The state of a contact that is to be called: whether it was, in this run.
fn callable_state(record: &Record) -> ContactState {
    let called = record.attempts.len() > usize::from(record.former_attempts);
    if called { ContactState::Waiting } else { ContactState::Pending }
}

fn next_revision(before: &Record) -> Record {
    Record { revision: before.revision + 1, ..before.clone() }
}

fn note_ending(attempt: &mut AttemptRecord, ending: &Ending) {
    attempt.outcome = Some(ending.outcome);
    attempt.ended_at = Some(ending.at.max(attempt.started_at));
    ending.provider_status.clone_into(&mut attempt.provider_status);
    attempt.duration_s = ending.duration_s;
    ending.reason.clone_into(&mut attempt.reason);
    attempt.captured.learn(&ending.captured);
    if ending.outcome != Outcome::Unknown {
        attempt.dialed.clear();
    }
}

/// Moves a contact on after its last attempt; returns whether it waits for another call.
fn settle(record: &mut Record, hold: bool, policy: &Policy<'_>) -> bool {
    record.due = None;
    record.put_off = 0;
    record.reason.clear();
    let last = record.attempts.last().expect("an attempt ended");
    if hold {
        record.state = ContactState::Held;
        record.reason = last.reason.clone();
        take_out_if_asked(record);
        return false;
    }
    match step_after(record, last, policy) {
        NextStep::Finished { state, reason } => {
            record.state = state;
            record.reason = reason;
            false
        }
        NextStep::CallAgain { number, not_before, reason } => {
            record.state = ContactState::Waiting;
            record.turn_to(number);
            record.due = Some(not_before);
            record.reason = reason;
            !take_out_if_asked(record)
        }
    }
}

fn step_after(record: &Record, last: &AttemptRecord, policy: &Policy<'_>) -> NextStep {
    let (history, numbers) = (record.history(), record.numbers);
    let by_policy = || next_step(policy.retry, &history, numbers, policy.calendars);
    let Some(rule) = ResultRule::first(policy.rules, Facts::of(last)) else { return by_policy() };
    match rule.then {
        Action::Retry(after) => retry_in(policy.retry, &history, numbers, policy.calendars, after, &rule.to_string())
            .unwrap_or_else(by_policy),
        Action::Complete => NextStep::Finished { state: ContactState::Completed, reason: rule.to_string() },
        Action::Suppress(_) => NextStep::Finished { state: ContactState::Suppressed, reason: rule.to_string() },
    }
}
