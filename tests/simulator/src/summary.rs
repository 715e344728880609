//! What the ledger says of a whole run, computed exactly from its stamps.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use crate::{
    ledger::Ledger,
    requests::{Endpoint, OfProvider},
    stamps::SECOND_US,
    words::{Fault, Kind, Outcome},
};

/// How many numbers `most_rings` names.
const MOST_RINGS_MAX: usize = 10;

/// A run in numbers. Calls are those that rang; a second is any half-open span of 1,000,000 µs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Rings.
    pub calls: u64,
    /// Different phones that rang.
    pub numbers: u64,
    /// Rings whose conversation id an earlier ring carried too: the same attempt dialed again. Rings without one do not count.
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
    /// Requests for results by the number of ids they asked for (Knovvu).
    pub batches: BTreeMap<usize, u64>,
    /// The providers that got requests.
    pub providers: BTreeMap<Kind, ProviderSummary>,
}

/// One provider's part of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderSummary {
    /// Rings.
    pub rings: u64,
    /// The most well-formed requests of all kinds received in any sliding second.
    pub max_requests_in_any_second: u64,
    /// Requests to place a call.
    pub calls: Requests,
    /// Requests for results.
    pub results: Requests,
    /// Requests for access tokens.
    pub tokens: Requests,
    /// All other requests.
    pub others: Requests,
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
    /// Those of them whose access token was over or revoked.
    pub stale_tokens: u64,
    /// The most well-formed ones received in any sliding second.
    pub max_in_any_second: u64,
    /// Faults among the well-formed ones.
    pub faults: BTreeMap<Fault, u64>,
}

impl Summary {
    pub(crate) fn of(ledger: &Ledger, now_us: u64) -> Self {
        let received = sorted(ledger.rings.iter().map(|ring| ring.received_us));
        let ended = sorted(ledger.rings.iter().map(|ring| ring.ended_us()));
        let of_all = |part: fn(&OfProvider) -> &Endpoint| ledger.requests.all().map(move |(_, of)| part(of));
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
            max_requests_in_any_second: max_in_any_second(&received_by(
                ledger.requests.all().flat_map(|(_, of)| of.endpoints()),
            )),
            call: Requests::of(of_all(|of| &of.calls)),
            callresult: Requests::of(of_all(|of| &of.results)),
            batches: ledger.batches.clone(),
            providers: providers(ledger),
        }
    }
}

impl Requests {
    fn of<'a>(endpoints: impl Iterator<Item = &'a Endpoint> + Clone) -> Self {
        let mut faults = BTreeMap::new();
        for (fault, count) in endpoints.clone().flat_map(|endpoint| &endpoint.faults) {
            *faults.entry(*fault).or_default() += count;
        }
        let received = received_by(endpoints.clone());
        Self {
            accepted: received.len() as u64,
            refused: endpoints.clone().map(|endpoint| endpoint.refused).sum(),
            stale_tokens: endpoints.map(|endpoint| endpoint.stale_tokens).sum(),
            max_in_any_second: max_in_any_second(&received),
            faults,
        }
    }
}

fn providers(ledger: &Ledger) -> BTreeMap<Kind, ProviderSummary> {
    let mut rings: BTreeMap<Kind, u64> = BTreeMap::new();
    ledger.rings.iter().for_each(|ring| *rings.entry(ring.kind).or_default() += 1);
    let was_asked = |of: &OfProvider| of.endpoints().iter().any(|of| of.refused > 0 || !of.received_us.is_empty());
    let summary = |(kind, of): (Kind, &OfProvider)| {
        let summary = ProviderSummary {
            rings: rings.get(&kind).copied().unwrap_or(0),
            max_requests_in_any_second: max_in_any_second(&received_by(of.endpoints().into_iter())),
            calls: Requests::of(std::iter::once(&of.calls)),
            results: Requests::of(std::iter::once(&of.results)),
            tokens: Requests::of(std::iter::once(&of.tokens)),
            others: Requests::of(std::iter::once(&of.others)),
        };
        (kind, summary)
    };
    ledger.requests.all().filter(|(_, of)| was_asked(of)).map(summary).collect()
}

/// When these were asked, sorted.
fn received_by<'a>(endpoints: impl Iterator<Item = &'a Endpoint>) -> Vec<u64> {
    sorted(endpoints.flat_map(|endpoint| endpoint.received_us.iter().copied()))
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
    let conversations = (0..ledger.rings.len()).map(|index| ledger.conversation(index));
    conversations.filter(|conversation| !conversation.is_empty() && !seen.insert(*conversation)).count() as u64
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
