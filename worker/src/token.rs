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

    /// A token that is good for a while yet, from `fetch` if there is none. Whoever comes while one is being fetched waits
    /// for that one.
    ///
    /// # Errors
    /// As the provider answered.
    pub(crate) async fn get<F>(&self, fetch: impl FnOnce() -> F) -> Result<SecretString, PollError>
    where
        F: Future<Output = Result<Token, PollError>>,
    {
        let mut kept = self.kept.lock().await;
        let now = Instant::now();
        if let Some((token, _)) = kept.token.as_ref().filter(|(_, refresh_at)| now < *refresh_at) {
            return Ok(token.clone());
        }
        if let Some((error, _)) = kept.failed.as_ref().filter(|(_, again_at)| now < *again_at) {
            return Err(error.clone());
        }
        self.requests.until_ready().await;
        match fetch().await {
            Ok(Token { secret, expires_in }) => {
                kept.token = Some((secret.clone(), Instant::now() + expires_in.mul_f64(REFRESH_AT)));
                kept.failed = None;
                self.proved.store(false, Ordering::Relaxed);
                Ok(secret)
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, atomic::AtomicU32};

    use super::*;

    /// A provider of tokens that counts them: `t1`, `t2` …
    #[derive(Default)]
    struct Issuer(AtomicU32);

    impl Issuer {
        async fn issue(&self) -> Result<Token, PollError> {
            let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
            // Others come while it is being fetched.
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(Token { secret: format!("t{number}").into(), expires_in: Duration::from_secs(300) })
        }
    }

    async fn token(tokens: &Tokens, issuer: &Issuer) -> SecretString {
        tokens.get(|| issuer.issue()).await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn many_who_want_a_token_at_once_share_one_request() {
        let (tokens, issuer) = (Arc::new(Tokens::new()), Arc::new(Issuer::default()));
        let ask = |_| {
            let (tokens, issuer) = (tokens.clone(), issuer.clone());
            tokio::spawn(async move { token(&tokens, &issuer).await.expose_secret().to_owned() })
        };
        for asked in (0..50).map(ask).collect::<Vec<_>>() {
            assert_eq!(asked.await.unwrap(), "t1");
        }
        assert_eq!(issuer.0.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_refreshed_at_80_percent_of_its_life() {
        let (tokens, issuer) = (Tokens::new(), Issuer::default());
        assert_eq!(token(&tokens, &issuer).await.expose_secret(), "t1");
        tokio::time::advance(Duration::from_secs(235)).await;
        assert_eq!(token(&tokens, &issuer).await.expose_secret(), "t1");
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(token(&tokens, &issuer).await.expose_secret(), "t2");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_token_is_replaced_once_and_a_second_refusal_is_the_accounts() {
        let (tokens, issuer) = (Tokens::new(), Issuer::default());
        let first = token(&tokens, &issuer).await;
        assert!(tokens.refused(&first).await, "it may have been revoked");
        let second = token(&tokens, &issuer).await;
        assert!(tokens.refused(&first).await, "calls that were under way with the old one");
        assert_eq!(token(&tokens, &issuer).await.expose_secret(), second.expose_secret());
        assert!(!tokens.refused(&second).await);
        let third = token(&tokens, &issuer).await;
        tokens.accepted();
        assert!(tokens.refused(&third).await, "one that was good before is worth another try");
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_failure_nobody_asks_for_a_while() {
        let (tokens, issuer) = (Tokens::new(), Issuer::default());
        let failed = PollError::Failed { message: "no answer".to_owned() };
        assert_eq!(tokens.get(|| async { Err(failed.clone()) }).await.unwrap_err(), failed);
        assert_eq!(tokens.get(|| issuer.issue()).await.unwrap_err(), failed);
        tokio::time::advance(FAILED_PAUSE).await;
        assert_eq!(token(&tokens, &issuer).await.expose_secret(), "t1");
    }
}
