//! What the store promises of a provider account, one promise a test, by a clock that is moved by hand.

mod health;
mod pacing;
mod requests;

use std::time::Duration;

/// Monday 2026-06-01, 12:00 UTC.
const NOON_MS: i64 = 1_780_315_200_000;
const LEASE: Duration = Duration::from_secs(15);
