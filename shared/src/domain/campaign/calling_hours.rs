//! `[calling_hours]`

use chrono::NaiveDate;

use crate::domain::{
    Interval,
    calling_hours::{CallingHours, HoursZone, NumbersThatCount, UnknownZone, Week, days},
    document::{DefinitionError, Item, Table},
    holidays::PublicHolidays,
    place::Region,
    preset::{self, Preset},
};

const OTHER_KEYS: &[&str] = &["preset", "holidays", "timezone", "zones", "margin", "restricted", "unknown_zone"];

pub(super) fn read(table: &Table<'_>) -> Result<CallingHours, DefinitionError> {
    let own = days::read(table, OTHER_KEYS)?;
    let preset = table.get("preset").map(|item| preset_of(&item)).transpose()?;
    // Days narrow a preset; without one, days that are not written are closed.
    let week = if preset.is_some() { own } else { Some(own.unwrap_or_default()) };
    let mut hours = CallingHours { preset, week, ..CallingHours::default() };
    if let Some(item) = table.get("holidays") {
        holidays(&item, &mut hours)?;
    }
    if let Some(item) = table.get("timezone") {
        hours.timezone = if item.text()? == "contact" { HoursZone::Contact } else { HoursZone::Fixed(item.zone()?) };
    }
    if let Some(item) = table.get("zones") {
        hours.zones = item.one_of(&[("all", NumbersThatCount::All), ("dialed", NumbersThatCount::Dialed)])?;
    }
    if let Some(item) = table.get("margin") {
        hours.margin = item.parsed()?;
    }
    if let Some(item) = table.get("restricted") {
        hours.restricted = item.list()?.iter().map(restricted).collect::<Result<_, _>>()?;
    }
    if let Some(item) = table.get("unknown_zone") {
        hours.unknown_zone = unknown_zone(&item)?;
    }
    check_some_time_is_open(table, &hours)?;
    Ok(hours)
}

fn preset_of(item: &Item<'_>) -> Result<&'static Preset, DefinitionError> {
    let name = item.text()?;
    Preset::named(name).ok_or_else(|| {
        let known = preset::all().iter().map(|preset| preset.name.as_str()).collect::<Vec<_>>().join(", ");
        let found = crate::domain::units::shortened(name);
        item.error(format!("there is no preset `{found}`"))
            .with_hint(format!("known are {known}: `redial presets` tells what they demand"))
    })
}

fn holidays(item: &Item<'_>, hours: &mut CallingHours) -> Result<(), DefinitionError> {
    let table = item.table()?;
    table.only(&["country", "subdivision", "dates"])?;
    match (table.get("country"), table.get("subdivision")) {
        (Some(country), subdivision) => hours.public_holidays = Some(public_holidays(&country, subdivision.as_ref())?),
        (None, Some(subdivision)) => {
            return Err(subdivision.error("of no country").with_hint("add `country`, like country = \"FR\""));
        }
        (None, None) if table.get("dates").is_none() => {
            return Err(item.error("neither `country` nor `dates`").with_hint("write { country = \"FR\" }"));
        }
        (None, None) => {}
    }
    if let Some(dates) = table.get("dates") {
        hours.holidays = dates.list()?.iter().map(Item::date).collect::<Result<_, _>>()?;
    }
    Ok(())
}

fn public_holidays(country: &Item<'_>, subdivision: Option<&Item<'_>>) -> Result<PublicHolidays, DefinitionError> {
    let whole: Region = country.parsed()?;
    if whole.as_str() != whole.country() {
        let hint = format!("write country = \"{}\", subdivision = \"{whole}\"", whole.country());
        return Err(country.error(format!("`{whole}` is a part of a country")).with_hint(hint));
    }
    let holidays = PublicHolidays::of(&whole).map_err(|cause| country.error(cause))?;
    let Some(item) = subdivision else { return Ok(holidays) };
    let part: Region = item.parsed()?;
    if part.country() != whole.country() || part == whole {
        return Err(item.error(format!("`{part}` is no part of {whole}: one like {whole}-… expected")));
    }
    PublicHolidays::of(&part).map_err(|cause| item.error(cause))
}

fn restricted(item: &Item<'_>) -> Result<Interval, DefinitionError> {
    let table = item.table()?;
    table.only(&["from", "to"])?;
    let (from, to) = (table.required("from")?.instant()?, table.required("to")?.instant()?);
    if from >= to {
        return Err(item.error(format!("empty: `to`, {to}, is not after `from`, {from}")));
    }
    Ok(Interval { from, to })
}

fn unknown_zone(item: &Item<'_>) -> Result<UnknownZone, DefinitionError> {
    if let Ok(table) = item.table() {
        table.only(&["assume"])?;
        return Ok(UnknownZone::Assume(table.required("assume")?.zone()?));
    }
    match item.text() {
        Ok("hold") => Ok(UnknownZone::Hold),
        _ => Err(item.error("neither \"hold\" nor { assume = \"ZONE\" }")),
    }
}

/// Refuses hours that allow no call in any week, as far as their own days and the preset's rules for whole countries tell.
fn check_some_time_is_open(table: &Table<'_>, hours: &CallingHours) -> Result<(), DefinitionError> {
    let own = hours.week.iter();
    // The last of its versions: rules of former days are no matter for a campaign to come.
    let day = hours.preset.map_or(NaiveDate::MIN, |preset| preset.version);
    let of_preset = hours.preset.into_iter().flat_map(|preset| preset.hours_of_countries(day));
    // Own days on another clock than the contact's may fall anywhere in its day.
    let is_comparable = hours.week.is_none() || hours.timezone == HoursZone::Contact;
    let of_preset = of_preset.filter(|_| is_comparable);
    let longest_min = Week::longest_opening_min(own.chain(of_preset));
    match (longest_min, table.get("margin")) {
        (Some(0), _) if hours.preset.is_some() && is_comparable => Err(table
            .error("the preset allows none of these hours, so no call could ever start")
            .with_hint("`redial presets` tells what it allows; own days only narrow it")),
        (Some(0), _) => Err(table
            .error("no day has open hours, so no call could ever start")
            .with_hint("add days, like mon-fri = [\"10:00-20:00\"], or remove the table: calls at any time")),
        (Some(longest_min), Some(margin)) if hours.margin.as_millis() >= u64::from(longest_min) * 60_000 => {
            Err(margin.error("as long as the longest opening, so no call could ever start"))
        }
        _ => Ok(()),
    }
}
