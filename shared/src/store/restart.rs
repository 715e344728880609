//! Before a run that dials the whole list again: contacts go back to pending, block by block.

use super::{Leadership, Store, StoreError, arguments::Arguments, record_codec, standing::Preparation};
use crate::domain::{CampaignId, transition};

/// How often a block is read again because its contacts were settled meanwhile, before it is left for the next round.
const TRIES_MAX: usize = 16;

/// What became of one step of a preparation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prepared {
    /// One more block is done; so many contacts went back to pending.
    Block(u64),
    /// All blocks are done.
    All,
    /// The run is not being prepared any more, somebody else did this block, or its contacts change too fast: look again.
    Changed,
}

impl Store {
    /// Puts the contacts of the next block back to pending; those that are being called stay. Each block is done once,
    /// whoever does it and however often it is tried.
    ///
    /// # Errors
    /// When Redis does not answer, or another scheduler leads by now.
    pub async fn restart_block(
        &self,
        campaign: CampaignId,
        preparation: Preparation,
        leadership: Leadership,
    ) -> Result<Prepared, StoreError> {
        let Preparation { tick, block } = preparation;
        if block >= self.block_count(campaign).await? {
            return Ok(Prepared::All);
        }
        let mut restarted = 0;
        for _ in 0..TRIES_MAX {
            let mut arguments =
                Arguments::default().text(campaign).text(leadership.token).text(tick.as_millis()).text(block);
            let mut records: Vec<_> = self.block_records(campaign, block).await?.into_iter().collect();
            records.sort_by_key(|(position, _)| *position);
            for (position, record) in &records {
                let Some(change) = transition::restart(record) else { continue };
                restarted += 1;
                arguments.push(position);
                arguments.push(record.revision);
                arguments.push_bytes(record_codec::encode(&change.record));
                arguments.push(change.record.lane);
            }
            match self.connection.run::<i64>("restart_block", arguments.as_slice()).await? {
                1 => return Ok(Prepared::Block(restarted)),
                0 => {}
                -1 => return Ok(Prepared::Changed),
                _ => return Err(Leadership::lost()),
            }
        }
        Ok(Prepared::Changed)
    }
}
