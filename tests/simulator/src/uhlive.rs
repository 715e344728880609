//! uh!live's token and call endpoints, by its page "Web Callback". No results are reported.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::post,
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    desk,
    faults::Answer,
    ledger::Wanted,
    number::Number,
    request::{Refused, attempt_id, check_bearer, read_json, required},
    state::Shared,
    words::Kind,
};

const KIND: Kind = Kind::Uhlive;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/realms/uhlive/protocol/openid-connect/token", post(token))
        .route("/api/startcall", post(start_call))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallBody {
    originate: Option<String>,
    destination: Option<String>,
    email: Option<String>,
}

async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    desk::token(&shared, KIND, &headers, &body).await
}

async fn start_call(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let received_us = shared.stamps.now_us();
    let wanted = read_call(&shared, &headers, &body, received_us);
    let answer = Answer::ok(&json!({ "status": "success" }));
    desk::place(&shared, KIND, received_us, wanted, |_, _| answer).await
}

fn read_call(shared: &Shared, headers: &HeaderMap, body: &[u8], now_us: u64) -> Result<Wanted, Refused> {
    let unauthorized = || Refused::message(StatusCode::UNAUTHORIZED, "Unauthorized");
    check_bearer(&shared.tokens, KIND, headers, now_us).map_err(|token| unauthorized().for_token(token))?;
    let body: CallBody = read_json(headers, body)?;
    required("originate", body.originate)?;
    let email = required("email", body.email)?;
    let destination = required("destination", body.destination)?;
    let number = french(&destination)
        .ok_or_else(|| Refused::bad("destination: French numbers only, neither special nor international"))?;
    Ok(Wanted { kind: KIND, number, conversation: attempt_id(&email), delay_ms: 0 })
}

/// +33 and nine digits, of which the first is neither 0 nor 8.
fn french(text: &str) -> Option<Number> {
    let national = text.strip_prefix("+33")?;
    let is_allowed = national.len() == 9 && !national.starts_with(['0', '8']);
    is_allowed.then(|| Number::parse(text)).flatten()
}
