//! Getting an access token.

use std::time::Duration;

use serde_json::Value;

use super::{
    Core,
    body::{number, text},
};
use crate::provider::{answer::PollError, message::describe, token::Token, wire::HttpAnswer};

/// A token of which a provider says that it lives longer is refreshed all the same after this.
const LIFE_MAX: Duration = Duration::from_secs(24 * 3600);
/// And never sooner than this, whatever the provider says.
const LIFE_MIN: Duration = Duration::from_secs(5);

impl Core {
    /// Reads the answer to a request for a token. Whoever refuses client credentials with 400 means the account.
    pub(super) fn token_answer(&self, answer: &HttpAnswer<'_>) -> Result<Token, PollError> {
        let default = self.spec.auth.token.as_ref().map(|token| token.expires_in.duration());
        let body = match answer.status {
            400 => return Err(PollError::Account { message: describe(answer.status, answer.body, &self.secrets) }),
            _ => self.good_body(answer)?,
        };
        let pointer = |name: &str| [format!("/{name}")];
        let secret = text(&body, &pointer("access_token"));
        if secret.is_empty() || !secret.chars().all(|c| c.is_ascii_graphic()) {
            return Err(PollError::Failed { message: format!("HTTP {} without access_token", answer.status) });
        }
        let told = number(&body, &pointer("expires_in")).filter(|seconds| *seconds > 0.0);
        let expires_in = match told {
            Some(seconds) => Duration::from_secs_f64(seconds.min(LIFE_MAX.as_secs_f64())),
            None => default.unwrap_or(LIFE_MIN),
        };
        Ok(Token { secret: secret.into(), expires_in: expires_in.max(LIFE_MIN) })
    }
}

/// Whether the answer to a tail names a next page. Its address is not followed: only its being there counts.
pub(super) fn has_next_page(answer: &HttpAnswer<'_>) -> bool {
    let links = answer.headers.get_all(http::header::LINK).iter().filter_map(|link| link.to_str().ok());
    let is_next = |link: &str| link.split(';').skip(1).any(|part| matches!(part.trim(), "rel=next" | "rel=\"next\""));
    links.flat_map(|links| links.split(',')).any(is_next)
}

/// A value as it is within an answer, or all of it.
pub(super) fn result(body: Value, pointer: Option<&str>) -> Option<Value> {
    match pointer {
        None => Some(body),
        Some(pointer) => super::body::at(&body, pointer).cloned(),
    }
}
