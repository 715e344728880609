//! Taking contacts out of a campaign while it runs.

use axum::{Json, extract::State, http::request::Parts};
use redial_shared::{domain::CampaignName, store::Cancelled};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    ApiState, Problem,
    extract::{Campaign, path_part},
    json::{JsonBody, JsonRequest},
    release::positions,
};

/// Which contacts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelRequest {
    /// Their ids or numbers (E.164), at least one.
    #[schema(min_items = 1)]
    contacts: Vec<String>,
}

impl JsonRequest for CancelRequest {
    const WHAT: &str = "a list of contacts";
    const EXAMPLE: &str = "{\"contacts\": [\"4711\"]}";
}

/// What became of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct CancelAnswer {
    /// The campaign.
    campaign: String,
    /// Contacts that are not called any more.
    cancelled: usize,
    /// Contacts that are on a call now, and are not called again after it.
    on_call: usize,
    /// Contacts that were finished before, in another way than by being cancelled.
    finished: usize,
    /// Contacts that were cancelled before.
    cancelled_before: usize,
    /// Names too many: of contacts that others of the names stand for as well.
    repeated: usize,
}

/// Take contacts out while the campaign runs. When it answers, none of them can be called any more, but for those who are on
/// a call: that goes on to its end, and no other follows.
#[utoipa::path(
    post, path = "/api/v1/campaigns/{name}/cancel", operation_id = "cancel", tag = "campaigns",
    params(("name" = String, Path, description = "The campaign")),
    request_body(content = CancelRequest, description = "Which contacts"),
    responses(
        (status = 200, description = "They are out", body = CancelAnswer),
        (status = 400, description = "The body is no such list", body = Problem),
        (status = 404, description = "No such campaign, or no such contact; nothing was done", body = Problem),
    ),
)]
pub async fn cancel(
    State(state): State<ApiState>,
    Campaign(name): Campaign,
    JsonBody(request): JsonBody<CancelRequest>,
) -> Result<Json<CancelAnswer>, Problem> {
    if request.contacts.is_empty() {
        return Err(Problem::bad_request("contacts: at least one is expected")
            .with_key("contacts")
            .with_hint(format!("send {}", CancelRequest::EXAMPLE)));
    }
    take_out(&state, &name, &request.contacts).await
}

/// Take one contact out: as `cancel`.
#[utoipa::path(
    delete, path = "/api/v1/campaigns/{name}/contacts/{contact}", operation_id = "cancel_contact", tag = "contacts",
    params(
        ("name" = String, Path, description = "The campaign"),
        ("contact" = String, Path, description = "The contact's id, or one of its numbers in E.164"),
    ),
    responses(
        (status = 200, description = "It is out", body = CancelAnswer),
        (status = 404, description = "No such campaign or contact", body = Problem),
    ),
)]
pub async fn cancel_contact(
    State(state): State<ApiState>,
    Campaign(name): Campaign,
    mut parts: Parts,
) -> Result<Json<CancelAnswer>, Problem> {
    let contact = path_part(&mut parts, "contact").await?;
    take_out(&state, &name, &[contact]).await
}

async fn take_out(state: &ApiState, name: &CampaignName, contacts: &[String]) -> Result<Json<CancelAnswer>, Problem> {
    let id = state.store.campaign_id(name).await?;
    let mut positions = positions(state, name, contacts, "nobody was cancelled").await?;
    let named = positions.len();
    positions.sort_unstable();
    positions.dedup();
    let repeated = named - positions.len();
    let Cancelled { cancelled, cancelled_before, on_call, finished } = state.store.cancel(id, &positions).await?;
    tracing::info!(campaign = %name, cancelled, on_call, finished, "contacts taken out by request");
    let campaign = name.to_string();
    Ok(Json(CancelAnswer { campaign, cancelled, on_call, finished, cancelled_before, repeated }))
}
