//! `[pacing]`

use crate::domain::{
    document::{DefinitionError, Table},
    units::Rate,
};

const KEYS: &[&str] = &["rate", "max_concurrent", "priority", "weight"];

/// The most live calls that can be asked for.
pub const MAX_CONCURRENT_MAX: u32 = 1_000_000;

/// The greatest weight.
pub const WEIGHT_MAX: u32 = 1_000;

/// How fast a campaign dials, within its account's own limits.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Pacing {
    /// Calls started; none: only the account's limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Live calls at once, 1 to 1,000,000; none: only the account's limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrent: Option<u32>,
    /// 1 first … 9 last.
    pub priority: u8,
    /// The share among campaigns of the same priority, 1 to 1,000.
    pub weight: u32,
}

impl Default for Pacing {
    fn default() -> Self {
        Self { rate: None, max_concurrent: None, priority: 5, weight: 1 }
    }
}

pub(super) fn read(table: &Table<'_>) -> Result<Pacing, DefinitionError> {
    table.only(KEYS)?;
    let mut pacing = Pacing {
        rate: table.get("rate").map(|item| item.parsed()).transpose()?,
        max_concurrent: table.get("max_concurrent").map(|item| item.integer(1..=MAX_CONCURRENT_MAX)).transpose()?,
        ..Pacing::default()
    };
    if let Some(item) = table.get("priority") {
        pacing.priority = item.integer(1..=9)?;
    }
    if let Some(item) = table.get("weight") {
        pacing.weight = item.integer(1..=WEIGHT_MAX)?;
    }
    Ok(pacing)
}
