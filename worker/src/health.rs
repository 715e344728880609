//! How a provider fares: what its answers and its silence mean for an account, for all workers together.
//!
//! Trouble slows the account; a provider that cannot be reached, or fails several times in a row, is *down*: no call starts
//! until one worker has asked it something harmless and got an answer. Nobody's attempts are used up meanwhile.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::Duration,
};

use redial_shared::{
    domain::Timestamp,
    provider::{PollError, Provider},
    store::StoreError,
    telemetry::metrics::Request,
};

use crate::account::Account;

/// Requests in a row without an answer, or with one that says that the provider fails, after which it is down.
const FAILURES_MAX: u32 = 5;
/// Pause after the provider asked for fewer requests and did not say for how long.
const THROTTLE_PAUSE: Duration = Duration::from_millis(500);
/// Pause after the provider refused our credentials.
const REFUSED_PAUSE: Duration = Duration::from_secs(60);
/// Pause after a request for results failed.
const FAILED_PAUSE: Duration = Duration::from_secs(2);

/// What this process has seen of a provider.
pub(crate) struct Health {
    /// Whether it can be asked whether it is up without calling anybody.
    pub(crate) can_probe: bool,
    /// Requests in a row that failed.
    failures: AtomicU32,
    /// Whether this process has found it down.
    down: AtomicBool,
}

impl Health {
    /// Nothing yet.
    pub(crate) fn of(provider: &dyn Provider) -> Self {
        let can_probe = provider.check(None).is_some();
        Self { can_probe, failures: AtomicU32::new(0), down: AtomicBool::new(false) }
    }
}

impl Account {
    /// The provider answered, whatever it said.
    pub(crate) async fn answered(&self) {
        self.health.failures.store(0, Ordering::Relaxed);
        if self.health.down.swap(false, Ordering::Relaxed) {
            self.up().await;
        }
    }

    /// It asked for fewer requests. Answers how long to wait.
    pub(crate) async fn throttled(&self, retry_after: Option<Duration>) -> Duration {
        self.answered().await;
        let pause = retry_after.unwrap_or(THROTTLE_PAUSE);
        let store = &self.engine.store;
        let until = store.clock().now() + pause;
        tracing::warn!(account = self.name, %until, "the provider asks for fewer requests: calls of this account wait");
        self.written(store.block_account(&self.name, until, "the provider asks for fewer requests").await);
        self.slow().await;
        pause
    }

    /// A request got no answer, or one that says that the provider fails.
    pub(crate) async fn failing(&self, cause: &str) {
        let failures = self.health.failures.fetch_add(1, Ordering::Relaxed) + 1;
        match failures {
            FAILURES_MAX.. => self.down(cause).await,
            // A single one may be chance.
            2.. => self.slow().await,
            _ => {}
        }
    }

    /// It cannot be reached: nothing was sent.
    pub(crate) async fn down(&self, cause: &str) {
        self.health.down.store(true, Ordering::Relaxed);
        match self.engine.store.account_down(&self.name, cause).await {
            Ok(until) => tracing::warn!(account = self.name, %until, cause, "the provider is down: no call starts"),
            Err(error) => self.written(Err::<Timestamp, _>(error)),
        }
    }

    /// What it means for the account that a request for results or a token failed. Answers how long to wait with the next.
    pub(crate) async fn failed(&self, error: PollError) -> Duration {
        match error {
            PollError::Throttled { retry_after } => self.throttled(retry_after).await,
            PollError::Account { message } => {
                self.pause(&message).await;
                REFUSED_PAUSE
            }
            PollError::Failed { message } => {
                self.failing(&message).await;
                FAILED_PAUSE
            }
        }
    }

    /// The provider refused the account itself: for all workers, no call starts until somebody resumes it.
    pub(crate) async fn pause(&self, message: &str) {
        tracing::warn!(account = self.name, answer = message, "refused by the provider: the account is paused");
        self.written(self.engine.store.pause_account(&self.name, message).await);
    }

    /// Asks the provider something harmless, to learn whether it is up.
    pub(crate) async fn probe(&self) {
        match self.check().await {
            Err(PollError::Failed { message }) => self.down(&message).await,
            Err(refused) => {
                self.up().await;
                self.failed(refused).await;
            }
            Ok(()) => self.up().await,
        }
    }

    async fn check(&self) -> Result<(), PollError> {
        let token = self.token().await?;
        let Some(request) = self.provider.check(token.as_ref()) else { return Ok(()) };
        self.in_line().await?;
        self.ask(Request::Check, request, |answer| self.provider.check_answer(answer)).await
    }

    async fn up(&self) {
        self.health.failures.store(0, Ordering::Relaxed);
        self.health.down.store(false, Ordering::Relaxed);
        match self.engine.store.account_up(&self.name).await {
            Ok(true) => tracing::info!(account = self.name, "the provider is up again: calls go on, few at first"),
            other => self.written(other),
        }
    }

    async fn slow(&self) {
        match self.engine.store.slow_account(&self.name).await {
            Ok(true) => tracing::warn!(account = self.name, "trouble with the provider: calls come more slowly"),
            other => self.written(other),
        }
    }

    /// Trouble that could not be told to the others comes again.
    fn written<T>(&self, result: Result<T, StoreError>) {
        if let Err(error) = result {
            tracing::warn!(%error, account = self.name, "how a provider fares was not written");
        }
    }
}
