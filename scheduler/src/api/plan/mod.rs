//! What will become of a campaign's list: when whom can be called, and when all are done.

pub(super) mod ahead;
mod company;
mod forecast;
mod outlook;

use std::time::Duration;

use axum::{Json, extract::State};
use redial_shared::{
    domain::{CampaignState, ContactState, Timestamp},
    store::{Archived, view::CampaignView},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiState, Problem, extract::Campaign};
use outlook::Outlook;

/// How far ahead a plan looks.
const AHEAD: Duration = Duration::from_secs(15 * 24 * 3600);

/// What is foreseen of a campaign.
#[derive(Debug, Serialize, ToSchema)]
pub struct Plan {
    /// The campaign.
    campaign: String,
    /// Its state. One that does not run yet is planned as if it were started now.
    state: String,
    /// Contacts that can be called at this moment, as far as their time and hours are concerned.
    callable_now: u64,
    /// Contacts that will be later.
    callable_later: u64,
    /// Contacts that are held until somebody acts.
    held: u64,
    /// At which pace.
    pace: PlanPace,
    /// Other campaigns of the account that run now, and share its rate.
    shares_with: Vec<String>,
    /// By time zones, and by regions where rules depend on them; those with most contacts first.
    zones: Vec<PlanZone>,
    /// The runs of the next days.
    runs: Vec<Span>,
    /// When all are done, RFC 3339; null if not within 15 days.
    #[schema(format = DateTime)]
    finish_estimate: Option<String>,
    /// What will keep contacts from being called.
    warnings: Vec<String>,
}

/// How fast it goes, and why not faster.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanPace {
    /// Calls started a second, now.
    calls_per_s: f64,
    /// What sets it: `pacing.rate`, `provider rate`, `pacing.max_concurrent`, `provider max_concurrent`, `other campaigns` or
    /// `none`.
    limited_by: &'static str,
    /// How many calls a contact takes on average.
    calls_per_contact: f64,
    /// How long a call occupies a line, in seconds.
    call_s: f64,
    /// What of this is assumed, for too few calls were made to know.
    assumed: Vec<&'static str>,
}

/// Contacts of one place.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanZone {
    /// Its time zones, separated by commas; a call is made when all of them allow it. Empty: nobody knows.
    #[schema(example = "America/New_York")]
    zone: String,
    /// The countries and states whose rules bind, where the campaign has a preset.
    #[schema(example = json!(["US", "US-FL"]))]
    regions: Vec<String>,
    /// How many are to be called.
    contacts: u64,
    /// Whether calls are allowed now.
    open_now: bool,
    /// When they are allowed in the next 48 hours.
    open: Vec<Span>,
    /// When they are next, if not now, RFC 3339; null if not within 15 days.
    #[schema(format = DateTime)]
    next_open_at: Option<String>,
    /// When they are all done, RFC 3339; null if not within 15 days.
    #[schema(format = DateTime)]
    done_at: Option<String>,
}

/// A stretch of time, RFC 3339; it ends before `to`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Span {
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
}

/// Foresee how a campaign's list will be called: per time zone when contacts become callable, and the finish at the present
/// pace. Campaigns that run on the same account have their share, by priority and weight, until their own lists are done;
/// their calling hours, and campaigns that begin later, are not foreseen, nor are caps.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{name}/plan", operation_id = "plan", tag = "campaigns",
    params(("name" = String, Path, description = "The campaign")),
    responses(
        (status = 200, description = "What is foreseen", body = Plan),
        (status = 404, description = "No such campaign", body = Problem),
    ),
)]
pub async fn plan(State(state): State<ApiState>, Campaign(name): Campaign) -> Result<Json<Plan>, Problem> {
    let now = state.store.clock().now();
    if let Some(archived) = state.archived(&name).await? {
        return Ok(Json(Plan::of_archive(&archived)));
    }
    let view = state.store.campaign(&name).await?;
    let info = state.store.fresh_info(view.id).await?;
    let ahead = state.store.backlogs(&info).await?;
    let account = state.config.providers.get(&view.account).cloned();
    let trouble = match state.store.waits_in_vain(&view).await? {
        Some(why) => Some(why),
        None => state.store.account_health(&view.account).await?.trouble(&view.account),
    };
    let others = state.store.campaigns().await?.into_iter().filter(|other| shares_account(other, &view)).collect();
    let caps = state.store.caps_in_force().await?;
    let caps = caps.words(view.id).into_iter().map(str::to_owned).collect();
    let capped = state.store.capped(&info, &ahead.lanes).await?;
    let outlook = Outlook { info, view, account, others, caps, capped, trouble, now };
    // Some thousand steps of arithmetic for each place.
    let plan = tokio::task::spawn_blocking(move || outlook.plan(&ahead)).await;
    Ok(Json(plan.map_err(Problem::internal)?))
}

impl Plan {
    /// Nothing is ahead of a campaign that was archived.
    fn of_archive(archived: &Archived) -> Self {
        let view = &archived.view;
        Self {
            campaign: view.name.to_string(),
            state: view.state.to_string(),
            callable_now: 0,
            callable_later: 0,
            held: view.counts.by_state.get(&ContactState::Held).copied().unwrap_or(0),
            pace: PlanPace::standstill(),
            shares_with: Vec::new(),
            zones: Vec::new(),
            runs: Vec::new(),
            finish_estimate: None,
            warnings: vec![archived.refusal().to_string()],
        }
    }
}

impl PlanPace {
    /// No call is made any more.
    fn standstill() -> Self {
        Self { calls_per_s: 0.0, limited_by: "none", calls_per_contact: 0.0, call_s: 0.0, assumed: Vec::new() }
    }
}

/// Whether another campaign has calls to make now through the same account.
fn shares_account(other: &CampaignView, view: &CampaignView) -> bool {
    other.account == view.account && other.id != view.id && other.state == CampaignState::Running
}

fn shown(instant: Option<Timestamp>) -> Option<String> {
    instant.map(|at| at.to_string())
}
