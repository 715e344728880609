//! Putting held contacts back.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use redial_shared::{
    domain::{CampaignName, ContactPosition},
    store::Released,
};
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
    /// How many stay held, by why: nobody can tell when they may be called.
    stay_held: BTreeMap<String, usize>,
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
    let named = positions(&state, &name, &request.contacts, "nobody was released").await?;
    let only = (!named.is_empty()).then_some(&*named);
    let Released { released, stay_held } = state.store.release(id, only).await?;
    tracing::info!(campaign = %name, released, "held contacts released by request");
    Ok(Json(ReleaseAnswer { campaign: name.to_string(), released, stay_held }))
}

/// Unknown contacts that an error names.
const UNKNOWN_TOLD_MAX: usize = 5;

/// Where the contacts of these ids or numbers stand in their campaign.
///
/// # Errors
/// 404 when there is none of one of the names; it says too that `nothing_done`.
pub async fn positions(
    state: &ApiState,
    name: &CampaignName,
    contacts: &[String],
    nothing_done: &str,
) -> Result<Vec<ContactPosition>, Problem> {
    let (mut found, mut unknown) = (Vec::with_capacity(contacts.len()), Vec::new());
    for contact in contacts {
        match state.store.contact(name, contact).await? {
            Some(view) => found.push(view.position),
            None => unknown.push(format!("`{contact}`")),
        }
    }
    if unknown.is_empty() {
        return Ok(found);
    }
    let more = unknown.len().saturating_sub(UNKNOWN_TOLD_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    unknown.truncate(UNKNOWN_TOLD_MAX);
    let all = if contacts.len() > 1 { ": all named contacts, or none" } else { "" };
    Err(Problem::not_found(format!("{name} has no contact {}{more}; {nothing_done}{all}", unknown.join(", "))).with_hint(
        "name contacts by their `id` in the list, or by one of their numbers in E.164, and leave out those that are not in it",
    ))
}
