//! What becomes of a request to call: `[accepted]` and `[[rules]]`; and `[availability]`.
//!
//! Places in a body are JSON pointers; a name that is not there is looked for without case. Where several are given, the
//! first that holds something counts. Words are compared without case, space and punctuation.

use serde::Deserialize;

use crate::domain::Outcome;

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
