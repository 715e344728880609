//! Putting held contacts back.

use axum::{Json, extract::State};
use redial_shared::domain::{CampaignName, ContactPosition};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    ApiState, Problem,
    extract::Campaign,
    json::{JsonBody, JsonRequest},
};

/// Which contacts.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    /// Their ids or numbers (E.164); none: all that are held.
    #[serde(default)]
    contacts: Vec<String>,
}

impl JsonRequest for ReleaseRequest {
    const WHAT: &str = "a list of contacts";
    const EXAMPLE: &str = "{\"contacts\": [\"4711\"]}";

    fn when_empty() -> Option<Self> {
        Some(Self::default())
    }
}

/// What became of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleaseAnswer {
    /// The campaign.
    campaign: String,
    /// Contacts that were held and are to be called again.
    released: usize,
}

/// Put held contacts back: they are called again as their turn comes. Those that are not held stay as they are.
#[utoipa::path(
    post, path = "/api/v1/campaigns/{name}/release", operation_id = "release", tag = "campaigns",
    params(("name" = String, Path, description = "The campaign")),
    request_body(content = ReleaseRequest, description = "Which contacts; an empty body means all"),
    responses(
        (status = 200, description = "They are back", body = ReleaseAnswer),
        (status = 400, description = "The body is no such list", body = Problem),
        (status = 404, description = "No such campaign, or no such contact; nothing was done", body = Problem),
    ),
)]
pub async fn release(
    State(state): State<ApiState>,
    Campaign(name): Campaign,
    JsonBody(request): JsonBody<ReleaseRequest>,
) -> Result<Json<ReleaseAnswer>, Problem> {
    let id = state.store.campaign_id(&name).await?;
    let named = positions(&state, &name, &request.contacts).await?;
    let only = (!named.is_empty()).then_some(&*named);
    let released = state.store.release(id, only).await?;
    tracing::info!(campaign = %name, released, "held contacts released by request");
    Ok(Json(ReleaseAnswer { campaign: name.to_string(), released }))
}

/// Where the contacts of these ids or numbers stand in their campaign.
///
/// # Errors
/// 404 when there is none of that name.
pub async fn positions(
    state: &ApiState,
    name: &CampaignName,
    contacts: &[String],
) -> Result<Vec<ContactPosition>, Problem> {
    let mut found = Vec::with_capacity(contacts.len());
    for contact in contacts {
        let view = state.store.contact(name, contact).await?;
        let view = view.ok_or_else(|| Problem::not_found(format!("{name} has no contact `{contact}`")))?;
        found.push(view.position);
    }
    Ok(found)
}
