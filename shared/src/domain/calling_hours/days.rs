//! Days and hours as users write them: `mon-fri = ["10:00-13:00"]`.

use super::{DAY_NAMES, DaySpan, Week};
use crate::domain::document::{DefinitionError, Item, Table};

const DAILY: &str = "daily";

/// The hours that a table writes for days; none when it names no day. `others` are the keys it may have besides.
///
/// # Errors
/// For a key that is neither, and for what is no time of a day.
pub(crate) fn read(table: &Table<'_>, others: &[&str]) -> Result<Option<Week>, DefinitionError> {
    let mut days = DayTable::default();
    let mut any = false;
    for (key, item) in table.items().filter(|(key, _)| !others.contains(key)) {
        let Some(range) = day_range(key) else { return Err(unknown_key(table, others)) };
        let spans = item.list()?.iter().map(Item::parsed).collect::<Result<Vec<DaySpan>, _>>()?;
        any = true;
        match range.as_slice() {
            [day] => days.own[*day] = Some(spans),
            range => range.iter().for_each(|day| days.ranged[*day].extend(&spans)),
        }
    }
    Ok(any.then(|| days.week()))
}

/// What was written for each day. A day's own key wins over ranges; ranges over the same day, `daily` among them, merge.
#[derive(Default)]
struct DayTable {
    own: [Option<Vec<DaySpan>>; 7],
    ranged: [Vec<DaySpan>; 7],
}

impl DayTable {
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

fn unknown_key(table: &Table<'_>, others: &[&str]) -> DefinitionError {
    let mut known: Vec<&str> = [&DAY_NAMES[..], &[DAILY, "mon-fri", "mon-sat", "sat-sun"], others].concat();
    // Ranges that are written and right are known too, so that the error is about the one that is not.
    known.extend(table.items().map(|(key, _)| key).filter(|key| day_range(key).is_some()));
    match table.only(&known) {
        Err(error) => error,
        Ok(()) => table.error("no such day"),
    }
}
