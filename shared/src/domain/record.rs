//! What Redial keeps of a contact that has been called, or kept from being called: its record.

use super::{ContactState, Outcome, PhoneNumber, Timestamp, learned::Captured, retry::PastAttempt};

/// Stands for the place of a number that was taken off its contact.
pub const NO_NUMBER: u8 = 127;

/// The record of one contact. A contact without one is pending and was never called.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Grows by one with every change. An attempt bears the revision that its intent wrote.
    pub revision: u32,
    /// Where the contact stands.
    pub state: ContactState,
    /// Before this instant it is not called again.
    pub due: Option<Timestamp>,
    /// The lane to which it belongs.
    pub lane: u16,
    /// How many numbers it has; none: it was erased.
    pub numbers: u8,
    /// Place of the number to be called next, from 0.
    pub next_number: u8,
    /// Attempts of former runs, which the retry policy no longer counts.
    pub former_attempts: u16,
    /// Somebody took it out while it was on a call: it is not called again.
    pub cancel_asked: bool,
    /// How often in a row it was refused, or missed, for nobody's fault: each time it waits longer. At most 15.
    pub put_off: u8,
    /// Why it stands there, or what last kept it from being called.
    pub reason: String,
    /// All attempts, oldest first.
    pub attempts: Vec<AttemptRecord>,
    /// The lane of each number, where the number that is dialed says where the contact is; else empty.
    pub number_lanes: Vec<u16>,
    /// The generation of its block since which the contact stands there as it is now; 0: it was never edited.
    pub generation: u32,
}

/// One attempt in a record.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptRecord {
    /// The record's revision that its intent wrote; part of the attempt's id.
    pub revision: u32,
    /// Place that the number called has now, from 0; [`NO_NUMBER`]: it was taken off.
    pub number: u8,
    /// The same as it was then, if an edit has changed that since.
    pub then: Option<CalledThen>,
    /// Digits of that number while it is locked: until the outcome is known.
    pub dialed: String,
    /// None while the attempt is live.
    pub outcome: Option<Outcome>,
    /// When the request was sent (before that: the instant at which it is to be sent), or to when that puts the call off.
    pub started_at: Timestamp,
    /// When it was concluded.
    pub ended_at: Option<Timestamp>,
    /// The worker that began it.
    pub worker: u32,
    /// The provider's id of the call; empty while unknown.
    pub call_id: String,
    /// The provider's own word.
    pub provider_status: String,
    /// Talk time in seconds, where the provider tells.
    pub duration_s: Option<f32>,
    /// What went wrong, in plain words.
    pub reason: String,
    /// What the bot learned.
    pub captured: Captured,
}

/// A number that was called, and has another place since, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalledThen {
    /// Its place when it was called, from 0.
    pub number: u8,
    /// Its digits where it was taken off; else empty, as for somebody who was erased.
    pub digits: String,
}

impl AttemptRecord {
    /// The digits of the number called, of a contact that has these numbers now; none where they were erased.
    pub fn digits<'a>(&'a self, numbers: &'a [PhoneNumber]) -> Option<&'a str> {
        let has_it = numbers.get(usize::from(self.number)).map(PhoneNumber::digits);
        has_it.or_else(|| self.then.as_ref().map(|then| &*then.digits)).filter(|digits| !digits.is_empty())
    }

    /// The place that the number called had then, from 0; none where it was erased.
    pub fn place_then(&self) -> Option<u8> {
        Some(self.then.as_ref().map_or(self.number, |then| then.number)).filter(|place| *place != NO_NUMBER)
    }

    /// Whether the number called was taken off the contact and forgotten since, or the contact erased.
    pub(super) fn is_forgotten(&self) -> bool {
        self.number == NO_NUMBER && self.digits(&[]).is_none()
    }

    /// An edit gives the number called another place, or none: `digits` are then kept.
    pub(super) fn move_number(&mut self, to: Option<u8>, digits: &str) {
        let then = self.then.take().map_or(self.number, |then| then.number);
        self.number = to.unwrap_or(NO_NUMBER);
        let digits = if to.is_some() { String::new() } else { digits.to_owned() };
        self.then = (then != self.number).then_some(CalledThen { number: then, digits });
    }

    /// Nothing that was said or learned, nor whom it called, is to be known of it any more.
    pub(super) fn erase(&mut self) {
        self.captured = Captured::default();
        if let Some(then) = &mut self.then {
            then.digits.clear();
        }
        let texts = [&mut self.dialed, &mut self.call_id, &mut self.provider_status, &mut self.reason];
        texts.into_iter().for_each(String::clear);
    }
}

impl Record {
    /// The record of a contact that has none: pending at revision 0.
    pub fn fresh(lane: u16, numbers: u8) -> Self {
        Self {
            revision: 0,
            state: ContactState::Pending,
            due: None,
            lane,
            numbers,
            next_number: 0,
            former_attempts: 0,
            cancel_asked: false,
            put_off: 0,
            reason: String::new(),
            attempts: Vec::new(),
            number_lanes: Vec::new(),
            generation: 0,
        }
    }

    /// Whether nothing is known of the contact any more but how its attempts were counted.
    pub fn is_erased(&self) -> bool {
        self.numbers == 0
    }

    /// Makes this number the next one to be called, or the first if it was taken off; the contact stands in that number's
    /// lane from now on.
    pub fn turn_to(&mut self, number: u8) {
        let number = if number < self.numbers { number } else { 0 };
        self.next_number = number;
        if let Some(lane) = self.number_lanes.get(usize::from(number)) {
            self.lane = *lane;
        }
    }

    /// The attempts that the retry policy counts, as it wants them. A live attempt is left out.
    pub fn history(&self) -> Vec<PastAttempt> {
        self.attempts
            .iter()
            .skip(usize::from(self.former_attempts))
            .filter_map(|attempt| {
                Some(PastAttempt {
                    number: attempt.number,
                    outcome: attempt.outcome?,
                    started_at: attempt.started_at,
                    ended_at: attempt.ended_at?,
                })
            })
            .collect()
    }
}
