//! Guards: a campaign whose calls end badly too often is paused, and says why.
//!
//! Each round keeps how many calls of a campaign had ended in which way. What a guard looks at are the calls since the last
//! round that lies at least as many calls back as it asks for. A campaign that was paused, by whom ever, starts anew.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Mutex,
    time::Duration,
};

use redial_shared::{
    domain::{CampaignId, CampaignState, Outcome, Timestamp, guard::Guard},
    store::{Leadership, Notes, Standing, Standings, Store, StoreError, Verb},
};

use crate::service::{Service, pass_over};

/// Ended calls by outcome.
type Ended = BTreeMap<Outcome, u64>;

/// Pauses campaigns.
pub(crate) struct Guards {
    store: Store,
    standings: Standings,
    leadership: Leadership,
    /// What had ended in earlier rounds, oldest first, of campaigns that have a guard and are running.
    seen: Mutex<HashMap<CampaignId, VecDeque<Ended>>>,
}

/// How many campaigns a round paused.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct GuardCounts {
    pub(crate) paused: usize,
}

impl Guards {
    pub(crate) fn new(store: Store, leadership: Leadership) -> Self {
        Self { standings: store.follow_standings(), store, leadership, seen: Mutex::default() }
    }

    /// Why a campaign is to be paused, if it is.
    fn verdict(&self, standing: &Standing, guard: &Guard) -> Option<String> {
        let mut seen = self.seen.lock().expect("no panic while held");
        let past = seen.entry(standing.id).or_default();
        let verdict = guard.pause_if.iter().find_map(|condition| {
            let before =
                past.iter().rev().find(|before| total(&since(before, &standing.outcomes)) >= condition.calls())?;
            condition.tripped_by(&since(before, &standing.outcomes))
        });
        let longest = guard.pause_if.iter().map(|condition| condition.calls()).max().unwrap_or(0);
        // One that lies far enough back is enough.
        while past.len() > 1 && total(&since(&past[1], &standing.outcomes)) >= longest {
            past.pop_front();
        }
        if past.back() != Some(&standing.outcomes) {
            past.push_back(standing.outcomes.clone());
        }
        verdict
    }

    async fn look(&self, standing: &Standing) -> Result<bool, StoreError> {
        let info = self.store.info(standing.id, standing.version).await?;
        let guard = &info.definition.guard;
        if guard.is_empty() {
            return Ok(false);
        }
        let Some(reason) = self.verdict(standing, guard) else { return Ok(false) };
        let paused =
            self.store.change_as_leader(standing, Verb::Pause, &reason, &Notes::default(), self.leadership).await?;
        if paused {
            tracing::warn!(campaign = %info.name, reason, "paused by its guard");
        }
        Ok(paused)
    }
}

fn total(ended: &Ended) -> u64 {
    ended.values().sum()
}

/// What has ended since. An outcome that was corrected may have become fewer.
fn since(before: &Ended, now: &Ended) -> Ended {
    let earlier = |outcome| before.get(outcome).copied().unwrap_or(0);
    now.iter().map(|(outcome, count)| (*outcome, count.saturating_sub(earlier(outcome)))).collect()
}

impl Service for Guards {
    const NAME: &'static str = "guards";
    const PAUSE: Duration = Duration::from_millis(500);
    type Counts = GuardCounts;

    async fn run_once(&self, _: Timestamp) -> Result<GuardCounts, StoreError> {
        let mut counts = GuardCounts::default();
        let running: Vec<Standing> =
            self.standings.read().await?.into_iter().filter(|one| one.state == CampaignState::Running).collect();
        let is_running = |id: &CampaignId| running.iter().any(|standing| standing.id == *id);
        self.seen.lock().expect("no panic while held").retain(|id, _| is_running(id));
        for standing in &running {
            match self.look(standing).await {
                Ok(paused) => counts.paused += usize::from(paused),
                Err(error) => pass_over(standing.id, error)?,
            }
        }
        Ok(counts)
    }
}
