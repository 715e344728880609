//! What comes back: `[accepted]`, `[[rules]]`, `[report]`, `[[states]]`, `[tail]`, `[webhook]`, `[availability]`.
//!
//! Places in a body are JSON pointers; a name that is not there is looked for without case. Where several are given, the
//! first that holds something counts. Words are compared without case, space and punctuation.

use serde::Deserialize;

use super::request::Request;
use crate::domain::{Outcome, units::Span};

/// When a call is placed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct Accepted {
    /// Any 2xx if absent.
    #[serde(default)]
    pub status: StatusSet,
    /// Where the call's id is; absent: there is none, and the call is `submitted`.
    #[serde(default)]
    pub call_id: Vec<String>,
}

/// Statuses: `[400, "5xx", "402-410"]`.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(in crate::provider) struct StatusSet(pub Vec<Statuses>);

/// One status, or some.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(in crate::provider) enum Statuses {
    One(u16),
    Some(String),
}

/// An answer to `[dial]` that means something special. The first rule that fits decides.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct Rule {
    pub status: StatusSet,
    /// Where `says` is looked for; absent: the whole body.
    pub at: Option<String>,
    /// It must hold one of these.
    #[serde(default)]
    pub says: Vec<String>,
    /// There must be nothing here.
    pub lacks: Option<String>,
    pub class: Class,
    /// For class `contact`: how the attempt ends; absent: `error`.
    pub outcome: Option<Outcome>,
    /// For class `contact` and `needs_human`: what the attempt's `provider_status` becomes.
    #[serde(default)]
    pub provider_status: String,
    /// What is to be done, in front of what the provider says.
    pub message: Option<String>,
}

/// Whom an answer concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::provider) enum Class {
    Contact,
    Campaign,
    Account,
    Auth,
    Soon,
    Later,
    NeedsHuman,
    Throttled,
    InDoubt,
}

/// Where results are in an answer to `[poll]` or `[tail]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct Report {
    /// Calls in one request; absent: 1.
    pub batch: Option<Batch>,
    /// One call or a list of calls; absent: the whole body.
    #[serde(default)]
    pub items: String,
    /// In each call: its id.
    #[serde(default)]
    pub id: Vec<String>,
    /// Its state.
    #[serde(default)]
    pub status: Vec<String>,
    /// What else decides how it ended.
    #[serde(default)]
    pub reason: Vec<String>,
    /// Talk time.
    #[serde(default)]
    pub duration: Vec<String>,
    /// By what that is divided to be seconds.
    pub duration_per_s: Option<f64>,
}

/// How many calls one poll asks for.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(in crate::provider) enum Batch {
    Fixed(usize),
    /// As this key of the account says.
    Key(String),
}

/// Where things are in one call.
#[derive(Debug, Clone, Copy)]
pub(in crate::provider) struct Reading<'a> {
    pub id: &'a [String],
    pub attempt: &'a [String],
    pub status: &'a [String],
    pub reason: &'a [String],
    pub duration: &'a [String],
    pub duration_per_s: f64,
}

/// What a state means. The first that fits decides; none: the call goes on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct State {
    /// Words for the state, one of which it must be; `voicemail*` is all that begin so.
    pub status: Vec<String>,
    /// Words for the reason, one of which it must be; absent: any.
    #[serde(default)]
    pub reason: Vec<String>,
    /// A key of the account that maps reasons to outcomes, looked at before `outcome`.
    pub mapped_by: Option<String>,
    /// Absent: the call goes on.
    pub outcome: Option<Outcome>,
    /// Whether it is one of the contact's attempts.
    #[serde(default = "yes")]
    pub charged: bool,
}

/// Results by reading the account's recent calls.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct Tail {
    pub request: Request,
    /// How far to read back before the last time it was read.
    pub overlap: Span,
}

/// What the provider sends to our hook.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct Webhook {
    /// One call or a list of calls, at each of these places; absent: the whole body.
    #[serde(default)]
    pub items: Vec<String>,
    /// As in `[report]`, which is used where these are absent.
    #[serde(default)]
    pub id: Vec<String>,
    /// Where our attempt's id is, if it went along.
    #[serde(default)]
    pub attempt: Vec<String>,
    #[serde(default)]
    pub status: Vec<String>,
    #[serde(default)]
    pub reason: Vec<String>,
    #[serde(default)]
    pub duration: Vec<String>,
    /// What proves that the provider sent it; absent: only the secret in the hook's address.
    pub signature: Option<Signature>,
}

/// A proof. If the account lacks its secret, there is none, and what comes is a hint.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct Signature {
    pub kind: SignatureKind,
    /// The secret, or for `ed25519` the public key: a text with placeholders.
    pub secret: String,
    /// For `basic`.
    #[serde(default)]
    pub username: String,
    /// The header that holds the signature.
    #[serde(default)]
    pub header: String,
    #[serde(default)]
    pub algorithm: Algorithm,
    #[serde(default)]
    pub encoding: Encoding,
    /// The signature's name in a header of `name=value` pairs; absent: the header is the signature.
    pub part: Option<String>,
    /// The time's name in such a header.
    pub time_part: Option<String>,
    /// The header that holds the time.
    pub time_header: Option<String>,
    /// What is signed, of `{time}` and `{body}`; absent: the body.
    pub signed: Option<String>,
    /// How old it may be; absent: 5 min.
    pub tolerance: Option<Span>,
}

/// How a hook is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::provider) enum SignatureKind {
    Hmac,
    Ed25519,
    /// HTTP Basic.
    Basic,
    /// The header is the secret.
    Header,
}

/// The digest of an HMAC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::provider) enum Algorithm {
    #[default]
    Sha256,
    Sha1,
    Sha512,
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::provider) enum Encoding {
    #[default]
    Hex,
    Base64,
}

/// How `[operations.availability]` is read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct Availability {
    /// The boolean key of the account that asks for it.
    pub respected_by: String,
    pub status: String,
    /// Words for being open.
    pub open: Vec<String>,
    /// A list of times from which calls are welcome again.
    pub times: String,
}

impl StatusSet {
    pub fn has(&self, status: u16) -> bool {
        self.0.iter().any(|some| some.bounds().is_some_and(|(low, high)| (low..=high).contains(&status)))
    }
}

impl Statuses {
    /// The lowest and the highest; none if it is not readable.
    pub fn bounds(&self) -> Option<(u16, u16)> {
        match self {
            Self::One(status) => Some((*status, *status)),
            Self::Some(text) => match text.strip_suffix("xx") {
                Some(hundreds) => {
                    hundreds.parse().ok().filter(|n| (1..=5).contains(n)).map(|n: u16| (n * 100, n * 100 + 99))
                }
                None => {
                    let (low, high) = text.split_once('-')?;
                    Some((low.parse().ok()?, high.parse().ok()?))
                }
            },
        }
    }
}

impl Report {
    pub fn reading(&self) -> Reading<'_> {
        Reading {
            id: &self.id,
            attempt: &[],
            status: &self.status,
            reason: &self.reason,
            duration: &self.duration,
            duration_per_s: self.duration_per_s.unwrap_or(1.0),
        }
    }
}

impl Webhook {
    pub fn reading<'a>(&'a self, report: &'a Report) -> Reading<'a> {
        fn own<'a>(own: &'a [String], other: &'a [String]) -> &'a [String] {
            if own.is_empty() { other } else { own }
        }
        Reading {
            id: own(&self.id, &report.id),
            attempt: &self.attempt,
            status: own(&self.status, &report.status),
            reason: own(&self.reason, &report.reason),
            duration: own(&self.duration, &report.duration),
            duration_per_s: report.duration_per_s.unwrap_or(1.0),
        }
    }
}

fn yes() -> bool {
    true
}
