//! Whether the process lives, whether it can work, and its metrics: for machines, without a token.

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

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

async fn metrics(State(state): State<ApiState>) -> Response {
    let text = metrics::text(&state).await;
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (StatusCode::OK, content_type, text).into_response()
}
