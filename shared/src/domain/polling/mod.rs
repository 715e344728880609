//! When a call is polled next: by how long the account's calls have taken, and before enough of them are known, by rule.

mod observed;
mod pace;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use pace::Pace;

use super::{Timestamp, campaign::ResultsPolicy};

/// How long a late answer is still waited for after `give_up`.
pub const LATE_ANSWERS: Duration = Duration::from_secs(24 * 3600);
/// Calls of one request wait for each other at most this long: until then a request that is not full is not sent, and
/// calls that are due within this time join it.
pub const FILL_MAX: Duration = Duration::from_millis(500);

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

/// A provider's list of recent calls is read at most this often, or each `poll_max` if that is shorter.
const TAIL_EVERY: Duration = Duration::from_secs(2);

/// When a call is first looked for in its provider's list of recent calls. Calls are looked for at the same instants, so that
/// one reading serves them all, whichever worker makes it.
pub fn tail_first(results: &ResultsPolicy, began: Timestamp) -> Timestamp {
    let earliest = if results.is_first_written { results.poll_first.duration() } else { Duration::ZERO };
    on_tick(began + earliest, tail_tick(results))
}

/// When a call that is pending at `now` is looked for next: that costs no request of its own, so it is done often, until the
/// call is old. None: never again.
pub fn tail_next(results: &ResultsPolicy, age: Duration, now: Timestamp) -> Option<Timestamp> {
    let by_rule = next_poll(results, age)?;
    let tick = tail_tick(results);
    let pause = if age >= results.give_up.duration() { by_rule } else { by_rule.min((age / 16).max(tick)) };
    Some(on_tick(now + pause - tick / 2, tick))
}

fn tail_tick(results: &ResultsPolicy) -> Duration {
    TAIL_EVERY.min(results.poll_max.duration())
}

/// The first tick that comes after an instant.
fn on_tick(instant: Timestamp, tick: Duration) -> Timestamp {
    let tick_ms = i64::try_from(tick.as_millis()).unwrap_or(i64::MAX).max(1);
    Timestamp::from_millis((instant.as_millis().div_euclid(tick_ms) + 1).saturating_mul(tick_ms))
}

/// For how long our hook finds a call by its id: as long as an answer is waited for.
pub fn findable(results: &ResultsPolicy) -> Duration {
    results.give_up.duration() + LATE_ANSWERS
}
