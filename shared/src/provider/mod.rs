//! The providers' APIs without any I/O: what to send, and what an answer means for what we may safely do next.
//!
//! [`build`] makes a [`Provider`] of an account's keys. [`Provider::compile`] turns a campaign's `[call]` table into a
//! [`CompiledCall`], once; that makes the request of each attempt and reads its answer. Whoever sends requests follows no
//! redirect, repeats nothing by itself, and reads at most [`ANSWER_MAX_BYTES`] of an answer. A request that was sent and
//! got no answer at all is in doubt, whatever the provider.

mod answer;
mod call;
mod field;
mod keys;
pub mod knovvu;
mod message;
mod of_account;
mod wire;

use std::sync::Arc;

use serde_json::{Map, Value};

pub use answer::{CallReport, DialAnswer, Patience, PollError, Refusal, Report, Results};
pub use call::{CallRequest, is_column};
pub use keys::{BadKey, ResolveSecret};
pub use of_account::of_account;
pub use wire::{ANSWER_MAX_BYTES, HttpAnswer, HttpRequest, RETRY_AFTER_MAX};

/// The kinds of providers that can be built.
pub const KINDS: &[&str] = &[knovvu::KIND];

/// One account at one provider.
pub trait Provider: Send + Sync {
    /// The kind, as configuration names it.
    fn kind(&self) -> &'static str;

    /// Reads a campaign's `[call]` table. With the list's attribute names, placeholders that no column fills are errors;
    /// without (no list is there yet) they are not looked at.
    ///
    /// # Errors
    /// Names the key, the cause and the remedy.
    fn compile(&self, call: &Map<String, Value>, columns: Option<&[String]>) -> Result<Box<dyn CompiledCall>, BadKey>;

    /// How results are learned.
    fn results(&self) -> Results;

    /// Asks for the results of calls, at most [`Results::Poll::batch`] at once. Any credentials are in the request.
    fn poll(&self, call_ids: &[&str]) -> HttpRequest;

    /// Reads the answer to [`Provider::poll`]. A call it does not mention is pending still; it may mention others than
    /// were asked for, and one twice.
    ///
    /// # Errors
    /// By what to do before polling again. No call's state is known from an error.
    fn poll_answer(&self, answer: &HttpAnswer<'_>) -> Result<Vec<CallReport>, PollError>;

    /// Reads what a provider sent to our hook. It is a hint, which anybody could have sent: what it says is confirmed by a
    /// poll. Empty if there is no call id in it.
    fn hook(&self, body: &[u8]) -> Vec<CallReport>;
}

/// The calls of one campaign through one account: its `[call]` table, read and checked.
pub trait CompiledCall: Send + Sync {
    /// The request that places the call.
    ///
    /// # Errors
    /// When no request can be made for this contact; nothing is sent then.
    fn request(&self, request: &CallRequest<'_>) -> Result<HttpRequest, Refusal>;

    /// Reads the answer to it.
    fn answer(&self, answer: &HttpAnswer<'_>) -> DialAnswer;
}

/// Makes a provider of an account: `keys` are its own ones, without those which every account has (`kind`, `base_url`,
/// `rate`, …). `resolve` turns a secret written as `{ env = … }` or `{ file = … }` into its text; it is asked for keys
/// that are secrets only.
///
/// # Errors
/// An unknown kind or key, a missing one, a value out of range, a secret that cannot be resolved.
pub fn build(
    kind: &str,
    base_url: Option<&str>,
    keys: &Map<String, Value>,
    resolve: ResolveSecret<'_>,
) -> Result<Arc<dyn Provider>, BadKey> {
    match kind {
        knovvu::KIND => Ok(Arc::new(knovvu::Knovvu::build(base_url, keys, resolve)?)),
        _ => Err(BadKey::new(
            "kind",
            format!("`{kind}` is no kind of provider"),
            format!("one of: {}", KINDS.join(", ")),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_kind_is_an_error_that_lists_the_kinds() {
        let error = build("twillio", None, &Map::new(), &|_| unreachable!()).err().unwrap();
        assert_eq!(error.to_string(), "`kind`: `twillio` is no kind of provider");
        assert!(error.remedy().contains("knovvu"));
    }
}
