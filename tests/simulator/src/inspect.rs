//! The simulator's own endpoints: the ledger, and its behaviour.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{delete, get},
};
use futures_util::stream;
use serde::Deserialize;

use crate::{config::SimulatorConfig, number::Number, plan::Plan, state::Shared, words::Kind};

/// Rings in one piece of a stream: the ledger is locked for the time it takes to write them.
const STREAM_PIECE_MAX: usize = 500;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/ledger", get(ledger).delete(reset))
        .route("/ledger/calls", get(calls))
        .route("/ledger/summary", get(summary))
        .route("/tokens", delete(revoke))
        .route("/config", get(config).put(set_config))
}

#[derive(Deserialize)]
struct LedgerQuery {
    number: Option<String>,
    #[serde(default)]
    by_number: bool,
}

async fn ledger(State(shared): State<Arc<Shared>>, Query(query): Query<LedgerQuery>) -> Response {
    if let Some(text) = query.number {
        return rings_of(&shared, &text);
    }
    let totals = shared.totals();
    if !query.by_number {
        return Json(totals).into_response();
    }
    let mut by_number: BTreeMap<String, u32> = BTreeMap::new();
    let ledger = shared.ledger();
    for phone in ledger.phones.values() {
        if let Some(last) = phone.last_ring() {
            by_number.insert(ledger.number(last).to_string(), phone.rings);
        }
    }
    drop(ledger);
    let answer = serde_json::json!({ "calls": totals.calls, "numbers": totals.numbers, "by_number": by_number });
    Json(answer).into_response()
}

fn rings_of(shared: &Shared, text: &str) -> Response {
    // An unescaped `+` in a query means a blank.
    let text = text.trim();
    let parsed = Number::parse(text);
    match parsed {
        Some(number) => Json(shared.ledger().of_number(number)).into_response(),
        None => (StatusCode::BAD_REQUEST, "number: an optional `+` and 1 to 18 digits expected\n").into_response(),
    }
}

async fn reset(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.reset();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct RevokeQuery {
    provider: Option<Kind>,
}

async fn revoke(State(shared): State<Arc<Shared>>, Query(query): Query<RevokeQuery>) -> StatusCode {
    shared.tokens.revoke(query.provider);
    StatusCode::NO_CONTENT
}

async fn summary(State(shared): State<Arc<Shared>>) -> Response {
    match tokio::task::spawn_blocking(move || shared.summary()).await {
        Ok(summary) => Json(summary).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// JSON Lines of all rings in the order in which they were entered, up to the last one there is when the stream gets to
/// it. It breaks off when the ledger is reset meanwhile.
async fn calls(State(shared): State<Arc<Shared>>) -> Response {
    let nonce = shared.ledger().nonce();
    let pieces = stream::unfold(0, move |from| {
        let piece = lines(&shared, nonce, from);
        async move { piece.map(|(bytes, next)| (Ok::<_, Infallible>(bytes), next)) }
    });
    ([(header::CONTENT_TYPE, "application/jsonl")], Body::from_stream(pieces)).into_response()
}

fn lines(shared: &Shared, nonce: u64, from: usize) -> Option<(Bytes, usize)> {
    let ledger = shared.ledger();
    let to = ledger.rings.len().min(from + STREAM_PIECE_MAX);
    if ledger.nonce() != nonce || from >= to {
        return None;
    }
    let mut lines = Vec::with_capacity((to - from) * 256);
    for index in from..to {
        serde_json::to_writer(&mut lines, &ledger.report(index)).ok()?;
        lines.push(b'\n');
    }
    Some((lines.into(), to))
}

async fn config(State(shared): State<Arc<Shared>>) -> Response {
    let mut config = shared.plan().config.clone();
    let secrets = config.providers.values_mut().map(|own| &mut own.secret);
    for secret in secrets.chain([&mut config.access_token]).flatten() {
        *secret = "…".into();
    }
    Json(config).into_response()
}

/// Takes a whole configuration as TOML and keeps the ledger.
async fn set_config(State(shared): State<Arc<Shared>>, body: String) -> Response {
    let refused = |message: String| (StatusCode::BAD_REQUEST, message).into_response();
    let config: SimulatorConfig = match toml::from_str(&body) {
        Ok(config) => config,
        Err(error) => return refused(error.to_string()),
    };
    match Plan::new(config) {
        Ok(plan) => {
            shared.set_plan(plan);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => refused(error.to_string()),
    }
}
