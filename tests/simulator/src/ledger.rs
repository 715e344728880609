//! What really rang, kept compactly: about 40 bytes a ring besides its conversation id, so that tests with millions of
//! calls can be audited exactly.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use uuid::Uuid;

use crate::{
    number::Number,
    plan::{Plan, mix},
    words::{Fault, Outcome},
};

/// One ring: a phone that rang, as the ledger reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ring {
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
    /// The caller's own id of the call.
    pub conversation_id: String,
    /// The id that the caller was given, or would have been.
    pub unique_id: String,
}

/// What became of a request to place a call.
pub(crate) struct Placed {
    pub fault: Fault,
    pub latency_ms: u32,
    /// The id of the call, if it rang.
    pub unique_id: Option<Uuid>,
}

/// What became of a request for results.
pub(crate) struct Polled {
    pub fault: Fault,
    pub latency_ms: u32,
    /// One entry for each id that is known; none as its outcome while the call goes on.
    pub states: Vec<(Uuid, Option<Outcome>)>,
}

/// The counters of one endpoint.
#[derive(Debug, Default)]
pub(crate) struct Endpoint {
    /// When each well-formed request was received, in microseconds since the Unix epoch.
    pub received_us: Vec<u64>,
    /// Requests refused as malformed or unauthorized; they are not in `received_us`.
    pub refused: u64,
    /// Faults of the well-formed ones.
    pub faults: BTreeMap<Fault, u64>,
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
    pub calls: Endpoint,
    pub results: Endpoint,
    /// Requests for results by the number of ids they asked for.
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
            calls: Endpoint::default(),
            results: Endpoint::default(),
            batches: BTreeMap::new(),
            nonce: mix(now_us),
        }
    }

    /// Tells this ledger from the one after a reset.
    pub fn nonce(&self) -> u64 {
        self.nonce
    }

    /// Enters a well-formed request for a call.
    pub fn place(&mut self, plan: &Plan, number: Number, conversation: &str, received_us: u64) -> Placed {
        let phone = self.phones.entry(number.phone()).or_default();
        phone.requests += 1;
        let nth_request = phone.requests;
        let fault = plan.call_fault(number, nth_request);
        self.calls.enter(received_us, fault);
        let unique_id = fault.rings().then(|| self.ring(plan, number, conversation, received_us, fault));
        Placed { fault, latency_ms: plan.latency_ms(number.phone(), nth_request, fault), unique_id }
    }

    fn ring(&mut self, plan: &Plan, number: Number, conversation: &str, received_us: u64, fault: Fault) -> Uuid {
        let index = u32::try_from(self.rings.len()).expect("fewer than 2^32 rings between resets");
        let phone = self.phones.entry(number.phone()).or_default();
        phone.rings += 1;
        let previous = std::mem::replace(&mut phone.last_ring, index);
        let (ring_ms, talk_ms) = plan.ring_and_talk_ms(number, phone.rings);
        let outcome = plan.outcome(number, phone.rings);
        self.conversations.push_str(conversation);
        let conversation_end = self.conversations.len() as u64;
        let record = RingRecord { number, received_us, ring_ms, talk_ms, conversation_end, previous, outcome, fault };
        self.rings.push(record);
        self.unique_id(index)
    }

    /// Enters a well-formed request for results.
    pub fn poll(&mut self, plan: &Plan, ids: &[Uuid], asked: usize, received_us: u64) -> Polled {
        let nth_request = self.results.received_us.len() as u32 + 1;
        let fault = plan.result_fault(nth_request);
        self.results.enter(received_us, fault);
        *self.batches.entry(asked).or_default() += 1;
        let states = ids.iter().filter_map(|id| Some((*id, self.state(*id, received_us)?))).collect();
        Polled { fault, latency_ms: plan.latency_ms(0, nth_request, fault), states }
    }

    fn state(&self, id: Uuid, now_us: u64) -> Option<Option<Outcome>> {
        let record = &self.rings[self.index_of(id)? as usize];
        Some((record.ended_us() <= now_us).then_some(record.outcome))
    }

    /// A ring's id carries its index, so that no table of ids is needed.
    fn unique_id(&self, index: u32) -> Uuid {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&mix(self.nonce ^ u64::from(index)).to_be_bytes());
        bytes[8..12].copy_from_slice(&(mix(self.nonce ^ !u64::from(index)) as u32).to_be_bytes());
        let masked = index ^ self.mask(&bytes);
        bytes[12..].copy_from_slice(&masked.to_be_bytes());
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    fn index_of(&self, id: Uuid) -> Option<u32> {
        let bytes = id.as_bytes();
        let index = u32::from_be_bytes(bytes[12..].try_into().ok()?) ^ self.mask(bytes);
        ((index as usize) < self.rings.len() && self.unique_id(index) == id).then_some(index)
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
            number: record.number.to_string(),
            received_at: record.received_us,
            ended_at: record.ended_us(),
            outcome: record.outcome,
            fault: record.fault,
            conversation_id: self.conversation(index).to_owned(),
            unique_id: self.unique_id(index as u32).to_string(),
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

impl Endpoint {
    fn enter(&mut self, received_us: u64, fault: Fault) {
        self.received_us.push(received_us);
        if fault != Fault::None {
            *self.faults.entry(fault).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SimulatorConfig;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn every_id_leads_back_to_its_ring_and_no_other_id_does() {
        let plan = Plan::new(SimulatorConfig::default()).unwrap();
        let mut ledger = Ledger::new(1);
        let ids: Vec<Uuid> = (0..1_000u32)
            .map(|i| ledger.place(&plan, number(&format!("+1202{i:07}")), "c", 5).unique_id.unwrap())
            .collect();
        for (index, id) in ids.iter().enumerate() {
            assert_eq!(ledger.index_of(*id), Some(index as u32));
            assert_eq!(id.get_version_num(), 4);
        }
        assert_eq!(ledger.index_of(Uuid::from_u128(ids[3].as_u128() ^ 1)), None);
        assert_eq!(ledger.index_of(Uuid::nil()), None);
        let mut after_reset = Ledger::new(2);
        after_reset.place(&plan, number("+12025550101"), "c", 5);
        assert_eq!(after_reset.index_of(ids[0]), None);
    }

    #[test]
    fn a_call_is_pending_until_its_ring_and_talk_time_is_over() {
        let config = toml::from_str("outcomes = { answered = 1 }\nring = \"1s\"\ntalk = \"2s\"").unwrap();
        let plan = Plan::new(config).unwrap();
        let mut ledger = Ledger::new(1);
        let id = ledger.place(&plan, number("+12025550101"), "c", 10).unique_id.unwrap();
        assert_eq!(ledger.state(id, 10 + 2_999_999), Some(None));
        assert_eq!(ledger.state(id, 10 + 3_000_000), Some(Some(Outcome::Answered)));
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
            ledger.place(&plan, number("+12025550101"), attempt, 7);
        }
        let rings = ledger.of_number(number("12025550101"));
        let told: Vec<_> = rings.iter().map(|ring| (&*ring.conversation_id, ring.outcome, ring.fault)).collect();
        assert_eq!(told, [("b", Outcome::Busy, Fault::ResetAfter), ("d", Outcome::Answered, Fault::None)]);
    }
}
