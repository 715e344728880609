//! How a record is stored: revision, state, due time and lane where scripts can read them, then what only Rust reads.

use super::StoreError;
use crate::domain::{
    ContactState, Outcome, Timestamp,
    learned::Captured,
    record::{AttemptRecord, CalledThen, NO_NUMBER, Record},
};

/// Bytes that scripts read: revision 4, state 1, due 6; the lane's follow, 1 to 3.
const HEADER_BYTES: usize = 11;
/// Longest text kept of a provider's word or a reason, in bytes.
const TEXT_MAX: usize = 255;
const UUID_BYTES: u8 = 16;
const UUID_MARK: u8 = 255;
/// Set in the byte of the count of numbers of a contact that is to be cancelled.
const CANCEL_ASKED: u8 = 0x80;
/// Set in the same byte where the generation of the contact's block follows the attempts.
const EDITED: u8 = 0x40;
/// Set in the byte of an attempt's number where captured values follow it.
const HAS_CAPTURED: u8 = 0x80;
/// Set in the same byte where the number's digits and place at the time follow; its lowest bits are then the place now.
const HAS_THEN: u8 = 0x40;
/// A contact has 10 numbers at most, so the place of one leaves half of a byte.
const NIBBLE: u8 = 15;

/// The bytes of a record.
pub(super) fn encode(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + 8 + record.attempts.len() * 64);
    bytes.extend(record.revision.to_be_bytes());
    bytes.push(record.state as u8);
    bytes.extend(&millis(record.due).to_be_bytes()[2..]);
    put_varint(&mut bytes, record.lane.into());
    bytes.extend([
        record.numbers
            | if record.cancel_asked { CANCEL_ASKED } else { 0 }
            | if record.generation > 0 { EDITED } else { 0 },
        record.next_number & NIBBLE | record.put_off.min(NIBBLE) << 4,
    ]);
    put_varint(&mut bytes, record.former_attempts.into());
    put_text(&mut bytes, &record.reason);
    put_varint(&mut bytes, record.attempts.len() as u64);
    for attempt in &record.attempts {
        put_attempt(&mut bytes, attempt);
    }
    if record.generation > 0 {
        put_varint(&mut bytes, record.generation.into());
    }
    // Records of most campaigns end here.
    for lane in &record.number_lanes {
        put_varint(&mut bytes, (*lane).into());
    }
    bytes
}

fn put_attempt(bytes: &mut Vec<u8>, attempt: &AttemptRecord) {
    put_varint(bytes, attempt.revision.into());
    let has_captured = if attempt.captured.is_empty() { 0 } else { HAS_CAPTURED };
    let number = if attempt.then.is_some() { HAS_THEN | attempt.number & NIBBLE } else { attempt.number };
    bytes.push(number | has_captured);
    put_text(bytes, &attempt.dialed);
    bytes.push(attempt.outcome.map_or(0, |outcome| outcome as u8));
    let started = millis(Some(attempt.started_at));
    bytes.extend(&started.to_be_bytes()[2..]);
    put_varint(bytes, attempt.ended_at.map_or(0, |ended| 1 + millis(Some(ended)).saturating_sub(started)));
    put_varint(bytes, attempt.worker.into());
    put_call_id(bytes, &attempt.call_id);
    put_text(bytes, &attempt.provider_status);
    bytes.push(attempt.duration_s.is_some().into());
    if let Some(duration) = attempt.duration_s {
        bytes.extend(duration.to_be_bytes());
    }
    put_text(bytes, &attempt.reason);
    if !attempt.captured.is_empty() {
        put_varint(bytes, attempt.captured.len() as u64);
        for (name, value) in attempt.captured.iter() {
            put_text(bytes, name);
            put_text(bytes, value);
        }
    }
    if let Some(then) = &attempt.then {
        bytes.push(then.number);
        put_text(bytes, &then.digits);
    }
}

/// The record that has these bytes. Nothing panics on damaged ones.
pub(super) fn decode(bytes: &[u8]) -> Result<Record, StoreError> {
    let mut reader = Reader { rest: bytes };
    reader.record().ok_or_else(|| StoreError::Corrupt("a contact's record is damaged".to_owned()))
}

fn millis(instant: Option<Timestamp>) -> u64 {
    instant.map_or(0, |instant| u64::try_from(instant.as_millis()).unwrap_or(0).min((1 << 48) - 1))
}

fn put_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    let mut end = text.len().min(TEXT_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    bytes.push(end as u8);
    bytes.extend(&text.as_bytes()[..end]);
}

/// A call id in UUID form, which most are, takes 17 bytes instead of 37.
fn put_call_id(bytes: &mut Vec<u8>, call_id: &str) {
    match uuid_bytes(call_id) {
        Some(uuid) => {
            bytes.push(UUID_MARK);
            bytes.extend(uuid);
        }
        None => {
            let end = (0..=call_id.len().min(TEXT_MAX - 1)).rev().find(|&end| call_id.is_char_boundary(end));
            put_text(bytes, &call_id[..end.unwrap_or(0)]);
        }
    }
}

fn uuid_bytes(text: &str) -> Option<[u8; UUID_BYTES as usize]> {
    let hyphens = [8, 13, 18, 23];
    let well_formed = text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| {
            if hyphens.contains(&i) { b == b'-' } else { b.is_ascii_digit() || (b'a'..=b'f').contains(&b) }
        });
    if !well_formed {
        return None;
    }
    let digits: String = text.chars().filter(|&c| c != '-').collect();
    u128::from_str_radix(&digits, 16).ok().map(u128::to_be_bytes)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn record(&mut self) -> Option<Record> {
        let revision = self.number(4)? as u32;
        let state = ContactState::from_byte(self.byte()?)?;
        let due = self.instant()?;
        let lane = self.varint()? as u16;
        let (numbers_byte, next) = (self.byte()?, self.byte()?);
        let (numbers, cancel_asked) = (numbers_byte & NIBBLE, numbers_byte & CANCEL_ASKED != 0);
        let (next_number, put_off) = (next & NIBBLE, next >> 4);
        let former_attempts = self.varint()? as u16;
        let reason = self.text()?;
        let count = self.varint()?;
        let attempts = (0..count).map(|_| self.attempt()).collect::<Option<_>>()?;
        let generation = if numbers_byte & EDITED == 0 { 0 } else { self.varint()? as u32 };
        let lanes = if self.rest.is_empty() { 0 } else { numbers };
        let number_lanes = (0..lanes).map(|_| self.varint().map(|lane| lane as u16)).collect::<Option<_>>()?;
        Some(Record {
            revision,
            state,
            due,
            lane,
            numbers,
            next_number,
            former_attempts,
            cancel_asked,
            put_off,
            reason,
            attempts,
            number_lanes,
            generation,
        })
    }

    fn attempt(&mut self) -> Option<AttemptRecord> {
        let revision = self.varint()? as u32;
        let number_byte = self.byte()?;
        let number = number_byte & !HAS_CAPTURED;
        let has_then = number != NO_NUMBER && number & HAS_THEN != 0;
        let number = match number & NIBBLE {
            NIBBLE if has_then => NO_NUMBER,
            place if has_then => place,
            _ => number,
        };
        let dialed = self.text()?;
        let outcome = self.byte()?;
        let outcome = if outcome == 0 { None } else { Some(Outcome::from_byte(outcome)?) };
        let started_at = self.instant()?.unwrap_or_default();
        let ended = self.varint()?;
        let worker = self.varint()? as u32;
        let call_id = self.call_id()?;
        let provider_status = self.text()?;
        let duration_s =
            if self.byte()? == 0 { None } else { Some(f32::from_be_bytes(self.bytes(4)?.try_into().ok()?)) };
        Some(AttemptRecord {
            revision,
            number,
            dialed,
            outcome,
            started_at,
            ended_at: (ended > 0)
                .then(|| Timestamp::from_millis(started_at.as_millis().saturating_add((ended - 1) as i64))),
            worker,
            call_id,
            provider_status,
            duration_s,
            reason: self.text()?,
            captured: if number_byte & HAS_CAPTURED == 0 { Captured::default() } else { self.captured()? },
            then: if has_then { Some(CalledThen { number: self.byte()?, digits: self.text()? }) } else { None },
        })
    }

    fn captured(&mut self) -> Option<Captured> {
        let count = self.varint()?;
        (0..count).map(|_| Some((self.text()?, self.text()?))).collect()
    }

    fn bytes(&mut self, count: usize) -> Option<&[u8]> {
        let (bytes, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes(1).map(|bytes| bytes[0])
    }

    fn number(&mut self, width: usize) -> Option<u64> {
        Some(self.bytes(width)?.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    fn instant(&mut self) -> Option<Option<Timestamp>> {
        let ms = self.number(6)?;
        Some((ms > 0).then(|| Timestamp::from_millis(ms as i64)))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn text(&mut self) -> Option<String> {
        let length = self.byte()?;
        self.text_of(length.into())
    }

    fn text_of(&mut self, length: usize) -> Option<String> {
        String::from_utf8(self.bytes(length)?.to_vec()).ok()
    }

    fn call_id(&mut self) -> Option<String> {
        let length = self.byte()?;
        if length != UUID_MARK {
            return self.text_of(length.into());
        }
        let hex = format!("{:032x}", u128::from_be_bytes(self.bytes(UUID_BYTES.into())?.try_into().ok()?));
        Some(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn attempt() -> impl Strategy<Value = AttemptRecord> {
        let call_id = prop_oneof!["", "[0-9]{1,12}", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"];
        (
            1u32..,
            prop_oneof![0u8..10, Just(NO_NUMBER)],
            "[0-9]{0,15}",
            0u8..12,
            1i64..1 << 47,
            0u64..1 << 40,
            call_id,
            any::<Option<bool>>(),
            ".{0,40}",
        )
            .prop_map(|(revision, number, dialed, outcome, started, ended, call_id, duration, text)| {
                AttemptRecord {
                    revision,
                    number,
                    then: (revision % 2 == 0)
                        .then(|| CalledThen { number: (revision % 9) as u8, digits: dialed.clone() }),
                    dialed,
                    outcome: Outcome::from_byte(outcome),
                    started_at: Timestamp::from_millis(started),
                    ended_at: (ended > 0).then(|| Timestamp::from_millis(started + ended as i64)),
                    worker: revision / 2,
                    call_id,
                    provider_status: text.clone(),
                    duration_s: duration.map(|long| if long { 61.25 } else { 0.0 }),
                    captured: (revision % 3)
                        .checked_sub(1)
                        .map(|_| ("disposition".to_owned(), text.clone()))
                        .into_iter()
                        .collect(),
                    reason: text,
                }
            })
    }

    proptest! {
        #[test]
        fn a_record_reads_back_as_it_was_written(
            revision in any::<u32>(), state in 1u8..10, due in 0i64..1 << 47, lane in any::<u16>(), put_off in 0u8..16,
            attempts in prop::collection::vec(attempt(), 0..6),
            generation in prop_oneof![Just(0), any::<u32>()],
            number_lanes in prop_oneof![Just(Vec::new()), prop::collection::vec(any::<u16>(), 3)],
        ) {
            let record = Record {
                revision,
                state: ContactState::from_byte(state).expect("in range"),
                due: (due > 0).then(|| Timestamp::from_millis(due)),
                lane,
                numbers: 3,
                next_number: 1,
                former_attempts: 2,
                cancel_asked: revision % 2 == 0,
                put_off,
                reason: "because".to_owned(),
                attempts,
                number_lanes,
                generation,
            };
            prop_assert_eq!(decode(&encode(&record)).expect("what was encoded"), record);
        }

        #[test]
        fn damaged_bytes_are_an_error_and_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }
    }

    #[test]
    fn a_contact_called_once_takes_few_bytes() {
        let mut record = crate::domain::transition::begin(
            &Record::fresh(5, 1),
            "12025550123",
            Timestamp::from_millis(1_800_000_000_000),
            7,
        );
        record.attempts[0].call_id = "6f1c2d9e-0b1a-4c3d-8e5f-0123456789ab".to_owned();
        record.attempts[0].outcome = Some(Outcome::Answered);
        record.attempts[0].dialed.clear();
        record.attempts[0].provider_status = "Answered".to_owned();
        assert!(encode(&record).len() <= 64, "{} bytes no longer stay in a listpack", encode(&record).len());
    }
}
