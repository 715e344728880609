//! `{ when = "disposition = callback", then = "retry in 1d" }`: what becomes of a contact by what was learned.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{Condition, Facts};
use crate::domain::units::{Span, shortened};

/// One of `[results] rules`; the first whose condition holds decides instead of the retry policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultRule {
    /// When it applies.
    pub when: Condition,
    /// What it does.
    pub then: Action,
}

/// What a rule does with the contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is called again after this time, if it has attempts left.
    Retry(Span),
    /// It is completed, however the call ended.
    Complete,
    /// It is suppressed, and its number with it in the whole workspace: for a time, or for good.
    Suppress(Option<Span>),
}

impl ResultRule {
    /// The rule that applies to what is known of an attempt.
    pub fn first<'r>(rules: &'r [Self], facts: Option<Facts<'_>>) -> Option<&'r Self> {
        let facts = facts?;
        rules.iter().find(|rule| rule.when.holds(&facts))
    }
}

impl FromStr for Action {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let span = |text: &str| match text.trim().parse::<Span>() {
            Ok(Span::ZERO) => Err("more than no time expected".to_owned()),
            span => span.map_err(|error| error.to_string()),
        };
        match text.trim() {
            "complete" => Ok(Self::Complete),
            "suppress" => Ok(Self::Suppress(None)),
            text => match (text.strip_prefix("retry in "), text.strip_prefix("suppress for ")) {
                (Some(after), _) => span(after).map(Self::Retry),
                (_, Some(time)) => span(time).map(|time| Self::Suppress(Some(time))),
                _ => Err(format!(
                    "`{}` is nothing that a rule can do: `retry in 1d`, `complete`, `suppress` or `suppress for 60d` expected",
                    shortened(text)
                )),
            },
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retry(after) => write!(f, "retry in {after}"),
            Self::Complete => f.write_str("complete"),
            Self::Suppress(None) => f.write_str("suppress"),
            Self::Suppress(Some(time)) => write!(f, "suppress for {time}"),
        }
    }
}

/// For people: `disposition = callback: retry in 1d`.
impl fmt::Display for ResultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.when, self.then)
    }
}

impl Serialize for ResultRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("when", &self.when.to_string())?;
        map.serialize_entry("then", &self.then.to_string())?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_shown_as_they_are_read() {
        for text in ["retry in 1d", "complete", "suppress", "suppress for 60d"] {
            assert_eq!(text.parse::<Action>().unwrap().to_string(), text);
        }
        for text in ["", "retry", "retry in", "retry in 0s", "retry in soon", "suppress for", "hold", "completed"] {
            assert!(text.parse::<Action>().is_err(), "{text}");
        }
    }
}
