//! When a contact may be called.
//!
//! A moment is open when the wall clock of every zone that the contact can be in shows an open time: a time that clocks
//! show twice is open twice, one that they skip never comes.

mod week;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{
    Interval, Place, Timestamp, interval,
    local_time::{self, Stretch},
    units::Span,
};
pub use week::{BadDaySpan, DAY_NAMES, DaySpan, MINUTES_PER_DAY, Week};

/// The hours in which calls may start. The default is any time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallingHours {
    /// Open times by weekday; none: any time.
    pub week: Option<Week>,
    /// Days without calls, by the zone's calendar. Spans that begin on such a day do not open, spans that began the day
    /// before end at its midnight.
    pub holidays: BTreeSet<NaiveDate>,
    /// Whose clock counts.
    pub timezone: HoursZone,
    /// Which of a contact's numbers say where it is.
    pub zones: NumbersThatCount,
    /// Calls stop this long before every closing.
    pub margin: Span,
    /// Periods without calls.
    pub restricted: Vec<Interval>,
    /// What becomes of contacts whose zone nobody knows.
    pub unknown_zone: UnknownZone,
}

/// Whose clock calling hours follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HoursZone {
    /// Each contact's own.
    #[default]
    Contact,
    /// One for all.
    Fixed(Tz),
}

/// Which of a contact's numbers say where it is; a `timezone` column wins over them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NumbersThatCount {
    /// Every one: all that it can be in must allow a call.
    #[default]
    All,
    /// The one that is being dialed.
    Dialed,
}

impl NumbersThatCount {
    /// As definitions have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Dialed => "dialed",
        }
    }
}

/// What becomes of a contact whose zone nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownZone {
    /// It is held until somebody says.
    #[default]
    Hold,
    /// It is called as if it lived there.
    Assume(Tz),
}

impl CallingHours {
    /// The zones whose clocks must all agree for a contact that can be at `place`. None: it must be held.
    pub fn zones_for(&self, place: &Place) -> Option<Vec<Tz>> {
        match (self.timezone, self.unknown_zone) {
            (HoursZone::Fixed(zone), _) => Some(vec![zone]),
            (HoursZone::Contact, _) if !place.zones.is_empty() => Some(place.zones.clone()),
            (HoursZone::Contact, UnknownZone::Assume(zone)) => Some(vec![zone]),
            // Hours that are always open need no clock.
            (HoursZone::Contact, UnknownZone::Hold) => self.week.is_none().then(Vec::new),
        }
    }
}

/// When a contact that can be anywhere in `place` may be called within `[from, to)`: sorted, apart from each other, and
/// all zones agreeing. Without zones and with `unknown_zone = "hold"` there is no such time.
///
/// The work grows with the days asked for, not with the contacts.
pub fn open_intervals(hours: &CallingHours, place: &Place, from: Timestamp, to: Timestamp) -> Vec<Interval> {
    if from >= to {
        return Vec::new();
    }
    let Some(zones) = hours.zones_for(place) else { return Vec::new() };
    // Looking ahead by the margin tells a closing at `to` from hours that go on; what is cut off below lies beyond `to`.
    let margin = hours.margin.duration();
    let mut open = vec![Interval { from, to: to + margin }];
    if let Some(week) = &hours.week {
        for zone in zones {
            open = interval::intersect(&open, &open_in_zone(week, &hours.holidays, zone, from, to + margin));
        }
    }
    let restricted = interval::merge(hours.restricted.clone());
    let mut open = interval::subtract(&open, &restricted);
    for interval in &mut open {
        interval.to = interval.to - margin;
    }
    open.retain(|interval| interval.from < interval.to);
    open
}

fn open_in_zone(
    week: &Week,
    holidays: &BTreeSet<NaiveDate>,
    zone: Tz,
    from: Timestamp,
    to: Timestamp,
) -> Vec<Interval> {
    let (mut open, mut closed) = (Vec::new(), Vec::new());
    for stretch in local_time::stretches(zone, from, to) {
        for day in days_touching(&stretch) {
            if holidays.contains(&day) {
                closed.extend(on_the_wall(&stretch, day, DaySpan::WHOLE_DAY));
            } else {
                open.extend(week.on(day).iter().filter_map(|span| on_the_wall(&stretch, day, *span)));
            }
        }
    }
    interval::subtract(&interval::merge(open), &interval::merge(closed))
}

/// The calendar days whose spans can reach into a stretch: those it shows, and the one before, whose last span may end
/// after midnight.
fn days_touching(stretch: &Stretch) -> impl Iterator<Item = NaiveDate> + use<> {
    let first = stretch.wall(stretch.span.from).date();
    let last = stretch.wall(stretch.span.to).date();
    let before = first.checked_sub_days(Days::new(1)).unwrap_or(first);
    before.iter_days().take_while(move |day| *day <= last)
}

/// A day's span as a stretch's clocks show it, as far as the stretch goes.
fn on_the_wall(stretch: &Stretch, day: NaiveDate, span: DaySpan) -> Option<Interval> {
    let midnight = stretch.instant(day.and_time(NaiveTime::MIN));
    let minutes = |count: u16| std::time::Duration::from_secs(u64::from(count) * 60);
    let shown = Interval { from: midnight + minutes(span.start_min()), to: midnight + minutes(span.end_min()) };
    shown.intersection(&stretch.span)
}

/// As the definition file has it; days without calls are left out.
impl Serialize for CallingHours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, spans) in DAY_NAMES.iter().zip(self.week.iter().flat_map(Week::days)) {
            if !spans.is_empty() {
                map.serialize_entry(name, spans)?;
            }
        }
        if !self.holidays.is_empty() {
            let dates: Vec<String> = self.holidays.iter().map(NaiveDate::to_string).collect();
            map.serialize_entry("holidays", &BTreeMap::from([("dates", dates)]))?;
        }
        match self.timezone {
            HoursZone::Contact => map.serialize_entry("timezone", "contact")?,
            HoursZone::Fixed(zone) => map.serialize_entry("timezone", zone.name())?,
        }
        if self.zones == NumbersThatCount::Dialed {
            map.serialize_entry("zones", self.zones.as_str())?;
        }
        map.serialize_entry("margin", &self.margin)?;
        if !self.restricted.is_empty() {
            map.serialize_entry("restricted", &self.restricted)?;
        }
        match self.unknown_zone {
            UnknownZone::Hold => map.serialize_entry("unknown_zone", "hold")?,
            UnknownZone::Assume(zone) => {
                map.serialize_entry("unknown_zone", &BTreeMap::from([("assume", zone.name())]))?;
            }
        }
        map.end()
    }
}
