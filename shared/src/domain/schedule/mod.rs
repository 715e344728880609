//! When the runs of a campaign begin and end.
//!
//! Ticks of the cron expression are times on the wall of its zone: one that clocks skip comes at the instant of the
//! jump, one that they show twice comes the first time only, and ticks that fall on the same instant are one.

mod expression;

#[cfg(test)]
mod tests;

use chrono::{Duration, NaiveDateTime};
use chrono_tz::Tz;

use super::{CampaignName, Timestamp, local_time, units::Span};
pub use expression::{BadCron, CronExpression};

/// With `missed = "skip"` and no `run_for`, a tick that is handled this late still runs: a failover is no outage.
pub const LATE_TICK_MAX: std::time::Duration = std::time::Duration::from_secs(60);

/// How long clocks may show a time for a second time; bounds the look for ticks that the first time had.
const REPEATED_TIME_MAX_H: i64 = 3;

/// When a campaign runs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Schedule {
    /// When runs begin; none: as soon as the campaign is started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cron: Option<CronExpression>,
    /// The zone of `cron`.
    #[serde(serialize_with = "super::wire::display")]
    pub timezone: Tz,
    /// How long a run lasts; none: until the list is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_for: Option<Span>,
    /// What a run begins with.
    pub each_run: EachRun,
    /// What becomes of a run that nothing was up to begin.
    pub missed: Missed,
    /// It starts when this campaign completes.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "super::wire::display_some")]
    pub after: Option<CampaignName>,
    /// No run begins before.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "super::wire::display_some")]
    pub start_at: Option<Timestamp>,
    /// Contacts that are not finished by then expire.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "super::wire::display_some")]
    pub end_at: Option<Timestamp>,
}

/// What a run begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EachRun {
    /// What the run before left.
    #[default]
    Continue,
    /// The whole list again.
    Restart,
}

/// What becomes of a run that nothing was up to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// The latest one runs as soon as something is up again.
    #[default]
    RunOnce,
    /// It is left out.
    Skip,
}

/// One run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Run {
    /// The tick it belongs to, which names it: a tick happens once.
    pub at: Timestamp,
    /// When it ends; none: when the list is done.
    pub until: Option<Timestamp>,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            cron: None,
            timezone: Tz::UTC,
            run_for: None,
            each_run: EachRun::default(),
            missed: Missed::default(),
            after: None,
            start_at: None,
            end_at: None,
        }
    }
}

impl Schedule {
    /// When a run that begins at `begin` ends: `run_for` later, at most `end_at`; none: when the list is done. Also for
    /// a campaign without cron, whose one run begins when it is started.
    pub fn run_until(&self, begin: Timestamp) -> Option<Timestamp> {
        let by_length = self.run_for.map(|length| begin + length.duration());
        match (by_length, self.end_at) {
            (Some(by_length), Some(end_at)) => Some(by_length.min(end_at)),
            (by_length, end_at) => by_length.or(end_at),
        }
    }

    /// Whether runs may begin at an instant: from `start_at` on and before `end_at`.
    pub fn allows(&self, instant: Timestamp) -> bool {
        self.start_at.is_none_or(|start_at| start_at <= instant) && self.end_at.is_none_or(|end_at| instant < end_at)
    }

    fn tick_at(&self, wall: NaiveDateTime) -> Timestamp {
        local_time::first_instant(self.timezone, wall)
    }

    /// The first tick after an instant, whatever the bounds.
    fn tick_after(&self, after: Timestamp) -> Option<Timestamp> {
        let cron = self.cron.as_ref()?;
        let mut wall = local_time::wall_clock(self.timezone, after);
        // Ticks up to that wall time are past; of later ones only those that were shown before can be.
        loop {
            wall = cron.next_after(wall)?;
            let tick = self.tick_at(wall);
            if tick > after {
                return Some(tick);
            }
        }
    }

    /// The last tick at or before an instant, whatever the bounds.
    fn tick_until(&self, until: Timestamp) -> Option<Timestamp> {
        let cron = self.cron.as_ref()?;
        // While clocks show a time again, ticks of later times have been already.
        let mut wall = local_time::wall_clock(self.timezone, until) + Duration::hours(REPEATED_TIME_MAX_H);
        loop {
            wall = cron.previous_before(wall)?;
            let tick = self.tick_at(wall);
            if tick <= until {
                return Some(tick);
            }
        }
    }
}

/// The first run that begins after an instant, strictly, and within `start_at` and `end_at`; none without cron.
pub fn next_run(schedule: &Schedule, after: Timestamp) -> Option<Run> {
    let just_before_start = schedule.start_at.map(|start_at| start_at - std::time::Duration::from_millis(1));
    let at = schedule.tick_after(just_before_start.map_or(after, |bound| after.max(bound)))?;
    schedule.allows(at).then(|| Run { at, until: schedule.run_until(at) })
}

/// What is to run `now` of the ticks after `last` (the last one handled) up to `now`, inclusive: never more than the
/// latest of them.
///
/// With `missed = "run_once"` it runs from now on for the whole `run_for`, however late it is, unless `end_at` has come.
/// With `skip` it runs only what is left of its own time: until the tick + `run_for`, if that is still to come. Without
/// `run_for` a skipped run would have no end to be late for, so it counts as missed when [`LATE_TICK_MAX`] has passed.
pub fn missed_run(schedule: &Schedule, last: Timestamp, now: Timestamp) -> Option<Run> {
    let at = schedule.tick_until(now).filter(|tick| *tick > last && schedule.allows(*tick))?;
    if !schedule.allows(now) {
        return None;
    }
    match schedule.missed {
        Missed::RunOnce => Some(Run { at, until: schedule.run_until(now) }),
        Missed::Skip => {
            let own_time = schedule.run_for.map_or(LATE_TICK_MAX, Span::duration);
            (now < at + own_time).then(|| Run { at, until: schedule.run_until(at) })
        }
    }
}
