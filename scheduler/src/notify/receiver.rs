//! Who is told: one request an event.

use std::{sync::Arc, time::Duration};

use redial_shared::{
    config::{NotifyConfig, Secret, SecretError},
    domain::{Timestamp, notify::Notify, secret::SecretSource},
};
use reqwest::{Response, StatusCode, header};
use url::Url;

use super::{
    address::{PrivateAddress, PublicOnly},
    messages::Message,
    signature::{Signer, seconds},
};

/// A receiver that takes longer has not taken it.
const TIMEOUT: Duration = Duration::from_secs(15);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Beyond the host, how much of an error is kept for the log.
const ERROR_MAX_CHARS: usize = 200;

/// Where a campaign's events go.
pub(super) struct Receiver {
    http: reqwest::Client,
    url: Url,
    signer: Signer,
    addresses: PublicOnly,
}

/// Why nobody can be told.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error("{0}; {hint}", hint = .0.hint())]
    Secret(#[from] SecretError),
    #[error("no client: {0}")]
    Client(#[from] reqwest::Error),
    #[error("notify.webhook: {0}")]
    Address(#[from] url::ParseError),
}

/// What came of sending an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// None: there was no answer.
    pub(super) status: Option<u16>,
    /// Why it is not taken; empty if it is.
    pub(super) error: String,
    /// For how long the receiver asks to be left alone.
    pub(super) pause: Option<Duration>,
}

impl Receiver {
    /// A receiver that follows no redirect and goes through no proxy.
    ///
    /// # Errors
    /// When its secrets cannot be had.
    pub(super) fn new(notify: &Notify, config: NotifyConfig) -> Result<Self, Unusable> {
        let resolve = |source: &SecretSource| Secret::named(source.clone(), "notify.secret").resolve();
        let secrets = [Some(&notify.secret), notify.former_secret.as_ref()].into_iter().flatten().map(resolve);
        let secrets = secrets.collect::<Result<Vec<_>, _>>()?;
        let addresses = PublicOnly { allow_private: config.allow_private };
        let http = reqwest::Client::builder()
            .dns_resolver(Arc::new(addresses))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(TIMEOUT)
            .user_agent(concat!("redial/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { http, url: notify.webhook.parse()?, signer: Signer::new(&secrets), addresses })
    }

    /// Sends an event, signed for `now`.
    pub(super) async fn send(&self, message: &Message, now: Timestamp) -> Answer {
        if let Err(private) = self.addresses.check(&self.url) {
            return Answer::none(&private);
        }
        let request = self
            .http
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", seconds(now))
            .header("webhook-signature", self.signer.sign(&message.id, now, &message.body))
            .body(message.body.clone());
        match request.send().await {
            Ok(answer) => Answer::of(&answer),
            Err(error) => Answer::none(&deepest(&error.without_url())),
        }
    }
}

impl Answer {
    fn of(answer: &Response) -> Self {
        let status = answer.status();
        let error = if status.is_success() { String::new() } else { format!("the receiver answered {status}") };
        let asks = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        let after =
            answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        Self { status: Some(status.as_u16()), error, pause: after.filter(|_| asks).map(Duration::from_secs) }
    }

    fn none(error: &dyn std::error::Error) -> Self {
        let error = error.to_string().chars().take(ERROR_MAX_CHARS).collect();
        Self { status: None, error, pause: None }
    }

    /// Whether the receiver has it.
    pub(super) fn is_taken(&self) -> bool {
        self.error.is_empty()
    }
}

/// The innermost cause, which tells more than what is around it.
fn deepest<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a (dyn std::error::Error + 'static) {
    let mut cause = error;
    while let Some(source) = cause.source().filter(|_| cause.downcast_ref::<PrivateAddress>().is_none()) {
        cause = source;
    }
    cause
}
