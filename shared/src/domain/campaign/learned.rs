//! `[results] capture` and `rules`.

use std::collections::BTreeMap;

use crate::domain::{
    document::{DefinitionError, Item, Table},
    learned::{CAPTURES_MAX, Capture, Condition, FACTS, ResultRule},
};

/// The longest name of a captured value, in bytes.
const NAME_BYTES_MAX: usize = 64;

pub(super) fn capture(table: &Table<'_>) -> Result<Capture, DefinitionError> {
    let mut places = BTreeMap::new();
    for (name, item) in table.items() {
        let well_formed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if name.len() > NAME_BYTES_MAX || !name.bytes().all(well_formed) {
            return Err(item.error(format!("a name of 1 to {NAME_BYTES_MAX} characters of a-z, 0-9 and `_` expected")));
        }
        if FACTS.contains(&name) {
            return Err(item.error("rules know something else by this name").with_hint("give it another one"));
        }
        places.insert(name.to_owned(), pointer(&item)?);
    }
    if places.len() > CAPTURES_MAX {
        return Err(table.error(format!("{} values, at most {CAPTURES_MAX} are captured", places.len())));
    }
    Ok(Capture::new(places))
}

/// A JSON pointer to something within a report.
fn pointer(item: &Item<'_>) -> Result<String, DefinitionError> {
    let text = item.text()?;
    let well_escaped = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if text.starts_with('/') && well_escaped {
        return Ok(text.to_owned());
    }
    Err(item
        .error("a JSON pointer expected, like \"/custom/disposition\"")
        .with_hint("in a name, `~` is written `~0`, and `/` is written `~1`"))
}

pub(super) fn rules(item: &Item<'_>, capture: &Capture) -> Result<Vec<ResultRule>, DefinitionError> {
    let known: Vec<&str> = capture.names().chain(FACTS).collect();
    item.list()?.iter().map(|item| rule(item, &known)).collect()
}

fn rule(item: &Item<'_>, known: &[&str]) -> Result<ResultRule, DefinitionError> {
    let table = item.table()?;
    table.only(&["when", "then"])?;
    let when_item = table.required("when")?;
    let when: Condition = when_item.parsed()?;
    if let Some(name) = when.names().find(|name| !known.contains(name)) {
        return Err(when_item
            .error(format!("nothing is captured as `{name}`"))
            .with_hint(format!("add it to `capture`; known are {}", known.join(", "))));
    }
    Ok(ResultRule { when, then: table.required("then")?.parsed()? })
}
