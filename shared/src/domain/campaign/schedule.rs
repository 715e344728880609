//! `[schedule]`

use crate::domain::{
    CampaignName,
    document::{DefinitionError, Table},
    schedule::{EachRun, Missed, Schedule, next_run},
    units::Span,
};

const KEYS: &[&str] = &["cron", "timezone", "run_for", "each_run", "missed", "after", "start_at", "end_at"];

pub(super) fn read(table: &Table<'_>) -> Result<Schedule, DefinitionError> {
    table.only(KEYS)?;
    let mut schedule = Schedule::default();
    if let Some(item) = table.get("cron") {
        schedule.cron = Some(item.parsed()?);
    }
    if let Some(item) = table.get("timezone") {
        schedule.timezone = item.zone()?;
    }
    if let Some(item) = table.get("run_for") {
        schedule.run_for = Some(item.parsed()?);
    }
    if let Some(item) = table.get("each_run") {
        schedule.each_run = item.one_of(&[("continue", EachRun::Continue), ("restart", EachRun::Restart)])?;
    }
    if let Some(item) = table.get("missed") {
        schedule.missed = item.one_of(&[("run_once", Missed::RunOnce), ("skip", Missed::Skip)])?;
    }
    if let Some(item) = table.get("after") {
        if schedule.cron.is_some() {
            return Err(item.error("a campaign starts by `cron` or after another, not both").with_hint("remove one"));
        }
        schedule.after = Some(item.parsed()?);
    }
    schedule.start_at = table.get("start_at").map(|item| item.instant()).transpose()?;
    schedule.end_at = table.get("end_at").map(|item| item.instant()).transpose()?;
    check_bounds(table, &schedule)?;
    check_run(table, &schedule)?;
    Ok(schedule)
}

fn check_bounds(table: &Table<'_>, schedule: &Schedule) -> Result<(), DefinitionError> {
    match (schedule.start_at, schedule.end_at, table.get("end_at")) {
        (Some(start_at), Some(end_at), Some(item)) if end_at <= start_at => {
            Err(item.error(format!("{end_at} is not after start_at, {start_at}")))
        }
        _ => Ok(()),
    }
}

fn check_run(table: &Table<'_>, schedule: &Schedule) -> Result<(), DefinitionError> {
    if let (Some(run_for), Some(item)) = (schedule.run_for, table.get("run_for")) {
        if schedule.cron.is_none() {
            return Err(item.error("only runs that a cron begins can end").with_hint("add `cron`, or use `end_at`"));
        }
        if run_for == Span::ZERO {
            return Err(item.error("a run of no time could place no call"));
        }
    }
    if let (Some(start_at), Some(_), Some(item)) = (schedule.start_at, schedule.end_at, table.get("cron"))
        && next_run(schedule, start_at - std::time::Duration::from_millis(1)).is_none()
    {
        return Err(item.error("never fires between start_at and end_at"));
    }
    Ok(())
}

/// A campaign that waits for itself would wait for ever.
pub(super) fn check_not_after_itself(root: &Table<'_>, name: &CampaignName) -> Result<(), DefinitionError> {
    let after = root.table("schedule")?.and_then(|schedule| schedule.get("after"));
    match after {
        Some(item) if item.text()? == name.as_str() => Err(item.error("a campaign cannot wait for itself")),
        _ => Ok(()),
    }
}
