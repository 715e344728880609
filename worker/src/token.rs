//! An account's access token, kept by each process: one request for it at a time, ahead of its end.

use std::{
    num::NonZeroU32,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use redial_shared::provider::{PollError, Token};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

/// A token is refreshed when this part of its life is over.
const REFRESH_AT: f64 = 0.8;
/// After a request for a token failed, the next waits this long; those who want one meanwhile are told of the failure.
const FAILED_PAUSE: Duration = Duration::from_secs(2);
/// A second refusal within this time of the first is not the token's fault: no third token is tried.
const SECOND_REFUSAL: Duration = Duration::from_secs(600);
/// Requests for tokens that one process sends for one account, whatever goes wrong.
const REQUESTS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(12).expect("it is not 0");

/// The token of one account.
pub(crate) struct Tokens {
    kept: Mutex<Kept>,
    /// Held by whoever fetches one.
    fetching: tokio::sync::Mutex<()>,
    requests: DefaultDirectRateLimiter,
}

#[derive(Default)]
struct Kept {
    token: Option<Good>,
    /// Why the last request failed, and until when no other is sent.
    failed: Option<(PollError, Instant)>,
    /// When a token was refused and another one tried.
    refused_at: Option<Instant>,
}

/// A token that was not refused.
struct Good {
    secret: SecretString,
    refresh_at: Instant,
    ends_at: Instant,
}

impl Tokens {
    pub(crate) fn new() -> Self {
        let requests = RateLimiter::direct(Quota::per_minute(REQUESTS_PER_MINUTE));
        Self { kept: Mutex::default(), fetching: tokio::sync::Mutex::default(), requests }
    }

    /// A token that is good for a while yet, from `fetch` if there is none, which tells when it asked: a token's life counts
    /// from then. While one is being fetched, others use the one before as long as it lives, or wait.
    ///
    /// # Errors
    /// As the provider answered.
    pub(crate) async fn get<F>(&self, fetch: impl FnOnce() -> F) -> Result<SecretString, PollError>
    where
        F: Future<Output = Result<(Token, Instant), PollError>>,
    {
        if let Some(known) = self.kept().known() {
            return known;
        }
        let old = self.kept().living();
        let _turn = match (self.fetching.try_lock(), old) {
            (Ok(turn), _) => turn,
            (Err(_), Some(old)) => return Ok(old),
            (Err(_), None) => self.fetching.lock().await,
        };
        // What another one fetched while we waited.
        if let Some(known) = self.kept().known() {
            return known;
        }
        self.requests.until_ready().await;
        let fetched = fetch().await;
        self.kept().note(fetched)
    }

    /// The provider refused a token, saying why. Answers whether another one is worth a try: once, and for all who sent the
    /// same.
    pub(crate) fn refused(&self, token: &SecretString, message: &str) -> bool {
        let mut kept = self.kept();
        let is_current = |current: &Good| current.secret.expose_secret() == token.expose_secret();
        if !kept.token.as_ref().is_some_and(is_current) {
            return true;
        }
        kept.token = None;
        let now = Instant::now();
        if kept.refused_at.is_none_or(|at| now - at > SECOND_REFUSAL) {
            kept.refused_at = Some(now);
            return true;
        }
        // Calls that are under way fetch no third one.
        kept.failed = Some((PollError::Account { message: message.to_owned() }, now + FAILED_PAUSE));
        false
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("no panic while held")
    }
}

impl Kept {
    /// The token while it is fresh. Just after a failure the old one, or that failure. None: one is to be fetched.
    fn known(&self) -> Option<Result<SecretString, PollError>> {
        let now = Instant::now();
        if let Some(fresh) = self.token.as_ref().filter(|token| now < token.refresh_at) {
            return Some(Ok(fresh.secret.clone()));
        }
        let (error, _) = self.failed.as_ref().filter(|(_, again_at)| now < *again_at)?;
        Some(self.living().ok_or_else(|| error.clone()))
    }

    fn living(&self) -> Option<SecretString> {
        let living = self.token.as_ref().filter(|token| Instant::now() < token.ends_at);
        living.map(|token| token.secret.clone())
    }

    fn note(&mut self, fetched: Result<(Token, Instant), PollError>) -> Result<SecretString, PollError> {
        match fetched {
            Ok((Token { secret, expires_in }, asked_at)) => {
                let refresh_at = asked_at + expires_in.mul_f64(REFRESH_AT);
                self.token = Some(Good { secret: secret.clone(), refresh_at, ends_at: asked_at + expires_in });
                self.failed = None;
                Ok(secret)
            }
            Err(error) => {
                self.failed = Some((error.clone(), Instant::now() + FAILED_PAUSE));
                self.living().ok_or(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use tokio::time::advance;

    use super::*;

    const LIFE: Duration = Duration::from_secs(300);
    const FETCH: Duration = Duration::from_millis(20);

    /// A provider of tokens that counts them: `t1`, `t2` …
    #[derive(Default)]
    struct Issuer(AtomicU32);

    impl Issuer {
        async fn issue(&self) -> Result<(Token, Instant), PollError> {
            self.issue_within(FETCH).await
        }

        async fn issue_within(&self, fetch: Duration) -> Result<(Token, Instant), PollError> {
            let asked_at = Instant::now();
            let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
            // Others come while it is being fetched.
            tokio::time::sleep(fetch).await;
            Ok((Token { secret: format!("t{number}").into(), expires_in: LIFE }, asked_at))
        }
    }

    async fn token(tokens: &Tokens, issuer: &Issuer) -> SecretString {
        tokens.get(|| issuer.issue()).await.unwrap()
    }

    async fn shown(tokens: &Tokens, issuer: &Issuer) -> String {
        token(tokens, issuer).await.expose_secret().to_owned()
    }

    #[tokio::test(start_paused = true)]
    async fn many_who_want_a_token_at_once_share_one_request() {
        let (tokens, issuer) = (Arc::new(Tokens::new()), Arc::new(Issuer::default()));
        let ask = |_| {
            let (tokens, issuer) = (tokens.clone(), issuer.clone());
            tokio::spawn(async move { shown(&tokens, &issuer).await })
        };
        for asked in (0..100).map(ask).collect::<Vec<_>>() {
            assert_eq!(asked.await.unwrap(), "t1");
        }
        assert_eq!(issuer.0.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_refreshed_at_80_percent_of_its_life_by_one_while_others_use_it() {
        let (tokens, issuer) = (Tokens::new(), Issuer::default());
        assert_eq!(shown(&tokens, &issuer).await, "t1");
        advance(LIFE.mul_f64(0.79)).await;
        assert_eq!(shown(&tokens, &issuer).await, "t1");
        advance(LIFE.mul_f64(0.02)).await;
        let (first, second) = tokio::join!(shown(&tokens, &issuer), shown(&tokens, &issuer));
        assert_eq!((&*first, &*second), ("t2", "t1"));
        assert_eq!(shown(&tokens, &issuer).await, "t2");
    }

    #[tokio::test(start_paused = true)]
    async fn a_tokens_life_counts_from_when_it_was_asked_for_however_late_the_answer_comes() {
        let (tokens, issuer) = (Tokens::new(), Issuer::default());
        let asked_at = Instant::now();
        let first = tokens.get(|| issuer.issue_within(LIFE.mul_f64(0.5))).await.unwrap();
        assert_eq!(first.expose_secret(), "t1");
        advance(LIFE.mul_f64(0.29)).await;
        assert_eq!(shown(&tokens, &issuer).await, "t1");
        advance(LIFE.mul_f64(0.02)).await;
        assert_eq!(shown(&tokens, &issuer).await, "t2", "at 81 %");
        assert!(Instant::now() < asked_at + LIFE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_cannot_be_refreshed_is_used_to_its_end() {
        let (tokens, issuer) = (Tokens::new(), Issuer::default());
        let failed = PollError::Failed { message: "no answer".to_owned() };
        assert_eq!(shown(&tokens, &issuer).await, "t1");
        advance(LIFE.mul_f64(0.9)).await;
        assert_eq!(tokens.get(|| async { Err(failed.clone()) }).await.unwrap().expose_secret(), "t1");
        advance(LIFE.mul_f64(0.1)).await;
        assert_eq!(tokens.get(|| async { Err(failed.clone()) }).await.unwrap_err(), failed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_token_is_replaced_once_and_a_second_refusal_is_the_accounts() {
        let (tokens, issuer) = (Tokens::new(), Issuer::default());
        let first = token(&tokens, &issuer).await;
        assert!(tokens.refused(&first, "HTTP 401"), "it may have been revoked");
        let second = token(&tokens, &issuer).await;
        assert!(tokens.refused(&first, "HTTP 401"), "calls that were under way with the old one");
        assert_eq!(shown(&tokens, &issuer).await, second.expose_secret());
        assert!(!tokens.refused(&second, "HTTP 401"));
        let refused = PollError::Account { message: "HTTP 401".to_owned() };
        assert_eq!(tokens.get(|| issuer.issue()).await.unwrap_err(), refused, "no third one is fetched");
        advance(SECOND_REFUSAL + FETCH).await;
        let third = token(&tokens, &issuer).await;
        assert!(tokens.refused(&third, "HTTP 401"), "long after, it may have been revoked again");
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_failure_nobody_asks_for_a_while() {
        let (tokens, issuer) = (Tokens::new(), Issuer::default());
        let failed = PollError::Failed { message: "no answer".to_owned() };
        assert_eq!(tokens.get(|| async { Err(failed.clone()) }).await.unwrap_err(), failed);
        assert_eq!(tokens.get(|| issuer.issue()).await.unwrap_err(), failed);
        advance(FAILED_PAUSE).await;
        assert_eq!(shown(&tokens, &issuer).await, "t1");
    }
}
