//! What is foreseen of campaigns.

use chrono::{DateTime, Utc};
use redial_shared::domain::CampaignState;
use serde::Deserialize;

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
