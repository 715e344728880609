//! Definitions and statuses of campaigns.

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use redial_shared::{
    domain::CampaignName,
    store::{
        Archived, Edition, Present, StoreError,
        view::{Applied, CampaignView},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    ApiState, Problem, archived,
    auth::{Caller, only_operators},
    conditions::{self, Conditions, answer_tag, definition_tag, tagged},
    definition,
    extract::{Campaign, Params, names_media_type},
    status::{Status, StatusState},
    verbs,
};

/// Campaigns on one page at most.
const PAGE_MAX: usize = 1_000;

/// What became of a definition.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppliedAnswer {
    /// The campaign.
    campaign: String,
    /// `created`, `updated` or `unchanged`.
    #[schema(example = "created")]
    result: &'static str,
}

/// Campaigns of the workspace.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignList {
    /// By name.
    campaigns: Vec<Status>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_cursor: Option<String>,
}

/// Query of the list of campaigns.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CampaignParams {
    /// How many of them, 1 to 1,000; absent: all.
    #[param(minimum = 1, maximum = 1_000)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// Only those in this state.
    #[param(inline)]
    state: Option<StatusState>,
}

/// Create or update a campaign.
///
/// The body is a definition file, as TOML or as the same in JSON. Applying the same definition again changes nothing. The
/// answer comes when no call can start any more that the new definition does not allow.
#[utoipa::path(
    put, path = "/api/v1/campaigns/{name}", operation_id = "apply", tag = "campaigns",
    params(
        ("name" = String, Path, description = "The definition's own `name`"),
        ("If-Match" = Option<String>, Header, description = "An `ETag` of this campaign: only if its definition is still that one"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: only if there is no such campaign"),
    ),
    request_body(description = "The definition", content((String = "application/toml"), (serde_json::Value = "application/json"))),
    responses(
        (status = 200, description = "Applied", body = AppliedAnswer, headers(("ETag" = String, description = "The definition's edition"))),
        (status = 404, description = "What no campaign can be called", body = Problem),
        (status = 409, description = "It has live calls, and would change its provider", body = Problem),
        (status = 412, description = "`If-Match` or `If-None-Match` does not hold", body = Problem),
        (status = 415, description = "Neither TOML nor JSON", body = Problem),
        (status = 422, description = "The definition is wrong", body = Problem),
    ),
)]
pub async fn apply(
    State(state): State<ApiState>,
    Campaign(name): Campaign,
    conditions: Conditions,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = body.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
    let (definition, source) = definition::read(&headers, &body, &name)?;
    definition::check_provider(&state.config, &definition)?;
    let present = conditions.for_definition(&state.store, &name).await?;
    let applied = state.store.apply_to(&definition, &source, present).await;
    let (applied, edition) = applied.map_err(|error| match (error, present) {
        (StoreError::Outdated(_), Present::Nothing) => conditions::is_there(&name),
        (error, _) => error.into(),
    })?;
    if applied != Applied::Unchanged {
        state.store.refresh_hours(edition.campaign, state.store.clock().now()).await?;
    }
    verbs::last_send(&state, state.store.last_send_by_us(edition.campaign).await?).await;
    let answer = AppliedAnswer { campaign: name.to_string(), result: applied_word(applied) };
    Ok(tagged(&HeaderMap::new(), &definition_tag(edition), Json(answer)))
}

/// List campaigns with their statuses: all, or a page of them.
///
/// With `limit`, `next_cursor` (and a `Link` header with `rel="next"`) leads to the next page. A campaign that comes or goes
/// meanwhile moves no other one.
#[utoipa::path(
    get, path = "/api/v1/campaigns", operation_id = "campaigns", tag = "campaigns",
    params(CampaignParams),
    responses(
        (status = 200, description = "By name", body = CampaignList, headers(("Link" = Option<String>, description = "The next page"))),
        (status = 400, description = "A wrong query", body = Problem),
    ),
)]
pub async fn list(State(state): State<ApiState>, Params(params): Params<CampaignParams>) -> Result<Response, Problem> {
    let most = page_size(params.limit)?;
    let after = params.cursor.as_deref().map(str::parse::<CampaignName>).transpose().map_err(|_| {
        Problem::bad_request("cursor: not one that this list has given")
            .with_key("cursor")
            .with_hint("begin without `cursor`")
    })?;
    let only = params.state.map(StatusState::as_state);
    let (views, mut has_more) = state.store.campaigns_after(after.as_ref(), only, most).await?;
    let mut campaigns = state.statuses(&views).await?;
    let is_wanted = |one: &&Archived| {
        after.as_ref().is_none_or(|after| one.view.name > *after) && only.is_none_or(|only| one.view.state == only)
    };
    let archives = state.store.archives().await?;
    campaigns.extend(archives.iter().filter(is_wanted).map(|archived| state.status_of_archived(archived)));
    campaigns.sort_by(|a, b| a.campaign.cmp(&b.campaign));
    has_more |= campaigns.len() > most;
    campaigns.truncate(most);
    let next_cursor = campaigns.last().filter(|_| has_more).map(|last| last.campaign.clone());
    let link = next_cursor.as_ref().map(|cursor| {
        let state = params.state.map_or(String::new(), |state| format!("&state={}", state.as_state()));
        format!("</api/v1/campaigns?limit={most}&cursor={cursor}{state}>; rel=\"next\"")
    });
    let mut response = Json(CampaignList { campaigns, next_cursor }).into_response();
    if let Some(Ok(link)) = link.map(HeaderValue::try_from) {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

fn page_size(limit: Option<usize>) -> Result<usize, Problem> {
    match limit {
        None => Ok(usize::MAX),
        Some(limit) if (1..=PAGE_MAX).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::bad_request(format!("limit: 1 to {PAGE_MAX} expected")).with_key("limit")),
    }
}

/// One campaign's status.
///
/// Its `ETag` names the definition's edition too: as `If-Match` of a change it holds as long as the definition is the same.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{name}", operation_id = "status", tag = "campaigns",
    params(
        ("name" = String, Path, description = "The campaign"),
        ("If-None-Match" = Option<String>, Header, description = "An `ETag` of this path: 304 if nothing has changed since"),
    ),
    responses(
        (status = 200, description = "Its state and counts", body = Status, headers(("ETag" = String, description = "Of all that it tells"))),
        (status = 304, description = "Nothing has changed"),
        (status = 404, description = "No such campaign", body = Problem),
    ),
)]
pub async fn status(
    State(state): State<ApiState>,
    Campaign(name): Campaign,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (edition, status) = match state.archived(&name).await? {
        Some(archived) => (archived::edition_of(&archived), state.status_of_archived(&archived)),
        None => {
            let view = state.store.campaign(&name).await?;
            (edition_of(&view), state.statuses(&[view]).await?.remove(0))
        }
    };
    let body = serde_json::to_vec(&status).map_err(Problem::internal)?;
    let tag = answer_tag(edition, &body);
    Ok(tagged(&headers, &tag, ([(header::CONTENT_TYPE, "application/json")], body)))
}

/// One campaign's definition, as it was applied: TOML, or with `Accept: application/json` the same in JSON. Not for viewers,
/// for it may hold numbers.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{name}/definition", operation_id = "definition", tag = "campaigns",
    params(
        ("name" = String, Path, description = "The campaign"),
        ("If-None-Match" = Option<String>, Header, description = "An `ETag` of this path: 304 if it is the same still"),
    ),
    responses(
        (status = 200, description = "The definition", content((String = "application/toml"), (serde_json::Value = "application/json")),
            headers(("ETag" = String, description = "Its edition; as `If-Match` of a change, that holds until it is another"))),
        (status = 304, description = "It is the same still"),
        (status = 403, description = "A viewer's token", body = Problem),
        (status = 404, description = "No such campaign", body = Problem),
    ),
)]
pub async fn definition(
    State(state): State<ApiState>,
    Extension(role): Caller,
    Campaign(name): Campaign,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    only_operators(role)?;
    let (edition, source) = match state.archived(&name).await? {
        Some(archived) => (archived::edition_of(&archived), state.read(&archived).await?.manifest.definition.clone()),
        None => {
            let view = state.store.campaign(&name).await?;
            (edition_of(&view), definition::without_secrets(view.source)?)
        }
    };
    let vary = (header::VARY, "accept");
    if names_media_type(headers.get(header::ACCEPT), &["application/json"]) {
        let json = definition::as_json(&source).map_err(Problem::internal)?;
        let tag = answer_tag(edition, json.to_string().as_bytes());
        return Ok(tagged(&headers, &tag, ([vary], Json(json))));
    }
    let toml = [(header::CONTENT_TYPE, "application/toml"), vary];
    Ok(tagged(&headers, &definition_tag(edition), (toml, source)))
}

fn edition_of(view: &CampaignView) -> Edition {
    Edition { campaign: view.id, version: view.version }
}

fn applied_word(applied: Applied) -> &'static str {
    match applied {
        Applied::Created => "created",
        Applied::Updated => "updated",
        Applied::Unchanged => "unchanged",
    }
}
