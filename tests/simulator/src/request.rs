//! Reading requests strictly.

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    faults::Answer,
    number::Number,
    plan::Plan,
    tokens::{BadToken, Tokens},
    words::Kind,
};

/// Why a request is not processed: the answer that the page has for it, or where it has none, a 4xx with a message.
pub(crate) struct Refused {
    answer: Answer,
    /// Its access token is over or was revoked.
    pub stale_token: bool,
}

impl Refused {
    pub fn new(status: StatusCode, body: &Value) -> Self {
        Self { answer: Answer::new(status, body), stale_token: false }
    }

    /// The same with a status of its own.
    pub fn message(status: StatusCode, message: impl Into<String>) -> Self {
        Self::new(status, &json!({ "message": message.into() }))
    }

    /// 400 with a `message`.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::message(StatusCode::BAD_REQUEST, message)
    }

    /// Whether it is its token that is at fault.
    pub fn for_token(self, token: BadToken) -> Self {
        Self { stale_token: token == BadToken::Stale, ..self }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.answer.into_response()
    }
}

/// Whether the body is said to be of this type.
pub(crate) fn is_of_type(headers: &HeaderMap, wanted: &str) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.and_then(|value| value.split(';').next()).is_some_and(|kind| kind.trim() == wanted)
}

/// Reads a JSON body that is said to be one and has no field that the page does not know.
pub(crate) fn read_json<'a, T: Deserialize<'a>>(headers: &HeaderMap, body: &'a [u8]) -> Result<T, Refused> {
    check_json(headers)?;
    let refused = |error: serde_json::Error| Refused::bad(format!("the body is not as documented: {error}"));
    serde_json::from_slice(body).map_err(refused)
}

pub(crate) fn check_json(headers: &HeaderMap) -> Result<(), Refused> {
    if is_of_type(headers, "application/json") {
        return Ok(());
    }
    Err(Refused::message(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Content-Type must be application/json"))
}

/// A field that must be there and not be empty.
pub(crate) fn required(name: &str, value: Option<String>) -> Result<String, Refused> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| Refused::bad(format!("{name} is required")))
}

/// What follows this word in the header `Authorization`.
pub(crate) fn authorization<'h>(headers: &'h HeaderMap, scheme: &str) -> Option<&'h str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix(scheme)?.strip_prefix(' ')
}

/// Checks `Authorization: Bearer`.
pub(crate) fn check_bearer(tokens: &Tokens, kind: Kind, headers: &HeaderMap, now_us: u64) -> Result<(), BadToken> {
    let token = authorization(headers, "Bearer").ok_or(BadToken::Unknown)?;
    tokens.check(kind, token, now_us)
}

/// User and password of `Authorization: Basic`.
pub(crate) fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(authorization(headers, "Basic")?).ok()?).ok()?;
    text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

/// Whether a provider takes this secret.
pub(crate) fn is_secret(plan: &Plan, kind: Kind, secret: &str) -> bool {
    plan.config.secret_of(kind).map_or(!secret.is_empty(), |expected| expected == secret)
}

/// A number in international form, with or without blanks, hyphens and parentheses: `+` and 8 to 15 digits, 11 of them in
/// North America.
pub(crate) fn international(text: &str) -> Option<Number> {
    let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
    let digits = plain.strip_prefix('+')?;
    let is_long_enough = if digits.starts_with('1') { digits.len() == 11 } else { (8..=15).contains(&digits.len()) };
    (is_long_enough && !digits.starts_with('0')).then(|| Number::parse(&plain)).flatten()
}

/// A text that is an attempt's id, three hexadecimal numbers with hyphens between; else empty.
pub(crate) fn attempt_id(text: &str) -> String {
    let parts: Vec<&str> = text.split('-').collect();
    let is_hex = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    if parts.len() == 3 && parts.iter().all(is_hex) { text.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_well_formed_as_the_pages_have_them() {
        for good in ["+12025550101", "+1 (222) 222 2222", "+1 859-657-9625", "+82-10-6861-2345", "+44 123123123"] {
            assert!(international(good).is_some(), "{good}");
        }
        for bad in ["123123", "+1 999-657-12", "12025550101", "+0123456789", "", "+1202555010x"] {
            assert!(international(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn only_an_attempts_id_is_taken_for_one() {
        assert_eq!(attempt_id("00000001-2f-3"), "00000001-2f-3");
        for other in ["C00000001", "ada@example.com", "1-2", "1--3", ""] {
            assert_eq!(attempt_id(other), "", "{other}");
        }
    }
}
