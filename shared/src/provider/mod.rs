//! The providers' APIs without any I/O: what to send, and what an answer means for what we may safely do next.
//!
//! Every provider is a file in the language of `spec`, those that ship and those that users write; `declared` makes a
//! [`Provider`] of it and an account's keys. [`Provider::compile`] turns a campaign's `[call]` table into a
//! [`CompiledCall`], once; that makes the request of each attempt and reads its answer. Whoever sends requests follows no
//! redirect, repeats nothing by itself, and reads at most [`ANSWER_MAX_BYTES`] of an answer. A request that was sent and
//! got no answer at all is in doubt, whatever the provider.

mod answer;
mod call;
mod declared;
mod hook;
mod keys;
mod kinds;
mod message;
mod of_account;
mod pattern;
mod spec;
#[cfg(test)]
mod tests;
mod token;
mod wire;

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::{Map, Value};

pub use answer::{Availability, CallReport, DialAnswer, Patience, PollError, Refusal, Report, Results, TailPage};
pub use call::{CallRequest, is_column};
pub use hook::{Delivery, Forged, Hook};
pub use keys::{BadKey, ResolveSecret};
pub use kinds::{HTTP, KINDS, shipped, shipped_names};
pub use of_account::{RECORDING, of_account, of_account_for_hooks, of_account_without_secrets};
pub use spec::{BadSpec, Spec};
pub use token::Token;
pub use wire::{ANSWER_MAX_BYTES, HttpAnswer, HttpRequest, RETRY_AFTER_MAX};

use crate::domain::{PhoneNumber, Timestamp, units::Rate};

/// One account at one provider.
///
/// Where [`Provider::token_request`] gives a request, all others want the token that its answer holds; without one they are
/// made all the same, and the provider refuses them.
pub trait Provider: Send + Sync {
    /// What its file calls it.
    fn kind(&self) -> &str;

    /// The limit of all requests that the provider documents, where the account sets none.
    fn requests(&self) -> Option<Rate>;

    /// Whether the provider takes a number at all.
    ///
    /// # Errors
    /// Says why not.
    fn check_number(&self, number: &PhoneNumber) -> Result<(), String>;

    /// Reads a campaign's `[call]` table. With the list's attribute names, placeholders that no column fills are errors;
    /// without (no list is there yet) they are not looked at.
    ///
    /// # Errors
    /// Names the key, the cause and the remedy.
    fn compile(&self, call: &Map<String, Value>, columns: Option<&[String]>) -> Result<Box<dyn CompiledCall>, BadKey>;

    /// Asks for an access token; none if the account needs none.
    fn token_request(&self) -> Option<HttpRequest>;

    /// Reads the answer to it.
    ///
    /// # Errors
    /// [`PollError::Account`] if the credentials are refused.
    fn token_answer(&self, answer: &HttpAnswer<'_>) -> Result<Token, PollError>;

    /// How results are learned.
    fn results(&self) -> Results;

    /// Asks for the results of calls, at most [`Results::Poll::batch`] at once; none without [`Results::Poll`].
    fn poll(&self, call_ids: &[&str], token: Option<&SecretString>) -> Option<HttpRequest>;

    /// Reads the answer to [`Provider::poll`] for the same calls. A call it does not mention is pending still; it may
    /// mention others than were asked for, and one twice.
    ///
    /// # Errors
    /// By what to do before polling again. No call's state is known from an error.
    fn poll_answer(&self, call_ids: &[&str], answer: &HttpAnswer<'_>) -> Result<Vec<CallReport>, PollError>;

    /// Asks for the calls that changed since a time, one page of them, from 1; none without [`Results::Tail`].
    fn tail(&self, from: Timestamp, page: u32, token: Option<&SecretString>) -> Option<HttpRequest>;

    /// Reads the answer to it.
    ///
    /// # Errors
    /// As [`Provider::poll_answer`].
    fn tail_answer(&self, answer: &HttpAnswer<'_>) -> Result<TailPage, PollError>;

    /// Reads what came to our hook.
    ///
    /// # Errors
    /// When the account asks for a proof that it was the provider who sent it, and it is missing or false.
    fn hook(&self, delivery: &Delivery<'_>) -> Result<Hook, Forged>;

    /// One harmless request that shows whether the credentials are good; none if only a token can show it.
    fn check(&self, token: Option<&SecretString>) -> Option<HttpRequest>;

    /// Reads the answer to it.
    ///
    /// # Errors
    /// Says what is wrong.
    fn check_answer(&self, answer: &HttpAnswer<'_>) -> Result<(), PollError>;

    /// The names of what the provider offers beyond calls: `users_list`, `recording` …
    fn operations(&self) -> Vec<&str>;

    /// Makes the request of an operation.
    ///
    /// # Errors
    /// Names the operation or argument that is unknown, missing or wrong.
    fn operation(
        &self,
        name: &str,
        args: &Map<String, Value>,
        token: Option<&SecretString>,
    ) -> Result<HttpRequest, BadKey>;

    /// What the answer to an operation holds for the user; null if nothing.
    ///
    /// # Errors
    /// Says what is wrong.
    fn operation_answer(&self, name: &str, answer: &HttpAnswer<'_>) -> Result<Value, PollError>;

    /// Asks whether people are there to take calls; none if the account does not respect that.
    fn availability(&self, token: Option<&SecretString>) -> Option<HttpRequest>;

    /// Reads the answer to it.
    ///
    /// # Errors
    /// As [`Provider::poll_answer`].
    fn availability_answer(&self, answer: &HttpAnswer<'_>) -> Result<Availability, PollError>;
}

/// The calls of one campaign through one account: its `[call]` table, read and checked.
pub trait CompiledCall: Send + Sync {
    /// The request that places the call.
    ///
    /// # Errors
    /// When no request can be made for this contact; nothing is sent then.
    fn request(&self, request: &CallRequest<'_>, token: Option<&SecretString>) -> Result<HttpRequest, Refusal>;

    /// To when the request puts the call off, if it does.
    ///
    /// # Errors
    /// As [`CompiledCall::request`].
    fn scheduled_at(&self, request: &CallRequest<'_>) -> Result<Option<Timestamp>, Refusal>;

    /// Reads the answer to it.
    fn answer(&self, answer: &HttpAnswer<'_>) -> DialAnswer;
}

/// Makes a provider that ships of an account: `keys` are its own ones, without those which every account has (`kind`,
/// `base_url`, `rate`, …). `resolve` turns a secret written as `{ env = … }` or `{ file = … }` into its text; it is asked
/// for keys that are secrets only.
///
/// # Errors
/// An unknown kind or key, a missing one, a value out of range, a secret that cannot be resolved.
pub fn build(
    kind: &str,
    base_url: Option<&str>,
    keys: &Map<String, Value>,
    resolve: ResolveSecret<'_>,
) -> Result<Arc<dyn Provider>, BadKey> {
    let unknown = || {
        let known = shipped_names().collect::<Vec<_>>().join(", ");
        BadKey::new("kind", format!("`{kind}` is no kind of provider"), format!("one of: {known}"))
    };
    let spec = shipped(kind).ok_or_else(unknown)?;
    let broken = |error: BadSpec| BadKey::new("kind", error.to_string(), "mend the provider file");
    build_spec(spec.map_err(broken)?, base_url, keys, resolve)
}

/// Makes a provider of a file and an account's own keys, as [`build`].
///
/// # Errors
/// As [`build`].
pub fn build_spec(
    spec: Spec,
    base_url: Option<&str>,
    keys: &Map<String, Value>,
    resolve: ResolveSecret<'_>,
) -> Result<Arc<dyn Provider>, BadKey> {
    Ok(Arc::new(declared::Declared::build(spec, base_url, keys, resolve)?))
}
