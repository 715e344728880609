//! Open times by weekday.

use std::{fmt, str::FromStr};

use chrono::{Datelike, NaiveDate};
use serde::ser::SerializeMap;

use crate::domain::units::shortened;

/// Minutes of a day by the wall clock.
pub const MINUTES_PER_DAY: u16 = 24 * 60;

/// The days as users write them, Monday first.
pub const DAY_NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A time of one day by the wall clock, in minutes; what ends before it begins ends the next day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DaySpan {
    start_min: u16,
    end_min: u16,
}

/// Why a text is no time of the day.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadDaySpan {
    /// Not `HH:MM-HH:MM`.
    #[error("`{0}` is no time span: one like \"10:00-13:00\" expected")]
    Malformed(String),
    /// Not a time.
    #[error("`{0}` has a time that no clock shows: 00:00 to 23:59 expected, and 24:00 for an end")]
    NoTime(String),
    /// Begins where it ends.
    #[error("`{0}` is empty: the whole day is \"00:00-24:00\"")]
    Empty(String),
}

impl DaySpan {
    /// From midnight to midnight.
    pub const WHOLE_DAY: Self = Self { start_min: 0, end_min: MINUTES_PER_DAY };

    /// Minutes after the day's midnight at which it begins, below [`MINUTES_PER_DAY`].
    pub const fn start_min(self) -> u16 {
        self.start_min
    }

    /// Minutes after the day's midnight at which it ends, at most two days' worth.
    pub const fn end_min(self) -> u16 {
        self.end_min
    }
}

impl FromStr for DaySpan {
    type Err = BadDaySpan;
    fn from_str(text: &str) -> Result<Self, BadDaySpan> {
        let malformed = || BadDaySpan::Malformed(shortened(text));
        let (start, end) = text.split_once('-').ok_or_else(malformed)?;
        let (start_min, end_min) =
            (minute_of_day(start.trim()).ok_or_else(malformed)?, minute_of_day(end.trim()).ok_or_else(malformed)?);
        match (start_min, end_min) {
            (Some(start_min), Some(_)) if start_min == MINUTES_PER_DAY => Err(BadDaySpan::NoTime(shortened(text))),
            (Some(start_min), Some(end_min)) if start_min == end_min => Err(BadDaySpan::Empty(shortened(text))),
            (Some(start_min), Some(end_min)) if start_min < end_min => Ok(Self { start_min, end_min }),
            (Some(start_min), Some(end_min)) => Ok(Self { start_min, end_min: end_min + MINUTES_PER_DAY }),
            _ => Err(BadDaySpan::NoTime(shortened(text))),
        }
    }
}

/// Minutes of `HH:MM`; the outer none: not of that form, the inner: not a time.
fn minute_of_day(text: &str) -> Option<Option<u16>> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !(1..=2).contains(&hours.len()) || minutes.len() != 2 || !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let minute = hours * 60 + minutes;
    Some((minutes < 60 && minute <= MINUTES_PER_DAY).then_some(minute))
}

impl fmt::Display for DaySpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end_min = if self.end_min > MINUTES_PER_DAY { self.end_min - MINUTES_PER_DAY } else { self.end_min };
        let (start, end) = (self.start_min, end_min);
        write!(f, "{:02}:{:02}-{:02}:{:02}", start / 60, start % 60, end / 60, end % 60)
    }
}

impl serde::Serialize for DaySpan {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The open times of each weekday, sorted and merged within the day.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Week([Vec<DaySpan>; 7]);

impl Week {
    /// From each day's spans, Monday first; those that overlap or touch are joined.
    pub fn new(days: [Vec<DaySpan>; 7]) -> Self {
        Self(days.map(joined))
    }

    /// The spans that begin on a day.
    pub fn on(&self, day: NaiveDate) -> &[DaySpan] {
        &self.0[day.weekday().num_days_from_monday() as usize]
    }

    /// The spans of each day, Monday first.
    pub fn days(&self) -> impl Iterator<Item = &[DaySpan]> {
        self.0.iter().map(Vec::as_slice)
    }

    /// The longest time without a closing within all of these, in minutes; none when they never close. Zero: never open.
    pub fn longest_opening_min<'a>(weeks: impl Iterator<Item = &'a Self>) -> Option<u32> {
        let mut open = vec![true; 7 * usize::from(MINUTES_PER_DAY)];
        for week in weeks {
            open.iter_mut().zip(week.open_minutes()).for_each(|(open, also)| *open &= also);
        }
        // From a closed minute on, so that an opening over Sunday's midnight counts whole.
        let closed_at = open.iter().position(|is_open| !is_open)?;
        open.rotate_left(closed_at);
        open.split(|is_open| !is_open).map(|opening| opening.len() as u32).max()
    }

    /// Whether each minute from Monday's midnight on is open.
    fn open_minutes(&self) -> Vec<bool> {
        let mut open = vec![false; 7 * usize::from(MINUTES_PER_DAY)];
        let minutes = open.len();
        for (day, spans) in self.0.iter().enumerate() {
            let midnight = day * usize::from(MINUTES_PER_DAY);
            for span in spans {
                let within = span.start_min..span.end_min;
                within.for_each(|minute| open[(midnight + usize::from(minute)) % minutes] = true);
            }
        }
        open
    }

    /// Writes the days that have hours, each under its name, into a map.
    ///
    /// # Errors
    /// When the serializer refuses.
    pub fn serialize_into<M: serde::ser::SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let open = DAY_NAMES.iter().zip(self.days()).filter(|(_, spans)| !spans.is_empty());
        open.into_iter().try_for_each(|(name, spans)| map.serialize_entry(name, spans))
    }
}

/// As definition files have it; days without hours are left out.
impl serde::Serialize for Week {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.serialize_into(&mut map)?;
        map.end()
    }
}

fn joined(mut spans: Vec<DaySpan>) -> Vec<DaySpan> {
    spans.sort_unstable();
    let mut joined: Vec<DaySpan> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            // A span of more than a day has no written form; the week's arithmetic joins it anyway.
            Some(last) if span.start_min <= last.end_min && span.end_min - last.start_min <= MINUTES_PER_DAY => {
                last.end_min = last.end_min.max(span.end_min);
            }
            _ => joined.push(span),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str) -> DaySpan {
        text.parse().unwrap()
    }

    #[test]
    fn spans_are_read_and_shown() {
        for (text, start_min, end_min, shown) in [
            ("10:00-13:00", 600, 780, "10:00-13:00"),
            ("9:00 - 12:30", 540, 750, "09:00-12:30"),
            ("00:00-24:00", 0, 1440, "00:00-24:00"),
            ("22:00-02:00", 1320, 1560, "22:00-02:00"),
            ("22:00-00:00", 1320, 1440, "22:00-24:00"),
        ] {
            assert_eq!(span(text), DaySpan { start_min, end_min }, "{text}");
            assert_eq!(span(text).to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in ["", "10:00", "10-13", "10:00-13", "10:0-13:00", "a:00-13:00", "10:00–13:00", "010:00-13:00"] {
            assert!(matches!(text.parse::<DaySpan>(), Err(BadDaySpan::Malformed(_))), "{text}");
        }
        for text in ["10:60-13:00", "10:00-24:01", "25:00-26:00", "24:00-02:00"] {
            assert!(matches!(text.parse::<DaySpan>(), Err(BadDaySpan::NoTime(_))), "{text}");
        }
        assert!(matches!("10:00-10:00".parse::<DaySpan>(), Err(BadDaySpan::Empty(_))));
    }

    #[test]
    fn spans_that_overlap_or_touch_are_joined() {
        let monday = ["14:00-16:00", "10:00-12:00", "11:00-13:00", "16:00-18:00", "12:00-12:30"].map(span).to_vec();
        let week = Week::new([monday, vec![], vec![], vec![], vec![], vec![], vec![]]);
        let shown: Vec<String> = week.days().next().unwrap().iter().map(DaySpan::to_string).collect();
        assert_eq!(shown, ["10:00-13:00", "14:00-18:00"]);
    }

    #[test]
    fn the_longest_opening_goes_over_midnights() {
        let day = |texts: &[&str]| texts.iter().map(|text| span(text)).collect::<Vec<_>>();
        let none = || Vec::new();
        let weekend = Week::new([day(&["00:00-01:00"]), none(), none(), none(), none(), none(), day(&["22:00-24:00"])]);
        assert_eq!(Week::longest_opening_min([&weekend].into_iter()), Some(180));
        let always = Week::new(std::array::from_fn(|_| day(&["00:00-24:00"])));
        assert_eq!(Week::longest_opening_min([&always].into_iter()), None);
        assert_eq!(Week::longest_opening_min([&Week::default()].into_iter()), Some(0));
        let mornings = Week::new(std::array::from_fn(|_| day(&["08:00-12:30"])));
        let late = Week::new(std::array::from_fn(|_| day(&["10:00-20:00"])));
        assert_eq!(Week::longest_opening_min([&always, &mornings, &late].into_iter()), Some(150));
    }
}
