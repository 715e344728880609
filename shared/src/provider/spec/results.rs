//! What becomes of a call: `[report]`, `[[states]]`, `[tail]`.

use serde::Deserialize;

use super::request::Request;
use crate::domain::{Outcome, units::Span};

/// Where results are in an answer to `[poll]` or `[tail]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct Report {
    /// Calls in one request; absent: 1.
    pub batch: Option<Batch>,
    /// One call or a list of calls; absent: the whole body.
    #[serde(default)]
    pub items: String,
    /// In each call: its id.
    #[serde(default)]
    pub id: Vec<String>,
    /// Its state.
    #[serde(default)]
    pub status: Vec<String>,
    /// What else decides how it ended.
    #[serde(default)]
    pub reason: Vec<String>,
    /// Talk time.
    #[serde(default)]
    pub duration: Vec<String>,
    /// By what that is divided to be seconds.
    pub duration_per_s: Option<f64>,
}

/// How many calls one poll asks for.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(in crate::provider) enum Batch {
    Fixed(usize),
    /// As this key of the account says.
    Key(String),
}

/// Where things are in one call.
#[derive(Debug, Clone, Copy)]
pub(in crate::provider) struct Reading<'a> {
    pub id: &'a [String],
    pub attempt: &'a [String],
    pub status: &'a [String],
    pub reason: &'a [String],
    pub duration: &'a [String],
    pub duration_per_s: f64,
}

/// What a state means. The first that fits decides; none: the call goes on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct State {
    /// Words for the state, one of which it must be; `voicemail*` is all that begin so.
    pub status: Vec<String>,
    /// Words for the reason, one of which it must be; absent: any.
    #[serde(default)]
    pub reason: Vec<String>,
    /// A key of the account that maps reasons to outcomes, looked at before `outcome`.
    pub mapped_by: Option<String>,
    /// Absent: the call goes on.
    pub outcome: Option<Outcome>,
    /// Whether it is one of the contact's attempts.
    #[serde(default = "yes")]
    pub charged: bool,
}

/// Results by reading the account's recent calls.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct Tail {
    pub request: Request,
    /// How far to read back before the last time it was read.
    pub overlap: Span,
    /// The first page tells the newest changes; absent: the oldest.
    #[serde(default)]
    pub newest_first: bool,
}

impl Report {
    pub fn reading(&self) -> Reading<'_> {
        Reading {
            id: &self.id,
            attempt: &[],
            status: &self.status,
            reason: &self.reason,
            duration: &self.duration,
            duration_per_s: self.duration_per_s.unwrap_or(1.0),
        }
    }
}

fn yes() -> bool {
    true
}
