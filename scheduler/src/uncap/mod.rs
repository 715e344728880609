//! Caps that were changed: contacts that wait for one which is gone come up again.

#[cfg(test)]
mod tests;

use std::{sync::Mutex, time::Duration};

use redial_shared::{
    domain::Timestamp,
    store::{Store, StoreError},
};

use crate::service::{Service, pass_over};

/// Looks after changes of caps.
pub(crate) struct Uncap {
    store: Store,
    progress: Mutex<Progress>,
}

/// How far it has come, by the number of changes that there have been.
#[derive(Clone, Copy, Default)]
struct Progress {
    noticed: Option<u64>,
    handled: Option<u64>,
}

/// What a round did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Uncapped {
    /// Contacts that wait no longer.
    pub(crate) contacts: usize,
}

impl Uncap {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, progress: Mutex::default() }
    }

    /// Whether contacts are to be looked at for so many changes: in the round after the one that notices the last of them, for
    /// whoever is being refused just then is noted a moment later.
    fn is_due(&self, changes: u64) -> bool {
        let mut progress = self.progress.lock().expect("no panic while held");
        let noticed = progress.noticed.replace(changes);
        noticed == Some(changes) && progress.handled != Some(changes)
    }
}

impl Service for Uncap {
    const NAME: &'static str = "uncap";
    const PAUSE: Duration = Duration::from_secs(1);
    type Counts = Uncapped;

    async fn run_once(&self, _: Timestamp) -> Result<Uncapped, StoreError> {
        let mut uncapped = Uncapped::default();
        let changes = self.store.caps_changes().await?;
        if !self.is_due(changes) {
            return Ok(uncapped);
        }
        let caps = self.store.caps_in_force().await?;
        for standing in self.store.standings().await?.iter().filter(|standing| !standing.ended) {
            match self.store.uncap(standing.id, &caps).await {
                Ok(contacts) => uncapped.contacts += contacts,
                Err(error) => pass_over(standing.id, error)?,
            }
        }
        self.progress.lock().expect("no panic while held").handled = Some(changes);
        Ok(uncapped)
    }
}
