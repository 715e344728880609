//! `[calling_hours]`

use std::collections::BTreeSet;

use crate::domain::{
    Interval,
    calling_hours::{CallingHours, DAY_NAMES, DaySpan, HoursZone, NumbersThatCount, UnknownZone, Week},
    document::{DefinitionError, Item, Table},
};

const LATER_KEYS: &[&str] = &["preset"];
const OTHER_KEYS: &[&str] = &["holidays", "timezone", "zones", "margin", "restricted", "unknown_zone"];
const DAILY: &str = "daily";

pub(super) fn read(table: &Table<'_>) -> Result<CallingHours, DefinitionError> {
    table.later(LATER_KEYS)?;
    let days = DayTable::read(table)?;
    let mut hours = CallingHours { week: Some(days.week()), ..CallingHours::default() };
    if let Some(item) = table.get("holidays") {
        hours.holidays = holidays(&item)?;
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

/// What was written for each day. A day's own key wins over ranges; ranges over the same day, `daily` among them, merge.
#[derive(Default)]
struct DayTable {
    own: [Option<Vec<DaySpan>>; 7],
    ranged: [Vec<DaySpan>; 7],
}

impl DayTable {
    fn read(table: &Table<'_>) -> Result<Self, DefinitionError> {
        let mut days = Self::default();
        for (key, item) in table.items().filter(|(key, _)| !OTHER_KEYS.contains(key)) {
            let Some(range) = day_range(key) else { return Err(unknown_key(table)) };
            let spans = item.list()?.iter().map(Item::parsed).collect::<Result<Vec<DaySpan>, _>>()?;
            match range.as_slice() {
                [day] => days.own[*day] = Some(spans),
                range => range.iter().for_each(|day| days.ranged[*day].extend(&spans)),
            }
        }
        Ok(days)
    }

    fn week(self) -> Week {
        let mut own = self.own.into_iter();
        Week::new(self.ranged.map(|ranged| own.next().flatten().unwrap_or(ranged)))
    }
}

/// The days of a key, Monday being 0: `mon`, `mon-fri`, `fri-mon`, `daily`.
fn day_range(key: &str) -> Option<Vec<usize>> {
    let day = |name: &str| DAY_NAMES.iter().position(|known| *known == name);
    if key == DAILY {
        return Some((0..7).collect());
    }
    match key.split_once('-') {
        None => Some(vec![day(key)?]),
        Some((first, last)) => {
            let (first, last) = (day(first)?, day(last)?);
            let last = if last < first { last + 7 } else { last };
            (first != last).then(|| (first..=last).map(|day| day % 7).collect())
        }
    }
}

fn unknown_key(table: &Table<'_>) -> DefinitionError {
    let mut known: Vec<&str> = [&DAY_NAMES[..], &[DAILY, "mon-fri", "mon-sat", "sat-sun"], OTHER_KEYS].concat();
    // Ranges that are written and right are known too, so that the error is about the one that is not.
    known.extend(table.items().map(|(key, _)| key).filter(|key| day_range(key).is_some()));
    match table.only(&known) {
        Err(error) => error,
        Ok(()) => table.error("no such day"),
    }
}

fn holidays(item: &Item<'_>) -> Result<BTreeSet<chrono::NaiveDate>, DefinitionError> {
    let table = item.table()?;
    table.later(&["country"])?;
    table.only(&["dates"])?;
    table.required("dates")?.list()?.iter().map(Item::date).collect()
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

fn check_some_time_is_open(table: &Table<'_>, hours: &CallingHours) -> Result<(), DefinitionError> {
    let longest_min = hours.week.as_ref().and_then(Week::longest_opening_min);
    match (longest_min, table.get("margin")) {
        (Some(0), _) => Err(table
            .error("no day has open hours, so no call could ever start")
            .with_hint("add days, like mon-fri = [\"10:00-20:00\"], or remove the table: calls at any time")),
        (Some(longest_min), Some(margin)) if hours.margin.as_millis() >= u64::from(longest_min) * 60_000 => {
            Err(margin.error("as long as the longest opening, so no call could ever start"))
        }
        _ => Ok(()),
    }
}
