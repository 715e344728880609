//! Every observable of the store against the model.

use redial_shared::store::view::{AttemptView, CampaignView, ContactView};

use crate::{
    model::{Attempt, Campaign, Contact},
    world::{Step, World, failed, same},
};

impl World {
    /// Compares everything.
    pub async fn compare(&self) -> Step {
        let views = self.store.campaigns().await.map_err(failed)?;
        same("campaigns", views.len(), self.model.campaigns.len())?;
        for view in views {
            let campaign = self.model.campaign(view.id);
            self.compare_campaign(campaign, &view).map_err(|error| format!("{}: {error}", view.name))?;
            self.compare_contacts(campaign).await.map_err(|error| format!("{}, {error}", view.name))?;
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

    async fn compare_contacts(&self, campaign: &Campaign) -> Step {
        let info = self.store.info(campaign.id, campaign.version).await.map_err(failed)?;
        let blocks = self.store.block_count(campaign.id).await.map_err(failed)?;
        let mut found = 0;
        for block in 0..blocks {
            let views = self.store.block_views(&info, block).await.map_err(failed)?;
            found += views.len();
            for view in views {
                let contact = campaign.contact(view.position).ok_or("a contact that nobody has uploaded")?;
                compare_contact(campaign, contact, &view).map_err(|error| format!("{}: {error}", view.id))?;
            }
        }
        same("contacts", found, campaign.contacts.len())
    }
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
