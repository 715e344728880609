//! An attempt's life in the store: intent, call, end. All are batched, and all compare the record's revision first.

use std::time::{Duration, Instant};

use super::{
    Store, StoreError, arguments::Arguments, caps::contact_key, claims::Claimed, hooks::EarlyWord, limits,
    opt_out::OptOut, polls::PollEntry, record_codec, refused::Refused,
};
use crate::{
    domain::{AttemptId, CampaignId, ContactPosition, Outcome, Timestamp, record::Record, transition::Change},
    telemetry::{metrics::Refusal, traces::TraceId},
};

/// What a worker wants to begin: one claimed contact, with the record that makes it a dialing one.
#[derive(Debug, Clone)]
pub struct Intent {
    /// The contact, as claim returned it.
    pub claimed: Claimed,
    /// The contact's id, by which caps know it in all campaigns.
    pub contact_id: String,
    /// Its new record (`transition::begin`).
    pub record: Record,
    /// Until when it holds a live-call slot, if nothing is heard of it.
    pub slot_until: Timestamp,
    /// Until when its number stays locked, if nothing is heard of it.
    pub number_until: Timestamp,
    /// A former attempt in doubt whose polling ends with this one.
    pub ends_poll: Option<PollEntry>,
}

impl Intent {
    /// The attempt's id.
    pub fn attempt(&self) -> AttemptId {
        AttemptId { campaign: self.claimed.campaign, position: self.claimed.position, revision: self.record.revision }
    }

    /// When the call begins, as far as is known before it is made.
    pub(super) fn called_at(&self) -> Timestamp {
        self.record.attempts.last().map_or_else(Timestamp::default, |attempt| attempt.started_at)
    }

    pub(super) fn digits(&self) -> &str {
        self.record.attempts.last().map_or("", |attempt| &attempt.dialed)
    }
}

/// Answer to an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeginAnswer {
    /// The intent is written: the request may be sent until this instant, microseconds of the server's clock.
    Begun {
        /// Last moment to send.
        send_by_us: i64,
    },
    /// The worker's lease has run out.
    LeaseLost,
    /// The campaign is not dialing any more, or a restart of Redis is being recovered from; the contact is back in its lane.
    NotDialing,
    /// Outside the lane's open intervals, or the campaign has changed; the contact is back in its lane.
    WindowClosed,
    /// The claim has expired: the contact is somebody else's.
    ClaimGone,
    /// The contact's record has changed since; it is no longer to be called as claimed.
    RecordChanged,
    /// Its number is being called by another attempt; it comes up again a little later.
    NumberInUse,
    /// The permit's time has passed; the contact is back in its lane.
    TooLate,
    /// Its number is on a do-not-call list: the contact's next number comes up, or the contact is `suppressed`.
    Suppressed,
    /// A cap keeps it from being called: it waits.
    Capped {
        /// When the cap frees.
        until: Timestamp,
    },
}

impl BeginAnswer {
    /// Why it was refused; none: it was begun.
    pub fn refusal(&self) -> Option<Refusal> {
        Some(match self {
            Self::Begun { .. } => return None,
            Self::LeaseLost => Refusal::LeaseLost,
            Self::NotDialing => Refusal::NotDialing,
            Self::WindowClosed => Refusal::WindowClosed,
            Self::ClaimGone => Refusal::ClaimGone,
            Self::RecordChanged => Refusal::RecordChanged,
            Self::NumberInUse => Refusal::NumberInUse,
            Self::TooLate => Refusal::TooLate,
            Self::Suppressed => Refusal::Suppressed,
            Self::Capped { .. } => Refusal::Capped,
        })
    }
}

/// A record's new content, with everything that is settled along with it.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The attempt that is settled; its revision is that of its intent.
    pub attempt: AttemptId,
    /// The record's revision from which the change was computed.
    pub expected: u32,
    /// What changes.
    pub change: Change,
    /// The worker that wrote the intent.
    pub worker: u32,
    /// Digits to unlock (or to keep locked until `number_until`); empty to leave.
    pub number: String,
    /// None unlocks the number at once.
    pub number_until: Option<Timestamp>,
    /// Whether the live-call slot is given back now; otherwise it runs out by itself.
    pub free_slot: bool,
    /// What becomes of polling for the call.
    pub poll: Poll,
    /// The whole record as it must be; none: its revision is enough. A withdrawal is of an intent that may never have been
    /// written: another worker's may stand under the same attempt, or one that this worker has begun since.
    pub exactly: Option<Record>,
    /// The contact's id, for a withdrawal; empty where it is not known.
    pub contact_id: String,
    /// When the call was made, or was to be made: a withdrawn one no longer counts for caps, one that was answered may keep
    /// others from calling the number.
    pub called_at: Timestamp,
    /// What is put on the do-not-call list along with it.
    pub opt_out: Option<OptOut>,
}

impl Settlement {
    /// A change of nothing but the contact's record: slot, number and polls stay as they are.
    pub(super) fn of_record_alone(attempt: AttemptId, change: Change) -> Self {
        Self {
            attempt,
            expected: change.record.revision - 1,
            change,
            worker: 0,
            number: String::new(),
            number_until: None,
            free_slot: false,
            poll: Poll::Keep,
            exactly: None,
            contact_id: String::new(),
            called_at: Timestamp::default(),
            opt_out: None,
        }
    }
}

/// What becomes of a call's polling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Poll {
    /// There is none, or it goes on as it is.
    Keep,
    /// No more.
    End(PollEntry),
}

/// Whether a settlement was written.
#[derive(Debug, Clone, PartialEq)]
pub enum Settled {
    /// It was.
    Written,
    /// It was not: the contact's record is this by now (none: it has none).
    Stale(Option<Record>),
}

impl Store {
    /// Writes intents. `timeout` is the account's: an intent that nobody settles in time after it is in doubt.
    ///
    /// # Errors
    /// When Redis does not answer: whether an intent was written is not known; withdraw it, or let it be reaped.
    pub async fn begin(
        &self,
        worker: u32,
        intents: &[Intent],
        timeout: Duration,
    ) -> Result<Vec<BeginAnswer>, StoreError> {
        let mut arguments = Arguments::default().text(worker).text(limits::SEND_LAG_US).text(timeout.as_millis());
        for intent in intents {
            let claimed = &intent.claimed;
            arguments.push(claimed.campaign);
            arguments.push(claimed.version);
            arguments.push(claimed.position);
            arguments.push(claimed.lane);
            arguments.push(intent.record.revision - 1);
            arguments.push(claimed.permit_us);
            arguments.push_bytes(record_codec::encode(&intent.record));
            arguments.push(intent.digits());
            arguments.push(contact_key(&intent.contact_id));
            arguments.push(intent.slot_until.as_millis());
            arguments.push(intent.number_until.as_millis());
            arguments.push(intent.ends_poll.as_ref().map_or(String::new(), PollEntry::stored));
            arguments.push(intent.called_at().as_millis());
        }
        let answers: Vec<(i64, i64, String)> = self.connection.run("begin", arguments.as_slice()).await?;
        let mut refused = Vec::new();
        let mut told = Vec::with_capacity(answers.len());
        for ((code, value, words), intent) in answers.into_iter().zip(intents) {
            let answer = begin_answer(code, value)?;
            if matches!(answer, BeginAnswer::Suppressed | BeginAnswer::Capped { .. }) {
                refused.push(Refused { intent, answer, words });
            }
            told.push(answer);
        }
        self.settle_refused(&refused).await;
        Ok(told)
    }

    /// Notes that the provider took calls: new records with their ids, and when each is polled first, if ever. What our
    /// hook was told of a call before its id was known is applied.
    ///
    /// # Errors
    /// When Redis does not answer: try again, a change that was written already is recognised.
    pub async fn placed(&self, placed: &[Placed]) -> Result<Vec<Settled>, StoreError> {
        let mut arguments = Arguments::default();
        for placed in placed {
            arguments.push(placed.attempt.campaign);
            arguments.push(placed.attempt.position);
            arguments.push(placed.attempt.revision);
            arguments.push(placed.record.revision - 1);
            arguments.push_bytes(record_codec::encode(&placed.record));
            arguments.push(placed.worker);
            arguments.push(placed.poll.as_ref().map_or(String::new(), |(entry, _)| entry.stored()));
            arguments.push(placed.poll.as_ref().map_or(0, |(_, at)| at.as_millis()));
            arguments.push(placed.call_id());
            arguments.push(placed.findable.map_or(0, |findable| findable.as_millis()));
        }
        let answers: Vec<(redis::Value, String)> = self.connection.run("placed", arguments.as_slice()).await?;
        let told = answers.iter().zip(placed);
        let told = told.flat_map(|((_, early), one)| EarlyWord::read_all(early).map(|word| (one.attempt, word)));
        self.apply_early_words(told.collect()).await?;
        answers.into_iter().zip(placed).map(|((answer, _), placed)| settled(answer, &placed.record)).collect()
    }

    /// Writes how attempts ended, or that they never were.
    ///
    /// # Errors
    /// When Redis does not answer: try again, a change that was written already is recognised.
    pub async fn conclude(&self, settlements: &[Settlement]) -> Result<Vec<Settled>, StoreError> {
        let began = Instant::now();
        let settled = self.conclude_again(settlements).await?;
        for (settlement, settled) in settlements.iter().zip(&settled) {
            if *settled == Settled::Written {
                self.tell_end(settlement, began).await;
            }
        }
        Ok(settled)
    }

    /// The same for ends that were written before, should Redis have lost them: they have been counted.
    ///
    /// # Errors
    /// As [`Store::conclude`].
    pub async fn conclude_again(&self, settlements: &[Settlement]) -> Result<Vec<Settled>, StoreError> {
        self.write_opt_outs(settlements).await?;
        let mut arguments = Arguments::default();
        for settlement in settlements {
            push_settlement(&mut arguments, settlement);
        }
        let answers: Vec<redis::Value> = self.connection.run("conclude", arguments.as_slice()).await?;
        answers.into_iter().zip(settlements).map(|(answer, one)| settled(answer, &one.change.record)).collect()
    }

    /// For metrics and traces.
    async fn tell_end(&self, settlement: &Settlement, began: Instant) {
        // A campaign that is gone by now has no calls that anybody counts.
        let Ok(info) = self.info(settlement.attempt.campaign, 0).await else { return };
        let Change { counted_before, counted_now, attempts, .. } = settlement.change;
        let (attempt, account) = (settlement.attempt, info.account_at(settlement.called_at));
        let outcome = counted_now.filter(|_| counted_now != counted_before);
        if let Some(outcome) = outcome {
            self.metrics().ended(account, outcome);
        }
        let Some(outcome) = outcome.map(Outcome::as_str).or((attempts < 0).then_some("withdrawn")) else { return };
        tracing::debug!(
            attempt_id = %attempt, trace_id = %TraceId::of_attempt(attempt), campaign = %info.name, account, outcome,
            "attempt ended"
        );
        self.trace_end(&info, settlement, outcome, began);
    }

    /// Intents that nobody settled in time: their calls are in doubt. The caller concludes them.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn overdue_intents(&self, most: usize) -> Result<Vec<(AttemptId, u32)>, StoreError> {
        let intents: Vec<String> =
            self.connection.run("reap_intents", Arguments::default().text(most).as_slice()).await?;
        intents.iter().map(|intent| parse_intent(intent)).collect()
    }

    /// The present record of one contact.
    ///
    /// # Errors
    /// When Redis does not answer, or the record is damaged.
    pub async fn record(&self, campaign: CampaignId, position: ContactPosition) -> Result<Option<Record>, StoreError> {
        let (shard, field) = record_place(position);
        let key = self.connection.keys().records(campaign, shard);
        let bytes: Option<Vec<u8>> = self.connection.query(redis::cmd("HGET").arg(key).arg(field)).await?;
        bytes.map(|bytes| record_codec::decode(&bytes)).transpose()
    }
}

/// A call that the provider took.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The attempt.
    pub attempt: AttemptId,
    /// The new record (`transition::placed`).
    pub record: Record,
    /// The worker that wrote the intent.
    pub worker: u32,
    /// How and when it is polled first; none where the provider reports nothing.
    pub poll: Option<(PollEntry, Timestamp)>,
    /// For how long our hook finds the attempt by its call's id; none where the account has no hook.
    pub findable: Option<Duration>,
}

impl Placed {
    fn call_id(&self) -> &str {
        let attempts = &self.record.attempts;
        attempts.iter().find(|past| past.revision == self.attempt.revision).map_or("", |past| &past.call_id)
    }
}

/// Key number and field of a contact's record.
pub(super) fn record_place(position: ContactPosition) -> (u64, u64) {
    (u64::from(position) / limits::RECORDS_PER_KEY, u64::from(position) % limits::RECORDS_PER_KEY)
}

fn push_settlement(arguments: &mut Arguments, settlement: &Settlement) {
    let Settlement { attempt, change, .. } = settlement;
    let lane = change.file.then_some(change.record.lane);
    arguments.push(attempt.campaign);
    arguments.push(attempt.position);
    arguments.push(attempt.revision);
    arguments.push(settlement.expected);
    arguments.push_bytes(record_codec::encode(&change.record));
    arguments.push(settlement.worker);
    arguments.push(lane.map_or(String::new(), |lane| lane.to_string()));
    arguments.push(change.record.due.map_or(0, Timestamp::as_millis));
    arguments.push(change.counted_before.map_or(0, |outcome| outcome as u8));
    arguments.push(change.counted_now.map_or(0, |outcome| outcome as u8));
    arguments.push(change.attempts);
    arguments.push(&settlement.number);
    arguments.push(if settlement.free_slot { "free" } else { "keep" });
    arguments.push(settlement.number_until.map_or(0, Timestamp::as_millis));
    let (entry, what) = match &settlement.poll {
        Poll::Keep => (String::new(), "keep"),
        Poll::End(entry) => (entry.stored(), "end"),
    };
    arguments.push(entry);
    arguments.push(what);
    arguments.push_bytes(settlement.exactly.as_ref().map_or(Vec::new(), record_codec::encode));
    arguments.push(contact_key(&settlement.contact_id));
    arguments.push(settlement.called_at.as_millis());
}

fn begin_answer(code: i64, value: i64) -> Result<BeginAnswer, StoreError> {
    Ok(match code {
        1 => BeginAnswer::Begun { send_by_us: value },
        -1 => BeginAnswer::LeaseLost,
        -2 => BeginAnswer::NotDialing,
        -3 => BeginAnswer::WindowClosed,
        -4 => BeginAnswer::ClaimGone,
        -5 => BeginAnswer::RecordChanged,
        -6 => BeginAnswer::NumberInUse,
        -7 => BeginAnswer::TooLate,
        -8 => BeginAnswer::Suppressed,
        -9 => BeginAnswer::Capped { until: Timestamp::from_millis(value) },
        _ => return Err(StoreError::Corrupt("answer of begin".to_owned())),
    })
}

/// A record that is just what was to be written means that an earlier try, whose reply was lost, had written it.
fn settled(answer: redis::Value, wanted: &Record) -> Result<Settled, StoreError> {
    let present = match answer {
        redis::Value::Int(_) => return Ok(Settled::Written),
        redis::Value::BulkString(bytes) if bytes.is_empty() => None,
        redis::Value::BulkString(bytes) => Some(record_codec::decode(&bytes)?),
        _ => return Err(StoreError::Corrupt("answer of a settlement".to_owned())),
    };
    let written = record_codec::encode(wanted);
    if present.as_ref().is_some_and(|present| record_codec::encode(present) == written) {
        return Ok(Settled::Written);
    }
    Ok(Settled::Stale(present))
}

fn parse_intent(text: &str) -> Result<(AttemptId, u32), StoreError> {
    let corrupt = || StoreError::Corrupt(format!("intent `{text}`"));
    let mut parts = text.split(':');
    let mut next = || parts.next().ok_or_else(corrupt);
    let campaign = super::claims::campaign_id(next()?)?;
    let mut number = || next()?.parse::<u32>().map_err(|_| corrupt());
    let attempt = AttemptId { campaign, position: number()?, revision: number()? };
    Ok((attempt, number()?))
}
