//! Calling hours: every lane carries its open intervals as data, two days ahead. They are written again every hour, and at
//! once when a campaign's definition has changed since. Should every scheduler die, they end by themselves. Contacts whose
//! hours nobody can tell are held.

#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Mutex, time::Duration};

use redial_shared::{
    domain::{CampaignId, CampaignState, Timestamp},
    store::{Leadership, Standing, Standings, Store, StoreError},
};

use crate::service::{Service, pass_over};

/// Hours are written again this long after they were.
const REFRESH: Duration = Duration::from_secs(3600);
/// Campaigns whose hours are written in one round.
const CAMPAIGNS_PER_ROUND: usize = 16;

/// Keeps lanes' hours written ahead.
pub(crate) struct Hours {
    store: Store,
    standings: Standings,
    leadership: Leadership,
    /// Of which version each campaign's hours were written in this term, and when.
    written: Mutex<HashMap<CampaignId, (u32, Timestamp)>>,
}

/// What a round did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct HoursCounts {
    /// Campaigns whose hours were written.
    pub(crate) written: usize,
    /// Campaigns that must wait for the next round.
    pub(crate) left: usize,
}

impl Hours {
    pub(crate) fn new(store: Store, leadership: Leadership) -> Self {
        Self { standings: store.follow_standings(), store, leadership, written: Mutex::default() }
    }

    /// Campaigns whose hours are to be written, those that are dialing first. Nobody is called any more in others.
    fn due(&self, standings: &[Standing], now: Timestamp) -> Vec<CampaignId> {
        let mut written = self.written.lock().expect("no panic while held");
        written.retain(|id, _| standings.iter().any(|standing| standing.id == *id));
        let is_due = |standing: &&Standing| {
            let fresh = |(version, at): &(u32, Timestamp)| *version >= standing.version && now.since(*at) < REFRESH;
            may_call(standing) && !written.get(&standing.id).is_some_and(fresh)
        };
        let mut due: Vec<&Standing> = standings.iter().filter(is_due).collect();
        due.sort_by_key(|standing| standing.state != CampaignState::Running);
        due.into_iter().map(|standing| standing.id).collect()
    }

    async fn write(&self, campaign: CampaignId, now: Timestamp) -> Result<(), StoreError> {
        let version = self.store.refresh_hours_as_leader(campaign, now, self.leadership).await?;
        let held = self.store.hold_zoneless(campaign).await?;
        if held > 0 {
            tracing::warn!(%campaign, held, "contacts without a time zone are held");
        }
        self.written.lock().expect("no panic while held").insert(campaign, (version, now));
        Ok(())
    }
}

/// A completed campaign may go on when its list grows; uploads write the hours of their zones.
fn may_call(standing: &Standing) -> bool {
    !standing.ended && standing.state != CampaignState::Completed
}

impl Service for Hours {
    const NAME: &'static str = "hours";
    const PAUSE: Duration = Duration::from_millis(500);
    type Counts = HoursCounts;

    async fn run_once(&self, now: Timestamp) -> Result<HoursCounts, StoreError> {
        let due = self.due(&self.standings.read().await?, now);
        let mut counts = HoursCounts { written: 0, left: due.len().saturating_sub(CAMPAIGNS_PER_ROUND) };
        for campaign in due.into_iter().take(CAMPAIGNS_PER_ROUND) {
            match self.write(campaign, now).await {
                Ok(()) => counts.written += 1,
                Err(error) => pass_over(campaign, error)?,
            }
        }
        Ok(counts)
    }

    fn has_more(counts: &HoursCounts) -> bool {
        counts.left > 0
    }
}
