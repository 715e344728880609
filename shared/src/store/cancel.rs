//! Taking contacts out of a campaign while it runs.

use super::{CampaignInfo, Store, StoreError, contacts::block_of};
use crate::domain::{
    AttemptId, CampaignId, ContactPosition, ContactState,
    record::Record,
    transition::{self, Change},
};

/// How often a contact is tried again whose record changed meanwhile.
const TRIES_MAX: usize = 16;

/// What became of contacts that were to be taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cancelled {
    /// They are not called any more.
    pub cancelled: usize,
    /// They were cancelled before.
    pub cancelled_before: usize,
    /// They are on a call, and are not called again after it.
    pub on_call: usize,
    /// They were finished already.
    pub finished: usize,
}

impl Store {
    /// Takes contacts out, each named once. When it answers, none of them can be called any more, but for those who are on a call.
    ///
    /// # Errors
    /// When Redis does not answer, or there is no such campaign: some may be out; try again.
    pub async fn cancel(&self, campaign: CampaignId, positions: &[ContactPosition]) -> Result<Cancelled, StoreError> {
        let info = self.fresh_info(campaign).await?;
        // What a stop or an end finishes is written in no record.
        let unfinished = self.unfinished(campaign).await?;
        let mut done = Cancelled::default();
        let mut left = positions.to_vec();
        for round in 0..TRIES_MAX {
            let mut changes: Vec<(ContactPosition, Change)> = Vec::new();
            for (position, record) in self.present_records(&info, &left).await? {
                let state = unfinished.filter(|_| record.state.ends_with_campaign()).unwrap_or(record.state);
                match transition::cancel(&record).filter(|_| state == record.state) {
                    Some(change) => changes.push((position, change)),
                    None if state == ContactState::Cancelled && round == 0 => done.cancelled_before += 1,
                    None if state == ContactState::Cancelled => done.cancelled += 1,
                    None if record.state == ContactState::Active => done.on_call += 1,
                    None => done.finished += 1,
                }
            }
            if changes.is_empty() {
                return Ok(done);
            }
            // What was written is seen in the next round.
            left = changes.iter().map(|(position, _)| *position).collect();
            self.revise(&info, changes).await?;
        }
        Err(StoreError::Conflict("contacts kept changing".to_owned()))
    }

    /// Contacts' records, fresh ones for those that have none yet.
    async fn present_records(
        &self,
        info: &CampaignInfo,
        positions: &[ContactPosition],
    ) -> Result<Vec<(ContactPosition, Record)>, StoreError> {
        let attempt = |&position| AttemptId { campaign: info.id, position, revision: 0 };
        let records = self.records(positions.iter().map(attempt)).await?;
        let (_, rows) = self.rows(info.id, info.version, positions.iter().copied()).await?;
        let blocks = self.blocks(info, positions.iter().map(|&position| (block_of(position), 0))).await?;
        let mut present = Vec::with_capacity(positions.len());
        for (&position, record) in positions.iter().zip(records) {
            let record = match record {
                Some(record) => record,
                None => self.fresh_record(info, blocks[&block_of(position)].lane(), &rows[&position]).await?,
            };
            present.push((position, record));
        }
        Ok(present)
    }
}
