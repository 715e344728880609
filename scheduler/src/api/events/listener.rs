//! One client who listens: where it stands in the feed, and what it was told last.

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use axum::response::sse;
use redial_shared::{
    domain::{CampaignId, CampaignName, role::Role},
    store::{FeedId, FeedPage, Happened, StoreError},
};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, sleep_until},
};

use super::told::{DefinitionEvent, Nothing, ResetEvent, StateEvent, event, of_contact};
use crate::api::{
    ApiState, Problem,
    auth::TokenHash,
    contact::{text_shown, veil},
    status::Status,
};

/// Pause between two looks at the feed.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Pause between two looks at the status.
const STATUS_EVERY: Duration = Duration::from_secs(1);
/// How often the feed is asked for anew, and the token looked at again.
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// After a broken connection browsers wait so long.
const RETRY_AFTER: Duration = Duration::from_secs(2);
/// Entries read at once.
const ENTRIES_AT_ONCE: usize = 256;

/// A client on its way through a campaign's feed.
pub struct Listener {
    state: ApiState,
    name: CampaignName,
    campaign: CampaignId,
    role: Role,
    token: TokenHash,
    /// All up to this entry was told.
    at: FeedId,
    waiting: VecDeque<sse::Event>,
    /// What was told last of the status.
    status: Option<Status>,
    next_look: Instant,
    next_status: Instant,
    next_renewal: Instant,
    ended: bool,
    _room: OwnedSemaphorePermit,
}

/// Why nothing more is told.
enum End {
    Removed,
    TokenGone,
    Failed(Problem),
}

impl Listener {
    /// Goes on behind `last_seen`, or begins now.
    ///
    /// # Errors
    /// 404 when there is no such campaign, and when Redis does not answer.
    pub async fn begin(
        state: ApiState,
        name: CampaignName,
        role: Role,
        token: TokenHash,
        last_seen: Option<FeedId>,
        room: OwnedSemaphorePermit,
    ) -> Result<Self, Problem> {
        let campaign = state.store.campaign_id(&name).await?;
        let range = state.store.listen(campaign).await?;
        let now = Instant::now();
        let mut listener = Self {
            state,
            name,
            campaign,
            role,
            token,
            at: last_seen.filter(|last| range.tells_all_after(*last)).unwrap_or(range.last),
            waiting: VecDeque::new(),
            status: None,
            next_look: now,
            next_status: now + STATUS_EVERY,
            next_renewal: now + RENEW_EVERY,
            ended: false,
            _room: room,
        };
        if last_seen.is_some_and(|last| !range.tells_all_after(last)) {
            listener.tell_reset();
        }
        listener.tell_status().await?;
        if let Some(first) = listener.waiting.pop_front() {
            listener.waiting.push_front(first.retry(RETRY_AFTER));
        }
        Ok(listener)
    }

    /// The next event, when there is one; none at the end of the server, and where nothing more can be told.
    pub async fn next(mut self) -> Option<(Result<sse::Event, Infallible>, Self)> {
        let closing = self.state.closing.clone();
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some((Ok(event), self));
            }
            if self.ended {
                return None;
            }
            match closing.run_until_cancelled(self.round()).await? {
                Ok(()) => {}
                Err(End::Removed) => {
                    self.waiting.push_back(event("removed", &Nothing {}));
                    self.ended = true;
                }
                Err(End::TokenGone) => return None,
                Err(End::Failed(problem)) => {
                    // The client comes back by itself, and goes on where it was.
                    tracing::debug!(?problem, "a listener was let go");
                    return None;
                }
            }
        }
    }

    async fn round(&mut self) -> Result<(), End> {
        sleep_until(self.next_look).await;
        let now = Instant::now();
        self.next_look = now + LOOK_EVERY;
        if now >= self.next_renewal {
            self.next_renewal = now + RENEW_EVERY;
            self.renew().await?;
        }
        let page = self.state.store.feed(self.campaign, self.at, ENTRIES_AT_ONCE).await?;
        if page.entries.len() == ENTRIES_AT_ONCE {
            self.next_look = now;
        }
        self.tell(page).await?;
        if now >= self.next_status {
            self.next_status = now + STATUS_EVERY;
            self.tell_status().await?;
        }
        Ok(())
    }

    /// Whoever may not look any more is told no more.
    async fn renew(&self) -> Result<(), End> {
        if self.state.store.token_role(self.token.as_str()).await? != Some(self.role) {
            return Err(End::TokenGone);
        }
        self.state.store.listen(self.campaign).await?;
        Ok(())
    }

    async fn tell(&mut self, page: FeedPage) -> Result<(), End> {
        if !page.is_whole {
            self.at = self.state.store.listen(self.campaign).await?.last;
            self.tell_reset();
            return Ok(self.tell_status().await?);
        }
        let positions = page.entries.iter().filter_map(|(_, happened)| match happened {
            Happened::Contact { attempt, .. } => Some(attempt.position),
            _ => None,
        });
        let positions = positions.collect();
        let (_, mut contacts) = self.state.store.contacts_at(self.campaign, &positions).await?;
        contacts.values_mut().for_each(|contact| veil(contact, self.role));
        for (id, happened) in page.entries {
            let mut events = match &happened {
                Happened::Begun => Vec::new(),
                Happened::State { state, reason } => {
                    let reason = &text_shown(reason, self.role);
                    let told = StateEvent { campaign: self.name.as_str(), state: state.as_str(), reason };
                    vec![event("state", &told)]
                }
                Happened::Definition { version } => {
                    vec![event("definition", &DefinitionEvent { campaign: self.name.as_str(), version: *version })]
                }
                Happened::Contact { attempt, .. } => of_contact(&contacts[&attempt.position], &happened, self.role),
            };
            self.at = id;
            // Only the last event of an entry bears its id: who breaks off before it gets all of them again.
            let last = events.pop().map(|last| last.id(id.to_string()));
            self.waiting.extend(events.into_iter().chain(last));
        }
        Ok(())
    }

    fn tell_reset(&mut self) {
        let reason = "what happened since the last event is not known any more";
        self.waiting.push_back(event("reset", &ResetEvent { reason }));
        self.status = None;
    }

    /// Tells the status if something of it has changed but the guess of when all will be done.
    async fn tell_status(&mut self) -> Result<(), Problem> {
        let view = self.state.store.campaign(&self.name).await?;
        if view.id != self.campaign {
            return Err(StoreError::NoCampaign(self.name.to_string()).into());
        }
        let status = self.state.statuses(&[view]).await?.remove(0);
        let without_guess = Status { finish_estimate: None, ..status.clone() };
        if self.status.as_ref() != Some(&without_guess) {
            self.waiting.push_back(event("status", &status).id(self.at.to_string()));
            self.status = Some(without_guess);
        }
        Ok(())
    }
}

impl From<Problem> for End {
    fn from(problem: Problem) -> Self {
        match problem.status() {
            axum::http::StatusCode::NOT_FOUND => Self::Removed,
            _ => Self::Failed(problem),
        }
    }
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        Problem::from(error).into()
    }
}
