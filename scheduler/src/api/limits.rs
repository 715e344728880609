//! What one client may take of a server: requests by token, time by request, listeners by process.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use axum::{
    extract::{DefaultBodyLimit, MatchedPath, Request},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use redial_shared::domain::units::Rate;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Problem;

/// The longest body that is no file: definitions, lists of contacts or numbers.
pub const BODY_MAX_BYTES: usize = 2 * 1024 * 1024;
/// How long a request may take that is no upload. An answer that is streamed only has to begin by then.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// Requests that take as long as their bodies.
const FILES: [&str; 2] = ["/api/v1/campaigns/{name}/contacts", "/api/v1/suppressions/import"];
/// Those who listen to events of one process at once.
const LISTENERS_MAX: usize = 256;
/// Tokens whose requests are counted before those that have been silent for long are forgotten.
const TOKENS_COUNTED: usize = 10_000;

/// What is left for everybody.
pub struct Limits {
    requests: DefaultKeyedRateLimiter<String>,
    clock: DefaultClock,
    listeners: Arc<Semaphore>,
}

impl Limits {
    /// For so many requests a token.
    pub fn new(rate: Rate) -> Self {
        let count = rate.count.max(1);
        let between = (rate.per / count).max(Duration::from_nanos(1));
        // As many as come in a second may come at once.
        let at_once = u32::try_from(Duration::from_secs(1).as_nanos() / between.as_nanos()).unwrap_or(u32::MAX);
        let quota = Quota::with_period(between).expect("some time lies between two requests");
        let quota = quota.allow_burst(NonZeroU32::new(at_once).unwrap_or(NonZeroU32::MIN));
        Self {
            requests: RateLimiter::keyed(quota),
            clock: DefaultClock::default(),
            listeners: Arc::new(Semaphore::new(LISTENERS_MAX)),
        }
    }

    /// Counts a request of a token.
    ///
    /// # Errors
    /// After how long it may be sent again.
    pub fn request(&self, token_hash: &str) -> Result<(), Duration> {
        if self.requests.len() > TOKENS_COUNTED {
            self.requests.retain_recent();
        }
        let counted = self.requests.check_key(&token_hash.to_owned());
        counted.map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }

    /// Room for one who listens.
    ///
    /// # Errors
    /// 503 when there is none.
    pub fn listener(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.listeners.clone().try_acquire_owned().map_err(|_| {
            Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("{LISTENERS_MAX} clients listen to this server already"),
            )
            .with_hint("close some, or ask another scheduler")
        })
    }
}

/// 429, with the time to wait in whole seconds.
pub fn too_many(wait: Duration) -> Response {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "this token makes requests faster than it may")
        .with_hint(format!("wait {seconds} s; `http.rate` in the server's redial.toml is the limit of each token"));
    let mut response = problem.into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// Bodies that handlers take as a whole are not longer than this.
pub fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(BODY_MAX_BYTES)
}

/// Ends what takes too long.
pub async fn in_time(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if request.method() == Method::POST && FILES.contains(&path) {
        return next.run(request).await;
    }
    match tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("there was no answer within {} s", ANSWER_WITHIN.as_secs()),
        )
        .with_hint("try again; `redial doctor` tells how the server and its Redis fare")
        .into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_may_make_as_many_requests_at_once_as_in_a_second() {
        let limits = Limits::new("3/s".parse().unwrap());
        assert!((0..3).all(|_| limits.request("one").is_ok()));
        let wait = limits.request("one").unwrap_err();
        assert!(wait > Duration::ZERO && wait < Duration::from_secs(1), "{wait:?}");
        assert!(limits.request("another").is_ok());
    }

    #[test]
    fn slow_rates_let_one_request_through() {
        let limits = Limits::new("2/h".parse().unwrap());
        assert!(limits.request("one").is_ok());
        assert!(limits.request("one").unwrap_err() > Duration::from_secs(1_700));
    }

    #[test]
    fn only_so_many_listen() {
        let limits = Limits::new("1/s".parse().unwrap());
        let mut all: Vec<_> = (0..LISTENERS_MAX).map(|_| limits.listener().unwrap()).collect();
        assert_eq!(limits.listener().unwrap_err().status(), StatusCode::SERVICE_UNAVAILABLE);
        all.pop();
        assert!(limits.listener().is_ok());
    }
}
