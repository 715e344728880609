//! Time zones by name, in any case: IANA names with their former ones (`US/Eastern`, `EST5EDT`, `CET`, `GMT`), and what lists of
//! the United States call theirs. `CST` and `MST` are no such names: they leave open whether clocks change in summer (`MST` is
//! IANA's, where they do not).

use std::{collections::HashMap, sync::LazyLock};

use chrono_tz::{TZ_VARIANTS, Tz};

static ZONES: LazyLock<HashMap<String, Tz>> = LazyLock::new(|| {
    let mut zones: HashMap<_, _> = TZ_VARIANTS.iter().map(|zone| (zone.name().to_ascii_lowercase(), *zone)).collect();
    let also = ALIASES.iter().flat_map(|(zone, names)| names.iter().map(|name| ((*name).to_owned(), *zone)));
    zones.extend(also);
    zones
});

/// `est` is IANA's too, for clocks that never change; in a list it means the east of the United States.
const ALIASES: &[(Tz, &[&str])] = &[
    (chrono_tz::America::New_York, &["eastern", "eastern time", "et", "est", "edt"]),
    (chrono_tz::America::Chicago, &["central", "central time", "ct", "cdt"]),
    (chrono_tz::America::Denver, &["mountain", "mountain time", "mt", "mdt"]),
    (chrono_tz::America::Los_Angeles, &["pacific", "pacific time", "pt", "pst", "pdt"]),
    (chrono_tz::America::Anchorage, &["alaska", "alaska time", "akst", "akdt"]),
    (chrono_tz::Pacific::Honolulu, &["hawaii", "hawaii time"]),
];

/// The zone of this name (`Europe/Paris`, `eastern`), whatever the case.
pub fn by_name(name: &str) -> Option<Tz> {
    ZONES.get(&name.to_ascii_lowercase()).copied()
}

/// Remembers the last name: lists name few zones, mostly in runs.
#[derive(Debug, Default)]
pub(super) struct ZoneMemory {
    last: Option<(String, Tz)>,
}

impl ZoneMemory {
    /// As [`by_name`].
    pub fn by_name(&mut self, name: &str) -> Option<Tz> {
        if let Some((last, zone)) = &self.last
            && last == name
        {
            return Some(*zone);
        }
        let zone = by_name(name)?;
        self.last = Some((name.to_owned(), zone));
        Some(zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_known_by_iana_names_former_ones_and_those_of_american_lists() {
        for (name, zone) in [
            ("Europe/Paris", "Europe/Paris"),
            ("europe/paris", "Europe/Paris"),
            ("US/Eastern", "US/Eastern"),
            ("EST5EDT", "EST5EDT"),
            ("CET", "CET"),
            ("gmt", "GMT"),
            ("UTC", "UTC"),
            ("Eastern", "America/New_York"),
            ("EST", "America/New_York"),
            ("Central Time", "America/Chicago"),
            ("PDT", "America/Los_Angeles"),
            ("MST", "MST"),
        ] {
            assert_eq!(by_name(name).map(|zone| zone.name()), Some(zone), "{name}");
        }
        for name in ["CST", "Paris", "UTC+2", "Mars/Olympus"] {
            assert_eq!(by_name(name), None, "{name}");
        }
    }
}
