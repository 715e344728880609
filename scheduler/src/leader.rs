//! Leadership: one scheduler at a time, for one lease at a time.

use std::time::{Duration, Instant};

use redial_shared::store::{Leadership, Store, StoreError};
use tokio_util::sync::CancellationToken;

/// Renewals within one lease.
const RENEWALS: u32 = 5;
/// However long workers' leases are, a leader that says nothing is replaced after this: runs are to begin on time, of which a
/// takeover may take no more than a part (`schedule::LATE_TICK_MAX`).
const LEASE_MAX: Duration = Duration::from_secs(15);

/// A scheduler that wants to lead.
pub(crate) struct Candidate {
    store: Store,
    /// Drawn anew by every process, so that nobody takes another's leadership for its own.
    name: String,
    lease: Duration,
}

impl Candidate {
    /// One that leads for `lease` at a time, 15 s at most.
    pub(crate) fn new(store: Store, lease: Duration) -> Self {
        let lease = lease.min(LEASE_MAX);
        let name = format!("{}:{:016x}", std::process::id(), rand::random::<u64>());
        Self { store, name, lease }
    }

    /// Waits until this scheduler leads. None: told to stop.
    pub(crate) async fn elected(&self, stop: &CancellationToken) -> Option<Leadership> {
        loop {
            match stop.run_until_cancelled(self.ask()).await? {
                Ok(Some(leadership)) => return Some(leadership),
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "nobody knows who leads"),
            }
            self.pause(stop).await?;
        }
    }

    /// Renews until the term is over: told to stop, another one leads, or Redis has been away for a lease.
    pub(crate) async fn hold(&self, leadership: Leadership, term: &CancellationToken) {
        let mut held_since = Instant::now();
        while self.pause(term).await.is_some() {
            let asked = Instant::now();
            let left = self.lease.saturating_sub(held_since.elapsed());
            let Some(answer) = term.run_until_cancelled(tokio::time::timeout(left, self.ask())).await else { return };
            match answer {
                Ok(Ok(Some(same))) if same == leadership => held_since = asked,
                Ok(Ok(_)) => return tracing::warn!("another scheduler has taken over"),
                Ok(Err(error)) => tracing::warn!(%error, "leadership was not renewed"),
                Err(_) => tracing::warn!("leadership was not renewed: Redis did not answer in time"),
            }
            if held_since.elapsed() >= self.lease {
                return;
            }
        }
    }

    /// Lets another scheduler lead at once.
    pub(crate) async fn resign(&self) {
        let resigned = tokio::time::timeout(self.lease, self.store.stop_leading(&self.name)).await;
        if !matches!(resigned, Ok(Ok(()))) {
            tracing::debug!("the leader's lease runs out by itself");
        }
    }

    async fn ask(&self) -> Result<Option<Leadership>, StoreError> {
        self.store.measure_clock().await?;
        self.store.lead(&self.name, self.lease).await
    }

    async fn pause(&self, stop: &CancellationToken) -> Option<()> {
        stop.run_until_cancelled(tokio::time::sleep(self.lease / RENEWALS)).await
    }
}
