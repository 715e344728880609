//! Cron expressions as crontab writes them.

use std::{fmt, str::FromStr};

use chrono::{NaiveDateTime, Utc};

use crate::domain::units::shortened;

/// A cron expression of 5 fields (minute, hour, day of the month, month, day of the week) or 6 with seconds first. As in
/// crontab: Sunday is 0 or 7, names may be used, and when both the day of the month and the day of the week are
/// restricted, a day that meets either counts.
#[derive(Debug, Clone)]
pub struct CronExpression {
    source: String,
    /// One, or two when a day may meet either of its fields.
    either: Vec<cron::Schedule>,
}

/// Why a text is no cron expression.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadCron {
    /// Not 5 or 6 fields.
    #[error("{0} fields, but 5 expected (minute, hour, day of month, month, day of week), or 6 with seconds first")]
    Fields(usize),
    /// A day of the week that is none.
    #[error(
        "`{0}` is no day of the week: 0 to 7 (0 and 7 are Sunday) or SUN to SAT expected, in lists, ranges and /steps"
    )]
    DayOfWeek(String),
    /// Some other field is wrong.
    #[error("`{0}` is no cron expression: one like \"0 20 * * MON-FRI\" expected")]
    Malformed(String),
    /// Such a day does not exist.
    #[error("`{0}` never fires: no calendar has such a day")]
    Never(String),
}

impl CronExpression {
    /// The first time on the wall after another, strictly; none after the year 2100.
    pub fn next_after(&self, wall: NaiveDateTime) -> Option<NaiveDateTime> {
        let next = |schedule: &cron::Schedule| schedule.after(&wall.and_utc()).next().map(|tick| tick.naive_utc());
        self.either.iter().filter_map(next).min()
    }

    /// The last time on the wall before another, strictly; none before the year 1970.
    pub fn previous_before(&self, wall: NaiveDateTime) -> Option<NaiveDateTime> {
        let previous = |schedule: &cron::Schedule| {
            schedule.after(&wall.and_utc()).next_back().map(|tick: chrono::DateTime<Utc>| tick.naive_utc())
        };
        self.either.iter().filter_map(previous).max()
    }
}

impl FromStr for CronExpression {
    type Err = BadCron;
    fn from_str(text: &str) -> Result<Self, BadCron> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let (seconds, rest) = match fields.as_slice() {
            rest @ [_, _, _, _, _] => ("0", rest),
            [seconds, rest @ ..] if rest.len() == 5 => (*seconds, rest),
            _ => return Err(BadCron::Fields(fields.len())),
        };
        let [minute, hour, day_of_month, month, day_of_week] = *rest else { return Err(BadCron::Fields(fields.len())) };
        let weekdays = weekdays(day_of_week)?;
        let with_days = |day_of_month: &str, weekdays: &str| {
            cron::Schedule::from_str(&format!("{seconds} {minute} {hour} {day_of_month} {month} {weekdays}"))
                .map_err(|_| BadCron::Malformed(shortened(text)))
        };
        let either = if is_restricted(day_of_month) && is_restricted(day_of_week) {
            vec![with_days(day_of_month, "*")?, with_days("*", &weekdays)?]
        } else {
            vec![with_days(day_of_month, &weekdays)?]
        };
        let expression = Self { source: fields.join(" "), either };
        // Days recur within 28 years, leap days and weekdays included; that far ahead of 1970 is far enough.
        match expression.next_after(NaiveDateTime::default()) {
            Some(_) => Ok(expression),
            None => Err(BadCron::Never(shortened(text))),
        }
    }
}

/// Whether a field of days says more than "every day", as crontab sees it: `*/2` does not.
fn is_restricted(field: &str) -> bool {
    !field.starts_with(['*', '?'])
}

/// The crate counts Sunday as 1: crontab's days in its numbers.
fn weekdays(field: &str) -> Result<String, BadCron> {
    if field == "*" || field == "?" {
        return Ok("*".to_owned());
    }
    let mut days = [false; 7];
    for part in field.split(',') {
        let chosen = days_of(part).ok_or_else(|| BadCron::DayOfWeek(shortened(part)))?;
        chosen.into_iter().for_each(|day| days[day % 7] = true);
    }
    let numbers = (0..7).filter(|day| days[*day]).map(|day| (day + 1).to_string());
    Ok(numbers.collect::<Vec<_>>().join(","))
}

/// The days of one part of a list: `3`, `MON`, `1-5`, `FRI-MON`, `*/2`, `1-5/2`, `1/2` (from Monday on).
fn days_of(part: &str) -> Option<Vec<usize>> {
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, Some(step.parse::<usize>().ok().filter(|step| (1..=7).contains(step))?)),
        None => (part, None),
    };
    let (first, last) = match range.split_once('-') {
        Some((first, last)) => (weekday(first)?, weekday(last)?),
        None if range == "*" || range == "?" => (0, 6),
        None => (weekday(range)?, if step.is_some() { 6.max(weekday(range)?) } else { weekday(range)? }),
    };
    let last = if last < first { last + 7 } else { last };
    Some((first..=last).step_by(step.unwrap_or(1)).collect())
}

fn weekday(text: &str) -> Option<usize> {
    const NAMES: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    if let Ok(number) = text.parse::<usize>() {
        return (number <= 7).then_some(number);
    }
    let text = text.to_ascii_lowercase();
    NAMES.iter().position(|name| *name == text || name[..3] == text)
}

impl PartialEq for CronExpression {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for CronExpression {}

impl fmt::Display for CronExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl serde::Serialize for CronExpression {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap()
    }

    /// The next five ticks after Sunday 2026-03-01 12:00 as `month-day hour:minute:second`.
    fn ticks(text: &str) -> Vec<String> {
        let expression: CronExpression = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        let mut at = wall("2026-03-01 12:00:00");
        (0..5)
            .map(|_| {
                let next = expression.next_after(at).unwrap();
                assert!(expression.previous_before(next).is_none_or(|previous| previous <= at), "{text} {next}");
                at = next;
                next.format("%m-%d %H:%M:%S").to_string()
            })
            .collect()
    }

    fn days(text: &str) -> Vec<String> {
        ticks(text).iter().map(|tick| tick[..5].to_owned()).collect()
    }

    #[test]
    fn days_of_the_week_are_numbered_as_in_crontab() {
        let sundays = ["03-08", "03-15", "03-22", "03-29", "04-05"];
        for text in ["0 9 * * 0", "0 9 * * 7", "0 9 * * SUN", "0 9 * * sunday", "0 9 ? * Sun"] {
            assert_eq!(days(text), sundays, "{text}");
        }
        let workdays = ["03-02", "03-03", "03-04", "03-05", "03-06"];
        for text in ["0 9 * * 1-5", "0 9 * * MON-FRI", "0 9 * * 1,2,3,4,5"] {
            assert_eq!(days(text), workdays, "{text}");
        }
        for text in ["0 9 * * 5-7", "0 9 * * FRI-SUN", "0 9 * * 0,5,6"] {
            assert_eq!(days(text), ["03-06", "03-07", "03-08", "03-13", "03-14"], "{text}");
        }
        assert_eq!(days("0 9 * * SAT-MON"), ["03-02", "03-07", "03-08", "03-09", "03-14"]);
        assert_eq!(days("0 9 * * 1-5/2"), ["03-02", "03-04", "03-06", "03-09", "03-11"]);
        assert_eq!(days("0 9 * * */3"), ["03-04", "03-07", "03-08", "03-11", "03-14"]);
        assert_eq!(days("0 9 * * 0-6"), ["03-02", "03-03", "03-04", "03-05", "03-06"]);
    }

    #[test]
    fn six_fields_begin_with_seconds() {
        assert_eq!(
            ticks("*/20 0 13 * * *")[..4],
            ["03-01 13:00:00", "03-01 13:00:20", "03-01 13:00:40", "03-02 13:00:00"]
        );
        assert_eq!(ticks("30 20 * * *")[0], "03-01 20:30:00");
        assert_eq!(ticks("  0   20 * *   MON-FRI ")[0], "03-02 20:00:00");
    }

    #[test]
    fn a_day_that_meets_either_restricted_field_counts() {
        assert_eq!(days("0 9 13 * FRI"), ["03-06", "03-13", "03-20", "03-27", "04-03"]);
        assert_eq!(days("0 9 4 * MON"), ["03-02", "03-04", "03-09", "03-16", "03-23"]);
        assert_eq!(days("0 9 1-7 * */7"), ["04-05", "05-03", "06-07", "07-05", "08-02"], "a star restricts nothing");
    }

    #[test]
    fn leap_days_come_and_impossible_days_are_refused() {
        assert_eq!(days("0 0 29 2 *").len(), 5);
        assert!(matches!("0 0 30 2 *".parse::<CronExpression>(), Err(BadCron::Never(_))));
        assert!(matches!("0 0 31 4,6 *".parse::<CronExpression>(), Err(BadCron::Never(_))));
        assert!("0 0 30 2 MON".parse::<CronExpression>().is_ok(), "its Mondays come");
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for text in ["", "* * * *", "* * * * * * *", "@daily"] {
            assert!(matches!(text.parse::<CronExpression>(), Err(BadCron::Fields(_))), "{text}");
        }
        for text in ["* * * * 8", "* * * * MOO", "* * * * 1-", "* * * * */0", "* * * * ,"] {
            assert!(matches!(text.parse::<CronExpression>(), Err(BadCron::DayOfWeek(_))), "{text}");
        }
        for text in ["60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "a * * * *", "5-1 * * * *"] {
            assert!(matches!(text.parse::<CronExpression>(), Err(BadCron::Malformed(_))), "{text}");
        }
    }
}
