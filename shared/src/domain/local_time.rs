//! Between instants and what a zone's clocks on the wall show, changes of the clocks included.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;

use super::{Interval, Timestamp};

/// No zone has ever changed its offset twice within this time, so looking once in each step finds every change.
const CHANGE_SEARCH_STEP_MS: i64 = 6 * 3_600_000;

/// No zone is farther from UTC than this, the date line's past included.
const OFFSET_MAX_MS: i64 = 26 * 3_600_000;

/// A stretch of time in which a zone keeps one offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) span: Interval,
    pub(crate) offset_ms: i64,
}

impl Stretch {
    /// What the wall shows at an instant of this stretch.
    pub(crate) fn wall(&self, instant: Timestamp) -> NaiveDateTime {
        Timestamp::from_millis(instant.as_millis() + self.offset_ms).to_utc().naive_utc()
    }

    /// The instant at which the wall would show `wall` by this stretch's offset, within the stretch or not.
    pub(crate) fn instant(&self, wall: NaiveDateTime) -> Timestamp {
        Timestamp::from_millis(wall.and_utc().timestamp_millis() - self.offset_ms)
    }
}

/// What the wall shows.
pub(crate) fn wall_clock(zone: Tz, instant: Timestamp) -> NaiveDateTime {
    instant.to_utc().with_timezone(&zone).naive_local()
}

/// The stretches that make up `[from, to)`, in order and without gaps.
pub(crate) fn stretches(zone: Tz, from: Timestamp, to: Timestamp) -> Vec<Stretch> {
    let mut found = Vec::new();
    let mut start = from;
    while start < to {
        let offset_ms = offset_ms(zone, start);
        let end = next_change(zone, start, to);
        found.push(Stretch { span: Interval { from: start, to: end }, offset_ms });
        start = end;
    }
    found
}

/// The first instant at which the wall shows `wall`, or, when clocks jump over it, the instant of the jump.
pub(crate) fn first_instant(zone: Tz, wall: NaiveDateTime) -> Timestamp {
    if let Some(first) = zone.from_local_datetime(&wall).earliest() {
        return Timestamp::from(first.with_timezone(&Utc));
    }
    let about = Timestamp::from(wall.and_utc()).as_millis();
    let around = |shift_ms: i64| Timestamp::from_millis(about.saturating_add(shift_ms));
    // The jump is the start of the first stretch whose clocks have passed `wall`.
    let stretches = stretches(zone, around(-OFFSET_MAX_MS), around(OFFSET_MAX_MS));
    let past_the_jump = stretches.iter().find(|stretch| stretch.wall(stretch.span.from) > wall);
    past_the_jump.map_or_else(|| around(0), |stretch| stretch.span.from)
}

/// The first instant of a calendar day, or of the next one where clocks skipped it.
pub(crate) fn first_instant_of_day(zone: Tz, day: NaiveDate) -> Timestamp {
    first_instant(zone, day.and_time(NaiveTime::MIN))
}

/// The day after; the calendar's last day stays.
pub(crate) fn next_day(day: NaiveDate) -> NaiveDate {
    day.checked_add_signed(Duration::days(1)).unwrap_or(day)
}

fn offset_ms(zone: Tz, instant: Timestamp) -> i64 {
    let utc: DateTime<Utc> = instant.to_utc();
    i64::from(zone.offset_from_utc_datetime(&utc.naive_utc()).fix().local_minus_utc()) * 1000
}

/// The first instant after `start` with another offset, at most `end`.
fn next_change(zone: Tz, start: Timestamp, end: Timestamp) -> Timestamp {
    let offset = offset_ms(zone, start);
    let mut same_ms = start.as_millis();
    let other_ms = loop {
        if same_ms >= end.as_millis() {
            return end;
        }
        let probe_ms = same_ms + CHANGE_SEARCH_STEP_MS;
        if offset_ms(zone, Timestamp::from_millis(probe_ms)) != offset {
            break probe_ms;
        }
        same_ms = probe_ms;
    };
    bisect(zone, offset, same_ms, other_ms).min(end)
}

fn bisect(zone: Tz, offset: i64, mut same_ms: i64, mut other_ms: i64) -> Timestamp {
    while other_ms - same_ms > 1 {
        let middle_ms = same_ms + (other_ms - same_ms) / 2;
        if offset_ms(zone, Timestamp::from_millis(middle_ms)) == offset {
            same_ms = middle_ms;
        } else {
            other_ms = middle_ms;
        }
    }
    Timestamp::from_millis(other_ms)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn at(text: &str) -> Timestamp {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
    }

    fn wall(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    #[test]
    fn a_time_that_clocks_skip_becomes_the_jump_and_one_shown_twice_its_first() {
        for (zone, shown, instant) in [
            (Tz::Europe__Paris, "2026-03-29 01:59", "2026-03-29T00:59:00Z"),
            (Tz::Europe__Paris, "2026-03-29 02:30", "2026-03-29T01:00:00Z"),
            (Tz::Europe__Paris, "2026-10-25 02:30", "2026-10-25T00:30:00Z"),
            (Tz::America__New_York, "2026-03-08 02:30", "2026-03-08T07:00:00Z"),
            (Tz::Australia__Lord_Howe, "2026-10-04 02:10", "2026-10-03T15:30:00Z"),
            (Tz::America__Sao_Paulo, "2018-11-04 00:00", "2018-11-04T03:00:00Z"),
            (Tz::Pacific__Apia, "2011-12-30 12:00", "2011-12-30T10:00:00Z"),
            (Tz::America__Havana, "2026-11-01 00:00", "2026-11-01T04:00:00Z"),
        ] {
            assert_eq!(first_instant(zone, wall(shown)), at(instant), "{zone} {shown}");
        }
    }

    #[test]
    fn stretches_change_exactly_where_the_offset_does() {
        let found = stretches(Tz::Europe__Paris, at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
        let changes: Vec<_> = found.iter().skip(1).map(|stretch| stretch.span.from).collect();
        assert_eq!(changes, [at("2026-03-29T01:00:00Z"), at("2026-10-25T01:00:00Z")]);
        assert_eq!(
            found.iter().map(|stretch| stretch.offset_ms).collect::<Vec<_>>(),
            [3_600_000, 7_200_000, 3_600_000]
        );
        assert_eq!(found[2].span.to, at("2027-01-01T00:00:00Z"));
        assert!(stretches(Tz::UTC, at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z")).is_empty());
    }
}
