//! The closed lists of words: whose API it is, how calls end, and how requests fail.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A word that is not in its list.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{found}` is none of {known}")]
pub struct UnknownWord {
    found: String,
    known: String,
}

impl UnknownWord {
    fn new<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> Self {
        Self { found: found.chars().take(40).collect(), known: known.collect::<Vec<_>>().join(", ") }
    }
}

impl FromStr for Kind {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let words = Self::ALL.map(Self::as_str);
        Self::ALL
            .into_iter()
            .find(|word| word.as_str() == text)
            .ok_or_else(|| UnknownWord::new(text, words.into_iter()))
    }
}

impl FromStr for Outcome {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let words = Self::ALL.map(Self::as_str);
        Self::ALL
            .into_iter()
            .find(|word| word.as_str() == text)
            .ok_or_else(|| UnknownWord::new(text, words.into_iter()))
    }
}

impl FromStr for Fault {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let words = Self::ALL.map(Self::as_str);
        Self::ALL
            .into_iter()
            .find(|word| word.as_str() == text)
            .ok_or_else(|| UnknownWord::new(text, words.into_iter()))
    }
}

/// Whose API a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Knovvu by Sestek.
    Knovvu,
    /// uh!live by Allo-Media.
    Uhlive,
    /// LiveCall.io.
    Livecall,
    /// Google Cloud CCAI Platform.
    Ccai,
    /// MyLibby.
    Mylibby,
}

impl Kind {
    /// Every provider.
    pub const ALL: [Self; 5] = [Self::Knovvu, Self::Uhlive, Self::Livecall, Self::Ccai, Self::Mylibby];

    /// The word that configuration and ledger use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Knovvu => "knovvu",
            Self::Uhlive => "uhlive",
            Self::Livecall => "livecall",
            Self::Ccai => "ccai",
            Self::Mylibby => "mylibby",
        }
    }
}

/// How a simulated call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Somebody answered; the call lasts as long as it rang and they talked.
    Answered,
    /// The line was engaged.
    Busy,
    /// The provider failed.
    Error,
    /// The number does not exist.
    InvalidNumber,
    /// It rang and nobody answered.
    NoAnswer,
    /// The callee declined.
    Rejected,
    /// Out of coverage or switched off.
    TemporarilyUnavailable,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 7] = [
        Self::Answered,
        Self::Busy,
        Self::Error,
        Self::InvalidNumber,
        Self::NoAnswer,
        Self::Rejected,
        Self::TemporarilyUnavailable,
    ];

    /// The word that configuration and ledger use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Busy => "busy",
            Self::Error => "error",
            Self::InvalidNumber => "invalid_number",
            Self::NoAnswer => "no_answer",
            Self::Rejected => "rejected",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }
}

/// How a request goes wrong. "Rang" says whether the call was placed all the same; a request for results is never
/// answered with results when it has a fault other than `none` or `slow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Nothing goes wrong.
    None,
    /// 429 with `Retry-After`; did not ring.
    Throttled,
    /// 503 with `Retry-After`; did not ring.
    Unavailable,
    /// 500; did not ring.
    #[serde(rename = "error_500")]
    Error500,
    /// 500 although it rang.
    #[serde(rename = "error_500_after")]
    Error500After,
    /// 503 without `Retry-After`; did not ring.
    #[serde(rename = "error_503")]
    Error503,
    /// The connection is reset before the request was processed; did not ring.
    ResetBefore,
    /// The connection is reset after the request was processed; rang, the answer is lost.
    ResetAfter,
    /// Rang, and the request is never answered.
    Timeout,
    /// Rang, and the answer comes late.
    Slow,
    /// Rang, and the answer is 200 with a body that breaks off in the middle of its JSON.
    Garbled,
}

impl Fault {
    /// Every fault, `none` first.
    pub const ALL: [Self; 11] = [
        Self::None,
        Self::Throttled,
        Self::Unavailable,
        Self::Error500,
        Self::Error500After,
        Self::Error503,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::Timeout,
        Self::Slow,
        Self::Garbled,
    ];

    /// The word that configuration and ledger use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Error500 => "error_500",
            Self::Error500After => "error_500_after",
            Self::Error503 => "error_503",
            Self::ResetBefore => "reset_before",
            Self::ResetAfter => "reset_after",
            Self::Timeout => "timeout",
            Self::Slow => "slow",
            Self::Garbled => "garbled",
        }
    }

    /// Whether a request for a call with this fault is processed all the same, so that the phone rings.
    pub const fn rings(self) -> bool {
        matches!(self, Self::None | Self::Error500After | Self::ResetAfter | Self::Timeout | Self::Slow | Self::Garbled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_that_serde_reads() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        for outcome in Outcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
            assert_eq!(outcome.as_str().parse(), Ok(outcome));
        }
        for fault in Fault::ALL {
            assert_eq!(serde_json::to_value(fault).unwrap(), fault.as_str());
            assert_eq!(fault.as_str().parse(), Ok(fault));
        }
        let unknown = "anwsered".parse::<Outcome>().unwrap_err().to_string();
        assert!(unknown.starts_with("`anwsered` is none of answered, busy, "), "{unknown}");
    }
}
