//! Endings: campaigns whose end has come expire, stopping ones are stopped when their last call is over, and those in
//! which no contact can move by itself are completed.

#[cfg(test)]
mod tests;

use std::time::Duration;

use redial_shared::{
    domain::{
        CampaignState, Timestamp,
        schedule::{EachRun, Schedule},
    },
    store::{Leadership, NextRun, Notes, Standing, Standings, Store, StoreError, Verb},
};

use crate::service::{Service, pass_over};

/// Ends campaigns.
pub(crate) struct Endings {
    store: Store,
    standings: Standings,
    leadership: Leadership,
}

/// How many campaigns a round ended, and how.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Their end had come: what was not finished has expired.
    pub(crate) expired: usize,
    /// Stopped by a user, and now the last call is over.
    pub(crate) stopped: usize,
    /// No contact can move by itself.
    pub(crate) completed: usize,
    /// Done for this run; the next one dials the whole list again.
    pub(crate) rested: usize,
}

impl Endings {
    pub(crate) fn new(store: Store, leadership: Leadership) -> Self {
        Self { standings: store.follow_standings(), store, leadership }
    }

    async fn end(&self, mut standing: Standing, now: Timestamp, ended: &mut Ended) -> Result<(), StoreError> {
        if standing.state == CampaignState::Stopping {
            if standing.active == 0 && self.change(&standing, Verb::Stopped, "").await? {
                ended.stopped += 1;
            }
            return Ok(());
        }
        if matches!(standing.state, CampaignState::Draft | CampaignState::Stopped) {
            return Ok(());
        }
        let info = self.store.info(standing.id, standing.version).await?;
        let schedule = &info.definition.schedule;
        if !standing.ended && schedule.end_at.is_some_and(|end_at| end_at <= now) {
            if !self.change(&standing, Verb::Expire, &end_reason(schedule)).await? {
                return Ok(());
            }
            ended.expired += 1;
            standing = self.store.standing(standing.id).await?;
        }
        match finish(schedule, &standing) {
            Some(verb @ Verb::Rest { .. }) => ended.rested += usize::from(self.change(&standing, verb, "").await?),
            Some(verb) => {
                let reason = if standing.ended { end_reason(schedule) } else { String::new() };
                ended.completed += usize::from(self.change(&standing, verb, &reason).await?);
            }
            None => {}
        }
        Ok(())
    }

    async fn change(&self, standing: &Standing, verb: Verb, reason: &str) -> Result<bool, StoreError> {
        let notes = Notes::default();
        let changed = self.store.change_as_leader(standing, verb, reason, &notes, self.leadership).await?;
        if changed {
            tracing::info!(campaign = %standing.id, ?verb, "the campaign ends, or rests");
        }
        Ok(changed)
    }
}

/// What becomes of a campaign in which no contact can move by itself; none: others can, or it waits for a run that dials
/// the whole list again.
fn finish(schedule: &Schedule, standing: &Standing) -> Option<Verb> {
    let moving = matches!(standing.state, CampaignState::Running | CampaignState::Scheduled)
        || (standing.state == CampaignState::Paused && standing.ended);
    if !moving || !standing.is_finished() || standing.preparing.is_some() {
        return None;
    }
    let dials_again = schedule.cron.is_some() && schedule.each_run == EachRun::Restart && !standing.ended;
    match standing.next_run {
        NextRun::Unknown if dials_again => None,
        NextRun::At(_) if dials_again && standing.place == CampaignState::Scheduled => None,
        NextRun::At(next_run) if dials_again => Some(Verb::Rest { next_run: Some(next_run) }),
        _ => Some(Verb::Complete),
    }
}

fn end_reason(schedule: &Schedule) -> String {
    schedule.end_at.map_or(String::new(), |end_at| format!("it ended at {end_at}"))
}

impl Service for Endings {
    const NAME: &'static str = "endings";
    const PAUSE: Duration = Duration::from_millis(500);
    type Counts = Ended;

    async fn run_once(&self, now: Timestamp) -> Result<Ended, StoreError> {
        let mut ended = Ended::default();
        for standing in self.standings.read().await? {
            let campaign = standing.id;
            if let Err(error) = self.end(standing, now, &mut ended).await {
                pass_over(campaign, error)?;
            }
        }
        Ok(ended)
    }
}
