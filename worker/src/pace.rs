//! When an account's calls are polled, by what this process has seen of how long they take.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use redial_shared::domain::{AttemptId, campaign::ResultsPolicy, polling::Pace};

/// Pending calls that are remembered; of more it is only not known when they were last seen pending.
const PENDING_MAX: usize = 100_000;

/// The pace of one account's polls.
pub(crate) struct AccountPace(Mutex<Kept>);

struct Kept {
    pace: Pace,
    /// Calls that were pending when they were polled last, and their age then.
    pending: HashMap<AttemptId, Duration>,
}

impl AccountPace {
    /// For an account at which one request asks for so many calls.
    pub(crate) fn new(batch: usize) -> Self {
        Self(Mutex::new(Kept { pace: Pace::new(batch), pending: HashMap::new() }))
    }

    /// How long after it began a call is polled first.
    pub(crate) fn first(&self, results: &ResultsPolicy, attempt: AttemptId) -> Duration {
        self.kept().pace.first(results, attempt.position)
    }

    /// A call is pending at this age: the pause before its next poll; none: never again.
    pub(crate) fn pending(&self, results: &ResultsPolicy, attempt: AttemptId, age: Duration) -> Option<Duration> {
        let mut kept = self.kept();
        if kept.pending.len() < PENDING_MAX || kept.pending.contains_key(&attempt) {
            kept.pending.insert(attempt, age);
        }
        let next = kept.pace.next(results, age);
        if next.is_none() {
            kept.pending.remove(&attempt);
        }
        next
    }

    /// A call has ended by this age, and lasted at least for its talk time, in seconds.
    pub(crate) fn ended(&self, attempt: AttemptId, by: Duration, talk_s: Option<f32>) {
        let mut kept = self.kept();
        let seen = kept.pending.remove(&attempt).unwrap_or_default();
        let talk = Duration::try_from_secs_f32(talk_s.unwrap_or_default()).unwrap_or_default();
        kept.pace.note(seen.max(talk).min(by), by);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().expect("no panic while held")
    }
}
