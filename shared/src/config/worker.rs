//! `[worker]`

use crate::domain::{
    document::{DefinitionError, Table},
    units::Span,
};

const KEYS: &[&str] = &["concurrency", "lease"];

/// The most calls one process may place at once.
pub const CONCURRENCY_MAX: u32 = 65_536;

const LEASE_MIN: Span = Span::from_secs(1);
const LEASE_MAX: Span = Span::from_mins(60);

/// How a worker process works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerConfig {
    /// Calls being placed at once, 1 to 65,536.
    pub concurrency: u32,
    /// A silent worker's calls are taken over after this, 1 s to 1 h.
    pub lease: Span,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self { concurrency: 512, lease: Span::from_secs(15) }
    }
}

pub(super) fn read(table: &Table<'_>) -> Result<WorkerConfig, DefinitionError> {
    table.only(KEYS)?;
    let mut worker = WorkerConfig::default();
    if let Some(item) = table.get("concurrency") {
        worker.concurrency = item.integer(1..=CONCURRENCY_MAX)?;
    }
    if let Some(item) = table.get("lease") {
        worker.lease = item.parsed()?;
        if !(LEASE_MIN..=LEASE_MAX).contains(&worker.lease) {
            return Err(item.error(format!("{LEASE_MIN} to {LEASE_MAX} expected, found {}", worker.lease)));
        }
    }
    Ok(worker)
}
