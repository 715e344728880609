//! How an answer goes wrong on its way.

use std::time::Duration;

use axum::{
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use crate::{plan::Plan, state::Shared, words::Fault};

/// Marks a response that must not be sent: the server resets its connection instead.
#[derive(Clone)]
pub(crate) struct ResetConnection;

/// The right answer to a request: JSON.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: Vec<(HeaderName, String)>,
    pub body: String,
}

impl Answer {
    /// With a status of its own.
    pub fn new(status: StatusCode, body: &Value) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string() }
    }

    /// 200
    pub fn ok(body: &Value) -> Self {
        Self::new(StatusCode::OK, body)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, [(header::CONTENT_TYPE, "application/json")], self.body).into_response();
        for (name, value) in self.headers {
            if let Ok(value) = value.parse() {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// Answers with what is right, unless the fault says otherwise.
pub(crate) async fn respond(shared: &Shared, plan: &Plan, fault: Fault, latency_ms: u32, answer: Answer) -> Response {
    if latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(latency_ms.into())).await;
    }
    let retry_after = [(header::RETRY_AFTER, plan.config.retry_after_s.to_string())];
    match fault {
        Fault::None | Fault::Slow => answer.into_response(),
        Fault::Throttled => {
            (StatusCode::TOO_MANY_REQUESTS, retry_after, r#"{"message":"too many requests"}"#).into_response()
        }
        Fault::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, retry_after, "").into_response(),
        Fault::Error500 | Fault::Error500After => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Fault::Error503 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Fault::ResetBefore | Fault::ResetAfter => reset(),
        Fault::Timeout => {
            shared.stopping.cancelled().await;
            reset()
        }
        Fault::Garbled => {
            let half = &answer.body.as_bytes()[..answer.body.len() / 2];
            Answer { body: String::from_utf8_lossy(half).into_owned(), ..answer }.into_response()
        }
    }
}

fn reset() -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(ResetConnection);
    response
}
