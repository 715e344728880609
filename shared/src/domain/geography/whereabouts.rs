//! From what a list says of a contact to where it can be.

use std::{convert::Infallible, fmt, str::FromStr};

use chrono_tz::Tz;

use super::{NumberPlace, State};
use crate::domain::{PhoneNumber, Place, contact_list::NUMBERS_MAX};

/// What stands before a text whose zones are the numbers'.
const BY_NUMBERS: char = '#';
const UNITED_STATES: &str = "US";

/// From what a contact's whereabouts follow. Very many contacts share the same ones.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Clues {
    zone: Option<Tz>,
    state: Option<State>,
    /// In order, each once, and nowhere for the rest.
    numbers: [NumberPlace; NUMBERS_MAX],
}

impl Clues {
    /// Of a contact: its `timezone` and `state` columns, and the numbers that count: all of it, or the one being dialed.
    pub fn new(zone: Option<Tz>, state: Option<State>, counted: &[PhoneNumber]) -> Self {
        let mut numbers = [NumberPlace::NOWHERE; NUMBERS_MAX];
        numbers.iter_mut().zip(counted).for_each(|(place, number)| *place = NumberPlace::of(number));
        if counted.len() > 1 {
            numbers.sort_unstable();
            (1..numbers.len()).rev().for_each(|n| {
                if numbers[n] == numbers[n - 1] {
                    numbers[n] = NumberPlace::NOWHERE;
                }
            });
            numbers.sort_unstable_by_key(|place| std::cmp::Reverse(*place));
        }
        Self { zone, state, numbers }
    }

    /// The zone of the column, else every zone of the numbers; the regions of the numbers, and the state if one of them is
    /// of the United States.
    pub fn whereabouts(&self) -> Whereabouts {
        let known = || self.numbers.iter().map(|number| number.place());
        let mut place = match self.zone {
            Some(zone) => Place::in_zones([zone]),
            None => Place::in_zones(known().flat_map(|place| place.zones.iter().copied())),
        };
        place.regions = known().flat_map(|place| place.regions.iter().cloned()).collect();
        if let Some(state) = self.state
            && place.regions.iter().any(|region| region.country() == UNITED_STATES)
        {
            place.regions.insert(state.region());
        }
        let zones_from = match (self.zone, place.zones.is_empty()) {
            (Some(_), _) => ZoneSource::List,
            (None, false) => ZoneSource::Numbers,
            (None, true) => ZoneSource::Nothing,
        };
        Whereabouts { place, zones_from }
    }
}

/// Whence a contact's time zones are known.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ZoneSource {
    /// They are not.
    #[default]
    Nothing,
    /// From the list's `timezone` column.
    List,
    /// From its numbers.
    Numbers,
}

/// Where a contact can be, and whence that is known.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Whereabouts {
    /// Its zones and regions.
    pub place: Place,
    /// Whence the zones are known.
    pub zones_from: ZoneSource,
}

impl Whereabouts {
    /// The time zone, where there is just one.
    pub fn only_zone(&self) -> Option<Tz> {
        match self.place.zones.as_slice() {
            [zone] => Some(*zone),
            _ => None,
        }
    }

    /// The time zone of the list's column.
    pub fn listed_zone(&self) -> Option<Tz> {
        self.only_zone().filter(|_| self.zones_from == ZoneSource::List)
    }
}

/// The place, with `#` before it where its zones are the numbers'.
impl fmt::Display for Whereabouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.zones_from == ZoneSource::Numbers {
            write!(f, "{BY_NUMBERS}")?;
        }
        self.place.fmt(f)
    }
}

/// Reads what [`Whereabouts`] shows of itself; what cannot be read is nowhere, where nobody is called.
impl FromStr for Whereabouts {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let of_numbers = text.strip_prefix(BY_NUMBERS);
        let place: Place = of_numbers.unwrap_or(text).parse().unwrap_or_default();
        let zones_from = match (of_numbers, place.zones.is_empty()) {
            (_, true) => ZoneSource::Nothing,
            (Some(_), false) => ZoneSource::Numbers,
            (None, false) => ZoneSource::List,
        };
        Ok(Self { place, zones_from })
    }
}
