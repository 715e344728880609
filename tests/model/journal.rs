//! What a worker process has written lately, as `worker/src/journal.rs` keeps it: to be written again when Redis comes back
//! without it.

use std::{collections::VecDeque, sync::Arc};

use redial_shared::{
    domain::{Timestamp, record::AttemptRecord, transition::Ending},
    store::{CampaignInfo, Intent, Placed, Settlement},
};

/// How long writes are kept, in milliseconds.
pub const KEPT_MS: i64 = 10_000;

/// One write, as it was asked for, with what the model must know of it.
#[derive(Clone)]
pub enum Entry {
    Begun(Intent),
    Placed(Placed),
    Ended { settlement: Settlement, sent_at: Timestamp, ending: Ending, info: Arc<CampaignInfo> },
    Withdrawn { settlement: Settlement, intended: AttemptRecord, due: Option<Timestamp> },
}

/// The writes of the last ten seconds, oldest first.
#[derive(Clone, Default)]
pub struct Journal(VecDeque<(i64, Entry)>);

impl Journal {
    /// Notes a write before it is sent.
    pub fn note(&mut self, now_ms: i64, entry: Entry) {
        while self.0.front().is_some_and(|&(at_ms, _)| now_ms - at_ms > KEPT_MS) {
            self.0.pop_front();
        }
        self.0.push_back((now_ms, entry));
    }

    pub fn entries(&self) -> Vec<Entry> {
        self.0.iter().map(|(_, entry)| entry.clone()).collect()
    }
}
