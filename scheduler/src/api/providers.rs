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
    /// `ok`; `slowed`: it calls at a part of its rate after trouble; `waiting`: no request is sent until `until`; `down`: the
    /// provider does not answer, which is tried again at `until`; `paused`: no call starts until it is resumed.
    state: &'static str,
    /// Why it is not `ok`; else empty.
    reason: String,
    /// When a waiting one goes on, or one that is down is tried again, RFC 3339.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// Its limit of calls a second; null: none.
    rate: Option<f64>,
    /// The part of its rate at which it calls after trouble, under 1; else 1.
    pace: f64,
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
    tracing::info!(account = name, "paused by request");
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
    tracing::info!(account = name, "resumed by request");
    answer(&state, &name).await.map(Json)
}

async fn answer(state: &ApiState, name: &str) -> Result<ProviderAnswer, Problem> {
    let AccountHealth { paused, waits, down, pace, live_calls } = state.store.account_health(name).await?;
    let config = &state.config.providers[name];
    let (word, until, reason) = match (paused, down, waits, pace) {
        (Some(reason), ..) => ("paused", None, reason),
        (None, Some((until, cause)), ..) => ("down", Some(until.to_string()), cause),
        (None, None, Some((until, reason)), _) => ("waiting", Some(until.to_string()), reason),
        (None, None, None, Some(part)) => {
            ("slowed", None, format!("after trouble, to {:.0} % of its rate", part * 100.0))
        }
        (None, None, None, None) => ("ok", None, String::new()),
    };
    Ok(ProviderAnswer {
        provider: name.to_owned(),
        kind: config.kind.to_string(),
        state: word,
        reason,
        until,
        pace: pace.unwrap_or(1.0),
        rate: config.rate.map(|rate| rate.per_second()),
        max_concurrent: config.max_concurrent,
        live_calls,
    })
}
