//! Getting an access token.

use std::time::Duration;

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
