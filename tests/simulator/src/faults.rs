//! How an answer goes wrong on its way.

use std::time::Duration;

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{plan::Plan, state::Shared, words::Fault};

/// Marks a response that must not be sent: the server resets its connection instead.
#[derive(Clone)]
pub(crate) struct ResetConnection;

/// Answers with `answer`, a JSON text, unless the fault says otherwise.
pub(crate) async fn respond(shared: &Shared, plan: &Plan, fault: Fault, latency_ms: u32, answer: String) -> Response {
    if latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(latency_ms.into())).await;
    }
    let retry_after = [(header::RETRY_AFTER, plan.config.retry_after_s.to_string())];
    match fault {
        Fault::None | Fault::Slow => ok(answer),
        Fault::Throttled => {
            (StatusCode::TOO_MANY_REQUESTS, retry_after, r#"{"Message":"too many requests"}"#).into_response()
        }
        Fault::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, retry_after, "").into_response(),
        Fault::Error500 | Fault::Error500After => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Fault::Error503 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Fault::ResetBefore | Fault::ResetAfter => reset(),
        Fault::Timeout => {
            shared.stopping.cancelled().await;
            reset()
        }
        Fault::Garbled => ok(answer[..answer.len() / 2].to_owned()),
    }
}

fn ok(answer: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], answer).into_response()
}

fn reset() -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(ResetConnection);
    response
}
