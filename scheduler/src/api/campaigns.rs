//! Definitions and statuses of campaigns.

use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::HeaderMap,
};
use redial_shared::store::view::Applied;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiState, Problem, definition, extract::Campaign, status::Status};

/// What became of a definition.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppliedAnswer {
    /// The campaign.
    campaign: String,
    /// `created`, `updated` or `unchanged`.
    #[schema(example = "created")]
    result: &'static str,
}

/// Every campaign of the workspace.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignList {
    /// By name.
    campaigns: Vec<Status>,
}

/// Create or update a campaign.
///
/// The body is a definition file, as TOML or as the same in JSON. Applying the same definition again changes nothing.
#[utoipa::path(
    put, path = "/api/v1/campaigns/{name}", operation_id = "apply", tag = "campaigns",
    params(("name" = String, Path, description = "The definition's own `name`")),
    request_body(content = String, content_type = "application/toml", description = "The definition"),
    responses(
        (status = 200, description = "Applied", body = AppliedAnswer),
        (status = 409, description = "It has live calls, and would change its provider", body = Problem),
        (status = 415, description = "Neither TOML nor JSON", body = Problem),
        (status = 422, description = "The definition is wrong", body = Problem),
    ),
)]
pub async fn apply(
    State(state): State<ApiState>,
    Campaign(name): Campaign,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<AppliedAnswer>, Problem> {
    let body = body.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
    let (definition, source) = definition::read(&headers, &body, &name)?;
    definition::check_provider(&state.config, &definition)?;
    let (applied, id) = state.store.apply(&definition, &source).await?;
    if applied != Applied::Unchanged {
        state.store.refresh_hours(id, state.store.clock().now()).await?;
    }
    Ok(Json(AppliedAnswer { campaign: name.to_string(), result: applied_word(applied) }))
}

/// List all campaigns with their statuses.
#[utoipa::path(
    get, path = "/api/v1/campaigns", operation_id = "campaigns", tag = "campaigns",
    responses((status = 200, description = "By name", body = CampaignList)),
)]
pub async fn list(State(state): State<ApiState>) -> Result<Json<CampaignList>, Problem> {
    let views = state.store.campaigns().await?;
    Ok(Json(CampaignList { campaigns: state.statuses(&views).await? }))
}

/// One campaign's status.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{name}", operation_id = "status", tag = "campaigns",
    params(("name" = String, Path, description = "The campaign")),
    responses(
        (status = 200, description = "Its state and counts", body = Status),
        (status = 404, description = "No such campaign", body = Problem),
    ),
)]
pub async fn status(State(state): State<ApiState>, Campaign(name): Campaign) -> Result<Json<Status>, Problem> {
    let view = state.store.campaign(&name).await?;
    Ok(Json(state.statuses(&[view]).await?.remove(0)))
}

fn applied_word(applied: Applied) -> &'static str {
    match applied {
        Applied::Created => "created",
        Applied::Updated => "updated",
        Applied::Unchanged => "unchanged",
    }
}
