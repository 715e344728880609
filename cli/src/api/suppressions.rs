//! What is said of do-not-call lists.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::Reject;

/// What became of numbers: `POST /suppressions`.
#[derive(Debug, Deserialize)]
pub struct Suppressed {
    /// Numbers that were not on the list.
    pub added: u64,
    /// Numbers that were.
    pub known: u64,
    /// Until when they stay there.
    pub until: Option<DateTime<Utc>>,
}

/// What became of numbers: `DELETE /suppressions`.
#[derive(Debug, Deserialize)]
pub struct Unsuppressed {
    /// Numbers that were on a list.
    pub removed: u64,
    /// Numbers that were on none.
    pub unknown: u64,
}

/// `GET /suppressions/check`.
#[derive(Debug, Deserialize)]
pub struct Checked {
    /// In the order of the question.
    pub numbers: Vec<CheckedNumber>,
}

/// One number.
#[derive(Debug, Deserialize)]
pub struct CheckedNumber {
    /// In E.164.
    pub number: String,
    /// The lists that it is on.
    pub lists: Vec<SuppressionEntry>,
}

/// A number's place on a list.
#[derive(Debug, Deserialize)]
pub struct SuppressionEntry {
    /// The list.
    pub list: String,
    /// The campaign whose list it is; none: the workspace's.
    pub campaign: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when.
    pub until: Option<DateTime<Utc>>,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// `GET /suppressions`.
#[derive(Debug, Deserialize)]
pub struct SuppressionLists {
    /// The workspace's first.
    pub lists: Vec<SuppressionList>,
}

/// One do-not-call list.
#[derive(Debug, Deserialize)]
pub struct SuppressionList {
    /// Its name.
    pub list: String,
    /// The campaign that it binds; none: all.
    pub campaign: Option<String>,
    /// Numbers that were put on it one by one.
    pub added: u64,
    /// Numbers of its import.
    pub imported: u64,
    /// When that was.
    pub imported_at: Option<DateTime<Utc>>,
    /// Until when the import counts.
    pub until: Option<DateTime<Utc>>,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// What became of a file of numbers: `POST /suppressions/import`.
#[derive(Debug, Deserialize)]
pub struct ImportedNumbers {
    /// Numbers of the list's import now.
    pub imported: u64,
    /// Of these, those that the file has brought.
    pub new: u64,
    /// Lines that are no number.
    pub rejected: u64,
    /// The first of them.
    pub rejects: Vec<Reject>,
}
