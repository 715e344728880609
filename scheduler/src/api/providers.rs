//! Provider accounts: how they fare, and pausing them.

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use redial_shared::store::AccountHealth;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiState, Problem, extract::path_part};

/// All accounts that the configuration has.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderList {
    /// By name.
    providers: Vec<ProviderAnswer>,
}

/// One provider account, over all workers.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderAnswer {
    /// Its name.
    provider: String,
    /// Which API it speaks.
    #[schema(example = "knovvu")]
    kind: String,
    /// `ok`; `waiting`: no request is sent until `until`; `paused`: no call starts until it is resumed.
    state: &'static str,
    /// Why it is not `ok`; else empty.
    reason: String,
    /// When a waiting one goes on, RFC 3339.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// Its limit of calls a second; null: none.
    rate: Option<f64>,
    /// Its limit of live calls; null: none.
    max_concurrent: Option<u32>,
    /// Live calls.
    live_calls: u64,
}

/// The account that the path names.
pub struct Account(String);

impl FromRequestParts<ApiState> for Account {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let name = path_part(parts, "name").await?;
        if state.config.providers.contains_key(&name) {
            return Ok(Self(name));
        }
        Err(Problem::not_found(format!("the configuration has no [providers.{name}]"))
            .with_hint("`redial provider list` shows all accounts"))
    }
}

/// List the provider accounts.
#[utoipa::path(
    get, path = "/api/v1/providers", operation_id = "providers", tag = "providers",
    responses((status = 200, description = "Those of the configuration, by name", body = ProviderList)),
)]
pub async fn list(State(state): State<ApiState>) -> Result<Json<ProviderList>, Problem> {
    let mut providers = Vec::with_capacity(state.config.providers.len());
    for name in state.config.providers.keys() {
        providers.push(answer(&state, name).await?);
    }
    Ok(Json(ProviderList { providers }))
}

/// Pause a provider account: none of its campaigns' calls starts. The answer comes when no new call can start.
#[utoipa::path(
    post, path = "/api/v1/providers/{name}/pause", operation_id = "pause_provider", tag = "providers",
    params(("name" = String, Path, description = "The account")),
    responses(
        (status = 200, description = "No new call can start", body = ProviderAnswer),
        (status = 404, description = "No such account", body = Problem),
    ),
)]
pub async fn pause(State(state): State<ApiState>, Account(name): Account) -> Result<Json<ProviderAnswer>, Problem> {
    let last_send = state.store.pause_account(&name, "by request").await?;
    tracing::info!(provider = name, "paused by request");
    tokio::time::sleep(last_send.since(state.store.clock().now())).await;
    answer(&state, &name).await.map(Json)
}

/// Let a paused or waiting account go on, at once.
#[utoipa::path(
    post, path = "/api/v1/providers/{name}/resume", operation_id = "resume_provider", tag = "providers",
    params(("name" = String, Path, description = "The account")),
    responses(
        (status = 200, description = "It goes on", body = ProviderAnswer),
        (status = 404, description = "No such account", body = Problem),
    ),
)]
pub async fn resume(State(state): State<ApiState>, Account(name): Account) -> Result<Json<ProviderAnswer>, Problem> {
    state.store.resume_account(&name).await?;
    tracing::info!(provider = name, "resumed by request");
    answer(&state, &name).await.map(Json)
}

async fn answer(state: &ApiState, name: &str) -> Result<ProviderAnswer, Problem> {
    let AccountHealth { paused, waits, live_calls } = state.store.account_health(name).await?;
    let config = &state.config.providers[name];
    let (word, reason, until) = match (paused, waits) {
        (Some(reason), _) => ("paused", reason, None),
        (None, Some((until, reason))) => ("waiting", reason, Some(until.to_string())),
        (None, None) => ("ok", String::new(), None),
    };
    Ok(ProviderAnswer {
        provider: name.to_owned(),
        kind: config.kind.to_string(),
        state: word,
        reason,
        until,
        rate: config.rate.map(|rate| rate.per_second()),
        max_concurrent: config.max_concurrent,
        live_calls,
    })
}
