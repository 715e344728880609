//! A slow and obvious reading of calling hours: what every clock shows is looked up in a table, minute by minute.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, NaiveTime, Offset, TimeZone};
use chrono_tz::Tz;

use super::super::*;
use crate::domain::preset::Rule;

pub(super) const MINUTES_PER_DAY: i64 = 24 * 60;

/// Instants in minutes since the Unix epoch.
pub(super) fn minute_of(text: &str) -> i64 {
    crate::domain::local_time::tests::at(text).as_millis() / 60_000
}

pub(super) fn instant(minute: i64) -> Timestamp {
    Timestamp::from_millis(minute * 60_000)
}

/// A wall clock's minutes ahead of UTC.
pub(super) fn offset_min(zone: Tz, minute: i64) -> i64 {
    let utc = instant(minute).to_utc().naive_utc();
    i64::from(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()).div_euclid(60)
}

/// Hours and days, spelled out for every minute of the week and every day of some years.
pub(super) struct Sheet {
    /// For each weekday and minute: whether a span that begins that day is open then. The second day's worth is the next day.
    week: Vec<[bool; 2 * MINUTES_PER_DAY as usize]>,
    /// Days without calls, counted from the epoch.
    holidays: BTreeSet<i64>,
    /// Days on which these hours hold.
    from: i64,
    until: i64,
}

/// The years that sheets know holidays of.
const YEARS: std::ops::RangeInclusive<i32> = 2019..=2041;

impl Sheet {
    pub(super) fn of_campaign(hours: &CallingHours) -> Self {
        let closes = |day: NaiveDate| {
            hours.holidays.contains(&day) || hours.public_holidays.as_ref().is_some_and(|public| public.closes(day))
        };
        Self { week: spelled_out(hours.week.as_ref()), holidays: days_that(closes), from: i64::MIN, until: i64::MAX }
    }

    pub(super) fn of_rule(rule: &Rule) -> Self {
        let closes = |day: NaiveDate| rule.holidays.as_ref().is_some_and(|public| public.closes(day));
        Self {
            week: spelled_out(rule.hours.as_ref()),
            holidays: days_that(closes),
            from: rule.from.map_or(i64::MIN, day_number),
            until: rule.until.map_or(i64::MAX, day_number),
        }
    }

    /// Whether a call may start when the wall shows this minute, counted as if the wall showed UTC.
    pub(super) fn allows(&self, wall_minute: i64) -> bool {
        let (day, minute) = (wall_minute.div_euclid(MINUTES_PER_DAY), wall_minute.rem_euclid(MINUTES_PER_DAY));
        if !self.holds(day) {
            return true;
        }
        let began_today = self.week[weekday(day)][minute as usize];
        let began_yesterday =
            self.week[weekday(day - 1)][(minute + MINUTES_PER_DAY) as usize] && self.opens_on(day - 1);
        (began_today || began_yesterday) && self.opens_on(day)
    }

    fn opens_on(&self, day: i64) -> bool {
        self.holds(day) && !self.holidays.contains(&day)
    }

    fn holds(&self, day: i64) -> bool {
        (self.from..self.until).contains(&day)
    }
}

/// Monday is 0; the epoch was a Thursday.
fn weekday(day: i64) -> usize {
    (day + 3).rem_euclid(7) as usize
}

fn spelled_out(week: Option<&Week>) -> Vec<[bool; 2 * MINUTES_PER_DAY as usize]> {
    let Some(week) = week else { return vec![[true; 2 * MINUTES_PER_DAY as usize]; 7] };
    let open = |spans: &[DaySpan]| {
        std::array::from_fn(|minute| {
            spans.iter().any(|span| (span.start_min()..span.end_min()).contains(&(minute as u16)))
        })
    };
    week.days().map(open).collect()
}

fn day_number(day: NaiveDate) -> i64 {
    day.and_time(NaiveTime::MIN).and_utc().timestamp() / 86_400
}

fn days_that(closes: impl Fn(NaiveDate) -> bool) -> BTreeSet<i64> {
    let first = NaiveDate::from_ymd_opt(*YEARS.start(), 1, 1).unwrap();
    let days = first.iter_days().take_while(|day| YEARS.contains(&day.year()));
    days.filter(|day| closes(*day)).map(day_number).collect()
}

/// Everything that must allow a call: each sheet on each clock.
pub(super) struct Oracle {
    sheets: Vec<(Sheet, Vec<Tz>)>,
    restricted: Vec<Interval>,
    margin_min: i64,
}

impl Oracle {
    /// For hours without a preset, on the clocks of `zones`.
    pub(super) fn of_campaign(hours: &CallingHours, zones: &[Tz]) -> Self {
        Self::with_rules(hours, &[], zones)
    }

    /// For hours and the rules that somebody found to be the place's.
    pub(super) fn with_rules(hours: &CallingHours, rules: &[&Rule], zones: &[Tz]) -> Self {
        let mut sheets: Vec<_> = rules.iter().map(|rule| (Sheet::of_rule(rule), zones.to_vec())).collect();
        let own = if let HoursZone::Fixed(zone) = hours.timezone { vec![zone] } else { zones.to_vec() };
        sheets.push((Sheet::of_campaign(hours), own));
        let margin_min = (hours.margin.as_millis() / 60_000) as i64;
        Self { sheets, restricted: hours.restricted.clone(), margin_min }
    }

    /// Whether calls may start in each minute of `[from, to)`.
    pub(super) fn open(&self, from: i64, to: i64) -> Vec<bool> {
        let end = to + self.margin_min;
        let mut open = vec![true; (end + 1 - from) as usize];
        for (sheet, zones) in &self.sheets {
            for zone in zones {
                let (mut ahead_min, mut is_steady) = (0, false);
                for minute in from..=end {
                    // No clock changes twice within a quarter of an hour: one that has the same offset at its end keeps it.
                    if !is_steady || minute % 15 == 0 {
                        ahead_min = offset_min(*zone, minute);
                        is_steady = minute % 15 == 0 && offset_min(*zone, minute + 15) == ahead_min;
                    }
                    open[(minute - from) as usize] &= sheet.allows(minute + ahead_min);
                }
            }
        }
        for period in &self.restricted {
            let within = |instant: Timestamp| (instant.as_millis().div_euclid(60_000)).clamp(from, end + 1) - from;
            open[within(period.from) as usize..within(period.to) as usize].fill(false);
        }
        // Open now and for the margin's minutes to come.
        let mut open_for_min = 0;
        for open in open.iter_mut().rev() {
            open_for_min = if *open { open_for_min + 1 } else { 0 };
            *open = open_for_min > self.margin_min;
        }
        open.truncate((to - from) as usize);
        open
    }
}

/// Intervals as one truth a minute of `[from, to)`; they must begin and end at whole minutes.
pub(super) fn minutes_of(intervals: &[Interval], from: i64, to: i64) -> Vec<bool> {
    let mut open = vec![false; (to - from) as usize];
    for interval in intervals {
        assert!(
            interval.from < interval.to && instant(from) <= interval.from && interval.to <= instant(to),
            "{interval:?}"
        );
        assert!(interval.from.as_millis() % 60_000 == 0 && interval.to.as_millis() % 60_000 == 0, "{interval:?}");
        let at = |instant: Timestamp| (instant.as_millis() / 60_000 - from) as usize;
        open[at(interval.from)..at(interval.to)].fill(true);
    }
    assert!(intervals.windows(2).all(|pair| pair[0].to < pair[1].from), "they touch: {intervals:?}");
    open
}

/// Fails with the first minute at which both differ.
pub(super) fn assert_same(expected: &[bool], found: &[bool], from: i64, what: impl std::fmt::Display) {
    if expected == found {
        return;
    }
    assert_eq!(expected.len(), found.len());
    if let Some(at) = (0..expected.len()).find(|&at| expected[at] != found[at]) {
        panic!("{what} at {}: expected {}, found {}", instant(from + at as i64), expected[at], found[at]);
    }
}
