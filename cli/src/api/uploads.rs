//! What is said of contact lists.

use redial_shared::domain::contact_list::ListHeader;
use serde::Deserialize;

/// Counts of an upload: the JSON answer, and the first line of the JSON Lines one.
#[derive(Debug, Clone, Deserialize)]
pub struct Uploaded {
    /// Rows that became contacts.
    pub accepted: u64,
    /// Rows that changed a contact, where they were to.
    #[serde(default)]
    pub updated: Option<u64>,
    /// Rows whose id or number was in the campaign already.
    pub duplicate: u64,
    /// Bad rows.
    pub rejected: u64,
    /// The first thousand bad rows (JSON answer).
    #[serde(default)]
    pub rejects: Vec<Reject>,
    /// The list's encoding, where it is not UTF-8.
    #[serde(default)]
    pub encoding: Option<String>,
    /// The list's header (JSON Lines answer); none where the format has none.
    #[serde(default)]
    pub header: Option<ListHeader>,
}

/// A bad row.
#[derive(Debug, Clone, Deserialize)]
pub struct Reject {
    /// Where the row begins; the header is line 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
    /// The row as it was written (JSON Lines answer).
    #[serde(default)]
    pub row: Option<String>,
    /// The same, in Base64, where it is no UTF-8.
    #[serde(default)]
    pub row_base64: Option<String>,
}
