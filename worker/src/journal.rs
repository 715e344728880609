//! What this worker has written lately, to be written again when Redis comes back without it.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

use redial_shared::store::{Intent, Placed, Settlement, Store, StoreError};
use tokio::sync::watch;

/// Redis with `appendfsync everysec` may lose two seconds; this is kept.
const KEPT: Duration = Duration::from_secs(10);
/// Entries replayed in one command.
const REPLAY_BATCH: usize = 64;

/// One write, as it was asked for.
#[derive(Clone)]
pub(crate) enum Entry {
    /// An intent, with the account's time-out.
    Begun(Intent, Duration),
    /// A call that the provider took.
    Placed(Placed),
    /// An attempt's end.
    Ended(Settlement),
}

/// The last writes, oldest first. Those of the ten seconds before Redis went away stay until they are replayed.
pub(crate) struct Journal {
    entries: Mutex<VecDeque<(Instant, Entry)>>,
    /// Restarts of Redis; one that was not seen yet is still to be replayed for.
    restarts: Mutex<watch::Receiver<u64>>,
}

impl Journal {
    pub(crate) fn new(restarts: watch::Receiver<u64>) -> Self {
        Self { entries: Mutex::default(), restarts: Mutex::new(restarts) }
    }

    /// Notes writes.
    pub(crate) fn note(&self, entries: impl IntoIterator<Item = Entry>) {
        let now = Instant::now();
        self.entries().extend(entries.into_iter().map(|entry| (now, entry)));
    }

    /// Redis took a write: what is older than it can lose is forgotten, unless it was restarted since.
    pub(crate) fn forget_old(&self) {
        let unseen = self.restarts.lock().expect("no panic while held").has_changed();
        if unseen.unwrap_or(false) {
            return;
        }
        let mut entries = self.entries();
        while entries.front().is_some_and(|(at, _)| at.elapsed() > KEPT) {
            entries.pop_front();
        }
    }

    /// Writes everything again, in order. What is there already has a newer revision and stays; what Redis refuses for good
    /// is passed over.
    pub(crate) async fn replay(&self, store: &Store) -> Result<usize, StoreError> {
        let entries: Vec<Entry> = self.entries().iter().map(|(_, entry)| entry.clone()).collect();
        for chunk in entries.chunk_by(same_kind) {
            for some in chunk.chunks(REPLAY_BATCH) {
                match replay_some(store, some).await {
                    Err(error) if !error.is_transient() => tracing::error!(%error, "writes were not replayed"),
                    other => other?,
                }
            }
        }
        self.restarts.lock().expect("no panic while held").borrow_and_update();
        Ok(entries.len())
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<(Instant, Entry)>> {
        self.entries.lock().expect("no panic while held")
    }
}

fn same_kind(a: &Entry, b: &Entry) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

async fn replay_some(store: &Store, entries: &[Entry]) -> Result<(), StoreError> {
    let (mut intents, mut placed, mut ended) = (Vec::new(), Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            Entry::Begun(intent, timeout) => intents.push((intent.clone(), *timeout)),
            Entry::Placed(one) => placed.push(one.clone()),
            Entry::Ended(one) => ended.push(one.clone()),
        }
    }
    if !intents.is_empty() {
        store.replay_begun(&intents).await?;
    }
    if !placed.is_empty() {
        store.placed(&placed).await?;
    }
    if !ended.is_empty() {
        store.conclude_again(&ended).await?;
    }
    Ok(())
}
