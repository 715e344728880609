//! What really rang at all providers, kept compactly: about 40 bytes a ring besides its conversation id, so that tests with
//! millions of calls can be audited exactly.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use uuid::Uuid;

use crate::{
    number::Number,
    plan::{Plan, mix},
    requests::{Counters, Endpoint},
    words::{Fault, Kind, Outcome},
};

/// One ring: a phone that rang, as the ledger reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ring {
    /// Who was asked to call.
    pub provider: Kind,
    /// The number as the request gave it.
    pub number: String,
    /// When the request had been read to its end, in microseconds since the Unix epoch.
    pub received_at: u64,
    /// When the call was over, in microseconds since the Unix epoch: `received_at` + ring time + talk time.
    pub ended_at: u64,
    /// How it ended, or will end.
    pub outcome: Outcome,
    /// How the request that placed it went wrong; `none` if it did not.
    pub fault: Fault,
    /// The caller's own id of the call, where the request carries one; else empty.
    pub conversation_id: String,
    /// The id that the caller was given, or would have been; empty where the provider gives none.
    pub unique_id: String,
}

/// What became of a request to place a call.
pub(crate) struct Placed {
    pub fault: Fault,
    pub latency_ms: u32,
    /// The index of the ring, if it rang.
    pub ring: Option<usize>,
}

/// A call that a provider is asked to place.
pub(crate) struct Wanted {
    pub kind: Kind,
    pub number: Number,
    /// The caller's own id of the call; empty if the request has none.
    pub conversation: String,
    /// How long the call is put off.
    pub delay_ms: u32,
}

/// A call as its provider sees it at some time; times are in microseconds since the Unix epoch.
pub(crate) struct Call {
    pub number: Number,
    pub received_us: u64,
    /// When somebody answered, if somebody has.
    pub connected_us: Option<u64>,
    /// When and how it ended, if it has.
    pub ended: Option<(u64, Outcome)>,
}

pub(crate) struct RingRecord {
    number: Number,
    pub received_us: u64,
    ring_ms: u32,
    talk_ms: u32,
    /// Where its conversation id ends in `Ledger::conversations`; it begins where that of the ring before ends.
    conversation_end: u64,
    /// The ring before it of the same phone, or `NO_RING`.
    previous: u32,
    pub outcome: Outcome,
    fault: Fault,
    pub kind: Kind,
}

impl RingRecord {
    pub fn ended_us(&self) -> u64 {
        self.received_us + (u64::from(self.ring_ms) + u64::from(self.talk_ms)) * 1_000
    }
}

pub(crate) struct Phone {
    requests: u32,
    pub rings: u32,
    last_ring: u32,
}

impl Default for Phone {
    fn default() -> Self {
        Self { requests: 0, rings: 0, last_ring: NO_RING }
    }
}

/// Requests that are read side by side are entered so much out of order at most.
const DISORDER_US: u64 = 100_000;

const NO_RING: u32 = u32::MAX;

impl Phone {
    /// The index of its last ring.
    pub fn last_ring(&self) -> Option<usize> {
        (self.last_ring != NO_RING).then_some(self.last_ring as usize)
    }
}

/// Everything the simulator remembers. All times are in microseconds since the Unix epoch.
pub(crate) struct Ledger {
    pub rings: Vec<RingRecord>,
    pub phones: HashMap<u64, Phone>,
    conversations: String,
    /// The longest ring and talk time there was.
    longest_ms: u64,
    pub requests: Counters,
    /// Requests for results by the number of ids they asked for (Knovvu).
    pub batches: BTreeMap<usize, u64>,
    /// Drawn anew at each start and reset, so that ids given before are unknown afterwards.
    nonce: u64,
}

impl Ledger {
    pub fn new(now_us: u64) -> Self {
        Self {
            rings: Vec::new(),
            phones: HashMap::new(),
            conversations: String::new(),
            longest_ms: 0,
            requests: Counters::default(),
            batches: BTreeMap::new(),
            nonce: mix(now_us),
        }
    }

    /// Tells this ledger from the one after a reset.
    pub fn nonce(&self) -> u64 {
        self.nonce
    }

    /// Enters a well-formed request for a call.
    pub fn place(&mut self, plan: &Plan, wanted: &Wanted, received_us: u64) -> Placed {
        let Wanted { kind, number, .. } = *wanted;
        let phone = self.phones.entry(number.phone()).or_default();
        phone.requests += 1;
        let nth_request = phone.requests;
        let fault = plan.call_fault(kind, number, nth_request);
        self.requests.of(kind).calls.enter(received_us, fault);
        let ring = fault.rings().then(|| self.ring(plan, wanted, received_us, fault));
        Placed { fault, latency_ms: plan.latency_ms(number.phone(), nth_request, fault), ring }
    }

    fn ring(&mut self, plan: &Plan, wanted: &Wanted, received_us: u64, fault: Fault) -> usize {
        let Wanted { kind, number, conversation, delay_ms } = wanted;
        let index = u32::try_from(self.rings.len()).expect("fewer than 2^32 rings between resets");
        let phone = self.phones.entry(number.phone()).or_default();
        phone.rings += 1;
        let previous = std::mem::replace(&mut phone.last_ring, index);
        let (ring_ms, talk_ms) = plan.ring_and_talk_ms(*number, phone.rings);
        let ring_ms = ring_ms.saturating_add(*delay_ms);
        let outcome = plan.outcome(*number, phone.rings);
        self.longest_ms = self.longest_ms.max(u64::from(ring_ms) + u64::from(talk_ms));
        self.conversations.push_str(conversation);
        let conversation_end = self.conversations.len() as u64;
        let (number, kind) = (*number, *kind);
        let record =
            RingRecord { number, received_us, ring_ms, talk_ms, conversation_end, previous, outcome, fault, kind };
        self.rings.push(record);
        index as usize
    }

    /// Enters a well-formed request for results: how it goes wrong, and after how many milliseconds it is answered.
    pub fn ask(&mut self, plan: &Plan, kind: Kind, received_us: u64) -> (Fault, u32) {
        let results: &mut Endpoint = &mut self.requests.of(kind).results;
        let nth_request = results.received_us.len() as u32 + 1;
        let fault = plan.result_fault(kind, nth_request);
        results.enter(received_us, fault);
        (fault, plan.latency_ms(kind as u64, nth_request, fault))
    }

    /// Enters a well-formed request for an access token: which one it is of the provider's, and as [`Ledger::ask`].
    pub fn ask_token(&mut self, plan: &Plan, kind: Kind, received_us: u64) -> (u32, Fault, u32) {
        let tokens = &mut self.requests.of(kind).tokens;
        let nth_request = tokens.received_us.len() as u32 + 1;
        let fault = plan.token_fault(kind, nth_request);
        tokens.enter(received_us, fault);
        (nth_request, fault, plan.latency_ms(kind as u64, nth_request, fault))
    }

    /// A call of a provider, by the index of its ring.
    pub fn call(&self, kind: Kind, index: usize, now_us: u64) -> Option<Call> {
        let record = self.rings.get(index).filter(|record| record.kind == kind)?;
        let answered_us = record.received_us + u64::from(record.ring_ms) * 1_000;
        let ended_us = record.ended_us();
        Some(Call {
            number: record.number,
            received_us: record.received_us,
            connected_us: (record.outcome == Outcome::Answered && answered_us <= now_us).then_some(answered_us),
            ended: (ended_us <= now_us).then_some((ended_us, record.outcome)),
        })
    }

    /// The rings of all calls that can have changed since a time, oldest first.
    pub fn since(&self, from_us: u64) -> std::ops::Range<usize> {
        let earliest_us = from_us.saturating_sub(self.longest_ms * 1_000 + DISORDER_US);
        self.rings.partition_point(|ring| ring.received_us < earliest_us)..self.rings.len()
    }

    /// The id that the providers with whole numbers for ids give a call. It stays exact in a JSON number.
    pub fn number_id(&self, index: usize) -> u64 {
        ((self.nonce >> 44) << 32) + index as u64 + 1
    }

    /// The index of the ring with such an id.
    pub fn index_of_number(&self, id: u64) -> Option<usize> {
        let index = id.checked_sub(self.number_id(0))? as usize;
        (index < self.rings.len()).then_some(index)
    }

    /// A ring's id carries its index, so that no table of ids is needed.
    pub fn unique_id(&self, index: usize) -> Uuid {
        let index = index as u32;
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&mix(self.nonce ^ u64::from(index)).to_be_bytes());
        bytes[8..12].copy_from_slice(&(mix(self.nonce ^ !u64::from(index)) as u32).to_be_bytes());
        let masked = index ^ self.mask(&bytes);
        bytes[12..].copy_from_slice(&masked.to_be_bytes());
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// The index of the ring with such an id.
    pub fn index_of(&self, id: Uuid) -> Option<usize> {
        let bytes = id.as_bytes();
        let index = (u32::from_be_bytes(bytes[12..].try_into().ok()?) ^ self.mask(bytes)) as usize;
        (index < self.rings.len() && self.unique_id(index) == id).then_some(index)
    }

    /// Hides an index, from the bytes that neither the uuid's version nor its variant touches.
    fn mask(&self, bytes: &[u8; 16]) -> u32 {
        let head = bytes[..6].iter().fold(self.nonce, |head, byte| mix(head ^ u64::from(*byte)));
        head as u32
    }

    pub fn conversation(&self, index: usize) -> &str {
        let begin = index.checked_sub(1).map_or(0, |before| self.rings[before].conversation_end);
        &self.conversations[begin as usize..self.rings[index].conversation_end as usize]
    }

    /// The ring with this index, which must exist.
    pub fn report(&self, index: usize) -> Ring {
        let record = &self.rings[index];
        Ring {
            provider: record.kind,
            number: record.number.to_string(),
            received_at: record.received_us,
            ended_at: record.ended_us(),
            outcome: record.outcome,
            fault: record.fault,
            conversation_id: self.conversation(index).to_owned(),
            unique_id: match record.kind {
                Kind::Knovvu => self.unique_id(index).to_string(),
                Kind::Livecall | Kind::Ccai => self.number_id(index).to_string(),
                Kind::Uhlive | Kind::Mylibby => String::new(),
            },
        }
    }

    /// All rings of a number, oldest first.
    pub fn of_number(&self, number: Number) -> Vec<Ring> {
        let last = self.phones.get(&number.phone()).map_or(NO_RING, |phone| phone.last_ring);
        let next = |index: &u32| Some(self.rings[*index as usize].previous).filter(|previous| *previous != NO_RING);
        let newest_first = std::iter::successors(Some(last).filter(|last| *last != NO_RING), next);
        let mut rings: Vec<Ring> = newest_first.map(|index| self.report(index as usize)).collect();
        rings.reverse();
        rings
    }

    /// The number of a ring.
    pub fn number(&self, index: usize) -> Number {
        self.rings[index].number
    }

    /// The ring before this one of the same phone.
    pub fn previous(&self, record: &RingRecord) -> Option<&RingRecord> {
        (record.previous != NO_RING).then(|| &self.rings[record.previous as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SimulatorConfig;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    fn wanted(kind: Kind, text: &str, conversation: &str) -> Wanted {
        Wanted { kind, number: number(text), conversation: conversation.to_owned(), delay_ms: 0 }
    }

    #[test]
    fn every_id_leads_back_to_its_ring_and_no_other_id_does() {
        let plan = Plan::new(SimulatorConfig::default()).unwrap();
        let mut ledger = Ledger::new(1);
        let ids: Vec<Uuid> = (0..1_000u32)
            .map(|i| {
                let wanted = wanted(Kind::Knovvu, &format!("+1202{i:07}"), "c");
                let ring = ledger.place(&plan, &wanted, 5).ring.unwrap();
                ledger.unique_id(ring)
            })
            .collect();
        for (index, id) in ids.iter().enumerate() {
            assert_eq!(ledger.index_of(*id), Some(index));
            assert_eq!(ledger.index_of_number(ledger.number_id(index)), Some(index));
            assert_eq!(id.get_version_num(), 4);
        }
        assert_eq!(ledger.index_of(Uuid::from_u128(ids[3].as_u128() ^ 1)), None);
        assert_eq!(ledger.index_of(Uuid::nil()), None);
        let mut after_reset = Ledger::new(2);
        after_reset.place(&plan, &wanted(Kind::Knovvu, "+12025550101", "c"), 5);
        assert_eq!(after_reset.index_of_number(ledger.number_id(0)), None);
        assert_eq!(after_reset.index_of(ids[0]), None);
    }

    #[test]
    fn a_call_is_pending_until_its_ring_and_talk_time_is_over() {
        let config = toml::from_str("outcomes = { answered = 1 }\nring = \"1s\"\ntalk = \"2s\"").unwrap();
        let plan = Plan::new(config).unwrap();
        let mut ledger = Ledger::new(1);
        let ring = ledger.place(&plan, &wanted(Kind::Ccai, "+12025550101", "c"), 10).ring.unwrap();
        let call = |at_us| ledger.call(Kind::Ccai, ring, at_us).unwrap();
        assert_eq!((call(10 + 999_999).connected_us, call(10 + 1_000_000).connected_us), (None, Some(1_000_010)));
        assert_eq!(call(10 + 2_999_999).ended, None);
        assert_eq!(call(10 + 3_000_000).ended, Some((3_000_010, Outcome::Answered)));
        assert!(ledger.call(Kind::Livecall, ring, 10).is_none(), "another provider's call");
        assert_eq!((ledger.since(3_000_010), ledger.since(4_000_000)), (0..1, 1..1));
    }

    #[test]
    fn outcomes_count_rings_and_faults_count_requests() {
        let config = toml::from_str(
            r#"
            script = { "+12025550101" = ["busy", "answered"] }
            call_faults = { script = { "+12025550101" = ["throttled", "reset_after", "reset_before"] } }
            "#,
        );
        let plan = Plan::new(config.unwrap()).unwrap();
        let mut ledger = Ledger::new(1);
        for attempt in ["a", "b", "c", "d"] {
            ledger.place(&plan, &wanted(Kind::Knovvu, "+12025550101", attempt), 7);
        }
        let rings = ledger.of_number(number("12025550101"));
        let told: Vec<_> = rings.iter().map(|ring| (&*ring.conversation_id, ring.outcome, ring.fault)).collect();
        assert_eq!(told, [("b", Outcome::Busy, Fault::ResetAfter), ("d", Outcome::Answered, Fault::None)]);
    }
}
