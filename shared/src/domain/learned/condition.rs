//! `disposition = callback and duration_s < 20`: when a rule applies.

use std::{cmp::Ordering, fmt, str::FromStr};

use super::Captured;
use crate::domain::{Outcome, record::AttemptRecord, units::shortened};

/// Names that conditions know beside the captured ones.
pub const FACTS: [&str; 3] = ["outcome", "provider_status", "duration_s"];

/// Comparisons that must all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition(Vec<Comparison>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Comparison {
    name: String,
    test: Option<(Operator, String)>,
}

/// How a value is compared. Both sides are compared as numbers where both are numbers, else as texts, whatever the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    AtLeast,
    AtMost,
    More,
    Less,
}

/// Longer ones first, so that `>=` is not read as `>`.
const OPERATORS: [(&str, Operator); 6] = [
    ("!=", Operator::NotEqual),
    (">=", Operator::AtLeast),
    ("<=", Operator::AtMost),
    ("=", Operator::Equal),
    (">", Operator::More),
    ("<", Operator::Less),
];

/// What a condition looks at: an attempt that has ended.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    outcome: Outcome,
    attempt: &'a AttemptRecord,
    captured: &'a Captured,
}

impl<'a> Facts<'a> {
    /// Those of an attempt; none while it is live or in doubt.
    pub fn of(attempt: &'a AttemptRecord) -> Option<Self> {
        let outcome = attempt.outcome.filter(|outcome| *outcome != Outcome::Unknown)?;
        Some(Self { outcome, attempt, captured: &attempt.captured })
    }

    fn get(&self, name: &str) -> Option<String> {
        match name {
            "outcome" => Some(self.outcome.as_str().to_owned()),
            "provider_status" => Some(self.attempt.provider_status.clone()).filter(|status| !status.is_empty()),
            "duration_s" => self.attempt.duration_s.map(|duration| duration.to_string()),
            name => self.captured.get(name).map(str::to_owned),
        }
    }
}

impl Condition {
    /// The names that it asks for.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|comparison| comparison.name.as_str())
    }

    /// Whether all of it holds. What is not known is different from everything, and neither more nor less.
    pub fn holds(&self, facts: &Facts<'_>) -> bool {
        self.0.iter().all(|comparison| comparison.holds(facts.get(&comparison.name).as_deref()))
    }
}

impl Comparison {
    fn holds(&self, value: Option<&str>) -> bool {
        match (&self.test, value) {
            (None, value) => value.is_some(),
            (Some((Operator::NotEqual, wanted)), value) => {
                value.is_none_or(|value| compare(value, wanted) != Ordering::Equal)
            }
            (Some(_), None) => false,
            (Some((operator, wanted)), Some(value)) => {
                let ordering = compare(value, wanted);
                match operator {
                    Operator::Equal | Operator::NotEqual => ordering == Ordering::Equal,
                    Operator::AtLeast => ordering != Ordering::Less,
                    Operator::AtMost => ordering != Ordering::Greater,
                    Operator::More => ordering == Ordering::Greater,
                    Operator::Less => ordering == Ordering::Less,
                }
            }
        }
    }
}

fn compare(value: &str, wanted: &str) -> Ordering {
    match (value.parse::<f64>(), wanted.parse::<f64>()) {
        (Ok(value), Ok(wanted)) => value.total_cmp(&wanted),
        _ => value.to_lowercase().cmp(&wanted.to_lowercase()),
    }
}

impl FromStr for Condition {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        text.split(" and ").map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Comparison {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || {
            let text = shortened(text);
            format!("`{text}` is no condition: one like `disposition = callback` expected, or several joined by `and`")
        };
        let name_ends = text.find(|c: char| "!<>=".contains(c)).unwrap_or(text.len());
        let (name, test) = text.split_at(name_ends);
        let name = name.trim().to_owned();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(expected());
        }
        if test.is_empty() {
            return Ok(Self { name, test: None });
        }
        let (sign, operator) = OPERATORS.iter().find(|(sign, _)| test.starts_with(sign)).ok_or_else(expected)?;
        let value = test[sign.len()..].trim();
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        if value.is_empty() || value.starts_with(['=', '<', '>', '!']) {
            return Err(expected());
        }
        Ok(Self { name, test: Some((*operator, value.to_owned())) })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, comparison) in self.0.iter().enumerate() {
            f.write_str(if i > 0 { " and " } else { "" })?;
            f.write_str(&comparison.name)?;
            if let Some((operator, value)) = &comparison.test {
                let sign = OPERATORS.iter().find(|(_, known)| known == operator).map_or("=", |(sign, _)| sign);
                write!(f, " {sign} {value}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Timestamp, record::Record, transition};

    fn attempt(captured: &[(&str, &str)]) -> AttemptRecord {
        let begun = transition::begin(&Record::fresh(5, 1), "12025550123", Timestamp::from_millis(1_000), 7);
        let captured = captured.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let attempt = begun.attempts[0].clone();
        AttemptRecord { outcome: Some(Outcome::Answered), duration_s: Some(12.5), captured, ..attempt }
    }

    fn holds(condition: &str) -> bool {
        let attempt = attempt(&[("disposition", "Call back"), ("score", "7")]);
        condition.parse::<Condition>().unwrap().holds(&Facts::of(&attempt).unwrap())
    }

    #[test]
    fn values_are_compared_as_numbers_or_as_texts() {
        for condition in [
            "disposition = call back",
            "disposition = \"Call back\"",
            "disposition",
            "disposition != refused",
            "score > 6.5",
            "score >= 7",
            "score <= 7.0",
            "score != 10",
            "outcome = answered and duration_s < 20",
            "refused != yes",
            "provider_status != Answered",
        ] {
            assert!(holds(condition), "{condition}");
        }
        for condition in [
            "disposition = callback",
            "score > 10",
            "score < 7",
            "refused",
            "refused = yes",
            "refused < 5",
            "disposition = call back and outcome = busy",
        ] {
            assert!(!holds(condition), "{condition}");
        }
    }

    #[test]
    fn a_live_attempt_and_one_in_doubt_meet_no_condition() {
        let attempt = attempt(&[("disposition", "callback")]);
        for outcome in [None, Some(Outcome::Unknown)] {
            assert!(Facts::of(&AttemptRecord { outcome, ..attempt.clone() }).is_none());
        }
    }

    #[test]
    fn conditions_are_shown_as_they_are_read() {
        for (text, shown) in [
            ("disposition=callback", "disposition = callback"),
            ("score >= 7 and agreed", "score >= 7 and agreed"),
            ("a = \"b = c\"", "a = b = c"),
        ] {
            assert_eq!(text.parse::<Condition>().unwrap().to_string(), shown);
        }
        for text in ["", " ", "= 5", "a b = 5", "a =", "a == b", "a = b and ", "a ! b"] {
            assert!(text.parse::<Condition>().is_err(), "{text}");
        }
    }
}
