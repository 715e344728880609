//! `[caps]`: how often a person may be called, over all campaigns of the workspace.
//!
//! A cap counts calls that were really placed, whatever campaign placed them; one in doubt counts too. A campaign's caps
//! bind its own calls, those of `redial.toml` bind all: a call must satisfy both.

use std::{fmt, str::FromStr};

use super::{
    document::{DefinitionError, Item, Table},
    units::{Span, shortened},
};

/// The most calls that a cap may allow in its window.
pub const COUNT_MAX: u16 = 100;
/// The shortest window.
pub const WINDOW_MIN: Span = Span::from_secs(1);
/// The longest window: a leap year.
pub const WINDOW_MAX: Span = Span::from_mins(366 * 24 * 60);
/// The most caps of one kind in one table.
pub const CAPS_MAX: usize = 8;

const KEYS: &[&str] = &["per_number", "per_contact", "after_answer"];

/// So many calls within any window of this length, written `3 per 24h`. `count` is 1 to [`COUNT_MAX`], `window` a whole
/// number of seconds from [`WINDOW_MIN`] to [`WINDOW_MAX`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Cap {
    /// Calls.
    pub count: u16,
    /// Length of the sliding window.
    pub window: Span,
}

/// Why a text is no cap.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadCap {
    /// Not a whole number, `per` and a duration.
    #[error("`{0}` is no cap: a number of calls per duration expected, like `3 per 24h`")]
    Malformed(String),
    /// Nothing could ever be called, or more than [`COUNT_MAX`].
    #[error("`{0}` allows too few or too many calls: 1 to {COUNT_MAX}")]
    Count(String),
    /// No window that can be kept.
    #[error("{0}")]
    Window(#[from] BadWindow),
}

/// Why a duration is no window.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no window of a cap: whole seconds, from {WINDOW_MIN} to {WINDOW_MAX}")]
pub struct BadWindow(String);

/// The caps of one table.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Caps {
    /// Calls of each number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub per_number: Vec<Cap>,
    /// Calls of each contact, by its id, over all its numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub per_contact: Vec<Cap>,
    /// No call to a number so long after the start of one that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_answer: Option<Span>,
}

impl Caps {
    /// Whether nothing is capped.
    pub fn is_empty(&self) -> bool {
        self.per_number.is_empty() && self.per_contact.is_empty() && self.after_answer.is_none()
    }
}

/// Reads `[caps]`, in a definition or in `redial.toml`.
///
/// # Errors
/// For an unknown key, and for what is no cap.
pub fn read(table: &Table<'_>) -> Result<Caps, DefinitionError> {
    table.only(KEYS)?;
    let caps = |key: &str| table.get(key).map_or_else(|| Ok(Vec::new()), |item| list(&item));
    let after_answer = table.get("after_answer").map(|item| {
        let span: Span = item.parsed()?;
        window(span).map_err(|error| item.error(error))
    });
    Ok(Caps {
        per_number: caps("per_number")?,
        per_contact: caps("per_contact")?,
        after_answer: after_answer.transpose()?,
    })
}

fn list(item: &Item<'_>) -> Result<Vec<Cap>, DefinitionError> {
    let items = item.list()?;
    if items.len() > CAPS_MAX {
        return Err(item.error(format!("too many caps: at most {CAPS_MAX}")));
    }
    items.iter().map(Item::parsed).collect()
}

fn window(span: Span) -> Result<Span, BadWindow> {
    let is_whole = span.as_millis().is_multiple_of(1_000);
    let within = (WINDOW_MIN..=WINDOW_MAX).contains(&span);
    if is_whole && within { Ok(span) } else { Err(BadWindow(span.to_string())) }
}

impl FromStr for Cap {
    type Err = BadCap;
    fn from_str(text: &str) -> Result<Self, BadCap> {
        let malformed = || BadCap::Malformed(shortened(text));
        let (digits, span) = text.trim().split_once(" per ").ok_or_else(malformed)?;
        let digits = digits.trim();
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(malformed());
        }
        let span: Span = span.trim().parse().map_err(|_| malformed())?;
        let count = digits.parse::<u16>().ok().filter(|count| (1..=COUNT_MAX).contains(count));
        Ok(Self { count: count.ok_or_else(|| BadCap::Count(shortened(text)))?, window: window(span)? })
    }
}

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} per {}", self.count, self.window)
    }
}

impl serde::Serialize for Cap {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::Document;

    fn caps(text: &str) -> Result<Caps, String> {
        let document = Document::parse(text, "caps.toml").map_err(|error| error.to_string())?;
        read(&document.root()).map_err(|error| error.to_string())
    }

    #[test]
    fn caps_are_read_as_they_are_written() {
        let cap = |text: &str| text.parse::<Cap>().unwrap();
        let all =
            caps("per_number = [\"3 per 24h\", \"4 per 30d\"]\nper_contact = [\"1 per 90s\"]\nafter_answer = \"7d\"");
        let expected = Caps {
            per_number: vec![cap("3 per 1d"), cap("4 per 30d")],
            per_contact: vec![Cap { count: 1, window: Span::from_secs(90) }],
            after_answer: Some(Span::from_mins(7 * 24 * 60)),
        };
        assert_eq!(all, Ok(expected));
        assert_eq!(cap("3 per 24h").to_string(), "3 per 1d");
        assert_eq!(cap("100 per 366d").count, COUNT_MAX);
        assert!(caps("").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_cap_is_refused_with_what_was_expected() {
        for (text, expected) in [
            ("per_number = [\"3/24h\"]", "`3/24h` is no cap: a number of calls per duration expected"),
            ("per_number = [\"x per 24h\"]", "is no cap"),
            ("per_number = [\"3 per day\"]", "is no cap"),
            ("per_contact = [\"0 per 24h\"]", "`0 per 24h` allows too few or too many calls: 1 to 100"),
            ("per_contact = [\"101 per 24h\"]", "too few or too many"),
            ("per_number = [\"3 per 367d\"]", "`367d` is no window of a cap: whole seconds, from 1s to 366d"),
            ("per_number = [\"3 per 1500ms\"]", "`1500ms` is no window"),
            ("after_answer = \"0s\"", "caps.toml:1: after_answer: `0s` is no window"),
            ("after_answer = 7", "a string expected"),
            ("per_number = \"3 per 24h\"", "a list expected"),
            ("per_day = []", "per_day: no such key"),
        ] {
            let error = caps(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
        let many = ["\"1 per 1d\""; CAPS_MAX + 1].join(", ");
        assert!(caps(&format!("per_number = [{many}]")).unwrap_err().contains("too many caps: at most 8"));
    }
}
