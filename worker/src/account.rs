//! One provider account as a worker sees it: its API, its connections, and how it fares.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use redial_shared::{
    config::AccountConfig,
    domain::units::Rate,
    provider::{PollError, Provider, Results},
    store::{AccountLimits, BeginAnswer, Intent, limits},
    telemetry::metrics::{AccountMetrics, Request},
};
use secrecy::SecretString;
use tokio::sync::{Mutex, Notify};

use crate::{
    batch::Batcher, calls::CallTemplates, dial::Dialer, direct::client, engine::Engine, health::Health,
    lateness::Openings, pace::AccountPace, tail::Tail, token::Tokens,
};

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
    pub(crate) pace: AccountPace,
    /// Read by one at a time.
    pub(crate) tail: Mutex<Tail>,
    pub(crate) health: Health,
    pub(crate) metrics: Arc<AccountMetrics>,
    pub(crate) openings: Openings,
}

/// What the provider may tell us by itself.
#[derive(Default)]
pub(crate) struct AccountHook {
    /// The account has a hook: its calls are found by their ids.
    pub(crate) is_served: bool,
    /// Where requests say that it is. It holds a secret.
    pub(crate) url: Option<String>,
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
        let wants_recordings = config.recordings.is_some();
        engine.store.keep_recordings(name, wants_recordings).await.map_err(|error| error.to_string())?;
        let http = client(timeout, rustls::ClientConfig::clone(tls)).map_err(|error| error.to_string())?;
        Ok(Arc::new(Self {
            name: name.to_owned(),
            dialer: Dialer::new(timeout, tls),
            http,
            timeout,
            begins: engine.begins(timeout),
            templates: CallTemplates::default(),
            pace: AccountPace::new(match provider.results() {
                Results::Poll { batch } => batch,
                _ => 1,
            }),
            tail: Mutex::default(),
            health: Health::of(provider.as_ref()),
            metrics: engine.store.metrics().account(name),
            openings: Openings::default(),
            provider,
            engine,
            claimable: Notify::new(),
            pollable: Notify::new(),
            hook,
            polls: RateLimiter::direct(Quota::per_second(POLLS_PER_SECOND)),
            tokens: Tokens::new(),
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
            let asked_at = tokio::time::Instant::now();
            let token = self.ask(Request::Token, request, |answer| self.provider.token_answer(answer)).await?;
            Ok((token, asked_at))
        };
        self.tokens.get(fetch).await.map(Some)
    }
}
