//! What the store promises of provider accounts, of people and of their time zones, one promise a test, by a clock that is
//! moved by hand.

mod caller;
mod caps;
mod edits;
mod forget;
mod health;
mod hooks;
mod pacing;
mod recordings;
mod requests;
mod suppressions;
mod telemetry;
mod zones;

use std::time::Duration;

/// Monday 2026-06-01, 12:00 UTC.
const NOON_MS: i64 = 1_780_315_200_000;
const LEASE: Duration = Duration::from_secs(15);
