//! Legal calling hours by country, as files of `config/presets`, which are compiled in.
//!
//! A preset is a list of rules, each with where it was read and when. What a rule says of hours, days and holidays is
//! obeyed, and so is how often it allows to call; what only people can do is told. A contact is bound by every rule of every region in which it can be.

mod read;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::Serialize;

use super::{Place, calling_hours::Week, caps::Caps, holidays::PublicHolidays, place::Region};

/// Name and text of each file of `config/presets`.
const FILES: &[(&str, &str)] = &[
    ("us", include_str!("../../../../config/presets/us.toml")),
    ("us-debt", include_str!("../../../../config/presets/us-debt.toml")),
    ("uk", include_str!("../../../../config/presets/uk.toml")),
    ("fr", include_str!("../../../../config/presets/fr.toml")),
    ("de", include_str!("../../../../config/presets/de.toml")),
    ("ca", include_str!("../../../../config/presets/ca.toml")),
    ("in", include_str!("../../../../config/presets/in.toml")),
];

static SHIPPED: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    let read = |(name, text): &(&str, &str)| read::preset(text, &format!("config/presets/{name}.toml"));
    FILES.iter().map(|file| read(file).expect("a test reads every preset that ships")).collect()
});

/// The rules for calls of one kind in one country.
#[derive(Debug, Serialize)]
pub struct Preset {
    /// What `[calling_hours] preset` names it.
    pub name: String,
    /// Country and kind of calls.
    pub title: String,
    /// The day on which these rules were last changed.
    pub version: NaiveDate,
    /// One line: what it demands.
    pub summary: String,
    /// The rules; those of the country first.
    pub rules: Vec<Rule>,
}

/// One rule of a preset.
#[derive(Debug, Serialize)]
pub struct Rule {
    /// What explanations call it; unique within the preset.
    pub name: String,
    /// Whom it binds: everybody who can be in one of these.
    #[serde(serialize_with = "texts")]
    pub regions: Vec<Region>,
    /// The first day, by the contact's calendar, on which it holds; none: it has always held.
    pub from: Option<NaiveDate>,
    /// The first day on which it holds no longer.
    pub until: Option<NaiveDate>,
    /// The hours that it allows, by the contact's clock; none: it says nothing of hours.
    pub hours: Option<Week>,
    /// The public holidays on which it allows no calls.
    #[serde(serialize_with = "region_of")]
    pub holidays: Option<PublicHolidays>,
    /// How often it allows to call.
    pub caps: Caps,
    /// What it demands beyond that, and people must see to.
    pub demands: Option<String>,
    /// Where it was read.
    pub source: Source,
}

/// Where a rule was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// What it is: a law, a regulation, a regulator's page.
    pub name: String,
    /// The place in it.
    pub citation: String,
    /// Its address.
    pub url: String,
    /// The day on which the rule was compared with it.
    pub checked: NaiveDate,
    /// What could be compared on that day.
    pub read: Read,
}

/// What a rule was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Read {
    /// The rule's own words, or its regulator's.
    Text,
    /// Somebody's summary of it.
    Summary,
    /// Nothing: neither could be reached.
    Unread,
}

/// Why a preset says nothing of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uncovered {
    /// Nobody knows the country in which it is.
    Nowhere,
    /// It can be where no rule of the preset holds.
    Elsewhere(Region),
}

impl Preset {
    /// The preset of a name, if one ships.
    pub fn named(name: &str) -> Option<&'static Self> {
        all().iter().find(|preset| preset.name == name)
    }

    /// The rules for somebody who can be anywhere in `place`, whenever they hold. In a country of whose parts some have
    /// rules of their own, a contact whose part nobody knows is bound by all of these.
    ///
    /// # Errors
    /// When it can be where the preset says nothing, or nobody knows where it can be.
    pub fn rules_for(&self, place: &Place) -> Result<Vec<&Rule>, Uncovered> {
        if place.regions.is_empty() {
            return Err(Uncovered::Nowhere);
        }
        match place.regions.iter().find(|region| !self.covers(region)) {
            Some(region) => Err(Uncovered::Elsewhere(region.clone())),
            None => Ok(self.rules.iter().filter(|rule| rule.binds(place)).collect()),
        }
    }

    /// How often somebody in `place` may be called by the rules that hold on `day`, each with its rule's name.
    ///
    /// # Errors
    /// As [`Self::rules_for`].
    pub fn caps_for(&self, place: &Place, day: NaiveDate) -> Result<Vec<(&str, &Caps)>, Uncovered> {
        let rules = self.rules_for(place)?.into_iter();
        let capping = rules.filter(|rule| rule.holds_on(day) && rule.caps != Caps::default());
        Ok(capping.map(|rule| (rule.name.as_str(), &rule.caps)).collect())
    }

    /// The hours that every rule for a whole country allows on a usual week of `day`.
    pub fn hours_of_countries(&self, day: NaiveDate) -> impl Iterator<Item = &Week> {
        let rules = self.rules.iter().filter(move |rule| rule.holds_on(day) && !rule.regions.iter().all(is_part));
        rules.filter_map(|rule| rule.hours.as_ref())
    }

    fn covers(&self, region: &Region) -> bool {
        self.rules
            .iter()
            .flat_map(|rule| &rule.regions)
            .any(|known| known == region || known.as_str() == region.country())
    }
}

impl Rule {
    /// Whether it holds on a day of the contact's calendar.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
    }

    /// Whether it is about times of the day or days.
    pub fn needs_clock(&self) -> bool {
        self.hours.is_some() || self.holidays.is_some()
    }

    fn binds(&self, place: &Place) -> bool {
        self.regions.iter().any(|bound| {
            let mut of_country = place.regions.iter().filter(|region| region.country() == bound.country()).peekable();
            // Somewhere in the country: in all of it, and in no known part of it.
            place.regions.contains(bound)
                || of_country.peek().is_some() && (!is_part(bound) || !of_country.any(is_part))
        })
    }
}

/// Every preset that ships.
pub fn all() -> &'static [Preset] {
    &SHIPPED
}

/// A preset is told by its name and version: those that ship do not change while a process runs.
impl PartialEq for Preset {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.version) == (&other.name, other.version)
    }
}

impl Eq for Preset {}

fn is_part(region: &Region) -> bool {
    region.as_str() != region.country()
}

fn texts<S: serde::Serializer>(regions: &[Region], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(regions.iter().map(Region::as_str))
}

fn region_of<S: serde::Serializer>(holidays: &Option<PublicHolidays>, serializer: S) -> Result<S::Ok, S::Error> {
    holidays.as_ref().map(|holidays| holidays.region().as_str()).serialize(serializer)
}
