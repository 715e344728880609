//! Public holidays by country and part of it, from `config/holidays/public.txt`, which is compiled in.
//!
//! Nobody knows the holidays of a year that the table lacks. Every day of it counts as a holiday, so that calls stop rather
//! than ring on one; `redial doctor` warns in time.

use std::{collections::BTreeSet, fmt, ops::RangeInclusive, sync::Arc};

use chrono::{Datelike, NaiveDate};

use super::place::Region;

const TABLE: &str = include_str!("../../../config/holidays/public.txt");

/// The public holidays of a country, or of a part of one. Cheap to clone and to compare.
#[derive(Clone)]
pub struct PublicHolidays {
    region: Region,
    first_year: i32,
    last_year: i32,
    days: Arc<BTreeSet<NaiveDate>>,
}

/// Why there is no calendar of a region.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoHolidays {
    /// The table lacks the country.
    #[error("the public holidays of {country} are not known; those of these countries are: {known}")]
    Country {
        /// Its code.
        country: String,
        /// The codes of those that are known.
        known: String,
    },
    /// The table knows the country and no such part of it.
    #[error("{country} has no part `{part}` with holidays of its own: {known}")]
    Part {
        /// The country's code.
        country: String,
        /// The part's code.
        part: String,
        /// The codes of those that are known.
        known: String,
    },
}

impl PublicHolidays {
    /// Those of a region, its country's included.
    ///
    /// # Errors
    /// When the table knows no such country, or no such part of it.
    pub fn of(region: &Region) -> Result<Self, NoHolidays> {
        let country = region.country();
        let head = heads().find(|head| head.country == country).ok_or_else(|| NoHolidays::Country {
            country: country.to_owned(),
            known: heads().map(|head| head.country).collect::<Vec<_>>().join(", "),
        })?;
        let code = region.as_str();
        if code != country && !head.parts().any(|part| part == code) {
            let known = head.parts().collect::<Vec<_>>().join(", ");
            let known = if known.is_empty() { "no part is known".to_owned() } else { format!("known are {known}") };
            return Err(NoHolidays::Part { country: country.to_owned(), part: code.to_owned(), known });
        }
        let mut days = BTreeSet::new();
        // A country's own lines come before those of its parts.
        for (year, words) in TABLE.lines().filter_map(|line| days_of(line, country).or_else(|| days_of(line, code))) {
            words.split(' ').for_each(|word| change(&mut days, year, word));
        }
        let (first_year, last_year) = head.years;
        Ok(Self { region: region.clone(), first_year, last_year, days: Arc::new(days) })
    }

    /// Whose they are.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// The years that are known.
    pub fn years(&self) -> RangeInclusive<i32> {
        self.first_year..=self.last_year
    }

    /// Whether a day counts as a holiday: it is one, or nobody knows the holidays of its year.
    pub fn closes(&self, day: NaiveDate) -> bool {
        !self.years().contains(&day.year()) || self.days.contains(&day)
    }
}

/// Where the table comes from: package, version and licence.
pub fn source() -> &'static str {
    TABLE.lines().next().unwrap_or_default().trim_start_matches("# ")
}

/// Every country of the table with its last year.
pub fn last_years() -> impl Iterator<Item = (&'static str, i32)> {
    heads().map(|head| (head.country, head.years.1))
}

/// A country's first line: `FR 2024-2040 FR-57 …`.
struct Head {
    country: &'static str,
    years: (i32, i32),
    parts: &'static str,
}

impl Head {
    fn parts(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.parts.split(' ').filter(|part| !part.is_empty())
    }
}

fn heads() -> impl Iterator<Item = Head> {
    TABLE.lines().filter_map(|line| {
        let (country, rest) = line.split_once(' ')?;
        let (years, parts) = rest.split_once(' ').unwrap_or((rest, ""));
        let (first, last) = years.split_once('-')?;
        Some(Head { country, years: (first.parse().ok()?, last.parse().ok()?), parts })
    })
}

/// The year and the days of a line, `FR-57 2026 +0403 +1226`, if it is the region's.
fn days_of(line: &'static str, region: &str) -> Option<(i32, &'static str)> {
    let (year, words) = line.strip_prefix(region)?.strip_prefix(' ')?.split_once(' ')?;
    Some((year.parse().ok()?, words))
}

/// `0101` or `+0101` adds a day, `-0101` takes it out.
fn change(days: &mut BTreeSet<NaiveDate>, year: i32, word: &str) {
    let digits = word.trim_start_matches(['+', '-']);
    let number = digits.parse::<u32>().unwrap_or_default();
    let Some(day) = NaiveDate::from_ymd_opt(year, number / 100, number % 100) else { return };
    if word.starts_with('-') {
        days.remove(&day);
    } else {
        days.insert(day);
    }
}

/// The region tells which they are: the table does not change while a process runs.
impl PartialEq for PublicHolidays {
    fn eq(&self, other: &Self) -> bool {
        self.region == other.region
    }
}

impl Eq for PublicHolidays {}

impl fmt::Debug for PublicHolidays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicHolidays({})", self.region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(region: &str) -> PublicHolidays {
        PublicHolidays::of(&region.parse().unwrap()).unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_part_of_a_country_has_more_or_fewer_holidays_than_the_whole() {
        for (region, date, is_holiday) in [
            ("FR", "2026-07-14", true),
            ("FR", "2026-12-26", false),
            ("FR-67", "2026-12-26", true),
            ("FR-67", "2026-04-03", true),
            ("FR-67", "2026-07-14", true),
            ("DE-BY", "2030-01-06", true),
            ("DE", "2030-01-06", false),
            ("US", "2026-10-12", true),
            ("US-LA", "2026-10-12", false),
            ("US-LA", "2026-02-17", true),
            ("GB-SCT", "2027-01-04", true),
        ] {
            assert_eq!(of(region).closes(day(date)), is_holiday, "{region} {date}");
        }
    }

    #[test]
    fn every_day_of_a_year_that_nobody_knows_counts_as_a_holiday() {
        assert_eq!(of("FR").years(), 2024..=2040);
        assert!(!of("FR").closes(day("2040-12-31")) && of("FR").closes(day("2041-01-02")));
        assert!(of("IN").years().end() < &2040 && of("FR").closes(day("2023-06-07")));
    }

    #[test]
    fn every_line_of_the_table_is_understood() {
        let mut count = 0;
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let (region, rest) = line.split_once(' ').unwrap();
            assert!(region.parse::<Region>().is_ok(), "{line}");
            if rest.contains('-') && rest.as_bytes()[4] == b'-' {
                let head = heads().find(|head| head.country == region).unwrap();
                assert!(head.parts().all(|part| part.parse::<Region>().unwrap().country() == region), "{line}");
                continue;
            }
            let (year, words) = days_of(line, region).unwrap();
            for word in words.split(' ') {
                let mut days: BTreeSet<NaiveDate> = BTreeSet::new();
                change(&mut days, year, word.trim_start_matches('-'));
                assert_eq!(days.len(), 1, "{line}");
                count += 1;
            }
        }
        assert!(count > 20_000, "{count}");
        assert!(source().contains("MIT"), "{}", source());
        assert!(last_years().count() > 60);
    }

    #[test]
    fn what_the_table_lacks_is_told_with_what_it_has() {
        let error = |region: &str| PublicHolidays::of(&region.parse().unwrap()).unwrap_err().to_string();
        assert!(
            error("XX").starts_with("the public holidays of XX are not known; those of these countries are: AD, AE")
        );
        assert!(error("FR-99").starts_with("FR has no part `FR-99` with holidays of its own: known are FR-57"));
        assert!(error("IE-D").ends_with("no part is known"));
    }
}
