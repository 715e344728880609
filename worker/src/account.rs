//! One provider account as a worker sees it: its API, its connections, and how it fares.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::Duration,
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use redial_shared::{
    config::AccountConfig,
    domain::{Timestamp, units::Rate},
    provider::{PollError, Provider, Results},
    store::{AccountLimits, BeginAnswer, Intent, limits},
};
use secrecy::SecretString;
use tokio::sync::Notify;

use crate::{batch::Batcher, calls::CallTemplates, dial::Dialer, engine::Engine, token::Tokens};

/// First pause after a connection was refused; it doubles up to `AWAY_PAUSE_MAX`.
const AWAY_PAUSE: Duration = Duration::from_secs(1);
const AWAY_PAUSE_MAX: Duration = Duration::from_secs(30);
/// Pause after the provider refused our credentials.
const REFUSED_PAUSE: Duration = Duration::from_secs(60);
/// Pause after a request for results failed.
const FAILED_PAUSE: Duration = Duration::from_secs(2);

/// Requests for results that one process sends to one account in a second.
const POLLS_PER_SECOND: NonZeroU32 = NonZeroU32::new(50).expect("it is not 0");

/// One account.
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) dialer: Dialer,
    pub(crate) http: reqwest::Client,
    pub(crate) timeout: Duration,
    pub(crate) engine: Arc<Engine>,
    pub(crate) begins: Batcher<(u32, Intent), BeginAnswer>,
    pub(crate) templates: CallTemplates,
    /// There may be contacts to claim.
    pub(crate) claimable: Notify,
    /// There may be results to poll.
    pub(crate) pollable: Notify,
    pub(crate) hook: AccountHook,
    /// What this process asks of the provider by itself, whatever the account's limits are.
    pub(crate) polls: DefaultDirectRateLimiter,
    pub(crate) tokens: Tokens,
    away: Mutex<Away>,
}

/// What the provider may tell us by itself.
#[derive(Default)]
pub(crate) struct AccountHook {
    /// The account has a hook: its calls are found by their ids.
    pub(crate) is_served: bool,
    /// Where requests say that it is. It holds a secret.
    pub(crate) url: Option<String>,
}

/// How often in a row the provider could not be reached, and until when nobody tries.
struct Away {
    failures: u32,
    until: Timestamp,
}

impl Account {
    /// Sets the account up and writes its limits.
    pub(crate) async fn open(
        name: &str,
        config: &AccountConfig,
        provider: Arc<dyn Provider>,
        engine: Arc<Engine>,
        tls: &Arc<rustls::ClientConfig>,
        hook: AccountHook,
    ) -> Result<Arc<Self>, String> {
        let timeout = config.timeout.duration();
        let every_us = |rate: Option<Rate>| rate.map_or(0, |rate| rate.interval_us(limits::SEND_LAG_US));
        let account_limits = AccountLimits {
            call_every_us: every_us(config.rate),
            request_every_us: every_us(config.requests.or_else(|| provider.requests())),
            max_live: config.max_concurrent.unwrap_or(0),
        };
        engine.store.set_limits(name, account_limits).await.map_err(|error| error.to_string())?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(rustls::ClientConfig::clone(tls))
            .redirect(reqwest::redirect::Policy::none())
            .timeout(timeout)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Arc::new(Self {
            name: name.to_owned(),
            dialer: Dialer::new(timeout, tls),
            http,
            timeout,
            begins: engine.begins(timeout),
            templates: CallTemplates::default(),
            provider,
            engine,
            claimable: Notify::new(),
            pollable: Notify::new(),
            hook,
            polls: RateLimiter::direct(Quota::per_second(POLLS_PER_SECOND)),
            tokens: Tokens::new(),
            away: Mutex::new(Away { failures: 0, until: Timestamp::from_millis(0) }),
        }))
    }

    /// How results are learned: not at all, where the provider would tell them to a hook that is not there.
    pub(crate) fn results(&self) -> Results {
        match self.provider.results() {
            Results::Hook if !self.hook.is_served => Results::None,
            results => results,
        }
    }

    /// The account's access token; none if it needs none.
    ///
    /// # Errors
    /// As the provider answered.
    pub(crate) async fn token(&self) -> Result<Option<SecretString>, PollError> {
        let Some(request) = self.provider.token_request() else { return Ok(None) };
        let fetch = || async {
            self.in_line().await?;
            self.ask(request, |answer| self.provider.token_answer(answer)).await
        };
        self.tokens.get(fetch).await.map(Some)
    }

    /// What it means for the account that a request for results or a token failed. Answers how long to wait with the next.
    pub(crate) async fn failed(&self, error: PollError) -> Duration {
        match error {
            PollError::Throttled { retry_after } => {
                let pause = retry_after.unwrap_or(FAILED_PAUSE);
                self.block(self.engine.store.clock().now() + pause, "the provider asks for fewer requests").await;
                pause
            }
            PollError::Account { message } => {
                self.pause(&message).await;
                REFUSED_PAUSE
            }
            PollError::Failed { .. } => FAILED_PAUSE,
        }
    }

    /// The provider refused the account itself: for all workers, no call starts until somebody resumes it.
    pub(crate) async fn pause(&self, message: &str) {
        tracing::warn!(account = self.name, message, "refused by the provider: the account is paused");
        if let Err(error) = self.engine.store.pause_account(&self.name, message).await {
            tracing::warn!(%error, "the pause of an account was not written");
        }
    }

    /// The provider could not be reached: for all workers, no call starts for a while. Charged to nobody.
    /// Calls that were on their way when it happened count as one failure.
    pub(crate) async fn unreachable(&self, cause: &str) {
        let now = self.engine.store.clock().now();
        let until = {
            let mut away = self.away.lock().expect("no panic while held");
            if away.until > now {
                return;
            }
            away.until = now + AWAY_PAUSE_MAX.min(AWAY_PAUSE * 2u32.pow(away.failures.min(8)));
            away.failures += 1;
            away.until
        };
        self.block(until, &format!("cannot reach the provider: {cause}")).await;
    }

    /// The provider answers again.
    pub(crate) fn reachable(&self) {
        self.away.lock().expect("no panic while held").failures = 0;
    }

    /// For all workers, no call of this account starts before `until`.
    pub(crate) async fn block(&self, until: Timestamp, reason: &str) {
        tracing::warn!(account = self.name, %until, reason, "calls of this account wait");
        if let Err(error) = self.engine.store.block_account(&self.name, until, reason).await {
            tracing::warn!(%error, "the pause of an account was not written");
        }
    }
}
