//! What the command's `--json` outputs hold.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// `redial status CAMPAIGN --json`.
#[derive(Debug, Clone, Deserialize)]
pub struct Status {
    /// Where the campaign stands.
    pub state: String,
    /// Why.
    pub reason: String,
    /// Contacts by state, and `total`.
    pub contacts: BTreeMap<String, u64>,
    /// Attempts so far.
    pub attempts: u64,
    /// Attempts by outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// Calls that are not over.
    pub live_calls: u64,
}

impl Status {
    /// Contacts in a state, or `total`.
    pub fn contacts(&self, state: &str) -> u64 {
        self.contacts.get(state).copied().unwrap_or(0)
    }

    /// Contacts for which nothing is to be done any more.
    pub fn finished(&self) -> u64 {
        let open = ["pending", "active", "waiting", "held"].map(|state| self.contacts(state));
        self.contacts("total") - open.iter().sum::<u64>()
    }

    /// Whether the counts by state sum to the list's size, as they always do.
    pub fn adds_up(&self) -> bool {
        let sum: u64 = self.contacts.iter().filter(|(state, _)| *state != "total").map(|(_, count)| count).sum();
        sum == self.contacts("total")
    }
}

/// A line of `redial results --format jsonl`.
#[derive(Debug, Clone, Deserialize)]
pub struct ResultRow {
    /// Whose.
    pub contact_id: String,
    /// The number called last.
    pub phone: String,
    /// Where the contact stands.
    pub state: String,
    /// Outcome of the last attempt.
    pub outcome: Option<String>,
    /// How many attempts there were.
    pub attempts: usize,
}

/// A line of `redial attempts --format jsonl`.
#[derive(Debug, Clone, Deserialize)]
pub struct AttemptRow {
    /// Its id.
    pub attempt_id: String,
    /// Whose.
    pub contact_id: String,
    /// The number called.
    pub phone: String,
    /// When the request was sent.
    pub started_at: DateTime<Utc>,
    /// When it was concluded.
    pub ended_at: Option<DateTime<Utc>>,
    /// How.
    pub outcome: Option<String>,
    /// The provider's id of the call, if it is known.
    pub call_id: Option<String>,
    /// The worker that began it.
    pub worker: u32,
    /// What went wrong.
    pub reason: Option<String>,
}

/// Reads JSON Lines.
///
/// # Panics
/// When a line is something else.
pub(super) fn lines<T: for<'de> Deserialize<'de>>(text: &str) -> Vec<T> {
    let row = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    text.lines().map(row).collect()
}
