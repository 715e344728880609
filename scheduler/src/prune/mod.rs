//! Pruning: what nobody gave back or needs any more is dropped, a bounded part of it at a time.

#[cfg(test)]
mod tests;

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

use redial_shared::{
    domain::{CampaignId, Timestamp},
    store::{Leadership, Standing, Standings, Store, StoreError},
};

use crate::service::{Service, pass_over};

/// Number locks looked at in one step, and steps of a round.
const NUMBERS_PER_STEP: usize = 256;
const NUMBER_STEPS: usize = 16;
/// A campaign of one test call is removed so long after its end.
const PASSING_KEPT: Duration = Duration::from_secs(24 * 3_600);
/// Steps of removals in one round.
const REMOVAL_STEPS: usize = 64;

/// Keys of ended campaigns dropped in one step, and steps of a round.
const KEYS_PER_STEP: usize = 256;
const CAMPAIGN_STEPS: usize = 16;

/// Campaigns whose slots are looked at in one round.
const SLOTS_PER_ROUND: usize = 64;
/// Entries of do-not-call lists that are forgotten in one round, and shards of the history of calls that are looked at: all
/// of them within a day.
const SUPPRESSIONS_PER_ROUND: usize = 256;
const HISTORY_PER_ROUND: u64 = 32;

/// Drops what is left over.
pub(crate) struct Prune {
    store: Store,
    standings: Standings,
    leadership: Leadership,
    /// Where the scan of number locks goes on.
    cursor: AtomicU64,
    /// Where looking through the history of calls goes on.
    history: AtomicU64,
    /// Where looking through campaigns' slots goes on.
    slots_of: AtomicUsize,
}

/// What a round dropped.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Pruned {
    /// Number locks that had run out.
    pub(crate) numbers: u64,
    /// Live-call slots that had run out.
    pub(crate) slots: u64,
    /// Keys of ended campaigns.
    pub(crate) keys: u64,
    /// Entries of do-not-call lists that had run out, and imports that were replaced.
    pub(crate) suppressions: u64,
    /// Numbers and contacts whose calls no cap counts any more.
    pub(crate) histories: u64,
    /// Steps of removals of campaigns.
    pub(crate) removals: usize,
    /// Whether ended or removed campaigns have more to drop.
    pub(crate) more: bool,
}

impl Prune {
    pub(crate) fn new(store: Store, leadership: Leadership) -> Self {
        Self {
            standings: store.follow_standings(),
            store,
            leadership,
            cursor: AtomicU64::new(0),
            history: AtomicU64::new(0),
            slots_of: AtomicUsize::new(0),
        }
    }

    async fn numbers(&self) -> Result<u64, StoreError> {
        let mut forgotten = 0;
        for _ in 0..NUMBER_STEPS {
            let from = self.cursor.load(Ordering::Relaxed);
            let (next, some) = self.store.prune_numbers(from, NUMBERS_PER_STEP).await?;
            self.cursor.store(next, Ordering::Relaxed);
            forgotten += some;
            if next == 0 {
                break;
            }
        }
        Ok(forgotten)
    }

    /// Whose slots are looked at in this round: each in its turn.
    fn next_campaigns(&self, standings: &[Standing]) -> Vec<CampaignId> {
        let mut ids: Vec<_> = standings.iter().map(|standing| standing.id).collect();
        ids.sort_unstable();
        let from = self.slots_of.fetch_add(SLOTS_PER_ROUND, Ordering::Relaxed) % ids.len().max(1);
        ids.rotate_left(from);
        ids.truncate(SLOTS_PER_ROUND);
        ids
    }

    async fn histories(&self) -> Result<u64, StoreError> {
        let from = self.history.load(Ordering::Relaxed);
        let (next, forgotten) = self.store.prune_history(from, HISTORY_PER_ROUND).await?;
        self.history.store(next, Ordering::Relaxed);
        Ok(forgotten)
    }

    /// Goes on with removals that were begun, and begins those of test calls.
    async fn removed_campaigns(
        &self,
        standings: &[Standing],
        now: Timestamp,
        pruned: &mut Pruned,
    ) -> Result<(), StoreError> {
        let is_over = |standing: &&Standing| {
            standing.is_passing && standing.ended_at.is_some_and(|ended_at| now.since(ended_at) >= PASSING_KEPT)
        };
        for standing in standings.iter().filter(is_over) {
            let Ok(name) = standing.name.parse() else { continue };
            if let Err(error) = self.store.remove_campaign(&name, Some(self.leadership)).await {
                pass_over(standing.id, error)?;
            }
        }
        for campaign in self.store.removing().await? {
            loop {
                if pruned.removals == REMOVAL_STEPS {
                    pruned.more = true;
                    return Ok(());
                }
                pruned.removals += 1;
                if !self.store.drop_removed(campaign).await? {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn ended_campaigns(&self, standings: &[Standing], pruned: &mut Pruned) -> Result<(), StoreError> {
        let mut steps = CAMPAIGN_STEPS;
        for standing in standings.iter().filter(|standing| standing.ended && !standing.pruned) {
            loop {
                if steps == 0 {
                    pruned.more = true;
                    return Ok(());
                }
                steps -= 1;
                match self.store.prune_campaign(standing.id, KEYS_PER_STEP, self.leadership).await {
                    Ok(0) => break,
                    Ok(keys) => pruned.keys += keys,
                    Err(error) => {
                        pass_over(standing.id, error)?;
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Service for Prune {
    const NAME: &'static str = "prune";
    const PAUSE: Duration = Duration::from_secs(10);
    type Counts = Pruned;

    async fn run_once(&self, now: Timestamp) -> Result<Pruned, StoreError> {
        let standings = self.standings.read().await?;
        let campaigns = self.next_campaigns(&standings);
        let mut pruned = Pruned {
            numbers: self.numbers().await?,
            slots: self.store.prune_slots(&campaigns, now).await?,
            suppressions: self.store.prune_suppressions(SUPPRESSIONS_PER_ROUND).await?,
            histories: self.histories().await?,
            ..Pruned::default()
        };
        self.ended_campaigns(&standings, &mut pruned).await?;
        self.removed_campaigns(&standings, now, &mut pruned).await?;
        Ok(pruned)
    }

    fn has_more(pruned: &Pruned) -> bool {
        pruned.more
    }
}
