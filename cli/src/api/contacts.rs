//! What is said of contacts, and of what was done with them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use redial_shared::domain::{ContactState, Outcome};
use serde::Deserialize;

/// What a release came to: `POST /campaigns/{name}/release`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Released {
    /// Contacts that were held.
    pub released: u64,
    /// How many stay held, by why.
    #[serde(default)]
    pub stay_held: BTreeMap<String, u64>,
}

/// `POST /campaigns/{name}/cancel`.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Cancelled {
    /// Contacts that are not called any more.
    pub cancelled: u64,
    /// Contacts on a call, which are not called again after it.
    pub on_call: u64,
    /// Contacts that were finished before, in another way.
    pub finished: u64,
    /// Contacts that were cancelled before.
    #[serde(default)]
    pub cancelled_before: u64,
    /// Names of contacts that were named already.
    #[serde(default)]
    pub repeated: u64,
}

/// `PATCH /campaigns/{name}/contacts/{id}`.
#[derive(Debug, Clone, Deserialize)]
pub struct EditedContact {
    /// The contact's id.
    pub contact_id: String,
    /// Whether anything was changed.
    pub changed: bool,
    /// What follows.
    pub note: String,
}

/// `POST /forget`.
#[derive(Debug, Clone, Deserialize)]
pub struct Forgotten {
    /// For each number.
    pub forgotten: Vec<ForgottenNumber>,
}

/// What was erased of one number.
#[derive(Debug, Clone, Deserialize)]
pub struct ForgottenNumber {
    /// The number.
    pub number: String,
    /// Campaigns that had it.
    pub campaigns: Vec<ForgottenContacts>,
    /// Do-not-call lists that keep it, or from which it was taken.
    pub suppressions: u64,
}

/// What was erased in one campaign.
#[derive(Debug, Clone, Deserialize)]
pub struct ForgottenContacts {
    /// The campaign.
    pub campaign: String,
    /// Contacts that were erased.
    pub erased: u64,
    /// Contacts that stay with other numbers, of which only the calls to the number were erased.
    #[serde(default)]
    pub calls_erased: u64,
    /// Contacts that are on a call, and were not.
    pub on_call: u64,
}

/// `POST /campaigns/{name}/call`.
#[derive(Debug, Clone, Deserialize)]
pub struct TestCall {
    /// The campaign that makes the call.
    pub campaign: String,
    /// Its one contact.
    pub contact_id: String,
}

/// `GET /campaigns/{name}/contacts/{id}`.
#[derive(Debug, Clone, Deserialize)]
pub struct ContactStory {
    /// The list's `id`, or the first number.
    pub contact_id: String,
    /// Its numbers in the order in which they are tried.
    pub numbers: Vec<String>,
    /// The list's other columns.
    #[serde(default)]
    pub attributes: serde_json::Map<String, serde_json::Value>,
    /// IANA time zone, where it is in just one.
    #[serde(default)]
    pub timezone: Option<String>,
    /// Every time zone in which it can be.
    #[serde(default)]
    pub timezones: Vec<String>,
    /// `list`, `numbers` or `unknown`.
    #[serde(default)]
    pub timezones_from: String,
    /// Countries and states in which it can be.
    #[serde(default)]
    pub regions: Vec<String>,
    /// 1 first … 9 last.
    #[serde(default)]
    pub priority: Option<u8>,
    /// Where it stands.
    pub state: ContactState,
    /// Outcome of its last concluded attempt.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// Why it stands there.
    #[serde(default)]
    pub reason: String,
    /// When it becomes due.
    #[serde(default)]
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// Why it is not being dialed now, in plain words.
    #[serde(default)]
    pub why: String,
    /// Its attempts, oldest first.
    #[serde(default)]
    pub attempts: Vec<AttemptStory>,
}

/// One attempt of a contact.
#[derive(Debug, Clone, Deserialize)]
pub struct AttemptStory {
    /// The number called.
    pub phone: String,
    /// Its place in the list's row, from 1.
    #[serde(default)]
    pub number: Option<u8>,
    /// The provider account.
    #[serde(default)]
    pub provider: String,
    /// The provider's id of the call; empty or none when unknown.
    #[serde(default)]
    pub call_id: Option<String>,
    /// When the request was sent.
    pub started_at: DateTime<Utc>,
    /// When it was concluded.
    #[serde(default)]
    pub ended_at: Option<DateTime<Utc>>,
    /// How it ended; none while it is live.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// The provider's own word.
    #[serde(default)]
    pub provider_status: Option<String>,
    /// Talk time in seconds.
    #[serde(default)]
    pub duration_s: Option<f64>,
    /// Where its recording is, or what became of it.
    #[serde(default)]
    pub recording: Option<String>,
    /// What went wrong.
    #[serde(default)]
    pub reason: Option<String>,
    /// What the bot learned.
    #[serde(default)]
    pub captured: BTreeMap<String, String>,
}
