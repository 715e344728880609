//! What is said of campaigns.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use redial_shared::domain::{CampaignState, ContactState, Outcome};
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

    /// How many are finished; who is held is not.
    pub fn done(&self) -> u64 {
        let is_done = |state: &&ContactState| !state.is_open() && **state != ContactState::Held;
        ContactState::ALL.iter().filter(is_done).map(|state| self.of(*state)).sum()
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

/// `DELETE /campaigns/{name}`.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Removed {
    /// Contacts that it had.
    pub contacts: u64,
    /// Attempts that it had.
    pub attempts: u64,
}
