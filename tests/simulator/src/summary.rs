//! What the ledger says of a whole run, computed exactly from its stamps.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use crate::{
    ledger::{Endpoint, Ledger},
    words::{Fault, Outcome},
};

/// How many numbers `most_rings` names.
const MOST_RINGS_MAX: usize = 10;
const SECOND_US: u64 = 1_000_000;

/// A run in numbers. Calls are those that rang; a second is any half-open span of 1,000,000 µs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Rings.
    pub calls: u64,
    /// Different phones that rang.
    pub numbers: u64,
    /// Rings whose conversation id an earlier ring carried too: the same attempt dialed again.
    pub repeated_conversations: u64,
    /// Rings that began while an earlier call of the same phone was still going on.
    pub overlapping_calls: u64,
    /// The most rings received in any sliding second.
    pub max_calls_in_any_second: u64,
    /// The most calls going on at once.
    pub max_live_calls: u64,
    /// Calls going on now.
    pub live_calls: u64,
    /// When the first ring was received, in microseconds since the Unix epoch.
    pub first_at: Option<u64>,
    /// When the last ring was received.
    pub last_at: Option<u64>,
    /// Rings by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// How many numbers rang once, twice, …
    pub numbers_by_rings: BTreeMap<u32, u64>,
    /// The numbers with the most rings, at most 10.
    pub most_rings: Vec<NumberRings>,
    /// The most well-formed requests of all kinds received in any sliding second.
    pub max_requests_in_any_second: u64,
    /// Requests to place a call.
    pub call: Requests,
    /// Requests for results.
    pub callresult: Requests,
    /// Requests for results by the number of ids they asked for.
    pub batches: BTreeMap<usize, u64>,
}

/// A number and how often it rang.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NumberRings {
    /// As it was last given.
    pub number: String,
    /// How often it rang.
    pub rings: u32,
}

/// The requests of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// Well-formed ones, faults included.
    pub accepted: u64,
    /// Those refused as malformed or unauthorized.
    pub refused: u64,
    /// The most well-formed ones received in any sliding second.
    pub max_in_any_second: u64,
    /// Faults among the well-formed ones.
    pub faults: BTreeMap<Fault, u64>,
}

impl Summary {
    pub(crate) fn of(ledger: &Ledger, now_us: u64) -> Self {
        let received = sorted(ledger.rings.iter().map(|ring| ring.received_us));
        let ended = sorted(ledger.rings.iter().map(|ring| ring.ended_us()));
        let all_requests = ledger.calls.received_us.iter().chain(&ledger.results.received_us).copied();
        let mut outcomes = BTreeMap::new();
        for ring in &ledger.rings {
            *outcomes.entry(ring.outcome).or_default() += 1;
        }
        let numbers_by_rings = numbers_by_rings(ledger);
        Self {
            calls: received.len() as u64,
            numbers: numbers_by_rings.values().sum(),
            repeated_conversations: repeated_conversations(ledger),
            overlapping_calls: overlapping_calls(ledger),
            max_calls_in_any_second: max_in_any_second(&received),
            max_live_calls: max_live(&received, &ended),
            live_calls: (ended.len() - ended.partition_point(|end| *end <= now_us)) as u64,
            first_at: received.first().copied(),
            last_at: received.last().copied(),
            outcomes,
            numbers_by_rings,
            most_rings: most_rings(ledger),
            max_requests_in_any_second: max_in_any_second(&sorted(all_requests)),
            call: Requests::of(&ledger.calls),
            callresult: Requests::of(&ledger.results),
            batches: ledger.batches.clone(),
        }
    }
}

impl Requests {
    fn of(endpoint: &Endpoint) -> Self {
        Self {
            accepted: endpoint.received_us.len() as u64,
            refused: endpoint.refused,
            max_in_any_second: max_in_any_second(&sorted(endpoint.received_us.iter().copied())),
            faults: endpoint.faults.clone(),
        }
    }
}

fn sorted(times: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut times: Vec<u64> = times.collect();
    times.sort_unstable();
    times
}

/// The most of these sorted instants that lie within one second of each other.
fn max_in_any_second(sorted_us: &[u64]) -> u64 {
    let mut oldest = 0;
    let mut most = 0;
    for (newest, time) in sorted_us.iter().enumerate() {
        while sorted_us[oldest] + SECOND_US <= *time {
            oldest += 1;
        }
        most = most.max(newest + 1 - oldest);
    }
    most as u64
}

/// The most calls at once; one that ends when another begins does not overlap it.
fn max_live(received: &[u64], ended: &[u64]) -> u64 {
    let mut over = 0;
    let mut most = 0;
    for (begun, time) in received.iter().enumerate() {
        while over < ended.len() && ended[over] <= *time {
            over += 1;
        }
        most = most.max((begun + 1).saturating_sub(over));
    }
    most as u64
}

fn repeated_conversations(ledger: &Ledger) -> u64 {
    let mut seen = HashSet::with_capacity(ledger.rings.len());
    (0..ledger.rings.len()).filter(|index| !seen.insert(ledger.conversation(*index))).count() as u64
}

fn overlapping_calls(ledger: &Ledger) -> u64 {
    let pairs = ledger.rings.iter().filter_map(|ring| Some((ledger.previous(ring)?, ring)));
    pairs.filter(|(earlier, later)| later.received_us < earlier.ended_us()).count() as u64
}

fn numbers_by_rings(ledger: &Ledger) -> BTreeMap<u32, u64> {
    let mut numbers = BTreeMap::new();
    for phone in ledger.phones.values().filter(|phone| phone.rings > 0) {
        *numbers.entry(phone.rings).or_default() += 1;
    }
    numbers
}

fn most_rings(ledger: &Ledger) -> Vec<NumberRings> {
    let mut phones: Vec<_> =
        ledger.phones.values().filter_map(|phone| Some((phone.rings, phone.last_ring()?))).collect();
    phones.sort_unstable_by_key(|(rings, last)| (std::cmp::Reverse(*rings), *last));
    phones.truncate(MOST_RINGS_MAX);
    let named = |(rings, last): (u32, usize)| NumberRings { number: ledger.number(last).to_string(), rings };
    phones.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sliding_second_is_half_open() {
        assert_eq!(max_in_any_second(&[]), 0);
        assert_eq!(max_in_any_second(&[0, SECOND_US]), 1);
        assert_eq!(max_in_any_second(&[0, SECOND_US - 1]), 2);
        assert_eq!(max_in_any_second(&[0, 400_000, 800_000, 1_200_000, 1_300_000]), 4);
    }

    #[test]
    fn calls_that_touch_do_not_overlap() {
        assert_eq!(max_live(&[0, 10, 20], &[10, 20, 30]), 1);
        assert_eq!(max_live(&[0, 5, 20], &[10, 15, 30]), 2);
        assert_eq!(max_live(&[0, 0, 0], &[0, 1, 1]), 2);
    }
}
