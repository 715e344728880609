//! How a contact's record changes: pure functions from one record to the next. The store writes what they return only if
//! the record still has the revision they started from.

use chrono_tz::Tz;

use super::{
    ContactState, Outcome, Timestamp,
    record::{AttemptRecord, Record},
    retry::{NextStep, RetryPolicy, next_step},
};

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
    /// When it was learned.
    pub at: Timestamp,
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
        dialed: digits.to_owned(),
        outcome: None,
        started_at: permit,
        ended_at: None,
        worker,
        call_id: String::new(),
        provider_status: String::new(),
        duration_s: None,
        reason: String::new(),
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
    record.next_number = last.number;
    record.attempts.pop();
    record.state = callable_state(&record);
    record.due = due;
    reason.clone_into(&mut record.reason);
    Some(Change { record, file: true, counted_before: None, counted_now: None, attempts: -1 })
}

/// An attempt ended. The answer to the last attempt decides what becomes of the contact, also after `unknown`; one for an
/// older attempt that was in doubt corrects only that attempt. None when nothing changes: a definite outcome stays.
pub fn conclude(before: &Record, attempt: u32, ending: &Ending, policy: &RetryPolicy, zone: Tz) -> Option<Change> {
    let index = before.attempts.iter().position(|past| past.revision == attempt)?;
    let past = &before.attempts[index];
    let in_doubt = past.outcome == Some(Outcome::Unknown) && ending.outcome != Outcome::Unknown;
    if past.outcome.is_some() && !in_doubt {
        return None;
    }
    let mut record = next_revision(before);
    let counted_before = past.outcome;
    note_ending(&mut record.attempts[index], ending);
    let decides = index + 1 == record.attempts.len() && index >= usize::from(record.former_attempts);
    let file = decides && settle(&mut record, ending, policy, zone);
    Some(Change { record, file, counted_before, counted_now: Some(ending.outcome), attempts: 0 })
}

/// For a new run of a campaign that dials its whole list each time: all is forgotten but the attempts themselves. None
/// for a contact that is being called, or that has nothing to forget.
pub fn restart(before: &Record) -> Option<Change> {
    let counted = before.attempts.len() - usize::from(before.former_attempts);
    let keep = matches!(before.state, ContactState::Active | ContactState::Suppressed | ContactState::Cancelled);
    if keep || (before.state == ContactState::Pending && counted == 0) {
        return None;
    }
    let mut record = next_revision(before);
    record.state = ContactState::Pending;
    record.due = None;
    record.next_number = 0;
    record.former_attempts = u16::try_from(record.attempts.len()).unwrap_or(u16::MAX);
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
    if ending.outcome != Outcome::Unknown {
        attempt.dialed.clear();
    }
}

/// Moves the contact on; returns whether it waits for another call.
fn settle(record: &mut Record, ending: &Ending, policy: &RetryPolicy, zone: Tz) -> bool {
    record.due = None;
    record.reason.clear();
    if ending.hold {
        record.state = ContactState::Held;
        ending.reason.clone_into(&mut record.reason);
        return false;
    }
    match next_step(policy, &record.history(), record.numbers, zone) {
        NextStep::Finished { state, reason } => {
            record.state = state;
            record.reason = reason;
            false
        }
        NextStep::CallAgain { number, not_before, reason } => {
            record.state = ContactState::Waiting;
            record.next_number = number;
            record.due = Some(not_before);
            record.reason = reason;
            true
        }
    }
}
