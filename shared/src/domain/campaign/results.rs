//! `[results]`

use serde::Serialize;

use super::learned;
use crate::domain::{
    document::{DefinitionError, Item, Table},
    learned::{Capture, ResultRule},
    units::Span,
};

const KEYS: &[&str] = &["poll_first", "poll_max", "give_up", "max_call", "assume_call", "capture", "rules"];

/// How the results of calls are learned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResultsPolicy {
    /// The first poll comes this long after the call was placed; later ones back off. At most `poll_max`.
    pub poll_first: Span,
    /// The definition has another than the default: no first poll comes sooner. Else how long the account's calls take
    /// decides, once that is known.
    #[serde(skip)]
    pub is_first_written: bool,
    /// The longest time between polls.
    pub poll_max: Span,
    /// A call without a final answer by then is `unknown`.
    pub give_up: Span,
    /// A live-call slot is held no longer.
    pub max_call: Span,
    /// A slot is held this long where the provider reports nothing.
    pub assume_call: Span,
    /// What is taken out of reports beside the outcome.
    #[serde(skip_serializing_if = "Capture::is_empty")]
    pub capture: Capture,
    /// What becomes of contacts by that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<ResultRule>,
}

impl Default for ResultsPolicy {
    fn default() -> Self {
        Self {
            poll_first: Span::from_secs(10),
            is_first_written: false,
            poll_max: Span::from_secs(60),
            give_up: Span::from_mins(120),
            max_call: Span::from_mins(15),
            assume_call: Span::from_mins(3),
            capture: Capture::default(),
            rules: Vec::new(),
        }
    }
}

pub(super) fn read(table: &Table<'_>) -> Result<ResultsPolicy, DefinitionError> {
    table.only(KEYS)?;
    let default = ResultsPolicy::default();
    let first = some_time(table, "poll_first")?;
    let give_up = some_time(table, "give_up")?.unwrap_or(default.give_up);
    // A default gives way to what is written; only what is written can contradict itself.
    let poll_max = some_time(table, "poll_max")?.unwrap_or(default.poll_max.max(first.unwrap_or(Span::ZERO)));
    let usual = default.poll_first.min(poll_max).min(give_up);
    let poll_first = first.unwrap_or(usual);
    let max_call = some_time(table, "max_call")?.unwrap_or(default.max_call);
    let assume_call = some_time(table, "assume_call")?.unwrap_or(default.assume_call.min(max_call));
    // The same definition written out whole (as JSON, say) means the same.
    let is_first_written = poll_first != usual;
    let capture = table.table("capture")?.map_or_else(|| Ok(Capture::default()), |table| learned::capture(&table))?;
    let rules = table.get("rules").map_or_else(|| Ok(Vec::new()), |item| learned::rules(&item, &capture))?;
    let policy =
        ResultsPolicy { poll_first, is_first_written, poll_max, give_up, max_call, assume_call, capture, rules };
    check(table, &policy)?;
    Ok(policy)
}

fn check(table: &Table<'_>, policy: &ResultsPolicy) -> Result<(), DefinitionError> {
    let ResultsPolicy { poll_first, poll_max, give_up, max_call, assume_call, .. } = policy;
    let too_long = |key: &str, cause: String| match table.get(key) {
        Some(item) => Err(item.error(cause)),
        None => Err(table.error(format!("{key}: {cause}"))),
    };
    if poll_first > poll_max {
        return too_long("poll_first", format!("{poll_first} is longer than poll_max, {poll_max}"));
    }
    if give_up < poll_first {
        return too_long("give_up", format!("{give_up} is over before the first poll, after {poll_first}"));
    }
    if assume_call > max_call {
        return too_long("assume_call", format!("{assume_call} is longer than max_call, {max_call}"));
    }
    Ok(())
}

fn some_time(table: &Table<'_>, key: &str) -> Result<Option<Span>, DefinitionError> {
    let more_than_none = |item: Item<'_>| match item.parsed::<Span>()? {
        Span::ZERO => Err(item.error("more than no time expected")),
        span => Ok(span),
    };
    table.get(key).map(more_than_none).transpose()
}
