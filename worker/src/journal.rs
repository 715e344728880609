//! What this worker has written lately, to be written again when Redis comes back without it.

use std::{
    collections::VecDeque,
    sync::Mutex,
    time::{Duration, Instant},
};

use redial_shared::store::{Intent, Placed, Settlement, Store, StoreError};

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

/// The writes of the last ten seconds, oldest first.
#[derive(Default)]
pub(crate) struct Journal(Mutex<VecDeque<(Instant, Entry)>>);

impl Journal {
    /// Notes writes before they are sent.
    pub(crate) fn note(&self, entries: impl IntoIterator<Item = Entry>) {
        let mut journal = self.0.lock().expect("no panic while held");
        let now = Instant::now();
        while journal.front().is_some_and(|(at, _)| now - *at > KEPT) {
            journal.pop_front();
        }
        journal.extend(entries.into_iter().map(|entry| (now, entry)));
    }

    /// Writes everything again, in order. What is there already has a newer revision and stays.
    pub(crate) async fn replay(&self, store: &Store) -> Result<usize, StoreError> {
        let entries: Vec<Entry> =
            self.0.lock().expect("no panic while held").iter().map(|(_, entry)| entry.clone()).collect();
        for chunk in entries.chunk_by(same_kind) {
            for some in chunk.chunks(REPLAY_BATCH) {
                replay_some(store, some).await?;
            }
        }
        Ok(entries.len())
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
        store.conclude(&ended).await?;
    }
    Ok(())
}
