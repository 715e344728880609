//! Every observable of the store against the model.

use std::collections::BTreeSet;

use redial_shared::{
    domain::ContactState,
    store::{
        Standing, limits,
        view::{AttemptView, CampaignView, ContactView},
    },
};

use crate::{
    model::{Attempt, Campaign, Contact},
    steps::lists::{NUMBERS, number},
    world::{Step, World, failed, same},
};

/// Every so many times all is compared, also what no operation should have touched.
const ALL_EVERY: u32 = 16;

/// What a campaign's contacts were when they were compared last.
pub type Compared = (Option<ContactState>, Vec<Contact>);

impl World {
    /// Compares everything.
    pub async fn compare_all(&mut self) -> Step {
        self.compared.clear();
        self.compare().await
    }

    /// Compares every campaign, and the contacts that may have changed since the last time.
    pub async fn compare(&mut self) -> Step {
        self.comparisons += 1;
        if self.is_thorough || self.comparisons.is_multiple_of(ALL_EVERY) {
            self.compared.clear();
        }
        self.inside.compare(&self.model).await?;
        self.compare_standings().await?;
        if self.compared.is_empty() {
            self.compare_suppressions().await?;
        }
        let views = self.store.campaigns().await.map_err(failed)?;
        same("campaigns", views.len(), self.model.campaigns.len())?;
        for view in views {
            let campaign = self.model.campaign(view.id);
            self.compare_campaign(campaign, &view).map_err(|error| format!("{}: {error}", view.name))?;
            let compared = self.compared.get(&view.id);
            if compared.is_none_or(|(ended, contacts)| *ended != campaign.ended || *contacts != campaign.contacts) {
                self.compare_contacts(campaign, compared).await.map_err(|error| format!("{}, {error}", view.name))?;
                self.compared.insert(view.id, (campaign.ended, campaign.contacts.clone()));
            }
        }
        Ok(())
    }

    /// Who only reads the campaigns that are said to have changed sees them as they are.
    async fn compare_standings(&self) -> Step {
        let by_id = |mut standings: Vec<Standing>| {
            standings.sort_by_key(|standing| standing.id);
            standings
        };
        let followed = by_id(self.standings.read().await.map_err(failed)?);
        let read = by_id(self.store.standings().await.map_err(failed)?);
        same("standings", followed, read)
    }

    /// Every number on every list, as each campaign meets it.
    async fn compare_suppressions(&self) -> Step {
        let numbers: Vec<_> = (0..NUMBERS).map(number).collect();
        let campaigns = self.model.campaigns.iter().map(|campaign| Some(campaign.id));
        for scope in std::iter::once(None).chain(campaigns) {
            let found = self.store.suppressions(scope, &numbers).await.map_err(failed)?;
            for (number, found) in numbers.iter().zip(found) {
                let mut found: Vec<_> = found
                    .into_iter()
                    .map(|one| (one.of_campaign, one.list.to_string(), one.since, one.until))
                    .collect();
                let lists = self.model.suppressions(scope, number.digits()).into_iter();
                let mut expected: Vec<_> =
                    lists.map(|(own, list, entry)| (own, list, entry.since, entry.until)).collect();
                found.sort();
                expected.sort();
                same("lists of a number", found, expected)?;
            }
        }
        Ok(())
    }

    fn compare_campaign(&self, campaign: &Campaign, view: &CampaignView) -> Step {
        same("state", view.state, campaign.state)?;
        same("version", view.version, campaign.version)?;
        same("account", &view.account, &campaign.definition.provider)?;
        let mut counts = view.counts.clone();
        same("sum of all states", counts.by_state.values().sum(), counts.total)?;
        counts.by_state.retain(|_, count| *count > 0);
        same("counts", counts, campaign.counts())?;
        same("live calls", view.live_calls, campaign.live_calls(self.model.now_ms) as u64)
    }

    async fn compare_contacts(&self, campaign: &Campaign, compared: Option<&Compared>) -> Step {
        let info = self.store.info(campaign.id, campaign.version).await.map_err(failed)?;
        for block in changed_blocks(campaign, compared) {
            let views = self.store.block_views(&info, block).await.map_err(failed)?;
            same(
                "contacts of a block",
                views.len(),
                campaign.contacts.iter().filter(|c| block_of(c.position) == block).count(),
            )?;
            for view in views {
                let contact = campaign.contact(view.position).ok_or("a contact that nobody has uploaded")?;
                compare_contact(campaign, contact, &view).map_err(|error| format!("{}: {error}", view.id))?;
            }
        }
        let known: BTreeSet<_> = campaign.contacts.iter().map(|contact| block_of(contact.position)).collect();
        let blocks = self.store.block_count(campaign.id).await.map_err(failed)?;
        same("blocks", blocks as usize, known.len())
    }
}

/// The blocks with a contact that is not as it was.
fn changed_blocks(campaign: &Campaign, compared: Option<&Compared>) -> BTreeSet<u32> {
    let before = compared.filter(|(ended, _)| *ended == campaign.ended);
    let changed = |contact: &&Contact| before.is_none_or(|(_, contacts)| !contacts.iter().any(|one| one == *contact));
    campaign.contacts.iter().filter(changed).map(|contact| block_of(contact.position)).collect()
}

/// The block that holds a position.
pub fn block_of(position: u32) -> u32 {
    position / limits::ROWS_PER_BLOCK as u32
}

fn compare_contact(campaign: &Campaign, contact: &Contact, view: &ContactView) -> Step {
    same("id", &view.id, &contact.row.id)?;
    same("numbers", &view.numbers, &contact.row.numbers)?;
    same("state", view.state, campaign.shown_state(contact))?;
    same("outcome", view.outcome, contact.last_outcome())?;
    let waits = contact.is_callable() && campaign.ended.is_none();
    let due = contact.due.or(contact.row.not_before).filter(|_| waits);
    same("next attempt", view.next_attempt_at, due)?;
    same("attempts", view.attempts.len(), contact.attempts.len())?;
    view.attempts.iter().zip(&contact.attempts).try_for_each(|(view, attempt)| compare_attempt(attempt, view))
}

fn compare_attempt(attempt: &Attempt, view: &AttemptView) -> Step {
    let record = &attempt.record;
    same("revision", view.id.revision, record.revision)?;
    same("number", view.number, record.number + 1)?;
    same("call id", &view.call_id, &record.call_id)?;
    same("started", view.started_at, record.started_at)?;
    same("ended", view.ended_at, record.ended_at)?;
    same("outcome of the attempt", view.outcome, record.outcome)?;
    same("provider's word", &view.provider_status, &record.provider_status)?;
    same("worker", view.worker, record.worker)
}
