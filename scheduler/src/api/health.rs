//! Whether the process lives, whether it can work, and its metrics: for machines, without a token.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use redial_shared::telemetry::metrics::Format;

use super::{ApiState, Problem, metrics};

/// `/health`, `/ready`, `/metrics`.
pub fn routes() -> Router<ApiState> {
    Router::new().route("/health", get(health)).route("/ready", get(ready)).route("/metrics", get(metrics))
}

/// The process lives.
async fn health() -> &'static str {
    "ok\n"
}

/// Redis answers too.
async fn ready(State(state): State<ApiState>) -> Result<&'static str, Problem> {
    state.store.measure_clock().await?;
    Ok("ready\n")
}

async fn metrics(State(state): State<ApiState>, headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let format = Format::accepted(accept.unwrap_or_default());
    let text = metrics::text(&state, format).await;
    (StatusCode::OK, [(header::CONTENT_TYPE, format.content_type())], text).into_response()
}
