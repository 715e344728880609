//! The simulator's clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Microseconds since the Unix epoch that never run backwards: read once, then counted by the monotonic clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamps {
    start_us: u64,
    start: Instant,
}

impl Stamps {
    pub fn new() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { start_us: since_epoch.as_micros() as u64, start: Instant::now() }
    }

    pub fn now_us(&self) -> u64 {
        self.start_us + self.start.elapsed().as_micros() as u64
    }
}
