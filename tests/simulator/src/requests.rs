//! Counts of requests, by provider and by what they are for.

use std::collections::BTreeMap;

use crate::words::{Fault, Kind};

/// The counters of all providers.
#[derive(Debug, Default)]
pub(crate) struct Counters([OfProvider; Kind::ALL.len()]);

/// The counters of one provider.
#[derive(Debug, Default)]
pub(crate) struct OfProvider {
    /// Requests that place a call.
    pub calls: Endpoint,
    /// Requests for results.
    pub results: Endpoint,
    /// Requests for access tokens.
    pub tokens: Endpoint,
    /// All others: users, recordings, availability, flags. They have no faults.
    pub others: Endpoint,
}

/// The counters of requests for one purpose.
#[derive(Debug, Default)]
pub(crate) struct Endpoint {
    /// When each well-formed request was received, in microseconds since the Unix epoch.
    pub received_us: Vec<u64>,
    /// Requests refused as malformed or unauthorized; they are not in `received_us`.
    pub refused: u64,
    /// Those of them whose access token was over or revoked.
    pub stale_tokens: u64,
    /// Faults of the well-formed ones.
    pub faults: BTreeMap<Fault, u64>,
}

impl Counters {
    /// Those of one provider.
    pub fn of(&mut self, kind: Kind) -> &mut OfProvider {
        &mut self.0[kind as usize]
    }

    /// Each provider's.
    pub fn all(&self) -> impl Iterator<Item = (Kind, &OfProvider)> + Clone {
        Kind::ALL.into_iter().map(|kind| (kind, &self.0[kind as usize]))
    }
}

impl OfProvider {
    /// Whatever the requests are for.
    pub fn endpoints(&self) -> [&Endpoint; 4] {
        [&self.calls, &self.results, &self.tokens, &self.others]
    }
}

impl Endpoint {
    /// Counts a well-formed request.
    pub fn enter(&mut self, received_us: u64, fault: Fault) {
        self.received_us.push(received_us);
        if fault != Fault::None {
            *self.faults.entry(fault).or_default() += 1;
        }
    }

    /// Counts a refused one.
    pub fn refuse(&mut self, stale_token: bool) {
        self.refused += 1;
        self.stale_tokens += u64::from(stale_token);
    }
}
