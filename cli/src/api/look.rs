//! What lies behind and ahead of a campaign: beside its status when it is watched.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::PlanZone;

/// `GET /campaigns/{name}/timeline`, as far as it is drawn.
#[derive(Debug, Clone, Deserialize)]
pub struct Timeline {
    /// Length of a stretch, in seconds.
    pub step_s: u32,
    /// Calls started in each, the oldest first.
    pub calls: Vec<u64>,
}

/// `GET /campaigns/{name}/ahead`.
#[derive(Debug, Clone, Deserialize)]
pub struct Ahead {
    /// What bounds its calls, by name: `rate`, `max_concurrent`, `provider_rate`, `provider_max_concurrent`.
    pub limits: BTreeMap<String, Option<f64>>,
    /// Contacts whose time comes later.
    pub due_later: Vec<DueHour>,
    /// Those with most contacts first.
    pub zones: Vec<PlanZone>,
}

/// Contacts that come due within one hour.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct DueHour {
    /// From then on.
    pub from: DateTime<Utc>,
    /// How many.
    pub contacts: u64,
}

impl Ahead {
    /// The narrower of a campaign's limit and that of its account; none where neither has one.
    pub fn limit(&self, name: &str) -> Option<f64> {
        let of = |name: &str| self.limits.get(name).copied().flatten();
        [of(name), of(&format!("provider_{name}"))].into_iter().flatten().reduce(f64::min)
    }
}
