//! One account, one campaign, one contact: what is sent for it, and what answers mean.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use crate::{
    domain::{AttemptId, CampaignId, PhoneNumber, Timestamp, contact::Contact},
    provider::{
        BadKey, CallReport, CallRequest, CompiledCall, DialAnswer, HttpAnswer, HttpRequest, PollError, Provider,
        Refusal, build,
    },
};

pub const ATTEMPT: AttemptId = AttemptId { campaign: CampaignId(0xa1), position: 0x2b, revision: 3 };
/// 2027-01-15T08:00:00Z
pub const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
pub const NUMBER: &str = "+12025550101";
pub const HOOK: &str = "https://calls.example.com/hooks/acme/hush";
pub const COLUMNS: [&str; 5] = ["first_name", "email", "now", "menu", "later"];

/// An account and a `[call]` table.
#[derive(Clone)]
pub struct Setup {
    pub kind: &'static str,
    pub base_url: Option<&'static str>,
    pub account: Value,
    pub call: Value,
    pub token: Option<&'static str>,
    /// The number that is called.
    pub number: &'static str,
}

pub fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

pub fn with(mut table: Value, key: &str, value: Value) -> Value {
    table[key] = value;
    table
}

pub fn without(mut table: Value, key: &str) -> Value {
    table.as_object_mut().unwrap().remove(key);
    table
}

pub fn text(request: &HttpRequest) -> &str {
    std::str::from_utf8(&request.body).unwrap()
}

pub fn json_of(request: &HttpRequest) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

pub fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let header =
        |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
    pairs.iter().map(header).collect()
}

pub fn received<'a>(status: u16, headers: &'a HeaderMap, body: &'a str) -> HttpAnswer<'a> {
    HttpAnswer { status, headers, body: body.as_bytes(), received_at: NOW }
}

impl Setup {
    pub fn account(&self, key: &str, value: Value) -> Self {
        Self { account: with(self.account.clone(), key, value), ..self.clone() }
    }

    pub fn call(&self, key: &str, value: Value) -> Self {
        Self { call: with(self.call.clone(), key, value), ..self.clone() }
    }

    pub fn without_account(&self, key: &str) -> Self {
        Self { account: without(self.account.clone(), key), ..self.clone() }
    }

    pub fn without_call(&self, key: &str) -> Self {
        Self { call: without(self.call.clone(), key), ..self.clone() }
    }

    pub fn try_provider(&self) -> Result<Arc<dyn Provider>, BadKey> {
        build(self.kind, self.base_url, &map(self.account.clone()), &|_| Err("nothing to resolve".into()))
    }

    pub fn provider(&self) -> Arc<dyn Provider> {
        self.try_provider().unwrap_or_else(|error| panic!("{}: {error}: {}", self.kind, error.remedy()))
    }

    pub fn token(&self) -> Option<SecretString> {
        self.token.map(SecretString::from)
    }

    pub fn try_compile(&self) -> Result<Box<dyn CompiledCall>, BadKey> {
        self.provider().compile(&map(self.call.clone()), Some(&COLUMNS.map(str::to_owned)))
    }

    pub fn compile_error(&self) -> BadKey {
        self.try_compile().err().unwrap_or_else(|| panic!("{}: an error expected", self.kind))
    }

    /// The request for one contact, Ada, who has no e-mail address.
    pub fn request_to(&self, number: &str, hook_url: Option<&str>) -> Result<HttpRequest, Refusal> {
        let number = PhoneNumber::from_e164(number).unwrap();
        let contact = Contact {
            id: "C1".into(),
            numbers: vec![number.clone()],
            zone: None,
            priority: 5,
            not_before: None,
            attributes: ["Ada", "", "yes", "9", "2027-02-01T10:00:00Z"].map(Into::into).to_vec(),
        };
        let columns = COLUMNS.map(str::to_owned);
        let call = self.try_compile().unwrap_or_else(|error| panic!("{}: {error}: {}", self.kind, error.remedy()));
        let request =
            CallRequest { attempt: ATTEMPT, number: &number, contact: &contact, columns: &columns, hook_url, now: NOW };
        call.request(&request, self.token().as_ref())
    }

    pub fn request(&self) -> HttpRequest {
        self.request_to(self.number, None).unwrap_or_else(|refusal| panic!("{}: {refusal:?}", self.kind))
    }

    pub fn body(&self) -> Value {
        json_of(&self.request())
    }

    pub fn answer_with(&self, status: u16, headers: &HeaderMap, body: &str) -> DialAnswer {
        self.try_compile().unwrap_or_else(|error| panic!("{error}")).answer(&received(status, headers, body))
    }

    pub fn answer(&self, status: u16, body: &str) -> DialAnswer {
        self.answer_with(status, &HeaderMap::new(), body)
    }

    pub fn poll_answer(&self, ids: &[&str], status: u16, body: &str) -> Result<Vec<CallReport>, PollError> {
        self.provider().poll_answer(ids, &received(status, &HeaderMap::new(), body))
    }
}

/// What a request is, for comparison: method, address, headers as text, body as JSON or text.
pub fn shown(request: &HttpRequest) -> Value {
    let headers: Map<String, Value> = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), Value::String(value.to_str().unwrap().to_owned())))
        .collect();
    let body = serde_json::from_slice(&request.body).unwrap_or_else(|_| json!(text(request)));
    json!({ "method": request.method.as_str(), "url": request.uri.to_string(), "headers": headers, "body": body })
}
