//! The only code that knows Redis. Each operation is one Lua script (`scripts/`) behind one documented function; Rust
//! computes policy, Lua compares and writes.

mod accounts;
mod ahead;
mod archives;
mod arguments;
mod attempts;
mod awaited;
mod backlog;
pub mod block;
mod cache;
mod campaigns;
mod cancel;
mod caps;
mod claims;
mod connection;
mod contacts;
mod durability;
mod edit;
mod edition;
mod error;
mod feed;
pub mod fingerprint;
mod forget;
mod gauges;
mod hints;
mod hold;
mod hooks;
pub mod idempotency;
mod index;
mod info;
pub mod keys;
mod known;
mod lane_hours;
mod last_due;
mod leader;
mod leases;
pub mod limits;
mod listing;
mod opt_out;
mod outbox;
mod overview;
mod polls;
mod prune;
pub mod queue;
mod reap;
mod record_codec;
mod recordings;
mod refused;
mod remove;
mod replay;
mod restart;
mod scripts;
mod search;
mod settle;
mod standing;
mod states;
mod suppressions;
mod timeline;
mod tokens;
mod traces;
mod uncap;
mod upload;
pub mod view;

use std::{sync::Arc, time::Duration};

pub use accounts::{AccountHealth, AccountLimits};
pub use ahead::Ahead;
pub use archives::{ArchivePlace, ArchiveTrouble, Archived, ArchivedFile, Fence, LooseFiles};
pub use attempts::{BeginAnswer, Intent, Placed, Poll, Settled, Settlement};
pub use backlog::LaneBacklog;
pub use cancel::Cancelled;
pub use claims::{Claim, Claimed};
pub use connection::ServerClock;
pub use contacts::{Row, Wanted};
pub use edit::EditAnswer;
pub use edition::{BadEdition, Edition, Present};
pub use error::StoreError;
pub use feed::{BadFeedId, FeedId, FeedPage, FeedRange, Happened};
pub use forget::Forgotten;
pub use gauges::QueueDepth;
pub use hold::Released;
pub use hooks::{Heard, HookTerms, Told};
pub use info::CampaignInfo;
pub use leader::Leadership;
pub use opt_out::OptOut;
pub use outbox::{Delivery, Outbox, OutboxView};
pub use polls::{PollEntry, TakenPolls};
pub use reap::Reaped;
pub use recordings::{Recording, RecordingCounts, RecordingFate};
pub use restart::Prepared;
pub use standing::{NextRun, Preparation, Standing, Standings};
pub use states::{Changed, Notes, Verb};
pub use suppressions::{Import, Imported, ListView, Scope, Suppress};
pub use timeline::Pace;
pub use tokens::KnownToken;
pub use uncap::CapsInForce;
pub use upload::{Foreseen, Upload};

use crate::{domain::Timestamp, telemetry::metrics::Metrics};
use connection::Connection;

/// One workspace in one Redis. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    connection: Arc<Connection>,
    cache: Arc<cache::Cache>,
}

impl Store {
    /// Connects. `lease` is how long a restarted Redis waits for workers to replay.
    ///
    /// # Errors
    /// When the URL is none, or Redis does not answer.
    pub async fn connect(url: &str, workspace: &str, lease: Duration) -> Result<Self, StoreError> {
        let connection = Connection::open(url, workspace, lease).await?;
        Ok(Self { connection, cache: Arc::default() })
    }

    /// Redis's clock, which is the one clock of the engine.
    pub fn clock(&self) -> &ServerClock {
        self.connection.clock()
    }

    /// Measures the offset of Redis's clock again.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn measure_clock(&self) -> Result<(), StoreError> {
        self.connection.measure_clock().await
    }

    /// How often Redis has been restarted under this process; changes wake the receiver.
    pub fn restarts(&self) -> tokio::sync::watch::Receiver<u64> {
        self.connection.restarts()
    }

    fn cache(&self) -> cache::CacheSince<'_> {
        self.cache.since(self.connection.restarts_met())
    }

    /// A subscription to the accounts that have something to do sooner than they had said.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn wake_ups(&self) -> Result<redis::aio::PubSub, StoreError> {
        self.connection.wake_ups().await
    }

    /// What this process counts; the same for all clones of this store.
    pub fn metrics(&self) -> &Arc<Metrics> {
        self.connection.metrics()
    }

    /// Stops the clock of this store, and of its scripts, at `now`, until it is given another time. For tests.
    pub fn set_now(&self, now: Timestamp) {
        self.connection.clock().hold(now);
    }
}
