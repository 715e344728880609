//! What arrives at our hook.

use http::HeaderMap;

use super::answer::CallReport;
use crate::domain::Timestamp;

/// A request that somebody sent to our hook. The secret in its address is compared before, by whoever serves it.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body.
    pub body: &'a [u8],
    /// The address it was sent to, as the provider knows it, with its query; none where our public address is not known.
    pub address: Option<&'a str>,
    /// When it was received.
    pub received_at: Timestamp,
}

/// What it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Hook {
    /// The provider proved that it sent this. Otherwise it is a hint, which whoever knows the address could have sent: what
    /// it says is confirmed by a poll.
    pub signed: bool,
    /// The calls in it; empty if there are none.
    pub reports: Vec<CallReport>,
}

/// The proof that the account asks for is missing or false: nothing of it may be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not proved to come from the provider: {0}")]
pub struct Forged(pub &'static str);

impl Forged {
    /// There are no credentials at all; some clients send them only when they are asked.
    pub const NO_CREDENTIALS: Self = Self("user and password are asked for");
}
