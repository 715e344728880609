//! When a contact may be called.
//!
//! A moment is open when the wall clock of every zone that the contact can be in shows an open time: a time that clocks
//! show twice is open twice, one that they skip never comes.

mod closed;
pub(crate) mod days;
mod law;
mod week;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{
    Interval, Place, Timestamp,
    holidays::PublicHolidays,
    interval,
    place::Region,
    preset::{Preset, Uncovered},
    units::Span,
};
pub use closed::{Closed, closed};
use law::Law;
pub use week::{BadDaySpan, DAY_NAMES, DaySpan, MINUTES_PER_DAY, Week};

/// The hours in which calls may start. The default is any time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallingHours {
    /// Legal hours that hold besides all else: what is written here narrows them and never widens them.
    pub preset: Option<&'static Preset>,
    /// Open times by weekday; none: any time.
    pub week: Option<Week>,
    /// Days without calls, by the zone's calendar. Spans that begin on such a day do not open, spans that began the day
    /// before end at its midnight.
    pub holidays: BTreeSet<NaiveDate>,
    /// More such days.
    pub public_holidays: Option<PublicHolidays>,
    /// Whose clock counts. A preset's rules always follow the contact's own.
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

/// Why a contact must be held: nobody can tell when it may be called. Shown with the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Hold {
    /// Its hours need a time zone.
    #[error("nobody knows its time zone: give the list a `timezone` column, or set `unknown_zone` in [calling_hours]")]
    NoZone,
    /// The preset's rules need a country.
    #[error(
        "nobody knows its country, so that no rule of the preset `{preset}` can be applied: write its number with its \
         country code, +…, or give the list a `country` column"
    )]
    NoCountry {
        /// The preset.
        preset: &'static str,
    },
    /// The preset has no rule for where it can be.
    #[error(
        "the preset `{preset}` has no rule for {region}: call it from a campaign with the preset of its country, or with \
         days and hours of its own"
    )]
    Uncovered {
        /// The preset.
        preset: &'static str,
        /// Where it can be.
        region: Region,
    },
}

impl CallingHours {
    /// The zones whose clocks the campaign's own days and hours follow for a contact that can be at `place`; all must
    /// agree. None: nobody knows.
    pub fn zones_for(&self, place: &Place) -> Option<Vec<Tz>> {
        match self.timezone {
            HoursZone::Fixed(zone) => Some(vec![zone]),
            HoursZone::Contact => match self.clocks_of(place) {
                // Hours that are always open need no clock.
                None if !self.is_about_times() && self.preset.is_none() => Some(Vec::new()),
                clocks => clocks,
            },
        }
    }

    /// Why a contact that can be at `place` must be held, if so.
    pub fn hold(&self, place: &Place) -> Option<Hold> {
        self.laws(place).err()
    }

    /// Everything that must allow a call to somebody at `place`, but for restricted periods.
    fn laws<'a>(&'a self, place: &Place) -> Result<Vec<Law<'a>>, Hold> {
        let rules = match self.preset {
            Some(preset) => preset.rules_for(place).map_err(|uncovered| Hold::of(preset, uncovered))?,
            None => Vec::new(),
        };
        let mut laws = Vec::new();
        for rule in rules.into_iter().filter(|rule| rule.needs_clock()) {
            laws.push(Law::of_rule(rule, self.clocks_of(place).ok_or(Hold::NoZone)?));
        }
        if self.is_about_times() {
            laws.push(Law::of_campaign(self, self.zones_for(place).ok_or(Hold::NoZone)?));
        }
        Ok(laws)
    }

    /// The contact's own clocks, or the one that is assumed.
    fn clocks_of(&self, place: &Place) -> Option<Vec<Tz>> {
        match self.unknown_zone {
            _ if !place.zones.is_empty() => Some(place.zones.clone()),
            UnknownZone::Assume(zone) => Some(vec![zone]),
            UnknownZone::Hold => None,
        }
    }

    /// Whether the campaign's own keys name hours or days.
    fn is_about_times(&self) -> bool {
        self.week.is_some() || !self.holidays.is_empty() || self.public_holidays.is_some()
    }
}

impl Hold {
    fn of(preset: &'static Preset, uncovered: Uncovered) -> Self {
        let preset = preset.name.as_str();
        match uncovered {
            Uncovered::Nowhere => Self::NoCountry { preset },
            Uncovered::Elsewhere(region) => Self::Uncovered { preset, region },
        }
    }
}

/// When a contact that can be anywhere in `place` may be called within `[from, to)`: sorted, apart from each other, and
/// all zones and all rules agreeing. For a contact that must be held there is no such time.
///
/// The work grows with the days asked for, not with the contacts.
pub fn open_intervals(hours: &CallingHours, place: &Place, from: Timestamp, to: Timestamp) -> Vec<Interval> {
    if from >= to {
        return Vec::new();
    }
    let Ok(laws) = hours.laws(place) else { return Vec::new() };
    // Looking ahead by the margin tells a closing at `to` from hours that go on; what is cut off below lies beyond `to`.
    let margin = hours.margin.duration();
    let mut open = vec![Interval { from, to: to + margin }];
    for law in &laws {
        open = interval::intersect(&open, &law.open(from, to + margin));
    }
    let restricted = interval::merge(hours.restricted.clone());
    let mut open = interval::subtract(&open, &restricted);
    for interval in &mut open {
        interval.to = interval.to - margin;
    }
    open.retain(|interval| interval.from < interval.to);
    open
}

/// As the definition file has it; days without calls are left out.
impl Serialize for CallingHours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(preset) = self.preset {
            map.serialize_entry("preset", &preset.name)?;
        }
        if let Some(week) = &self.week {
            week.serialize_into(&mut map)?;
        }
        if let Some(holidays) = Holidays::of(self) {
            map.serialize_entry("holidays", &holidays)?;
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

/// `{ country = "FR", subdivision = "FR-67", dates = ["2026-12-24"] }`
#[derive(Serialize)]
struct Holidays<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subdivision: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dates: Vec<String>,
}

impl<'a> Holidays<'a> {
    fn of(hours: &'a CallingHours) -> Option<Self> {
        if hours.holidays.is_empty() && hours.public_holidays.is_none() {
            return None;
        }
        let region = hours.public_holidays.as_ref().map(PublicHolidays::region);
        let part = region.filter(|region| region.as_str() != region.country());
        Some(Self {
            country: region.map(Region::country),
            subdivision: part.map(Region::as_str),
            dates: hours.holidays.iter().map(NaiveDate::to_string).collect(),
        })
    }
}
