//! Runs: a campaign with a schedule starts at its ticks and rests between them. The next run and the last tick handled are
//! stored with the campaign; every change is made only if the stored next run is still the one it was decided from, so
//! that a tick happens once, whoever leads.

mod step;

#[cfg(test)]
mod tests;

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use redial_shared::{
    domain::{
        CampaignName, CampaignState, Timestamp,
        schedule::{EachRun, Schedule},
    },
    store::{
        CampaignInfo, Leadership, NextRun, Notes, Preparation, Prepared, Standing, Standings, Store, StoreError, Verb,
    },
};

use crate::service::{Service, pass_over};
use step::{Beginning, Step, next_step, prepared};

/// Steps of one campaign in a round, like plan, rest, begin.
const STEPS_MAX: usize = 4;
/// Blocks put back in one round, for one campaign.
const BLOCKS_PER_ROUND: usize = 64;
/// Why a campaign is scheduled for nothing.
const NO_FURTHER_RUN: &str = "its schedule has no further run: change `cron` or `end_at` and apply it again";
/// Why a campaign's run is due but does not start yet.
const PUTTING_BACK: &str = "its list is being put back for the run that is due";

/// Begins and ends runs.
pub(crate) struct Runs {
    store: Store,
    standings: Standings,
    leadership: Leadership,
    /// When the first of the runs ahead is due, in milliseconds; 0: none is planned.
    next_run_ms: AtomicI64,
}

/// What a round did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RunCounts {
    /// Runs that were started.
    pub(crate) begun: usize,
    /// Runs that are over.
    pub(crate) rested: usize,
    /// Next runs noted: first ones, and those after a tick that was skipped.
    pub(crate) planned: usize,
    /// Contacts that were put back for a run that dials the whole list again.
    pub(crate) put_back: u64,
    /// Whether more are to be put back.
    pub(crate) more: bool,
}

impl Runs {
    pub(crate) fn new(store: Store, leadership: Leadership) -> Self {
        Self { standings: store.follow_standings(), store, leadership, next_run_ms: AtomicI64::new(0) }
    }

    async fn advance(&self, mut standing: Standing, now: Timestamp, counts: &mut RunCounts) -> Result<(), StoreError> {
        for _ in 0..STEPS_MAX {
            if !matches!(standing.place, CampaignState::Scheduled | CampaignState::Running) {
                return Ok(());
            }
            let info = self.store.info(standing.id, standing.version).await?;
            let schedule = &info.definition.schedule;
            let plan = as_json(schedule);
            let mut step = next_step(schedule, &standing, standing.planned == plan, now);
            if let (Step::Wait, Some(other)) = (step, &schedule.after) {
                step = self.after(other, schedule, &standing, now).await?;
            }
            if let Step::PutBack(preparation) = step {
                if !self.put_back(&standing, preparation, counts).await? {
                    return Ok(());
                }
                step = prepared(schedule, &standing, preparation.tick, now);
            }
            if !self.take(&info, &standing, step, plan, counts).await? {
                return Ok(());
            }
            standing = self.store.standing(standing.id).await?;
        }
        Ok(())
    }

    /// Starts a campaign that waits for another, once that has completed.
    async fn after(
        &self,
        other: &CampaignName,
        schedule: &Schedule,
        standing: &Standing,
        now: Timestamp,
    ) -> Result<Step, StoreError> {
        if standing.place != CampaignState::Scheduled || !schedule.allows(now) {
            return Ok(Step::Wait);
        }
        let state = match self.store.campaign_id(other).await {
            Ok(id) => self.store.standing(id).await?.state,
            Err(StoreError::Archived { .. }) => match self.store.archive(other).await? {
                Some(archived) => archived.view.state,
                None => return Ok(Step::Wait),
            },
            Err(StoreError::NoCampaign(_)) => return Ok(Step::Wait),
            Err(error) => return Err(error),
        };
        Ok(match state {
            CampaignState::Completed => {
                Step::Begin(Beginning { tick: now, from: now, until: schedule.run_until(now), next_run: None })
            }
            _ => Step::Wait,
        })
    }

    /// Takes a step; false when there was none to take.
    async fn take(
        &self,
        info: &CampaignInfo,
        standing: &Standing,
        step: Step,
        planned: String,
        counts: &mut RunCounts,
    ) -> Result<bool, StoreError> {
        let (verb, reason, notes) = match step {
            Step::Wait | Step::PutBack(_) => return Ok(false),
            Step::Plan { until, next_run, last_tick } => {
                let idle = standing.place == CampaignState::Scheduled && next_run.is_none();
                let reason = if idle { idle_reason(&info.definition.schedule) } else { String::new() };
                (Verb::Plan { until, next_run }, reason, Notes { last_tick, planned, ..Notes::default() })
            }
            Step::Rest { next_run } => {
                let reason = if next_run.is_none() { NO_FURTHER_RUN.to_owned() } else { String::new() };
                (Verb::Rest { next_run }, reason, Notes { planned, ..Notes::default() })
            }
            Step::Begin(Beginning { tick, from, until, next_run }) => {
                let notes = Notes { last_tick: Some(tick), run_from: Some(from), planned };
                if must_be_put_back(&info.definition.schedule, standing) {
                    (Verb::Prepare { until, next_run }, PUTTING_BACK.to_owned(), notes)
                } else {
                    (Verb::Run { until, next_run }, String::new(), notes)
                }
            }
        };
        let changed = self.store.change_as_leader(standing, verb, &reason, &notes, self.leadership).await?;
        if changed {
            tracing::info!(campaign = %info.name, ?verb, "the schedule goes on");
        }
        let counter = match verb {
            Verb::Run { .. } => &mut counts.begun,
            Verb::Rest { .. } => &mut counts.rested,
            Verb::Plan { .. } => &mut counts.planned,
            _ => return Ok(changed),
        };
        *counter += usize::from(changed);
        Ok(changed)
    }

    /// Puts some blocks back; true when all are. What a leader that died had done is not done again.
    async fn put_back(
        &self,
        standing: &Standing,
        mut preparation: Preparation,
        counts: &mut RunCounts,
    ) -> Result<bool, StoreError> {
        for _ in 0..BLOCKS_PER_ROUND {
            match self.store.restart_block(standing.id, preparation, self.leadership).await? {
                Prepared::All => {
                    self.store.hold_zoneless(standing.id).await?;
                    return Ok(true);
                }
                Prepared::Changed => return Ok(false),
                Prepared::Block(contacts) => {
                    counts.put_back += contacts;
                    preparation.block += 1;
                }
            }
        }
        counts.more = true;
        Ok(false)
    }
}

/// Whether the run that starts dials a list again of which somebody is not as it was uploaded.
fn must_be_put_back(schedule: &Schedule, standing: &Standing) -> bool {
    let again = schedule.cron.is_some() && schedule.each_run == EachRun::Restart;
    again && standing.touched > 0 && standing.preparing.is_none()
}

/// Why a campaign is scheduled, and no next run is known.
fn idle_reason(schedule: &Schedule) -> String {
    match &schedule.after {
        Some(other) => format!("it starts when {other} completes"),
        None => NO_FURTHER_RUN.to_owned(),
    }
}

fn as_json(schedule: &Schedule) -> String {
    serde_json::to_string(schedule).expect("a schedule serialises")
}

impl Service for Runs {
    const NAME: &'static str = "runs";
    const PAUSE: Duration = Duration::from_millis(500);
    type Counts = RunCounts;

    async fn run_once(&self, now: Timestamp) -> Result<RunCounts, StoreError> {
        let mut counts = RunCounts::default();
        let standings = self.standings.read().await?;
        let ahead = standings.iter().filter_map(|standing| match standing.next_run {
            NextRun::At(start) if start > now => Some(start.as_millis()),
            _ => None,
        });
        self.next_run_ms.store(ahead.min().unwrap_or(0), Ordering::Relaxed);
        for standing in standings {
            let campaign = standing.id;
            if let Err(error) = self.advance(standing, now, &mut counts).await {
                pass_over(campaign, error)?;
            }
        }
        Ok(counts)
    }

    fn has_more(counts: &RunCounts) -> bool {
        counts.more
    }

    fn due(&self) -> Option<Timestamp> {
        match self.next_run_ms.load(Ordering::Relaxed) {
            0 => None,
            next_ms => Some(Timestamp::from_millis(next_ms)),
        }
    }
}
