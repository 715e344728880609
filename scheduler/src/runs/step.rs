//! What a campaign's schedule asks for now: decided purely from where the campaign stands.

use redial_shared::{
    domain::{
        CampaignState, Timestamp,
        schedule::{LATE_TICK_MAX, Missed, Run, Schedule, missed_run, next_run},
    },
    store::{NextRun, Preparation, Standing},
};

const MOMENT: std::time::Duration = std::time::Duration::from_millis(1);

/// The next thing to do with a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing, for now.
    Wait,
    /// Note when the next run starts and the present one ends; the state stays.
    Plan {
        /// End of the present run.
        until: Option<Timestamp>,
        /// The next run.
        next_run: Option<Timestamp>,
        /// Ticks that are handled by it.
        last_tick: Option<Timestamp>,
    },
    /// Start the run that is due.
    Begin(Beginning),
    /// Go on with putting contacts back for a run.
    PutBack(Preparation),
    /// The run is over.
    Rest {
        /// The next run.
        next_run: Option<Timestamp>,
    },
}

/// A run that starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Beginning {
    /// The tick it belongs to.
    pub(super) tick: Timestamp,
    /// The instant from which its end is counted.
    pub(super) from: Timestamp,
    /// Its end.
    pub(super) until: Option<Timestamp>,
    /// The run after it.
    pub(super) next_run: Option<Timestamp>,
}

/// What to do now. `planned` tells whether the stored next run was computed for this very schedule.
pub(super) fn next_step(schedule: &Schedule, standing: &Standing, planned: bool, now: Timestamp) -> Step {
    let over = schedule.end_at.is_some_and(|end_at| end_at <= now);
    match standing.place {
        _ if standing.ended || over => Step::Wait,
        CampaignState::Scheduled => match standing.preparing {
            Some(preparation) => put_back(schedule, standing, preparation, now),
            None if planned => while_scheduled(schedule, standing, now),
            None => plan_first(schedule, standing, now),
        },
        CampaignState::Running if planned => while_running(schedule, standing, now),
        CampaignState::Running => Step::Plan {
            until: schedule.run_until(standing.run_from.unwrap_or(now)),
            next_run: tick_after(schedule, now),
            last_tick: Some(now),
        },
        _ => Step::Wait,
    }
}

/// The run whose contacts have all been put back. If that took beyond its end, it is a missed one.
pub(super) fn prepared(schedule: &Schedule, standing: &Standing, tick: Timestamp, now: Timestamp) -> Step {
    let from = standing.run_from.unwrap_or(tick);
    let next_run = tick_after(schedule, now);
    let until = schedule.run_until(from);
    if until.is_none_or(|until| now < until) {
        return Step::Begin(Beginning { tick, from, until, next_run });
    }
    match schedule.missed {
        Missed::RunOnce => Step::Begin(Beginning { tick, from: now, until: schedule.run_until(now), next_run }),
        Missed::Skip => Step::Plan { until: None, next_run, last_tick: Some(now) },
    }
}

/// A run that is to be skipped, because its time has passed, needs no further preparation.
fn put_back(schedule: &Schedule, standing: &Standing, preparation: Preparation, now: Timestamp) -> Step {
    match prepared(schedule, standing, preparation.tick, now) {
        Step::Begin(_) => Step::PutBack(preparation),
        skipped => skipped,
    }
}

fn while_running(schedule: &Schedule, standing: &Standing, now: Timestamp) -> Step {
    match (standing.run_until, standing.next_run) {
        (Some(until), _) if until <= now => {
            // A tick at the very instant of the end is the next run.
            let after = standing.last_tick.map_or(until - MOMENT, |last| last.max(until - MOMENT));
            Step::Rest { next_run: tick_after(schedule, after) }
        }
        // A tick that comes while a run still goes is skipped.
        (until, NextRun::At(tick)) if tick <= now => {
            Step::Plan { until, next_run: tick_after(schedule, now), last_tick: Some(now) }
        }
        _ => Step::Wait,
    }
}

fn while_scheduled(schedule: &Schedule, standing: &Standing, now: Timestamp) -> Step {
    let NextRun::At(due) = standing.next_run else { return Step::Wait };
    if due > now {
        return Step::Wait;
    }
    let next_run = tick_after(schedule, now);
    if schedule.cron.is_none() {
        return Step::Begin(Beginning { tick: due, from: now, until: schedule.run_until(now), next_run });
    }
    match due_run(schedule, due - MOMENT, now) {
        Some((Run { at, until }, from)) => Step::Begin(Beginning { tick: at, from, until, next_run }),
        None => Step::Plan { until: None, next_run, last_tick: Some(now) },
    }
}

/// For a campaign that was started, revived, or given another schedule. Ticks before that are not its own.
fn plan_first(schedule: &Schedule, standing: &Standing, now: Timestamp) -> Step {
    let since = standing.last_tick.unwrap_or(now).max(standing.applied_at);
    let next_run = match (&schedule.cron, &schedule.after) {
        (Some(_), _) => tick_after(schedule, since),
        (_, Some(_)) => None,
        _ => Some(schedule.start_at.map_or(now, |start_at| start_at.max(now))),
    };
    Step::Plan { until: None, next_run, last_tick: None }
}

/// The run that is due of the ticks after `last`, and the instant from which its end is counted: its tick's, unless it was
/// missed and has its whole time from now on.
fn due_run(schedule: &Schedule, last: Timestamp, now: Timestamp) -> Option<(Run, Timestamp)> {
    let run = missed_run(schedule, last, now)?;
    let until = schedule.run_until(run.at);
    let on_time = now.since(run.at) <= LATE_TICK_MAX && until.is_none_or(|until| now < until);
    if on_time || run.until == until { Some((Run { at: run.at, until }, run.at)) } else { Some((run, now)) }
}

fn tick_after(schedule: &Schedule, after: Timestamp) -> Option<Timestamp> {
    next_run(schedule, after).map(|run| run.at)
}
