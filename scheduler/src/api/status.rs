//! A campaign's status, as `redial status --json` shows it.

use std::collections::BTreeMap;

use redial_shared::{
    config::AccountConfig,
    domain::{CampaignState, ContactState, Timestamp},
    store::{
        ArchiveTrouble,
        view::{CampaignView, Counts},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::estimate::LastTurn;

/// Full seconds over which the present rate is the mean.
const RATE_WINDOW_S: usize = 5;

/// Where a campaign stands.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Status {
    /// Its name.
    pub campaign: String,
    /// `draft`, `scheduled`, `running`, `paused`, `stopping`, `stopped` or `completed`.
    pub state: String,
    /// Why it stands there, where there is something to say; else empty.
    pub reason: String,
    /// Contacts by state.
    pub contacts: ContactCounts,
    /// Attempts charged so far.
    pub attempts: u64,
    /// Concluded attempts by outcome; outcomes that never came are left out.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Calls begun and not yet concluded.
    pub live_calls: u64,
    /// Calls started per second, the mean of the last 5 full seconds.
    pub rate_now: f64,
    /// When the next run starts, RFC 3339.
    #[schema(format = DateTime)]
    pub next_run_at: Option<String>,
    /// When the list will be done at the present pace, RFC 3339; null unless the campaign is running with work left.
    #[schema(format = DateTime)]
    pub finish_estimate: Option<String>,
    /// Only of a campaign that was archived.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub archived: Option<ArchivedStatus>,
}

/// That a campaign is files now: it can be read, and changed no more.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ArchivedStatus {
    /// Since when, RFC 3339.
    #[schema(format = DateTime)]
    pub since: String,
    /// The directory, or `s3://bucket/prefix`, that has them.
    pub place: String,
}

/// Contacts by state; the states always sum to `total`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContactCounts {
    /// In the list.
    pub total: u64,
    /// Not called yet.
    pub pending: u64,
    /// Being dialed or on a call.
    pub active: u64,
    /// To be called again.
    pub waiting: u64,
    /// Cannot be dialed.
    pub held: u64,
    /// Answered.
    pub completed: u64,
    /// Attempts or numbers used up, or a permanent refusal.
    pub failed: u64,
    /// On a do-not-call list.
    pub suppressed: u64,
    /// Not finished when the campaign ended.
    pub expired: u64,
    /// Taken out.
    pub cancelled: u64,
}

/// The states of campaigns, as a query names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StatusState {
    /// Defined, never started.
    Draft,
    /// Armed: its next run starts it.
    Scheduled,
    /// Dialing.
    Running,
    /// No new call starts.
    Paused,
    /// The last calls are being finished.
    Stopping,
    /// Ended by request.
    Stopped,
    /// No contact can move by itself.
    Completed,
}

impl StatusState {
    /// The state itself.
    pub fn as_state(self) -> CampaignState {
        match self {
            Self::Draft => CampaignState::Draft,
            Self::Scheduled => CampaignState::Scheduled,
            Self::Running => CampaignState::Running,
            Self::Paused => CampaignState::Paused,
            Self::Stopping => CampaignState::Stopping,
            Self::Stopped => CampaignState::Stopped,
            Self::Completed => CampaignState::Completed,
        }
    }
}

impl From<&Counts> for ContactCounts {
    fn from(counts: &Counts) -> Self {
        let of = |state: ContactState| counts.by_state.get(&state).copied().unwrap_or(0);
        Self {
            total: counts.total,
            pending: of(ContactState::Pending),
            active: of(ContactState::Active),
            waiting: of(ContactState::Waiting),
            held: of(ContactState::Held),
            completed: of(ContactState::Completed),
            failed: of(ContactState::Failed),
            suppressed: of(ContactState::Suppressed),
            expired: of(ContactState::Expired),
            cancelled: of(ContactState::Cancelled),
        }
    }
}

impl Status {
    /// The status of a campaign that dials through `account` (none: the configuration has no such account), and whose waiting
    /// contacts have their `last_turn`.
    pub fn of(view: &CampaignView, account: Option<&AccountConfig>, last_turn: LastTurn, now: Timestamp) -> Self {
        Self {
            campaign: view.name.to_string(),
            state: view.state.to_string(),
            reason: view.reason.clone(),
            contacts: (&view.counts).into(),
            attempts: view.counts.attempts,
            outcomes: view.counts.outcomes.iter().map(|(outcome, count)| (outcome.as_str(), *count)).collect(),
            live_calls: view.live_calls,
            rate_now: rate_now(&view.recent_starts),
            next_run_at: view.next_run_at.map(|at| at.to_string()),
            finish_estimate: super::estimate::finish(view, account, last_turn, now).map(|at| at.to_string()),
            archived: None,
        }
    }

    /// Tells why a campaign that is over was not archived yet.
    pub fn not_archived(&mut self, trouble: &ArchiveTrouble) {
        let ArchiveTrouble { cause, next_ms, .. } = trouble;
        let told = format!("not archived yet: {cause} (tried again at {})", Timestamp::from_millis(*next_ms));
        self.reason = if self.reason.is_empty() { told } else { format!("{}; {told}", self.reason) };
    }

    /// The same of a campaign that was archived.
    pub fn archived(self, since: Timestamp, place: &str) -> Self {
        Self { archived: Some(ArchivedStatus { since: since.to_string(), place: place.to_owned() }), ..self }
    }
}

/// Calls started per second over the last full seconds; `recent_starts` has the newest last.
pub fn rate_now(recent_starts: &[u32]) -> f64 {
    let window = &recent_starts[recent_starts.len().saturating_sub(RATE_WINDOW_S)..];
    let started: u32 = window.iter().sum();
    f64::from(started) / RATE_WINDOW_S as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_present_rate_is_the_mean_of_the_last_five_full_seconds() {
        assert_eq!(rate_now(&[90, 90, 0, 0, 0, 10, 20, 30, 40, 1]), 20.2);
        assert_eq!(rate_now(&[10]), 2.0, "seconds before the campaign count as idle");
        assert_eq!(rate_now(&[]), 0.0);
    }

    #[test]
    fn counts_by_state_are_told_for_every_state() {
        let counts = Counts {
            total: 7,
            by_state: BTreeMap::from([(ContactState::Pending, 4), (ContactState::Held, 3)]),
            ..Counts::default()
        };
        let json = serde_json::to_string(&ContactCounts::from(&counts)).unwrap();
        assert_eq!(
            json,
            r#"{"total":7,"pending":4,"active":0,"waiting":0,"held":3,"completed":0,"failed":0,"suppressed":0,"expired":0,"cancelled":0}"#
        );
    }
}
