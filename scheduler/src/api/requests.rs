//! A log event and an id for every request.

use std::{cell::Cell, time::Instant};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::Instrument;

/// Under which the client finds the request in the log. A client's own id is kept.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_BYTES_MAX: usize = 64;

/// What is known of the request that is being answered, wherever its answer is made.
struct Current {
    id: String,
    sees_numbers: Cell<bool>,
}

tokio::task_local! {
    static CURRENT: Current;
}

/// The id of the request that is being answered; none outside of one.
pub fn current_id() -> Option<String> {
    CURRENT.try_with(|current| current.id.clone()).ok()
}

/// Whoever asks must not see numbers, not even those of the request, in what is told of it.
pub fn hide_numbers() {
    // Outside of a request nobody asks.
    CURRENT.try_with(|current| current.sees_numbers.set(false)).ok();
}

/// Whether whoever asks may see numbers.
pub fn sees_numbers() -> bool {
    CURRENT.try_with(|current| current.sees_numbers.get()).unwrap_or(true)
}

/// Gives the request its id and tells how it went. The path is logged as its pattern: a real one may hold a number.
pub async fn observe(request: Request, next: Next) -> Response {
    let id = request_id(&request);
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().map_or("unknown", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default());
    let began = Instant::now();
    let current = Current { id: id.to_str().unwrap_or_default().to_owned(), sees_numbers: Cell::new(true) };
    let mut response = CURRENT.scope(current, next.run(request)).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| match (method.is_safe(), status) {
        // Machines look often; what they see is no news.
        (true, ..400) => tracing::debug!(%method, path, status, took_ms, "request answered"),
        _ => tracing::info!(%method, path, status, took_ms, "request answered"),
    });
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

fn request_id(request: &Request) -> HeaderValue {
    let harmless = |id: &&HeaderValue| {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        (1..=REQUEST_ID_BYTES_MAX).contains(&id.len()) && id.as_bytes().iter().all(allowed)
    };
    let own = || HeaderValue::try_from(format!("{:016x}", rand::random::<u64>()));
    match request.headers().get(REQUEST_ID).filter(harmless) {
        Some(id) => id.clone(),
        None => own().unwrap_or(HeaderValue::from_static("0")),
    }
}
