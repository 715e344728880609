//! Removing campaigns. One is out of sight at once; what it holds is dropped in bounded steps, which anybody may go on with.

use std::ops::Range;

use super::{
    Leadership, Store, StoreError, arguments::Arguments, attempts::record_place, claims::campaign_id,
    index::IndexState, limits,
};
use crate::domain::{CampaignId, CampaignName, CampaignState};

/// Keys that one step drops at most.
const KEYS_PER_STEP: u64 = 512;

/// What a step of a removal drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The contacts of so many blocks, and what became of them.
    Blocks,
    /// Shards of the index.
    Index,
    /// Shards of numbers on the campaign's own do-not-call lists.
    Added,
}

/// How much there is of each part, in the order in which they are dropped.
struct Plan([(Part, u64); 3]);

impl Plan {
    /// What step `from` drops, and the place after it; none: only the campaign itself is left.
    fn step(&self, from: u64) -> Option<(Part, Range<u64>, u64)> {
        let mut first = 0;
        for (part, count) in self.0 {
            let per_step = match part {
                Part::Blocks => KEYS_PER_STEP / keys_per_block(),
                Part::Index | Part::Added => KEYS_PER_STEP,
            };
            if from < first + count {
                let begin = from - first;
                let end = (begin + per_step).min(count);
                return Some((part, begin..end, first + end));
            }
            first += count;
        }
        None
    }
}

/// The block itself, its records, and where their recordings are.
fn keys_per_block() -> u64 {
    1 + 2 * limits::ROWS_PER_BLOCK / limits::RECORDS_PER_KEY
}

impl Store {
    /// Takes a campaign out of sight: a draft, or one that has ended and has no live call. [`Store::drop_removed`] drops what it
    /// holds.
    ///
    /// The history of calls that caps count stays, and what others know of it by its name.
    ///
    /// # Errors
    /// When Redis does not answer, there is no such campaign, or its state does not allow it.
    pub async fn remove_campaign(
        &self,
        name: &CampaignName,
        leadership: Option<Leadership>,
    ) -> Result<CampaignId, StoreError> {
        let token = leadership.map_or(String::new(), |leadership| leadership.token.to_string());
        let arguments = Arguments::default().text(name).text(token);
        let (code, id, state): (i64, String, u8) = self.connection.run("remove_campaign", arguments.as_slice()).await?;
        match code {
            1 => campaign_id(&id),
            0 => Err(self.absence(name).await),
            -2 => Err(Leadership::lost()),
            -3 => {
                Err(StoreError::Conflict(format!("campaign `{name}` has calls that may be live still: wait for them")))
            }
            _ => {
                let state = CampaignState::from_byte(state).map_or_else(String::new, |state| state.to_string());
                let remedy = format!("`redial stop {name}` first");
                Err(StoreError::Conflict(format!(
                    "campaign `{name}` is {state}: only what is over is removed; {remedy}"
                )))
            }
        }
    }

    /// Campaigns that are out of sight and hold something still.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn removing(&self) -> Result<Vec<CampaignId>, StoreError> {
        let mut command = redis::cmd("HKEYS");
        command.arg(self.connection.keys().removing());
        let ids: Vec<String> = self.connection.query(&command).await?;
        ids.iter().map(|id| campaign_id(id)).collect()
    }

    /// Drops a bounded part of what a removed campaign holds. False: nothing is left of it.
    ///
    /// # Errors
    /// When Redis does not answer: the same step is done again.
    pub async fn drop_removed(&self, campaign: CampaignId) -> Result<bool, StoreError> {
        let keys = self.connection.keys();
        let mut pipeline = redis::pipe();
        pipeline.cmd("HGET").arg(keys.removing()).arg(campaign.to_string());
        pipeline.cmd("HMGET").arg(keys.campaign(campaign)).arg("blocks").arg("index").arg("pruned");
        pipeline.cmd("EXISTS").arg(keys.suppressions(campaign));
        type Answer = (Option<u64>, (Option<u64>, Option<String>, Option<String>), u64);
        let (from, (blocks, index, pruned), has_lists): Answer = self.connection.query_all(&pipeline).await?;
        let Some(from) = from else { return Ok(false) };
        let shards = index.map_or(Ok(0), |index| IndexState::shards(&index))?;
        let plan = Plan([
            (Part::Blocks, blocks.unwrap_or(0)),
            (Part::Index, shards),
            (Part::Added, has_lists * limits::ADDED_SHARDS),
        ]);
        match plan.step(from) {
            Some((part, range, next)) => self.drop_part(campaign, part, range, next).await?,
            None if pruned.is_none() && self.prune_lanes(campaign).await? > 0 => {}
            None => {
                let forget = Arguments::default().text(campaign);
                self.connection.run::<i64>("forget_campaign", forget.as_slice()).await?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn drop_part(
        &self,
        campaign: CampaignId,
        part: Part,
        range: Range<u64>,
        next: u64,
    ) -> Result<(), StoreError> {
        let keys = self.connection.keys();
        let mut command = redis::cmd("UNLINK");
        for number in range {
            match part {
                Part::Index => drop(command.arg(keys.index(campaign, number))),
                Part::Added => drop(command.arg(keys.added(campaign, number))),
                Part::Blocks => {
                    command.arg(keys.block(campaign, number));
                    let first = number * limits::ROWS_PER_BLOCK;
                    for position in (first..first + limits::ROWS_PER_BLOCK).step_by(limits::RECORDS_PER_KEY as usize) {
                        let (shard, _) = record_place(position as u32);
                        command.arg(keys.records(campaign, shard)).arg(keys.recorded(campaign, shard));
                    }
                }
            }
        }
        self.connection.query::<i64>(&command).await?;
        let mut note = redis::cmd("HSET");
        note.arg(keys.removing()).arg(campaign.to_string()).arg(next);
        self.connection.query::<i64>(&note).await.map(drop)
    }

    async fn prune_lanes(&self, campaign: CampaignId) -> Result<i64, StoreError> {
        let arguments = Arguments::default().text(campaign).text("").text(KEYS_PER_STEP);
        self.connection.run("prune_campaign", arguments.as_slice()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removal_goes_through_all_parts_in_bounded_steps() {
        let plan = Plan([(Part::Blocks, 60), (Part::Index, 0), (Part::Added, 600)]);
        let (mut from, mut steps) = (0, Vec::new());
        while let Some((part, range, next)) = plan.step(from) {
            steps.push((part, range));
            from = next;
        }
        assert_eq!(
            steps,
            [(Part::Blocks, 0..56), (Part::Blocks, 56..60), (Part::Added, 0..512), (Part::Added, 512..600)]
        );
    }
}
