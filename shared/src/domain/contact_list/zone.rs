//! IANA time zones by name, in any case.

use std::{collections::HashMap, sync::LazyLock};

use chrono_tz::{TZ_VARIANTS, Tz};

static ZONES: LazyLock<HashMap<String, Tz>> =
    LazyLock::new(|| TZ_VARIANTS.iter().map(|zone| (zone.name().to_ascii_lowercase(), *zone)).collect());

/// The zone of this IANA name (`Europe/Paris`), whatever the case.
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
