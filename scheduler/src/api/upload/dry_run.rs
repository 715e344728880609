//! What would become of a list, without writing it.

use std::{collections::HashSet, sync::Arc};

use redial_shared::{
    domain::{CampaignId, CampaignName, CampaignState, contact::Contact, contact_list::Reject},
    store::{CampaignInfo, Foreseen, Store, fingerprint::fingerprint, view::UploadCounts},
};

use super::rows::Batch;
use crate::api::Problem;

/// Ids and numbers of the list that are remembered, at most some 150 MB: later ones are only compared with these.
const KEYS_REMEMBERED_MAX: usize = 8_000_000;

/// Counts rows as an upload would.
pub struct DryRun {
    store: Store,
    info: Arc<CampaignInfo>,
    /// Fingerprints of 64 bits: one accidental match in some million lists of a million rows.
    seen: HashSet<u64>,
    counts: UploadCounts,
}

impl DryRun {
    /// For an existing campaign.
    ///
    /// # Errors
    /// When Redis does not answer, or the campaign takes no more contacts.
    pub async fn new(store: &Store, campaign: CampaignId, name: &CampaignName) -> Result<Self, Problem> {
        let state = store.campaign(name).await?.state;
        if matches!(state, CampaignState::Stopping | CampaignState::Stopped) {
            return Err(Problem::conflict("the campaign has ended: it takes no more contacts")
                .with_hint("apply it under another name"));
        }
        let info = store.fresh_info(campaign).await?;
        Ok(Self { store: store.clone(), info, seen: HashSet::new(), counts: UploadCounts::default() })
    }

    /// Counts some rows.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn take(&mut self, contacts: &[Contact]) -> Result<(), Problem> {
        let new: Vec<&Contact> = contacts.iter().filter(|contact| self.is_new(contact)).collect();
        let known = self.store.count_known(&self.info, &new).await?;
        self.counts.duplicate += (contacts.len() - new.len()) as u64 + known;
        self.counts.accepted += new.len() as u64 - known;
        Ok(())
    }

    /// Counts some rows of a list that may change contacts; answers those that cannot change theirs.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn take_updates(&mut self, batch: Batch) -> Result<Vec<Reject>, Problem> {
        let Batch { contacts, kept, columns, gives } = batch;
        let foreseen = self.store.foresee_updates(&self.info, &contacts, &columns, gives).await?;
        let mut refused = Vec::new();
        for ((contact, kept), foreseen) in contacts.iter().zip(kept).zip(foreseen) {
            match foreseen {
                Foreseen::New if self.is_new(contact) => self.counts.accepted += 1,
                Foreseen::Updated => self.counts.updated += 1,
                Foreseen::New | Foreseen::Duplicate => self.counts.duplicate += 1,
                Foreseen::Refused(reason) => refused.extend(kept.map(|row| Reject { reason, ..row })),
            }
        }
        Ok(refused)
    }

    /// What was counted.
    pub fn counts(&self) -> UploadCounts {
        self.counts
    }

    /// Whether no earlier row has one of its keys; remembers them if so.
    fn is_new(&mut self, contact: &Contact) -> bool {
        let numbers = contact.numbers.iter().map(|number| number.as_e164());
        let keys: Vec<u64> = numbers.chain([contact.id.as_str()]).map(|key| fingerprint(key, 0)).collect();
        if keys.iter().any(|key| self.seen.contains(key)) {
            return false;
        }
        if self.seen.len() < KEYS_REMEMBERED_MAX {
            self.seen.extend(keys);
        }
        true
    }
}
