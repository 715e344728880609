//! Do-not-call lists: their names, and what is known of a number that is on one.

use std::{fmt, str::FromStr};

use super::{Timestamp, units::shortened};

/// Longest name of a list, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// Longest reason that is kept, in characters.
const REASON_CHARS_MAX: usize = 200;

/// A list's name: 1 to 64 of `a-z 0-9 . _ -`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ListName(String);

/// Why a text is no list's name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no name of a list: 1 to 64 characters of a-z, 0-9, `.`, `_` and `-`")]
pub struct BadListName(String);

impl ListName {
    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name for a list that comes from this file: what is before the ending, as far as a name can have it.
    pub fn of_file(file_name: &str) -> Self {
        let stem = file_name.rsplit(['/', '\\']).next().unwrap_or_default().trim_start_matches('.');
        let stem = stem.split('.').next().unwrap_or_default().to_lowercase();
        let allowed = |c: char| if is_allowed(c) { c } else { '-' };
        let name: String = stem.chars().map(allowed).take(NAME_BYTES_MAX).collect();
        name.trim_matches('-').parse().unwrap_or_default()
    }
}

impl Default for ListName {
    fn default() -> Self {
        Self("do-not-call".to_owned())
    }
}

impl FromStr for ListName {
    type Err = BadListName;
    fn from_str(text: &str) -> Result<Self, BadListName> {
        let well_formed = (1..=NAME_BYTES_MAX).contains(&text.len()) && text.chars().all(is_allowed);
        if well_formed { Ok(Self(text.to_owned())) } else { Err(BadListName(shortened(text))) }
    }
}

impl fmt::Display for ListName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-')
}

/// A reason as it is kept: one line, not too long.
pub fn reason_of(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    one_line.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect()
}

/// A number's place on one list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// Which list.
    pub list: ListName,
    /// Whether the list is one campaign's own; otherwise it binds the whole workspace.
    pub of_campaign: bool,
    /// Since when the number is on it, or since when the list that holds it was imported.
    pub since: Timestamp,
    /// Until when; none: for good.
    pub until: Option<Timestamp>,
    /// Why, in the words of whoever put it there; may be empty.
    pub reason: String,
}

impl Suppression {
    /// The same in words that go after "is".
    pub fn told(&self) -> String {
        let whose = if self.of_campaign { "the campaign's own" } else { "the" };
        let mut told = format!("on {whose} do-not-call list `{}` since {}", self.list, self.since);
        if let Some(until) = self.until {
            told += &format!(" until {until}");
        }
        if !self.reason.is_empty() {
            told += &format!(" ({})", self.reason);
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_called_as_its_file() {
        for (file, name) in [
            ("registry.txt", "registry"),
            ("National Registry (2026).csv.gz", "national-registry--2026"),
            ("./lists/opt_outs", "opt_outs"),
            ("C:\\lists\\a.csv", "a"),
            (".hidden.csv", "hidden"),
            ("", "do-not-call"),
            ("*.txt", "do-not-call"),
        ] {
            assert_eq!(ListName::of_file(file).as_str(), name, "{file}");
        }
    }

    #[test]
    fn a_name_goes_into_keys_and_lines() {
        for bad in ["", "a b", "Registry", "é", "a\n", &"x".repeat(65)] {
            assert!(bad.parse::<ListName>().is_err(), "{bad}");
        }
        assert_eq!("us-2026.q1".parse::<ListName>().unwrap().to_string(), "us-2026.q1");
    }

    #[test]
    fn a_reason_is_one_short_line() {
        assert_eq!(reason_of(" asked\n not  to\u{7} be called "), "asked not to be called");
        assert_eq!(reason_of(&"x".repeat(500)).len(), REASON_CHARS_MAX);
    }

    #[test]
    fn a_suppression_is_told_with_its_list_its_time_and_its_reason() {
        let one = Suppression {
            list: ListName::default(),
            of_campaign: false,
            since: Timestamp::from_millis(0),
            until: Some(Timestamp::from_millis(1_000)),
            reason: "opted out".to_owned(),
        };
        let expected = "on the do-not-call list `do-not-call` since 1970-01-01T00:00:00.000Z until \
                        1970-01-01T00:00:01.000Z (opted out)";
        assert_eq!(one.told(), expected);
        let other = Suppression { of_campaign: true, until: None, reason: String::new(), ..one };
        assert!(other.told().starts_with("on the campaign's own do-not-call list `do-not-call` since 1970"));
    }
}
