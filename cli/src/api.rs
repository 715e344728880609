//! The API's answers, as far as the command reads them. `--json` passes the server's own text on instead.

pub mod look;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use redial_shared::domain::{CampaignState, ContactState, Outcome, contact_list::ListHeader};
use serde::Deserialize;

/// A campaign's state and counts: `GET /campaigns/{name}`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Status {
    /// Its name.
    pub campaign: String,
    /// Where it stands.
    pub state: CampaignState,
    /// Why it is paused; empty when there is nothing to say.
    #[serde(default)]
    pub reason: String,
    /// Contacts by state.
    pub contacts: Contacts,
    /// Attempts charged.
    pub attempts: u64,
    /// Concluded attempts by outcome.
    #[serde(default)]
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Calls begun and not yet concluded.
    pub live_calls: u64,
    /// Calls started a second, of late.
    pub rate_now: f64,
    /// When the next run starts.
    pub next_run_at: Option<DateTime<Utc>>,
    /// When the list should be done at the present pace.
    pub finish_estimate: Option<DateTime<Utc>>,
    /// Only of a campaign that was archived.
    #[serde(default)]
    pub archived: Option<Archived>,
}

/// That a campaign is files now.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Archived {
    /// Since when.
    pub since: DateTime<Utc>,
    /// The directory, or `s3://bucket/prefix`, that has them.
    pub place: String,
}

/// What a release came to: `POST /campaigns/{name}/release`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Released {
    /// Contacts that were held.
    pub released: u64,
}

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

/// Contacts by state, and their sum.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Contacts {
    /// All of them.
    pub total: u64,
    /// The counts; a state that is missing has none.
    #[serde(flatten)]
    pub by_state: BTreeMap<ContactState, u64>,
}

impl Contacts {
    /// How many are in a state.
    pub fn of(&self, state: ContactState) -> u64 {
        self.by_state.get(&state).copied().unwrap_or(0)
    }

    /// How many cannot move by themselves any more.
    pub fn done(&self) -> u64 {
        ContactState::ALL.iter().filter(|state| !state.is_open()).map(|state| self.of(*state)).sum()
    }
}

impl Status {
    /// Whether no call can follow: nothing is left to watch.
    pub fn is_over(&self) -> bool {
        matches!(self.state, CampaignState::Completed | CampaignState::Stopped)
    }
}

/// `GET /campaigns`.
#[derive(Debug, Deserialize)]
pub struct Campaigns {
    /// One for each campaign of the workspace.
    pub campaigns: Vec<Status>,
}

/// Answer to `start`, `pause`, `resume` and `stop`.
#[derive(Debug, Deserialize)]
pub struct Acted {
    /// The campaign's name.
    pub campaign: String,
    /// Where it stands now.
    pub state: CampaignState,
    /// Calls still live.
    pub live_calls: u64,
    /// When the next run starts.
    pub next_run_at: Option<DateTime<Utc>>,
    /// What happened, in plain words.
    #[serde(default)]
    pub message: String,
}

/// Answer to applying a definition.
#[derive(Debug, Deserialize)]
pub struct Applied {
    /// The campaign's name.
    pub campaign: String,
    /// `created`, `updated` or `unchanged`.
    pub result: String,
}

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

/// `POST /tokens`.
#[derive(Debug, Clone, Deserialize)]
pub struct NewToken {
    /// The token itself.
    pub token: String,
}

/// `GET /tokens`.
#[derive(Debug, Clone, Deserialize)]
pub struct Tokens {
    /// The oldest first.
    pub tokens: Vec<Token>,
}

/// One token, without itself.
#[derive(Debug, Clone, Deserialize)]
pub struct Token {
    /// By this it is revoked.
    pub id: String,
    /// What its bearer may do.
    pub role: String,
    /// What it is for.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it is good; none: until it is revoked.
    pub expires_at: Option<DateTime<Utc>>,
}

/// `GET /campaigns/{name}/notifications`.
#[derive(Debug, Clone, Deserialize)]
pub struct Notifications {
    /// The campaign's name.
    pub campaign: String,
    /// Where its events go; none: nowhere.
    pub webhook: Option<String>,
    /// Of how many changes the receiver has still to be told.
    pub waiting: u64,
    /// When the oldest of them happened.
    pub oldest_at: Option<DateTime<Utc>>,
    /// The last times that an event was sent, newest first.
    pub deliveries: Vec<DeliveryLine>,
}

/// An event that was sent once.
#[derive(Debug, Clone, Deserialize)]
pub struct DeliveryLine {
    /// The event's id.
    pub event: String,
    /// What it tells of.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it was sent.
    pub sent_at: DateTime<Utc>,
    /// `taken`, `failed` or `given_up`.
    pub result: String,
    /// The receiver's HTTP status.
    pub status: Option<u16>,
    /// Why it was not taken.
    pub error: String,
}

/// `POST /campaigns/{name}/notifications/replay`.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Replayed {
    /// How many events are told again.
    pub replayed: u64,
}

/// `GET /campaigns/{name}/plan`.
#[derive(Debug, Clone, Deserialize)]
pub struct Plan {
    /// The campaign's name.
    pub campaign: String,
    /// Its state.
    pub state: CampaignState,
    /// Contacts that can be called at this moment.
    pub callable_now: u64,
    /// Contacts that will be later.
    pub callable_later: u64,
    /// Contacts that are held.
    pub held: u64,
    /// At which pace.
    pub pace: PlanPace,
    /// By place.
    pub zones: Vec<PlanZone>,
    /// When all are done, if that is foreseen.
    pub finish_estimate: Option<DateTime<Utc>>,
    /// What will keep contacts from being called.
    pub warnings: Vec<String>,
}

/// How fast a plan goes.
#[derive(Debug, Clone, Deserialize)]
pub struct PlanPace {
    /// Calls started a second.
    pub calls_per_s: f64,
    /// What sets it.
    pub limited_by: String,
    /// Calls that a contact takes on average.
    pub calls_per_contact: f64,
    /// How long a call takes, in seconds.
    pub call_s: f64,
    /// Names of those above that are assumed.
    pub assumed: Vec<String>,
}

/// Contacts of one place.
#[derive(Debug, Clone, Deserialize)]
pub struct PlanZone {
    /// Time zones, separated by commas.
    pub zone: String,
    /// Countries and states whose rules bind.
    #[serde(default)]
    pub regions: Vec<String>,
    /// How many are to be called.
    pub contacts: u64,
    /// Whether calls are allowed now.
    pub open_now: bool,
    /// When they are, from now on.
    pub open: Vec<PlanSpan>,
    /// When they are next, if not now.
    pub next_open_at: Option<DateTime<Utc>>,
    /// When they are all done, if that is foreseen.
    pub done_at: Option<DateTime<Utc>>,
}

/// A stretch of time.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct PlanSpan {
    /// It ends before this instant.
    pub to: DateTime<Utc>,
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

/// `DELETE /campaigns/{name}`.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Removed {
    /// Contacts that it had.
    pub contacts: u64,
    /// Attempts that it had.
    pub attempts: u64,
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

/// `GET /providers`.
#[derive(Debug, Clone, Deserialize)]
pub struct Providers {
    /// By name.
    pub providers: Vec<Provider>,
}

/// One provider account: the answer to its pause and resume too.
#[derive(Debug, Clone, Deserialize)]
pub struct Provider {
    /// Its name.
    pub provider: String,
    /// Which API it speaks.
    pub kind: String,
    /// `ok`, `waiting` or `paused`.
    pub state: String,
    /// Why it is not `ok`.
    #[serde(default)]
    pub reason: String,
    /// When a waiting one goes on.
    #[serde(default)]
    pub until: Option<DateTime<Utc>>,
    /// Its limit of calls a second.
    #[serde(default)]
    pub rate: Option<f64>,
    /// Its limit of live calls.
    #[serde(default)]
    pub max_concurrent: Option<u32>,
    /// Live calls.
    #[serde(default)]
    pub live_calls: u64,
}
