//! What lies ahead of a campaign, cheaply enough to be asked every few seconds: its limits, its zones, and who comes due when.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use redial_shared::{
    domain::Timestamp,
    store::{Ahead, Archived, LaneBacklog},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{PlanPace, PlanZone, outlook::Outlook};
use crate::api::{ApiState, Problem, extract::Campaign};

/// What lies ahead.
#[derive(Debug, Serialize, ToSchema)]
pub struct AheadAnswer {
    /// The campaign.
    campaign: String,
    /// The provider account it calls through.
    provider: String,
    /// What bounds its calls.
    limits: Limits,
    /// Its pace, and what sets it; the share of campaigns that run beside it on the account is left to `plan`.
    pace: PlanPace,
    /// Contacts to be called whose own time has come; their hours may be closed.
    due_now: u64,
    /// Contacts whose time comes later, by the hour in which it does; hours in which nobody's does are left out.
    due_later: Vec<DueHour>,
    /// Whether some counts are estimated from a part.
    estimated: bool,
    /// By time zones, and by regions where rules depend on them; those with most contacts first. `done_at` is not foreseen
    /// here, but by `plan`.
    zones: Vec<PlanZone>,
}

/// Contacts that come due within one hour.
#[derive(Debug, Serialize, ToSchema)]
pub struct DueHour {
    /// From then on, RFC 3339; the last one tells of all later ones too.
    #[schema(format = DateTime)]
    from: String,
    /// How many.
    contacts: u64,
}

/// Limits; null: none.
#[derive(Debug, Serialize, ToSchema)]
pub struct Limits {
    /// Calls started a second, by `[pacing]`.
    rate: Option<f64>,
    /// Live calls, by `[pacing]`.
    max_concurrent: Option<u32>,
    /// Calls started a second, of the provider account.
    provider_rate: Option<f64>,
    /// Live calls, of the provider account.
    provider_max_concurrent: Option<u32>,
}

/// What lies ahead of a campaign: limits, zones, and how many contacts come due in each hour to come.
///
/// Cheap, however long the list is: where very many contacts wait, a part of them stands for the others. `plan` foresees
/// the finish, and counts exactly.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{name}/ahead", operation_id = "ahead", tag = "campaigns",
    params(("name" = String, Path, description = "The campaign")),
    responses(
        (status = 200, description = "What lies ahead", body = AheadAnswer),
        (status = 404, description = "No such campaign", body = Problem),
    ),
)]
pub async fn ahead(State(state): State<ApiState>, Campaign(name): Campaign) -> Result<Json<AheadAnswer>, Problem> {
    let now = state.store.clock().now();
    if let Some(archived) = state.archived(&name).await? {
        return Ok(Json(AheadAnswer::of_archive(&archived)));
    }
    let view = state.store.campaign(&name).await?;
    let info = state.store.fresh_info(view.id).await?;
    let ahead = state.store.ahead(&info).await?;
    let account = state.config.providers.get(&view.account).cloned();
    let (others, caps, capped) = Default::default();
    let outlook = Outlook { info, view, account, others, caps, capped, trouble: None, now };
    // The hours of each place are computed for two weeks.
    let answer = tokio::task::spawn_blocking(move || answer(&outlook, &ahead)).await;
    Ok(Json(answer.map_err(Problem::internal)?))
}

impl AheadAnswer {
    /// Nothing is ahead of a campaign that was archived.
    fn of_archive(archived: &Archived) -> Self {
        Self {
            campaign: archived.view.name.to_string(),
            provider: archived.view.account.clone(),
            limits: Limits { rate: None, max_concurrent: None, provider_rate: None, provider_max_concurrent: None },
            pace: PlanPace::standstill(),
            due_now: 0,
            due_later: Vec::new(),
            estimated: false,
            zones: Vec::new(),
        }
    }
}

fn answer(outlook: &Outlook, ahead: &Ahead) -> AheadAnswer {
    let pacing = &outlook.info.definition.pacing;
    let account = outlook.account.as_ref();
    let mut zones: Vec<PlanZone> =
        outlook.by_place(&ahead.lanes).into_iter().map(|place| place.shown(None, outlook.now)).collect();
    zones.sort_by(|a, b| b.contacts.cmp(&a.contacts).then_with(|| a.zone.cmp(&b.zone)));
    AheadAnswer {
        campaign: outlook.view.name.to_string(),
        provider: outlook.view.account.clone(),
        limits: Limits {
            rate: pacing.rate.map(|rate| rate.per_second()),
            max_concurrent: pacing.max_concurrent,
            provider_rate: account.and_then(|account| account.rate).map(|rate| rate.per_second()),
            provider_max_concurrent: account.and_then(|account| account.max_concurrent),
        },
        pace: outlook.pace(outlook.now).2,
        due_now: ahead.lanes.iter().map(|lane| lane.due).sum(),
        due_later: due_later(&ahead.lanes),
        estimated: ahead.estimated,
        zones,
    }
}

fn due_later(lanes: &[LaneBacklog]) -> Vec<DueHour> {
    let mut hours: BTreeMap<Timestamp, u64> = BTreeMap::new();
    for (from, count) in lanes.iter().flat_map(|lane| &lane.later) {
        *hours.entry(*from).or_default() += count;
    }
    hours.into_iter().map(|(from, contacts)| DueHour { from: from.to_string(), contacts }).collect()
}
