//! The simulator's clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat};

/// Microseconds of a second.
pub(crate) const SECOND_US: u64 = 1_000_000;

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

/// As the providers write times: RFC 3339 in UTC with milliseconds.
pub(crate) fn rfc3339(at_us: u64) -> String {
    let time = DateTime::from_timestamp_micros(at_us as i64).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Reads such a time, in microseconds since the Unix epoch.
pub(crate) fn parse_us(text: &str) -> Option<u64> {
    DateTime::parse_from_rfc3339(text).ok()?.timestamp_micros().try_into().ok()
}

/// How long until a time, in milliseconds, at most 49 days; none if the text is no time in the future.
pub(crate) fn ms_until(text: &str, now_us: u64) -> Option<u32> {
    let ms = parse_us(text)?.checked_sub(now_us)? / 1_000;
    Some(u32::try_from(ms).unwrap_or(u32::MAX))
}
