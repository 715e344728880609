//! When a call is polled next.

use std::time::Duration;

use super::campaign::ResultsPolicy;

/// How long a late answer is still waited for after `give_up`.
pub const LATE_ANSWERS: Duration = Duration::from_secs(24 * 3600);

/// The pause before the next poll of a call of this age that is still pending: half its age, so that a result is learned
/// at most half a call's length late, between `poll_first` and `poll_max`; after `give_up` always `poll_max`. None: never
/// again.
pub fn next_poll(results: &ResultsPolicy, age: Duration) -> Option<Duration> {
    let give_up = results.give_up.duration();
    if age >= give_up + LATE_ANSWERS {
        return None;
    }
    let (first, max) = (results.poll_first.duration(), results.poll_max.duration());
    if age >= give_up { Some(max) } else { Some((age / 2).clamp(first.min(max), max)) }
}

/// For how long our hook finds a call by its id: as long as an answer is waited for.
pub fn findable(results: &ResultsPolicy) -> Duration {
    results.give_up.duration() + LATE_ANSWERS
}
