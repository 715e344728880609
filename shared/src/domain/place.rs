//! Where a contact can be: what decides whose clocks and whose rules its calling hours follow.

use std::{collections::BTreeSet, fmt, str::FromStr};

use chrono_tz::Tz;

/// A country (`FR`, ISO 3166-1) or a part of one (`US-FL`, ISO 3166-2).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Region(String);

/// Why a text is no region.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no region: a country like FR or a part of one like US-FL expected")]
pub struct BadRegion(String);

impl Region {
    /// The code itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country's code.
    pub fn country(&self) -> &str {
        &self.0[..2]
    }
}

impl FromStr for Region {
    type Err = BadRegion;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (country, part) = text.split_once('-').map_or((text, None), |(country, part)| (country, Some(part)));
        let is_country = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
        let is_part = |part: &str| {
            (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        if is_country && part.is_none_or(is_part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadRegion(text.chars().take(20).collect()))
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Every time zone and every region in which a contact can be, as far as its row and its numbers tell: a call is allowed
/// when it is allowed in all of them. Nothing known: both are empty.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Place {
    /// Time zones, by name.
    pub zones: Vec<Tz>,
    /// Countries and their parts.
    pub regions: BTreeSet<Region>,
}

impl Place {
    /// Somewhere in these zones.
    pub fn in_zones(zones: impl IntoIterator<Item = Tz>) -> Self {
        let mut zones: Vec<Tz> = zones.into_iter().collect();
        zones.sort_unstable_by_key(|zone| zone.name());
        zones.dedup();
        Self { zones, regions: BTreeSet::new() }
    }
}

/// `America/Chicago,America/New_York|US,US-FL`; without regions the zones alone, and nothing for nowhere known.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zones: Vec<&str> = self.zones.iter().map(|zone| zone.name()).collect();
        f.write_str(&zones.join(","))?;
        if self.regions.is_empty() {
            return Ok(());
        }
        let regions: Vec<&str> = self.regions.iter().map(Region::as_str).collect();
        write!(f, "|{}", regions.join(","))
    }
}

/// Reads what [`Place`] shows of itself.
impl FromStr for Place {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (zones, regions) = text.split_once('|').unwrap_or((text, ""));
        let named = |list: &str| list.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let zone = |name: String| name.parse::<Tz>().map_err(|error| error.to_string());
        let region = |code: String| code.parse::<Region>().map_err(|error| error.to_string());
        let zones = named(zones).into_iter().map(zone).collect::<Result<Vec<_>, _>>()?;
        let regions = named(regions).into_iter().map(region).collect::<Result<_, _>>()?;
        Ok(Self { regions, ..Self::in_zones(zones) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_as_it_is_shown() {
        for text in ["", "Europe/Paris", "America/Chicago,America/New_York|US,US-FL", "|US-GU"] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), text);
        }
        assert_eq!("UTC,Asia/Tokyo,UTC".parse::<Place>().unwrap().to_string(), "Asia/Tokyo,UTC");
        assert!("Mars/Olympus".parse::<Place>().is_err() && "UTC|us-fl".parse::<Place>().is_err());
    }

    #[test]
    fn regions_are_countries_and_their_parts() {
        assert_eq!("US-FL".parse::<Region>().unwrap().country(), "US");
        assert_eq!("FR".parse::<Region>().unwrap().country(), "FR");
        for text in ["", "F", "fr", "FRA", "US-", "US-FLOR", "US_FL", "U1", "é"] {
            assert!(text.parse::<Region>().is_err(), "{text}");
        }
    }
}
