//! `[notify]`: who is told what happens in a campaign, and of what.

use std::collections::BTreeSet;

use serde::Serialize;

use super::secret::SecretSource;

/// A receiver that is sent events, each signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notify {
    /// Where events are posted: `https://…`, or `http://…`.
    pub webhook: String,
    /// What signs them.
    pub secret: SecretSource,
    /// While the receiver changes to another secret, the one before: events are signed with both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former_secret: Option<SecretSource>,
    /// Of what it is told.
    pub events: BTreeSet<Topic>,
}

/// What events are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// An attempt that ended, or whose outcome was corrected.
    Attempt,
    /// A contact that is finished or held, or is not any more.
    Contact,
    /// The campaign's state.
    Campaign,
}

impl Topic {
    /// All of them, by name.
    pub const NAMED: [(&'static str, Self); 3] =
        [("attempt", Self::Attempt), ("contact", Self::Contact), ("campaign", Self::Campaign)];
}
