//! Requests: `[dial]`, `[poll]`, `[check]`, `[operations.NAME]`, and what they share, `[auth]` and `[number]`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{answers::StatusSet, field::Field};
use crate::domain::units::Span;

/// One request.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct Request {
    /// POST with a body, GET without, unless written.
    pub method: Option<String>,
    /// Behind `base_url` if it begins with a slash. What placeholders give is percent-encoded, except at the very start.
    pub url: String,
    /// An empty text sends the header without a value.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body as JSON.
    pub json: Option<Value>,
    /// The body as a form; a list becomes a field for each of its values.
    pub form: Option<Map<String, Value>>,
    /// What an operation is told, beside the account's keys.
    #[serde(default)]
    pub args: BTreeMap<String, Field>,
    /// Where in an operation's answer that lies what the user wants; the whole of it if absent.
    pub result: Option<String>,
    /// Statuses, besides 2xx, that `[check]` takes for success.
    #[serde(default)]
    pub good: StatusSet,
}

/// What every request carries.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct Auth {
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// HTTP Basic.
    pub basic: Option<Basic>,
    /// OAuth2 client credentials, or anything like it: a request whose answer holds `access_token` and `expires_in`.
    pub token: Option<Token>,
}

/// HTTP Basic.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct Basic {
    pub username: String,
    pub password: String,
}

/// How an access token is got.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct Token {
    pub request: Request,
    /// How long it lives if the answer does not say.
    #[serde(default = "five_minutes")]
    pub expires_in: Span,
}

/// How numbers are written, and which are refused before anything is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct Number {
    /// `e164`, `digits` or `national`, or a placeholder for a key that holds one of them; absent: `e164`.
    pub format: Option<String>,
    /// If any are given, a number must match one: regular expressions over its E.164 form.
    #[serde(default)]
    pub allow: Vec<String>,
    /// What to say of a number that matches none.
    #[serde(default)]
    pub allow_reason: String,
    /// Numbers that are refused even so; looked at first.
    #[serde(default)]
    pub deny: Vec<Denied>,
}

/// Numbers that are refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct Denied {
    pub pattern: String,
    pub reason: String,
}

fn five_minutes() -> Span {
    Span::from_mins(5)
}
