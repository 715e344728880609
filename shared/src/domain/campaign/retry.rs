//! `[retry]`

use crate::domain::{
    Outcome,
    document::{DefinitionError, Item, Table},
    retry::{OutcomeRetry, RetryPolicy},
    units::Span,
};

const LIMIT_KEYS: &[&str] = &["max_attempts", "max_attempts_per_number", "max_attempts_per_day"];
const OUTCOME_KEYS: &[&str] = &["delays", "max", "next_number"];

pub(super) fn read(table: &Table<'_>) -> Result<RetryPolicy, DefinitionError> {
    let outcomes = RetryPolicy::OUTCOMES.map(Outcome::as_str);
    table.only(&[LIMIT_KEYS, &outcomes[..]].concat())?;
    let mut policy = RetryPolicy::default();
    let limit = |key: &str| table.get(key).map(|item| item.integer(1..=u8::MAX)).transpose();
    if let Some(max_attempts) = limit("max_attempts")? {
        policy.max_attempts = max_attempts;
    }
    policy.max_attempts_per_number = limit("max_attempts_per_number")?;
    policy.max_attempts_per_day = limit("max_attempts_per_day")?;
    for outcome in RetryPolicy::OUTCOMES {
        if let (Some(table), Some(rule)) = (table.table(outcome.as_str())?, policy.of_mut(outcome)) {
            *rule = outcome_rule(&table, rule)?;
        }
    }
    Ok(policy)
}

/// A table replaces its default whole, and what it does not write keeps its default. Without `max`, every delay that it
/// writes is used once, and the last one again up to the default of `max`; an empty list of delays retries nothing.
fn outcome_rule(table: &Table<'_>, default: &OutcomeRetry) -> Result<OutcomeRetry, DefinitionError> {
    table.only(OUTCOME_KEYS)?;
    let (delays, max) = match table.get("delays") {
        Some(item) => {
            let delays = item.list()?.iter().map(Item::parsed).collect::<Result<Vec<Span>, _>>()?;
            let count = u8::try_from(delays.len()).map_err(|_| item.error("too many delays: at most 255"))?;
            (delays, if count == 0 { 0 } else { count.max(default.max) })
        }
        None => (default.delays.clone(), default.max),
    };
    let max = table.get("max").map_or(Ok(max), |item| item.integer(0..=u8::MAX))?;
    let next_number = table.get("next_number").map_or(Ok(false), |item| item.flag())?;
    if max > 0 && delays.is_empty() {
        const CAUSE: &str = "retries need at least one delay";
        let at = table.get("delays").or_else(|| table.get("max"));
        let error = at.map_or_else(|| table.error(CAUSE), |item| item.error(CAUSE));
        return Err(error.with_hint("add delays, like delays = [\"30m\"]; the last one repeats"));
    }
    match table.get("next_number") {
        Some(item) if next_number && max == 0 => Err(item
            .error("the next number is a retry, and `max` is 0")
            .with_hint("add delays, like delays = [\"30m\"], and `max`: a call to the next number counts as a retry")),
        _ => Ok(OutcomeRetry { delays, max, next_number }),
    }
}
