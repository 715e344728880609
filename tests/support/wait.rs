//! Waiting for what must come, with a limit that only bounds a failing test.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks again and again until there is something to see.
///
/// # Panics
/// When there is nothing within `limit`, naming what was waited for.
#[track_caller]
pub fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "not within {} s: {what}", limit.as_secs());
        thread::sleep(PAUSE);
    }
}

/// Looks again and again until a condition holds.
///
/// # Panics
/// As [`until`].
#[track_caller]
pub fn until_done(what: &str, limit: Duration, mut done: impl FnMut() -> bool) {
    until(what, limit, || done().then_some(()));
}
