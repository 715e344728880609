//! Reads a file of `config/presets`.

use super::{Preset, Read, Rule, Source};
use crate::domain::{
    calling_hours::{MINUTES_PER_DAY, Week, days},
    caps,
    document::{DefinitionError, Document, Item, Table},
    holidays::PublicHolidays,
    place::Region,
};

const KEYS: &[&str] = &["name", "title", "version", "summary", "rules"];
const RULE_KEYS: &[&str] = &[
    "name", "regions", "from", "until", "hours", "holidays", "caps", "demands", "source", "citation", "url", "checked",
    "read",
];

/// Reads a preset. `file` is what errors call it.
///
/// # Errors
/// For the first thing that is wrong, with its place.
pub(super) fn preset(text: &str, file: &str) -> Result<Preset, DefinitionError> {
    let document = Document::parse(text, file)?;
    let root = document.root();
    root.only(KEYS)?;
    let mut rules: Vec<Rule> = Vec::new();
    for item in root.required("rules")?.list()? {
        let rule = rule(&item.table()?)?;
        if rules.iter().any(|other| other.name == rule.name) {
            return Err(item.error(format!("another rule is called `{}` already", rule.name)));
        }
        rules.push(rule);
    }
    Ok(Preset {
        name: words(&root, "name")?,
        title: words(&root, "title")?,
        version: root.required("version")?.date()?,
        summary: words(&root, "summary")?,
        rules,
    })
}

fn rule(table: &Table<'_>) -> Result<Rule, DefinitionError> {
    table.only(RULE_KEYS)?;
    let date = |key| table.get(key).map(|item| item.date()).transpose();
    let (from, until) = (date("from")?, date("until")?);
    if until.is_some() && until <= from {
        return Err(table.required("until")?.error("not after `from`"));
    }
    Ok(Rule {
        name: words(table, "name")?,
        regions: regions(&table.required("regions")?)?,
        from,
        until,
        hours: table.table("hours")?.map(|table| hours(&table)).transpose()?,
        holidays: table.get("holidays").map(|item| holidays(&item)).transpose()?,
        caps: table.table("caps")?.map(|table| caps::read(&table)).transpose()?.unwrap_or_default(),
        demands: table.get("demands").map(|_| words(table, "demands")).transpose()?,
        source: source(table)?,
    })
}

fn source(table: &Table<'_>) -> Result<Source, DefinitionError> {
    let (name, citation, url) = (words(table, "source")?, words(table, "citation")?, table.required("url")?);
    if !url.text()?.starts_with("https://") && !url.text()?.starts_with("http://") {
        return Err(url.error("an address that begins with https:// expected"));
    }
    Ok(Source {
        name,
        citation,
        url: words(table, "url")?,
        checked: table.required("checked")?.date()?,
        read: table.required("read")?.one_of(&[
            ("text", Read::Text),
            ("summary", Read::Summary),
            ("unread", Read::Unread),
        ])?,
    })
}

fn regions(item: &Item<'_>) -> Result<Vec<Region>, DefinitionError> {
    let regions = item.list()?.iter().map(Item::parsed).collect::<Result<Vec<Region>, _>>()?;
    if regions.is_empty() { Err(item.error("at least one region expected")) } else { Ok(regions) }
}

/// The hours of a rule. Spans over midnight are refused: a rule that begins on a day would have to say what becomes of the
/// span that began the day before, and no law has one.
fn hours(table: &Table<'_>) -> Result<Week, DefinitionError> {
    let week = days::read(table, &[])?.ok_or_else(|| table.error("at least one day expected"))?;
    if week.days().flatten().any(|span| span.end_min() > MINUTES_PER_DAY) {
        return Err(table.error("a rule's hours end at midnight at the latest"));
    }
    Ok(week)
}

fn holidays(item: &Item<'_>) -> Result<PublicHolidays, DefinitionError> {
    PublicHolidays::of(&item.parsed()?).map_err(|cause| item.error(cause))
}

fn words(table: &Table<'_>, key: &str) -> Result<String, DefinitionError> {
    let item = table.required(key)?;
    let text = item.text()?;
    if text.trim().is_empty() { Err(item.error("empty")) } else { Ok(text.to_owned()) }
}
