//! What can go wrong with the store.

/// Errors of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Redis does not answer. Nothing is known of the operation; it may be tried again.
    #[error("cannot reach Redis at {url}: {cause}")]
    Unreachable {
        /// Without user and password.
        url: String,
        /// What the connection said.
        cause: String,
    },
    /// `durability = "strict"`, and Redis answers before a write is on disk. Nothing is called until it does not.
    #[error(
        "redis.durability is \"strict\", but Redis has appendonly {appendonly:?} and appendfsync {appendfsync:?}: \
         set `appendonly yes` and `appendfsync always` there"
    )]
    NotDurable {
        /// As Redis tells it.
        appendonly: String,
        /// As Redis tells it.
        appendfsync: String,
    },
    /// Redis takes no writes for now: its disk or memory is full, or it is busy. Nothing was changed; it may be tried again.
    #[error("Redis takes no writes now: {0}")]
    Unwilling(String),
    /// Redis refused an operation.
    #[error("Redis refused: {0}")]
    Refused(String),
    /// What is stored is not what this version writes.
    #[error("unreadable data in Redis: {0}")]
    Corrupt(String),
    /// There is no such campaign.
    #[error("there is no campaign `{0}`")]
    NoCampaign(String),
    /// The campaign was archived: it can be read, and changed no more.
    #[error("campaign `{name}` was archived at {since} to {place}: it can be read, but not changed")]
    Archived {
        /// Its name.
        name: String,
        /// Since when, RFC 3339.
        since: String,
        /// Where its files are.
        place: String,
    },
    /// The campaign's state does not allow it.
    #[error("{0}")]
    Conflict(String),
    /// It was asked of what is there no more: read it again.
    #[error("{0}")]
    Outdated(String),
}

impl StoreError {
    /// Whether the same operation may succeed once Redis is back.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::NotDurable { .. } | Self::Unwilling(_))
    }
}
