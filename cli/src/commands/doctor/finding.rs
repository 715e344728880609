//! One line of the doctor's.

use std::fmt;

use serde_json::{Value, json};

use crate::render::{Colour, Paint};

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// As it must be.
    Ok,
    /// Works, with a drawback.
    Warn,
    /// A promise cannot be kept.
    Fail,
}

impl Verdict {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    /// How it went.
    pub(super) verdict: Verdict,
    /// What was looked at, in a word or two.
    pub(super) subject: &'static str,
    /// What was found.
    pub(super) detail: String,
    /// What to do; none when nothing is to be done.
    pub(super) remedy: Option<String>,
}

impl Finding {
    /// As it must be.
    pub(super) fn ok(subject: &'static str, detail: impl fmt::Display) -> Self {
        Self { verdict: Verdict::Ok, subject, detail: detail.to_string(), remedy: None }
    }

    /// Works, with a drawback.
    pub(super) fn warn(subject: &'static str, detail: impl fmt::Display, remedy: impl fmt::Display) -> Self {
        Self { verdict: Verdict::Warn, remedy: Some(remedy.to_string()), ..Self::ok(subject, detail) }
    }

    /// A promise cannot be kept.
    pub(super) fn fail(subject: &'static str, detail: impl fmt::Display, remedy: impl fmt::Display) -> Self {
        Self { verdict: Verdict::Fail, remedy: Some(remedy.to_string()), ..Self::ok(subject, detail) }
    }

    /// `ok|warn|fail  subject  detail`, and the remedy on a line below.
    pub(super) fn to_text(&self, paint: Paint) -> String {
        let colour = match self.verdict {
            Verdict::Ok => Colour::Green,
            Verdict::Warn => Colour::Yellow,
            Verdict::Fail => Colour::Red,
        };
        let verdict = paint.paint(colour, &format!("{:<4}", self.verdict.as_str()));
        let remedy = self.remedy.as_ref().map(|remedy| format!("{:>24}{remedy}\n", "-> ")).unwrap_or_default();
        format!("{verdict}  {:<15}  {}\n{remedy}", self.subject, self.detail)
    }

    /// An object with the same.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "status": self.verdict.as_str(), "subject": self.subject, "detail": self.detail, "remedy": self.remedy
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_a_line_and_its_remedy_one_below() {
        assert_eq!(Finding::ok("redis", "fine").to_text(Paint::PLAIN), "ok    redis            fine\n");
        let text = Finding::fail("eviction", "allkeys-lru", "set noeviction").to_text(Paint::PLAIN);
        assert_eq!(text, "fail  eviction         allkeys-lru\n                     -> set noeviction\n");
    }
}
