//! An account's access token, kept by each process: one refresh at a time, ahead of its end.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use redial_shared::provider::{PollError, Token};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::Mutex, time::Instant};

use crate::account::Account;

/// A token is refreshed when this part of its life is over.
const REFRESH_AT: f64 = 0.8;
/// After a request for a token failed, the next waits this long; those who want one meanwhile are told of the failure.
const FAILED_PAUSE: Duration = Duration::from_secs(2);
/// Requests for tokens that one process sends for one account, whatever goes wrong.
const REQUESTS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(12).expect("it is not 0");

/// The token of one account.
pub(crate) struct Tokens {
    kept: Mutex<Kept>,
    requests: DefaultDirectRateLimiter,
    /// The provider took the current token.
    proved: AtomicBool,
}

#[derive(Default)]
struct Kept {
    token: Option<(SecretString, Instant)>,
    failed: Option<(PollError, Instant)>,
    /// The token before this one was refused.
    after_refusal: bool,
}

impl Tokens {
    pub(crate) fn new() -> Self {
        let requests = RateLimiter::direct(Quota::per_minute(REQUESTS_PER_MINUTE));
        Self { kept: Mutex::default(), requests, proved: AtomicBool::new(false) }
    }

    /// A token that is good for a while yet; none if the account needs none. Whoever comes while one is being fetched waits
    /// for that one.
    ///
    /// # Errors
    /// As the provider answered.
    pub(crate) async fn get(&self, account: &Account) -> Result<Option<SecretString>, PollError> {
        let Some(request) = account.provider.token_request() else { return Ok(None) };
        let mut kept = self.kept.lock().await;
        let now = Instant::now();
        if let Some((token, _)) = kept.token.as_ref().filter(|(_, refresh_at)| now < *refresh_at) {
            return Ok(Some(token.clone()));
        }
        if let Some((error, _)) = kept.failed.as_ref().filter(|(_, again_at)| now < *again_at) {
            return Err(error.clone());
        }
        self.requests.until_ready().await;
        match account.ask(request, |answer| account.provider.token_answer(answer)).await {
            Ok(Token { secret, expires_in }) => {
                kept.token = Some((secret.clone(), Instant::now() + expires_in.mul_f64(REFRESH_AT)));
                kept.failed = None;
                self.proved.store(false, Ordering::Relaxed);
                Ok(Some(secret))
            }
            Err(error) => {
                kept.failed = Some((error.clone(), Instant::now() + FAILED_PAUSE));
                Err(error)
            }
        }
    }

    /// The provider took the current token.
    pub(crate) fn accepted(&self) {
        self.proved.store(true, Ordering::Relaxed);
    }

    /// The provider refused a token. Answers whether another one is worth a try: not if this one was fetched because the one
    /// before was refused, and has never been taken.
    pub(crate) async fn refused(&self, token: &SecretString) -> bool {
        let mut kept = self.kept.lock().await;
        let is_current = |current: &SecretString| current.expose_secret() == token.expose_secret();
        if !kept.token.as_ref().is_some_and(|(current, _)| is_current(current)) {
            return true;
        }
        kept.token = None;
        let hopeless = kept.after_refusal && !self.proved.load(Ordering::Relaxed);
        kept.after_refusal = !hopeless;
        !hopeless
    }
}
