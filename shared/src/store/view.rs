//! What readers of the store see: plain values, no Redis type.

use std::{collections::BTreeMap, sync::Arc};

use crate::domain::{
    AttemptId, CampaignId, CampaignName, CampaignState, ContactPosition, ContactState, Outcome, PhoneNumber, Timestamp,
    geography::Whereabouts, learned::Captured,
};

/// A campaign as it stands now.
#[derive(Debug, Clone)]
pub struct CampaignView {
    /// Its number in the workspace.
    pub id: CampaignId,
    /// Its name.
    pub name: CampaignName,
    /// Where it stands.
    pub state: CampaignState,
    /// Why it is paused, in plain words; empty unless there is something to say.
    pub reason: String,
    /// Counts every change of its definition, from 1.
    pub version: u32,
    /// The definition as it was applied, TOML.
    pub source: String,
    /// The provider account it dials through.
    pub account: String,
    /// Counts of contacts, attempts and outcomes.
    pub counts: Counts,
    /// Calls begun and not yet concluded.
    pub live_calls: u64,
    /// Calls started in each of the last full seconds, newest last (at most 10).
    pub recent_starts: Vec<u32>,
    /// When the next run starts, for campaigns with a schedule.
    pub next_run_at: Option<Timestamp>,
    /// When the present run ends, if it is bounded.
    pub run_until: Option<Timestamp>,
}

/// Counts of one campaign. `by_state` always sums to `total`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Contacts in the list.
    pub total: u64,
    /// Contacts by state; a missing state has none.
    pub by_state: BTreeMap<ContactState, u64>,
    /// Attempts charged.
    pub attempts: u64,
    /// Concluded attempts by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
}

/// One contact with everything known of it.
#[derive(Debug, Clone)]
pub struct ContactView {
    /// Its place in the campaign.
    pub position: ContactPosition,
    /// The list's `id`, or the first number.
    pub id: String,
    /// Its numbers in the order in which they are tried.
    pub numbers: Vec<PhoneNumber>,
    /// The list's other columns, in the list's order.
    pub attributes: Vec<(String, String)>,
    /// Where it can be, and whence that is known; where the number dialed counts, those of the one called next.
    pub whereabouts: Arc<Whereabouts>,
    /// 1 first … 9 last.
    pub priority: u8,
    /// Where it stands.
    pub state: ContactState,
    /// Outcome of its last concluded attempt.
    pub outcome: Option<Outcome>,
    /// Why it stands there, or what last kept it from being called; empty when there is nothing to say.
    pub reason: String,
    /// When it becomes due, if it waits.
    pub next_attempt_at: Option<Timestamp>,
    /// Its attempts, oldest first.
    pub attempts: Vec<AttemptView>,
}

/// One attempt.
#[derive(Debug, Clone)]
pub struct AttemptView {
    /// Its id, which is also what the provider was told.
    pub id: AttemptId,
    /// Place of the number when it was called, from 1; 0: the contact was erased.
    pub number: u8,
    /// The number called; none: it was erased.
    pub phone: Option<PhoneNumber>,
    /// The provider account.
    pub account: String,
    /// The provider's id of the call; empty when unknown.
    pub call_id: String,
    /// When the request was sent.
    pub started_at: Timestamp,
    /// When it was concluded; none while it is live.
    pub ended_at: Option<Timestamp>,
    /// How it ended; none while it is live.
    pub outcome: Option<Outcome>,
    /// The provider's own word.
    pub provider_status: String,
    /// Talk time in seconds, where the provider tells.
    pub duration_s: Option<f64>,
    /// Number of the worker process that began it.
    pub worker: u32,
    /// What went wrong, in plain words; empty when nothing did.
    pub reason: String,
    /// What the bot learned.
    pub captured: Captured,
}

/// Result of applying a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// A new campaign.
    Created,
    /// An existing one changed.
    Updated,
    /// The same definition as before.
    Unchanged,
}

/// Result of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UploadCounts {
    /// Rows that changed a contact that the campaign had, where they may.
    pub updated: u64,
    /// Rows that became contacts.
    pub accepted: u64,
    /// Rows whose id or number was in the campaign already.
    pub duplicate: u64,
}
