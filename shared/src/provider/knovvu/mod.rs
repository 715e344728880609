//! Knovvu (Sestek), by its page "Outbound Call Trigger API": a call is triggered by `POST {base}/v2/call`, its state
//! read by `POST {base}/v2/callresult`, many calls at once. The access token travels in the body.

mod account;
mod call;
mod fields;
mod results;
#[cfg(test)]
mod tests;

use http::Uri;
use serde_json::{Map, Value};

use self::{account::Account, call::KnovvuCall, fields::CallFields};
use super::{BadKey, CallReport, CompiledCall, HttpAnswer, HttpRequest, PollError, Provider, ResolveSecret, Results};

/// What configuration calls this kind.
pub const KIND: &str = "knovvu";

/// A Knovvu account.
pub struct Knovvu {
    account: Account,
    call_uri: Uri,
    results_uri: Uri,
}

impl Knovvu {
    /// See [`super::build`]. `base_url` is required, for the page's host is a placeholder.
    pub fn build(
        base_url: Option<&str>,
        keys: &Map<String, Value>,
        resolve: ResolveSecret<'_>,
    ) -> Result<Self, BadKey> {
        let remedy = "add base_url = \"https://voice.example.com:22222\", the host that Knovvu gave you";
        let missing = || BadKey::new("base_url", "is required for kind knovvu", remedy);
        let base = super::wire::base_url(base_url.ok_or_else(missing)?)?;
        let uri = |path: &str| {
            let text = format!("{base}{path}");
            text.parse::<Uri>().map_err(|error| BadKey::new("base_url", format!("is no address: {error}"), remedy))
        };
        let account = Account::read(keys, resolve)?;
        Ok(Self { account, call_uri: uri("/v2/call")?, results_uri: uri("/v2/callresult")? })
    }
}

impl Provider for Knovvu {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn compile(&self, call: &Map<String, Value>, columns: Option<&[String]>) -> Result<Box<dyn CompiledCall>, BadKey> {
        let fields = CallFields::read(&self.account, call, columns)?;
        Ok(Box::new(KnovvuCall::new(self.call_uri.clone(), fields)))
    }

    fn results(&self) -> Results {
        Results::Poll { batch: self.account.batch }
    }

    fn poll(&self, call_ids: &[&str]) -> HttpRequest {
        HttpRequest::post_json(self.results_uri.clone(), results::body(call_ids))
    }

    fn poll_answer(&self, answer: &HttpAnswer<'_>) -> Result<Vec<CallReport>, PollError> {
        results::read(answer, &self.account.secrets())
    }

    fn hook(&self, body: &[u8]) -> Vec<CallReport> {
        results::read_hook(body)
    }
}
