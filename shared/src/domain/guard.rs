//! `error > 20% of 200`: outcomes that pause a campaign before more harm is done.

use std::{collections::BTreeMap, fmt, str::FromStr};

use super::{Outcome, units::shortened};

/// The most calls that one condition looks back on.
pub const CALLS_MAX: u64 = 100_000;

/// `[guard]`
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Guard {
    /// Any of these pauses the campaign.
    pub pause_if: Vec<PauseIf>,
}

impl Guard {
    /// Whether nothing pauses it.
    pub fn is_empty(&self) -> bool {
        self.pause_if.is_empty()
    }
}

/// More than so many percent of the last calls ended in one of these ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PauseIf {
    outcomes: Vec<Outcome>,
    percent: u8,
    calls: u64,
}

impl PauseIf {
    /// How many calls it looks back on.
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// What to tell if these many calls with these outcomes are too many; none if they are not, or too few to tell.
    pub fn tripped_by(&self, outcomes: &BTreeMap<Outcome, u64>) -> Option<String> {
        let all: u64 = outcomes.values().sum();
        let bad: u64 = self.outcomes.iter().filter_map(|outcome| outcomes.get(outcome)).sum();
        let too_many = all >= self.calls && bad * 100 > all * u64::from(self.percent);
        too_many.then(|| {
            let share = bad as f64 * 100.0 / all as f64;
            format!("guard: {} in {share:.0}% of the last {all} calls, {}% allowed", self.words(), self.percent)
        })
    }

    fn words(&self) -> String {
        self.outcomes.iter().map(|outcome| outcome.as_str()).collect::<Vec<_>>().join(" or ")
    }
}

impl FromStr for PauseIf {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = || {
            let (outcomes, rest) = text.split_once('>')?;
            let (percent, calls) = rest.split_once("% of ")?;
            let outcomes = outcomes.split(" or ").map(|word| word.trim().parse().ok()).collect::<Option<Vec<_>>>()?;
            Some(Self { outcomes, percent: percent.trim().parse().ok()?, calls: calls.trim().parse().ok()? })
        };
        let condition = parsed().ok_or_else(|| {
            format!(
                "`{}` is no such condition: one like `error > 20% of 200` expected, or `error or rejected > …`",
                shortened(text)
            )
        })?;
        if condition.percent >= 100 || !(1..=CALLS_MAX).contains(&condition.calls) {
            return Err(format!("0 to 99% of 1 to {CALLS_MAX} calls expected"));
        }
        Ok(condition)
    }
}

impl fmt::Display for PauseIf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} > {}% of {}", self.words(), self.percent, self.calls)
    }
}

impl serde::Serialize for PauseIf {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_shown_as_they_are_read() {
        for (text, shown) in [
            ("error > 20% of 200", "error > 20% of 200"),
            ("error or rejected>5% of 50", "error or rejected > 5% of 50"),
        ] {
            assert_eq!(text.parse::<PauseIf>().unwrap().to_string(), shown);
        }
        for text in ["", "error", "errors > 20% of 200", "error > 20 of 200", "error > 100% of 200", "error > 20% of 0"]
        {
            assert!(text.parse::<PauseIf>().is_err(), "{text}");
        }
    }

    #[test]
    fn it_is_tripped_by_more_than_its_share_of_enough_calls() {
        let condition: PauseIf = "error or rejected > 20% of 200".parse().unwrap();
        let of = |error, rejected, answered| {
            [(Outcome::Error, error), (Outcome::Rejected, rejected), (Outcome::Answered, answered)].into()
        };
        assert_eq!(condition.tripped_by(&of(20, 20, 160)), None, "just as many as are allowed");
        assert_eq!(condition.tripped_by(&of(199, 0, 0)), None, "too few to tell");
        let told = condition.tripped_by(&of(30, 20, 160)).unwrap();
        assert_eq!(told, "guard: error or rejected in 24% of the last 210 calls, 20% allowed");
    }
}
