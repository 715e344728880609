//! What people ask a provider for, beside all campaigns: whether the account works, and what it offers beyond calls.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use redial_shared::{
    config::AccountConfig,
    domain::{Timestamp, document::DefinitionError},
    provider::{self, BadKey, HttpAnswer, HttpRequest, PollError, Provider},
};
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::{ask::exchange, tls_config};

/// An account that is asked directly, by a person: its limits are not looked at.
pub struct Direct {
    provider: Arc<dyn Provider>,
    http: reqwest::Client,
}

/// Why there is no answer for the person who asked.
#[derive(Debug, thiserror::Error)]
pub enum DirectError {
    /// The account's configuration is no good.
    #[error(transparent)]
    Config(#[from] DefinitionError),
    /// The provider offers no such thing, or not with these arguments.
    #[error(transparent)]
    Wrong(#[from] BadKey),
    /// The provider did not answer, or refused.
    #[error("{asked}: {cause}")]
    Refused {
        /// Method, host and path of what it was asked.
        asked: String,
        /// What it said.
        cause: PollError,
    },
    /// What stands at an address that is told to nobody could not be had.
    #[error("{0}")]
    Download(String),
    /// Only a call shows whether the account works.
    #[error("the provider has nothing harmless to ask for: only a call shows whether the account works")]
    NothingHarmless,
    /// The system has no usable TLS setup.
    #[error("no connection can be made: {0}")]
    Tls(#[from] reqwest::Error),
}

impl Direct {
    /// An account as it is configured. Requests may take as long as its `timeout`.
    ///
    /// # Errors
    /// When the configuration is no good.
    pub fn of(config: &AccountConfig) -> Result<Self, DirectError> {
        let provider = provider::of_account(config)?;
        Ok(Self { provider, http: client(config.timeout.duration(), tls_config())? })
    }

    /// Makes one harmless request, for a token and for what a token opens.
    ///
    /// # Errors
    /// Says what is wrong with the account, or that the provider has nothing harmless to ask for.
    pub async fn check(&self) -> Result<(), DirectError> {
        let token = self.token().await?;
        match self.provider.check(token.as_ref()) {
            Some(request) => self.ask(request, |answer| self.provider.check_answer(answer)).await,
            None if token.is_some() => Ok(()),
            None => Err(DirectError::NothingHarmless),
        }
    }

    /// Does something that the provider offers beyond calls, and answers what it says.
    ///
    /// # Errors
    /// When it offers no such thing, an argument is wrong, or it refuses.
    pub async fn operation(&self, name: &str, args: &Map<String, Value>) -> Result<Value, DirectError> {
        let token = self.token().await?;
        let request = self.provider.operation(name, args, token.as_ref())?;
        self.ask(request, |answer| self.provider.operation_answer(name, answer)).await
    }

    /// Reads what stands at an address that the provider gave, which may be good for a short time only and is told to nobody.
    ///
    /// # Errors
    /// When it cannot be had.
    pub async fn download(&self, address: &str) -> Result<reqwest::Response, DirectError> {
        let failed = |error: reqwest::Error| DirectError::Download(error.without_url().to_string());
        let answer = self.http.get(address).send().await.map_err(failed)?;
        answer.error_for_status().map_err(failed)
    }

    async fn token(&self) -> Result<Option<SecretString>, DirectError> {
        let Some(request) = self.provider.token_request() else { return Ok(None) };
        let token = self.ask(request, |answer| self.provider.token_answer(answer)).await?;
        Ok(Some(token.secret))
    }

    async fn ask<T>(
        &self,
        request: HttpRequest,
        read: impl FnOnce(&HttpAnswer<'_>) -> Result<T, PollError>,
    ) -> Result<T, DirectError> {
        let asked = request.shown();
        exchange(&self.http, request, now, read).await.map_err(|cause| DirectError::Refused { asked, cause })
    }
}

/// By this machine's clock: nothing is timed by it but what a provider says of the life of a token.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(since.as_millis() as i64)
}

/// A client that follows no redirect.
pub(crate) fn client(timeout: Duration, tls: rustls::ClientConfig) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(timeout)
        .build()
}
