//! After a restart of Redis: what workers had begun, written again where Redis has lost it.

use std::{collections::BTreeMap, time::Duration};

use super::{Intent, Store, StoreError, Wanted, arguments::Arguments, caps::contact_key, limits, record_codec};
use crate::domain::{
    Outcome, PhoneNumber,
    record::{AttemptRecord, Record},
};

/// How often an intent whose contact changes at the same time is tried again.
const TRIES_MAX: usize = 16;

/// An intent, its account's time-out, and its contact's numbers.
struct Begun<'a> {
    intent: &'a Intent,
    timeout: Duration,
    numbers: Vec<PhoneNumber>,
}

impl Store {
    /// Writes intents again, each with its account's time-out. Passed over are those that Redis still has, those whose
    /// contact has moved on, and those whose contact it has lost. Answers how many were written.
    ///
    /// # Errors
    /// When Redis does not answer: try again.
    pub async fn replay_begun(&self, intents: &[(Intent, Duration)]) -> Result<usize, StoreError> {
        let mut open = Vec::with_capacity(intents.len());
        for (intent, timeout) in intents {
            if let Some(numbers) = self.numbers_if_still_there(intent).await? {
                open.push(Begun { intent, timeout: *timeout, numbers });
            }
        }
        let mut written = 0;
        for _ in 0..TRIES_MAX {
            let records = self.records(open.iter().map(|one| one.intent.attempt())).await?;
            let is_lost = |intent: &Intent, present: &Option<Record>| revision(present) < intent.record.revision;
            let lost: Vec<_> = open.into_iter().zip(records).filter(|(one, now)| is_lost(one.intent, now)).collect();
            if lost.is_empty() {
                break;
            }
            let mut arguments = Arguments::default().text(limits::SEND_LAG_US);
            for (begun, present) in &lost {
                push_intent(&mut arguments, begun, present);
            }
            let answers: Vec<i64> = self.connection.run("replay_begun", arguments.as_slice()).await?;
            written += answers.iter().filter(|&&answer| answer == 1).count();
            open = lost.into_iter().zip(answers).filter(|(_, answer)| *answer == 0).map(|((one, _), _)| one).collect();
        }
        Ok(written)
    }

    /// The numbers of the contact that an intent dials, if it is where it was. An upload may be lost too, and its positions
    /// another's.
    async fn numbers_if_still_there(&self, intent: &Intent) -> Result<Option<Vec<PhoneNumber>>, StoreError> {
        let (campaign, position) = (intent.claimed.campaign, intent.claimed.position);
        let place = intent.record.attempts.last().map_or(0, |attempt| usize::from(attempt.number));
        let wanted = Wanted { position, generation: intent.record.generation, lane: None };
        match self.rows(campaign, 0, [wanted]).await {
            Ok((_, mut rows)) => {
                let numbers = rows.remove(&position).map(|row| row.contact.numbers);
                let dials = |numbers: &Vec<PhoneNumber>| {
                    numbers.get(place).is_some_and(|number| number.digits() == intent.digits())
                };
                Ok(numbers.filter(dials))
            }
            Err(StoreError::NoCampaign(_) | StoreError::Corrupt(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn revision(record: &Option<Record>) -> u32 {
    record.as_ref().map_or(0, |record| record.revision)
}

fn push_intent(arguments: &mut Arguments, begun: &Begun<'_>, present: &Option<Record>) {
    let Begun { intent, timeout, numbers } = begun;
    let attempts = present.as_ref().map_or(&[][..], |record| &record.attempts);
    arguments.push(intent.claimed.campaign);
    arguments.push(intent.claimed.position);
    arguments.push(intent.claimed.lane);
    arguments.push(revision(present));
    arguments.push(intent.record.revision);
    arguments.push_bytes(record_codec::encode(&intent.record));
    arguments.push(intent.record.attempts.last().map_or(0, |attempt| attempt.worker));
    arguments.push(intent.digits());
    arguments.push(intent.claimed.permit_us);
    arguments.push(timeout.as_millis());
    arguments.push(intent.slot_until.as_millis());
    arguments.push(intent.number_until.as_millis());
    arguments.push(counts_between(attempts, &intent.record.attempts));
    arguments.push(over_between(attempts, &intent.record.attempts));
    arguments.push(contact_key(&intent.contact_id));
    arguments.push(calls_between(attempts, &intent.record.attempts, numbers));
    arguments.push(intent.called_at().as_millis());
}

/// What the changes that led from one record to a later one had counted.
fn counts_between(before: &[AttemptRecord], after: &[AttemptRecord]) -> String {
    let mut counts = BTreeMap::from([("attempts".to_owned(), after.len() as i64 - before.len() as i64)]);
    for (attempts, sign) in [(before, -1), (after, 1)] {
        for outcome in attempts.iter().filter_map(|attempt| attempt.outcome) {
            *counts.entry(format!("o{}", outcome as u8)).or_default() += sign;
        }
    }
    let counts: Vec<_> = counts.iter().map(|(field, count)| format!("{field}:{count}")).collect();
    counts.join(",")
}

/// The attempts of one record that a later one knows to be over, or not to have been: they occupy nothing any more.
fn over_between(before: &[AttemptRecord], after: &[AttemptRecord]) -> String {
    let is_open = |attempt: &AttemptRecord| attempt.outcome.is_none_or(|outcome| outcome == Outcome::Unknown);
    let goes_on = |past: &AttemptRecord| after.iter().any(|one| one.revision == past.revision && is_open(one));
    let over = before.iter().filter(|past| is_open(past) && !goes_on(past));
    let over: Vec<_> = over.map(|past| format!("{}:{}:{}", past.revision, past.dialed, past.worker)).collect();
    over.join(",")
}

/// The calls by which one record and a later one differ, but for the later one's last: its intent counts it.
fn calls_between(before: &[AttemptRecord], after: &[AttemptRecord], numbers: &[PhoneNumber]) -> String {
    let former = after.split_last().map_or(&[][..], |(_, former)| former);
    let lacks =
        |attempts: &[AttemptRecord], one: &AttemptRecord| !attempts.iter().any(|other| other.revision == one.revision);
    let call = |sign: char, one: &AttemptRecord| {
        Some(format!("{sign}{}:{}", one.digits(numbers)?, one.started_at.as_millis()))
    };
    let lost = former.iter().filter(|one| lacks(before, one)).filter_map(|one| call('+', one));
    let withdrawn = before.iter().filter(|one| lacks(after, one)).filter_map(|one| call('-', one));
    lost.chain(withdrawn).collect::<Vec<_>>().join(",")
}
