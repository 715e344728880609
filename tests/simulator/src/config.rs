//! What the simulator does with a call: configuration, read from TOML or filled in by a program.

use std::{collections::BTreeMap, fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize, de::Error as _};

use crate::{
    own::ProviderConfig,
    words::{Fault, Kind, Outcome},
};

/// How a simulator behaves. Every field has a default, so that `SimulatorConfig::default()` is a provider that always
/// works: calls last about a second, most are answered, and every request succeeds at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SimulatorConfig {
    /// All that is drawn at random is a pure function of this.
    pub seed: u64,
    /// The access token that calls must carry. Absent: any but an empty one is accepted.
    pub access_token: Option<String>,
    /// Weights of the outcomes; an absent outcome has weight 0.
    pub outcomes: BTreeMap<Outcome, u32>,
    /// Outcomes by number: its nth ring gets the nth outcome and the last one repeats. Overrules the weights.
    pub script: BTreeMap<String, Vec<Outcome>>,
    /// How long a phone rings, or a failing call takes to fail.
    pub ring: Span,
    /// How long an answered call goes on after the ringing.
    pub talk: Span,
    /// How long the simulator takes to answer a request.
    pub latency: Span,
    /// How long it takes with the fault `slow`.
    pub slow: Span,
    /// `Retry-After` of the faults `throttled` and `unavailable`, in seconds.
    pub retry_after_s: u32,
    /// The most calls that one request for results may ask for (Knovvu).
    pub batch_max: usize,
    /// How long an access token lives. Absent: as the providers' own, 5 min (uhlive) and 1 h (mylibby).
    pub token_life: Option<Span>,
    /// How far the list of recent calls (ccai) is behind what has happened.
    pub tail_lag: Span,
    /// Faults of requests that place a call.
    pub call_faults: CallFaults,
    /// Faults of requests for results.
    pub result_faults: ResultFaults,
    /// Faults of requests for access tokens.
    pub token_faults: ResultFaults,
    /// What is otherwise for one provider.
    pub providers: BTreeMap<Kind, ProviderConfig>,
}

/// Faults of requests that place a call. The nth request for a number gets the nth scripted fault; numbers without a
/// script, and requests after its end, draw by probability or, after a script, have none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CallFaults {
    /// Probability by fault, 0 to 1; together at most 1.
    pub probability: BTreeMap<Fault, f64>,
    /// Faults by number, in the order of its requests.
    pub script: BTreeMap<String, Vec<Fault>>,
}

/// Faults of requests for results or tokens. The first requests to a provider get the scripted faults, later ones draw by
/// probability.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResultFaults {
    /// Probability by fault, 0 to 1; together at most 1.
    pub probability: BTreeMap<Fault, f64>,
    /// Faults in the order of the requests.
    pub script: Vec<Fault>,
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        let weights = [(Outcome::Answered, 60), (Outcome::NoAnswer, 20), (Outcome::Busy, 15), (Outcome::Rejected, 5)];
        Self {
            seed: 1,
            access_token: None,
            outcomes: weights.into(),
            script: BTreeMap::new(),
            ring: Span::millis(200, 600),
            talk: Span::millis(300, 1_000),
            latency: Span::millis(0, 0),
            slow: Span::millis(2_000, 3_000),
            retry_after_s: 1,
            batch_max: 1_000,
            token_life: None,
            tail_lag: Span::millis(0, 0),
            call_faults: CallFaults::default(),
            result_faults: ResultFaults::default(),
            token_faults: ResultFaults::default(),
            providers: BTreeMap::new(),
        }
    }
}

/// A range of times, both ends included, in whole milliseconds up to 2^32 - 1. Written `20ms` or `1s-4s`, with the
/// units `ms`, `s`, `m` and `h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub(crate) from_ms: u32,
    pub(crate) to_ms: u32,
}

impl Span {
    /// From the shortest to the longest, in milliseconds, in either order.
    pub const fn millis(a: u32, b: u32) -> Self {
        if a <= b { Self { from_ms: a, to_ms: b } } else { Self { from_ms: b, to_ms: a } }
    }

    /// The shortest time.
    pub const fn shortest(self) -> Duration {
        Duration::from_millis(self.from_ms as u64)
    }

    /// The longest time.
    pub const fn longest(self) -> Duration {
        Duration::from_millis(self.to_ms as u64)
    }
}

/// Why a text is no range of times.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no range of times: write `20ms` or `1s-4s` (units ms, s, m, h)")]
pub struct BadSpan(String);

impl FromStr for Span {
    type Err = BadSpan;
    fn from_str(text: &str) -> Result<Self, BadSpan> {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        match (parse_ms(from), parse_ms(to)) {
            (Some(from_ms), Some(to_ms)) if from_ms <= to_ms => Ok(Self { from_ms, to_ms }),
            _ => Err(BadSpan(text.chars().take(40).collect())),
        }
    }
}

fn parse_ms(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (amount, unit) = text.split_at(digits);
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    amount.parse::<u32>().ok()?.checked_mul(factor)
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from_ms == self.to_ms {
            write!(f, "{}ms", self.from_ms)
        } else {
            write!(f, "{}ms-{}ms", self.from_ms, self.to_ms)
        }
    }
}

impl Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_times_is_read_with_its_units_and_written_back() {
        assert_eq!("20ms".parse(), Ok(Span::millis(20, 20)));
        assert_eq!("1s-4s".parse(), Ok(Span::millis(1_000, 4_000)));
        assert_eq!("500ms - 1m".parse(), Ok(Span::millis(500, 60_000)));
        assert_eq!(Span::millis(5, 9).to_string().parse(), Ok(Span::millis(5, 9)));
        for bad in ["", "5", "s", "4s-1s", "-1s", "2000000h", "1.5s"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_file_sets_what_it_names_and_leaves_the_rest() {
        let config: SimulatorConfig = toml::from_str(
            r#"
            seed = 7
            ring = "1s-2s"
            outcomes = { answered = 40, invalid_number = 1 }
            script = { "+12025550101" = ["busy", "answered"] }
            [call_faults]
            probability = { reset_after = 0.01 }
            [result_faults]
            script = ["error_503", "none"]
            [providers.ccai]
            call_faults = { probability = { throttled = 0.05 } }
            "#,
        )
        .unwrap();
        let ccai = &config.providers[&Kind::Ccai];
        assert_eq!(ccai.call_faults.as_ref().unwrap().probability[&Fault::Throttled], 0.05);
        assert_eq!(ccai.result_faults, None);
        assert_eq!(config.ring, Span::millis(1_000, 2_000));
        assert_eq!(config.outcomes.len(), 2);
        assert_eq!(config.script["+12025550101"], [Outcome::Busy, Outcome::Answered]);
        assert_eq!(config.call_faults.probability[&Fault::ResetAfter], 0.01);
        assert_eq!(config.talk, SimulatorConfig::default().talk);
    }

    #[test]
    fn unknown_keys_and_words_are_errors() {
        assert!(toml::from_str::<SimulatorConfig>("sede = 7").is_err());
        assert!(toml::from_str::<SimulatorConfig>("outcomes = { anwsered = 1 }").is_err());
    }
}
