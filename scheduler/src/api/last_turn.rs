//! When the last of a campaign's waiting contacts can be called: looked up now and then, however often it is asked.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use redial_shared::{
    domain::{CampaignId, CampaignState, ContactState, Timestamp},
    store::{Store, StoreError, view::CampaignView},
};

use super::estimate::LastTurn;

/// How long an answer is good for.
const GOOD_FOR: Duration = Duration::from_secs(5);
/// Campaigns that are remembered.
const REMEMBERED_MAX: usize = 1_024;
/// How far ahead openings of calling hours are looked for.
const AHEAD: Duration = Duration::from_secs(15 * 24 * 3600);

/// The last turns that were looked up lately, with the instant.
#[derive(Default)]
pub struct LastTurns(Mutex<HashMap<CampaignId, (Timestamp, LastTurn)>>);

impl LastTurns {
    /// The last turn of those who wait in a running campaign; of another one it does not matter.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn of(&self, store: &Store, view: &CampaignView, now: Timestamp) -> Result<LastTurn, StoreError> {
        let waiting = view.counts.by_state.get(&ContactState::Waiting).copied().unwrap_or(0);
        if view.state != CampaignState::Running || waiting == 0 {
            return Ok(LastTurn::Nobodys);
        }
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&view.id).copied();
        if let Some((_, turn)) = known.filter(|(at, _)| (*at..*at + GOOD_FOR).contains(&now)) {
            return Ok(turn);
        }
        let turn = look_up(store, view, now).await?;
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() >= REMEMBERED_MAX {
            turns.clear();
        }
        turns.insert(view.id, (now, turn));
        Ok(turn)
    }
}

async fn look_up(store: &Store, view: &CampaignView, now: Timestamp) -> Result<LastTurn, StoreError> {
    let mut info = store.info(view.id, view.version).await?;
    let Some((lane, due)) = store.last_due(&info).await? else { return Ok(LastTurn::Nobodys) };
    if !info.place_numbers().contains(&(lane >> 4)) {
        info = store.fresh_info(view.id).await?;
    }
    let from = due.max(now);
    let opening = info.open_at(&info.place(lane), from, AHEAD).into_iter().find(|open| open.to > from);
    Ok(opening.map_or(LastTurn::Never, |open| LastTurn::At(open.from.max(from))))
}
