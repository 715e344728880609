//! What browsers are told: who may use the API from other origins, and what they must not do with its answers.

use std::time::Duration;

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::requests::REQUEST_ID;

/// For how long a browser may remember whom it may ask.
const REMEMBERED: Duration = Duration::from_secs(600);
const METHODS: [Method; 5] = [Method::GET, Method::PUT, Method::POST, Method::PATCH, Method::DELETE];
const TAKEN: [HeaderName; 8] = [
    header::ACCEPT,
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("last-event-id"),
    REQUEST_ID,
];
const SHOWN: [HeaderName; 4] = [header::ETAG, header::LINK, header::RETRY_AFTER, REQUEST_ID];

/// Scripts of these origins may use the API; without any, no header is sent, and browsers let none.
pub fn cross_origin(origins: &[String]) -> Option<CorsLayer> {
    let values: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    (!values.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(values))
            .allow_methods(METHODS)
            .allow_headers(TAKEN)
            .expose_headers(SHOWN)
            .max_age(REMEMBERED)
    })
}

/// Answers are what they say they are, and those of the API, which tell of people, are kept nowhere.
pub async fn careful(request: Request, next: Next) -> Response {
    let of_api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    if of_api {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    response
}
