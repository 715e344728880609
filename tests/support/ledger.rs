//! What the simulator says that rang.

use std::collections::BTreeMap;

use redial_simulator::Kind;
use serde::Deserialize;

use super::http;

/// One ring; times in microseconds since the Unix epoch.
#[derive(Debug, Clone, Deserialize)]
pub struct Ring {
    /// Who was asked to call.
    pub provider: Kind,
    /// The phone, in E.164.
    pub number: String,
    /// When the simulator had read the request.
    pub received_at: i64,
    /// When the call was over.
    pub ended_at: i64,
    /// How the call ended.
    pub outcome: String,
    /// The attempt's id, where the provider is told one; else empty.
    pub conversation_id: String,
    /// The provider's id of the call, where it gives one; else empty.
    pub unique_id: String,
}

/// All rings of a run, in the order in which they were entered.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// The rings.
    pub rings: Vec<Ring>,
}

/// The simulator's own counts, as far as tests read them.
#[derive(Debug, Clone, Deserialize)]
struct Summary {
    max_live_calls: u64,
    max_calls_in_any_second: u64,
    providers: BTreeMap<Kind, OfProvider>,
}

/// One provider's part of a run.
#[derive(Debug, Clone, Deserialize)]
pub struct OfProvider {
    /// Requests to place a call.
    pub calls: Requests,
    /// Requests for results.
    pub results: Requests,
    /// Requests for access tokens.
    pub tokens: Requests,
}

/// Requests for one purpose.
#[derive(Debug, Clone, Deserialize)]
pub struct Requests {
    /// Well-formed ones.
    pub accepted: u64,
    /// Refused ones.
    pub refused: u64,
    /// Those of them whose token was over or revoked.
    pub stale_tokens: u64,
    /// What went wrong with accepted ones, and how often.
    pub faults: BTreeMap<String, u64>,
}

impl Ledger {
    /// Reads all rings.
    ///
    /// # Panics
    /// When the simulator does not answer.
    pub fn read(simulator_url: &str) -> Self {
        let lines = http::request("GET", simulator_url, "/ledger/calls", "").expect("the ledger can be read");
        let ring = |line: &str| serde_json::from_str(line).expect("a line of the ledger is a ring");
        Self { rings: lines.lines().map(ring).collect() }
    }

    /// How many rings there are by now.
    ///
    /// # Panics
    /// As [`Ledger::read`].
    pub fn count(simulator_url: &str) -> u64 {
        let totals = http::request("GET", simulator_url, "/ledger", "").expect("the ledger can be read");
        let totals: serde_json::Value = serde_json::from_str(&totals).expect("the ledger's totals are JSON");
        totals["calls"].as_u64().expect("the calls are counted")
    }

    /// The most calls that went on at once, and the most that came in any second, as the simulator counts them.
    ///
    /// # Panics
    /// As [`Ledger::read`].
    pub fn maxima(simulator_url: &str) -> (u64, u64) {
        let summary = summary(simulator_url);
        (summary.max_live_calls, summary.max_calls_in_any_second)
    }

    /// What each provider was asked.
    ///
    /// # Panics
    /// As [`Ledger::read`].
    pub fn providers(simulator_url: &str) -> BTreeMap<Kind, OfProvider> {
        summary(simulator_url).providers
    }

    /// The rings of one provider.
    pub fn of(&self, provider: Kind) -> Self {
        Self { rings: self.rings.iter().filter(|ring| ring.provider == provider).cloned().collect() }
    }

    /// The rings of each number, in order.
    pub fn by_number(&self) -> BTreeMap<&str, Vec<&Ring>> {
        let mut numbers: BTreeMap<&str, Vec<&Ring>> = BTreeMap::new();
        for ring in &self.rings {
            numbers.entry(&ring.number).or_default().push(ring);
        }
        numbers
    }
}

fn summary(simulator_url: &str) -> Summary {
    let summary = http::request("GET", simulator_url, "/ledger/summary", "").expect("the ledger can be read");
    serde_json::from_str(&summary).expect("the ledger's summary has its fields")
}
