//! Requests beside those that place calls: for results, for tokens.

use std::{error::Error, time::Instant};

use redial_shared::{
    domain::Timestamp,
    provider::{ANSWER_MAX_BYTES, HttpAnswer, HttpRequest, PollError},
    store::StoreError,
    telemetry::metrics::{Answer, Request},
};

use crate::account::Account;

impl Account {
    /// Waits for the place of one more request in the account's line, and in this process's own.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub(crate) async fn in_line(&self) -> Result<(), PollError> {
        self.polls.until_ready().await;
        let store = &self.engine.store;
        let failed =
            |error: StoreError| PollError::Failed { message: format!("no place in the line of requests: {error}") };
        let permit_us = store.take_request(&self.name).await.map_err(failed)?;
        tokio::time::sleep_until(store.clock().instant_of(permit_us).into()).await;
        Ok(())
    }

    /// Sends a request and reads its answer, at most [`ANSWER_MAX_BYTES`] of it.
    ///
    /// # Errors
    /// When there is no answer, or as `read` says.
    pub(crate) async fn ask<T>(
        &self,
        what_for: Request,
        request: HttpRequest,
        read: impl FnOnce(&HttpAnswer<'_>) -> Result<T, PollError>,
    ) -> Result<T, PollError> {
        let sent = Instant::now();
        let answer = exchange(&self.http, request, || self.engine.store.clock().now(), read).await;
        self.metrics.took(what_for, sent.elapsed(), None);
        self.metrics.answered(what_for, kind_of(&answer));
        answer
    }
}

fn kind_of<T>(answer: &Result<T, PollError>) -> Answer {
    match answer {
        Ok(_) => Answer::Accepted,
        Err(PollError::Account { .. }) => Answer::Refused,
        Err(PollError::Throttled { .. }) => Answer::Throttled,
        Err(PollError::Failed { .. }) => Answer::Failed,
    }
}

/// What lies at the bottom of an error: `Connection refused`, not that a request could not be sent. It names no address.
fn root_of(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "none within the account's `timeout`".to_owned();
    }
    let root = std::iter::successors(error.source(), |cause| (**cause).source()).last();
    root.map_or_else(|| "the connection broke off".to_owned(), ToString::to_string)
}

/// Sends a request and reads its answer, at most [`ANSWER_MAX_BYTES`] of it.
///
/// # Errors
/// When there is no answer, or as `read` says.
pub(crate) async fn exchange<T>(
    http: &reqwest::Client,
    request: HttpRequest,
    now: impl FnOnce() -> Timestamp,
    read: impl FnOnce(&HttpAnswer<'_>) -> Result<T, PollError>,
) -> Result<T, PollError> {
    let HttpRequest { method, uri, headers, body } = request;
    let failed = |error: reqwest::Error| PollError::Failed { message: format!("no answer: {}", root_of(&error)) };
    let request = http.request(method, uri.to_string()).headers(headers).body(body);
    let mut answer = request.send().await.map_err(failed)?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_MAX_BYTES {
            return Err(PollError::Failed { message: "the answer is longer than 1 MiB".to_owned() });
        }
    }
    read(&HttpAnswer { status, headers: &headers, body: &body, received_at: now() })
}
