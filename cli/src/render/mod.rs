//! What people see on their terminals. Nothing here decides anything.

pub mod explain;
pub mod live;
pub mod plan;
pub mod presets;
pub mod provider;
pub mod status;
pub mod suppress;
pub mod table;
pub mod watch;

use std::{env, io::IsTerminal};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// Whether and how text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

/// The few colours in use, as ANSI parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Emphasis without a colour.
    Bold,
    /// Of less interest.
    Dim,
    /// Went well.
    Green,
    /// Failed.
    Red,
    /// Needs a look.
    Yellow,
    /// Under way.
    Cyan,
    /// Waits.
    Blue,
}

impl Paint {
    /// No colours.
    #[cfg(test)]
    pub const PLAIN: Self = Self { on: false };
    /// Colours whatever the output is.
    #[cfg(test)]
    pub const FORCED: Self = Self { on: true };

    /// Colours if stdout is a terminal and `NO_COLOR` (no-color.org) is unset or empty.
    pub fn for_stdout() -> Self {
        let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { on: std::io::stdout().is_terminal() && !refused && !dumb }
    }

    /// `text`, coloured where colours are on.
    pub fn paint(self, colour: Colour, text: &str) -> String {
        let parameter = match colour {
            Colour::Bold => 1,
            Colour::Dim => 2,
            Colour::Red => 31,
            Colour::Green => 32,
            Colour::Yellow => 33,
            Colour::Blue => 34,
            Colour::Cyan => 36,
        };
        if self.on { format!("\x1b[{parameter}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Text from a list or a provider without the control characters that could take over a terminal.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// `1234567` as `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 call`, `2 calls`.
pub fn plural(number: u64, one: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {one}{ending}", count(number))
}

/// An instant for people: `2026-12-01 20:14:03 UTC`.
pub fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// An instant for programs: RFC 3339, UTC, milliseconds.
pub fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// How far `at` is from `now`: `in 6 min`, `3 h ago`, `now`.
pub fn distance(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let delta = at - now;
    if delta.num_seconds() == 0 {
        "now".to_owned()
    } else if delta > TimeDelta::zero() {
        format!("in {}", span(delta))
    } else {
        format!("{} ago", span(-delta))
    }
}

/// A length of time with the unit that fits: `42 s`, `6 min`, `3 h`, `2 days`.
pub fn span(delta: TimeDelta) -> String {
    match delta.num_seconds() {
        seconds if seconds < 120 => format!("{seconds} s"),
        seconds if seconds < 120 * 60 => format!("{} min", seconds / 60),
        seconds if seconds < 48 * 3600 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_counts_are_grouped_by_thousands() {
        let counts = [0, 999, 1_000, 1_234_567].map(count);
        assert_eq!(counts, ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn distances_use_the_unit_that_fits() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let at = |seconds| distance(now + TimeDelta::seconds(seconds), now);
        assert_eq!([at(0), at(42), at(-90)], ["now", "in 42 s", "90 s ago"]);
        assert_eq!([at(400), at(3 * 3600), at(-4 * 86_400)], ["in 6 min", "in 3 h", "4 days ago"]);
    }

    #[test]
    fn a_list_cannot_smuggle_control_sequences_onto_the_terminal() {
        assert_eq!(printable("Ann\x1b[2J\nLee"), "Ann [2J Lee");
    }
}
