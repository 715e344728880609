//! What happens to a request, as pure functions of configuration, number and count: tests can predict all of it.

use std::collections::{BTreeMap, HashMap};

use crate::{
    config::{ResultFaults, SimulatorConfig, Span},
    number::Number,
    words::{Fault, Kind, Outcome},
};

/// As uh!live's page says.
const UHLIVE_TOKEN_LIFE_MS: u32 = 5 * 60_000;
/// Cognito's own default.
const MYLIBBY_TOKEN_LIFE_MS: u32 = 60 * 60_000;

/// A checked configuration, ready to be asked.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) config: SimulatorConfig,
    outcomes: HashMap<u64, Vec<Outcome>>,
    call_faults: HashMap<Kind, HashMap<u64, Vec<Fault>>>,
    weight_sum: u64,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum BadConfig {
    /// All weights are 0.
    #[error("outcomes: at least one outcome needs a weight above 0")]
    NoOutcome,
    /// A scripted number is none.
    #[error("script: `{0}` is no number: an optional `+` and 1 to 18 digits expected")]
    BadNumber(String),
    /// A number's script has no outcome.
    #[error("script: `{0}` has no outcome: give it one, or take it out")]
    EmptyScript(String),
    /// A probability is out of range, or they exceed 1 together.
    #[error("{0}: probabilities must be between 0 and 1, and at most 1 together")]
    BadProbability(String),
}

/// What a draw is for, so that draws for the same call are independent of each other.
#[derive(Clone, Copy)]
enum Purpose {
    Outcome = 1,
    Ring,
    Talk,
    Latency,
    CallFault,
    ResultFault,
    TokenFault,
    TokenLife,
}

impl Plan {
    /// Checks a configuration.
    pub fn new(config: SimulatorConfig) -> Result<Self, BadConfig> {
        let weight_sum = config.outcomes.values().map(|weight| u64::from(*weight)).sum();
        if weight_sum == 0 {
            return Err(BadConfig::NoOutcome);
        }
        for (place, probability) in config.probabilities() {
            check_probabilities(place, probability)?;
        }
        let outcomes = by_phone(&config.script)?;
        if let Some((number, _)) = config.script.iter().find(|(_, outcomes)| outcomes.is_empty()) {
            return Err(BadConfig::EmptyScript(number.clone()));
        }
        let call_faults = Kind::ALL.map(|kind| Ok((kind, by_phone(&config.call_faults_of(kind).script)?)));
        let call_faults = call_faults.into_iter().collect::<Result<_, _>>()?;
        Ok(Self { outcomes, call_faults, weight_sum, config })
    }

    /// How the nth ring of a number ends, from 1. Requests that did not ring are not counted.
    pub fn outcome(&self, number: Number, nth_ring: u32) -> Outcome {
        let nth_ring = nth_ring.max(1);
        if let Some(script) = self.outcomes.get(&number.phone()) {
            return script[script.len().min(nth_ring as usize) - 1];
        }
        let draw = self.draw(Purpose::Outcome, number.phone(), nth_ring);
        let mut point = scale(draw, self.weight_sum);
        for (outcome, weight) in &self.config.outcomes {
            match point.checked_sub(u64::from(*weight)) {
                Some(rest) => point = rest,
                None => return *outcome,
            }
        }
        unreachable!("a point below the sum of the weights lies in one of them")
    }

    /// How long the nth ring of a number rings, and then how long they talk (0 unless answered), in milliseconds.
    pub fn ring_and_talk_ms(&self, number: Number, nth_ring: u32) -> (u32, u32) {
        let ring = self.draw_span(self.config.ring, Purpose::Ring, number.phone(), nth_ring);
        let talk = match self.outcome(number, nth_ring) {
            Outcome::Answered => self.draw_span(self.config.talk, Purpose::Talk, number.phone(), nth_ring),
            _ => 0,
        };
        (ring, talk)
    }

    /// How the nth well-formed request to call a number goes wrong if this provider gets it, from 1. All requests to call
    /// the number are counted, whoever got them.
    pub fn call_fault(&self, kind: Kind, number: Number, nth_request: u32) -> Fault {
        if let Some(script) = self.call_faults[&kind].get(&number.phone()) {
            return script.get((nth_request.max(1) - 1) as usize).copied().unwrap_or(Fault::None);
        }
        let draw = self.draw(Purpose::CallFault, number.phone(), nth_request);
        pick_fault(&self.config.call_faults_of(kind).probability, draw)
    }

    /// How a provider's nth well-formed request for results goes wrong, from 1.
    pub fn result_fault(&self, kind: Kind, nth_request: u32) -> Fault {
        self.nth_fault(self.config.result_faults_of(kind), Purpose::ResultFault, kind, nth_request)
    }

    /// How a provider's nth well-formed request for an access token goes wrong, from 1.
    pub fn token_fault(&self, kind: Kind, nth_request: u32) -> Fault {
        self.nth_fault(self.config.token_faults_of(kind), Purpose::TokenFault, kind, nth_request)
    }

    fn nth_fault(&self, faults: &ResultFaults, purpose: Purpose, kind: Kind, nth_request: u32) -> Fault {
        let scripted = faults.script.get((nth_request.max(1) - 1) as usize);
        let drawn = || pick_fault(&faults.probability, self.draw(purpose, kind as u64, nth_request));
        scripted.copied().unwrap_or_else(drawn)
    }

    /// How long a provider's nth access token lives, in milliseconds.
    pub(crate) fn token_life_ms(&self, kind: Kind, nth: u32) -> u32 {
        let own = if kind == Kind::Uhlive { UHLIVE_TOKEN_LIFE_MS } else { MYLIBBY_TOKEN_LIFE_MS };
        let span = self.config.token_life.unwrap_or(Span::millis(own, own));
        self.draw_span(span, Purpose::TokenLife, kind as u64, nth)
    }

    /// How long the answer to a request takes, in milliseconds. For requests that call nobody `phone` is the provider's
    /// place among all, which is no telephone number.
    pub(crate) fn latency_ms(&self, phone: u64, nth_request: u32, fault: Fault) -> u32 {
        let span = if fault == Fault::Slow { self.config.slow } else { self.config.latency };
        self.draw_span(span, Purpose::Latency, phone, nth_request)
    }

    fn draw_span(&self, span: Span, purpose: Purpose, phone: u64, nth: u32) -> u32 {
        if span.from_ms == span.to_ms {
            return span.from_ms;
        }
        let width = u64::from(span.to_ms - span.from_ms) + 1;
        span.from_ms + scale(self.draw(purpose, phone, nth), width) as u32
    }

    fn draw(&self, purpose: Purpose, phone: u64, nth: u32) -> u64 {
        mix(mix(mix(self.config.seed ^ (purpose as u64) << 56) ^ phone) ^ u64::from(nth))
    }
}

/// SplitMix64's finalizer: every bit of the result depends on every bit of the argument.
pub(crate) const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Maps a draw evenly to `0..width`.
pub(crate) const fn scale(draw: u64, width: u64) -> u64 {
    ((draw as u128 * width as u128) >> 64) as u64
}

fn by_phone<T: Clone>(script: &BTreeMap<String, Vec<T>>) -> Result<HashMap<u64, Vec<T>>, BadConfig> {
    script
        .iter()
        .map(|(text, words)| {
            let number = Number::parse(text).ok_or_else(|| BadConfig::BadNumber(text.clone()))?;
            Ok((number.phone(), words.clone()))
        })
        .collect()
}

fn check_probabilities(place: String, probability: &BTreeMap<Fault, f64>) -> Result<(), BadConfig> {
    let in_range = probability.values().all(|p| (0.0..=1.0).contains(p));
    let sum: f64 = probability.values().sum();
    // Ten times 0.1 is a little more than 1.
    if in_range && sum <= 1.0 + 1e-9 { Ok(()) } else { Err(BadConfig::BadProbability(place)) }
}

fn pick_fault(probability: &BTreeMap<Fault, f64>, draw: u64) -> Fault {
    if probability.is_empty() {
        return Fault::None;
    }
    let mut point = (draw >> 11) as f64 / (1u64 << 53) as f64;
    for (fault, p) in probability {
        if point < *p {
            return *fault;
        }
        point -= p;
    }
    Fault::None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    fn plan(toml: &str) -> Plan {
        Plan::new(toml::from_str(toml).unwrap()).unwrap()
    }

    #[test]
    fn a_script_gives_its_nth_outcome_and_repeats_the_last() {
        let plan = plan(r#"script = { "+12025550101" = ["busy", "no_answer"] }"#);
        let outcomes = [1, 2, 3, 9].map(|nth| plan.outcome(number("+12025550101"), nth));
        assert_eq!(outcomes, [Outcome::Busy, Outcome::NoAnswer, Outcome::NoAnswer, Outcome::NoAnswer]);
        assert_eq!(plan.outcome(number("12025550101"), 1), Outcome::Busy, "`+` makes no difference");
    }

    #[test]
    fn outcomes_follow_the_weights_and_repeat_with_the_seed() {
        let draws = |seed: u64| -> Vec<Outcome> {
            let plan = plan(&format!("seed = {seed}\noutcomes = {{ answered = 40, busy = 20, error = 0 }}"));
            (0..30_000).map(|i| plan.outcome(number(&format!("+1202{:07}", i)), 1)).collect()
        };
        let first = draws(1);
        assert_eq!(first, draws(1));
        assert_ne!(first, draws(2));
        let answered = first.iter().filter(|outcome| **outcome == Outcome::Answered).count();
        assert!((19_500..20_500).contains(&answered), "{answered}");
        assert!(!first.contains(&Outcome::Error));
    }

    #[test]
    fn faults_follow_their_probabilities_and_scripts() {
        let plan = plan(
            r#"
            [call_faults]
            probability = { throttled = 0.1, reset_after = 0.05 }
            script = { "+12025550101" = ["timeout", "none", "error_500"] }
            [result_faults]
            script = ["error_503"]
            [providers.ccai.call_faults]
            probability = { slow = 1.0 }
            "#,
        );
        let scripted = [1, 2, 3, 4].map(|nth| plan.call_fault(Kind::Knovvu, number("+12025550101"), nth));
        assert_eq!(scripted, [Fault::Timeout, Fault::None, Fault::Error500, Fault::None]);
        assert_eq!([1, 2].map(|nth| plan.result_fault(Kind::Knovvu, nth)), [Fault::Error503, Fault::None]);
        assert_eq!(
            plan.call_fault(Kind::Ccai, number("+12025550101"), 1),
            Fault::Slow,
            "its own faults, not the general"
        );
        assert_eq!(plan.token_fault(Kind::Ccai, 1), Fault::None);
        let drawn: Vec<Fault> =
            (1..=20_000).map(|nth| plan.call_fault(Kind::Livecall, number("+12025550102"), nth)).collect();
        let count = |fault| drawn.iter().filter(|drawn| **drawn == fault).count();
        assert!((1_800..2_200).contains(&count(Fault::Throttled)));
        assert!((850..1_150).contains(&count(Fault::ResetAfter)));
    }

    #[test]
    fn only_answered_calls_have_talk_time_and_times_stay_in_range() {
        let plan = plan("ring = \"1s-4s\"\ntalk = \"5s-9s\"");
        for i in 0..1_000 {
            let number = number(&format!("+1202{i:07}"));
            let (ring, talk) = plan.ring_and_talk_ms(number, 1);
            assert!((1_000..=4_000).contains(&ring));
            match plan.outcome(number, 1) {
                Outcome::Answered => assert!((5_000..=9_000).contains(&talk)),
                _ => assert_eq!(talk, 0),
            }
        }
    }

    #[test]
    fn impossible_configurations_are_refused() {
        let refused = |toml: &str| Plan::new(toml::from_str(toml).unwrap()).unwrap_err();
        assert_eq!(refused("outcomes = { busy = 0 }"), BadConfig::NoOutcome);
        assert_eq!(refused("script = { x = [\"busy\"] }"), BadConfig::BadNumber("x".into()));
        assert_eq!(refused("script = { \"+1\" = [] }"), BadConfig::EmptyScript("+1".into()));
        let both = "call_faults = { probability = { slow = 0.7, timeout = 0.7 } }";
        assert_eq!(refused(both), BadConfig::BadProbability("call_faults".to_owned()));
    }
}
