//! Reaping what dead workers left. Workers do it too; the leader does it when none is left.

use std::time::Duration;

use redial_shared::{
    domain::Timestamp,
    store::{Reaped, Store, StoreError},
};

use crate::service::Service;

/// The leader's share of reaping.
pub(crate) struct Reaper {
    store: Store,
}

impl Reaper {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Service for Reaper {
    const NAME: &'static str = "reaper";
    const PAUSE: Duration = Duration::from_secs(1);
    type Counts = Reaped;

    /// The scripts compare with Redis's own clock.
    async fn run_once(&self, _: Timestamp) -> Result<Reaped, StoreError> {
        self.store.reap().await
    }
}
