//! Dropping what nobody needs any more, in bounded steps.

use super::{Leadership, Store, StoreError, arguments::Arguments, limits};
use crate::domain::{CampaignId, Timestamp};

impl Store {
    /// One step of a scan for number locks that have run out. Answers where to go on (0: all have been seen) and how many
    /// locks were forgotten. Looks at about `count` of them.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn prune_numbers(&self, cursor: u64, count: usize) -> Result<(u64, u64), StoreError> {
        self.connection.run("prune_numbers", Arguments::default().text(cursor).text(count).as_slice()).await
    }

    /// Drops up to about `most` keys in which the contacts of an ended campaign waited. Answers how many; 0: none is left.
    ///
    /// # Errors
    /// When Redis does not answer, the campaign has not ended, or another scheduler leads by now.
    pub async fn prune_campaign(
        &self,
        campaign: CampaignId,
        most: usize,
        leadership: Leadership,
    ) -> Result<u64, StoreError> {
        let arguments = Arguments::default().text(campaign).text(leadership.token).text(most);
        match self.connection.run::<i64>("prune_campaign", arguments.as_slice()).await? {
            -2 => Err(Leadership::lost()),
            -1 => Err(StoreError::Conflict(format!("campaign {campaign} has not ended: nothing of it is dropped"))),
            dropped => Ok(dropped.unsigned_abs()),
        }
    }

    /// Forgets entries of do-not-call lists that have run out, at most `most`, and imports that were replaced or given up.
    /// Answers how many there were.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn prune_suppressions(&self, most: usize) -> Result<u64, StoreError> {
        self.connection.run("prune_suppressions", Arguments::default().text(most).as_slice()).await
    }

    /// Forgets calls that no cap counts any more, in `count` shards of the history from `first` on. Answers where to go on
    /// (0: all have been seen) and how many numbers and contacts were forgotten.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn prune_history(&self, first: u64, count: u64) -> Result<(u64, u64), StoreError> {
        let count = count.min(limits::HISTORY_SHARDS.saturating_sub(first));
        let arguments = Arguments::default().text(first).text(count);
        let forgotten = self.connection.run("prune_history", arguments.as_slice()).await?;
        Ok(((first + count) % limits::HISTORY_SHARDS, forgotten))
    }

    /// Forgets live-call slots that had run out by `now` and that nobody gave back, of these campaigns and of all
    /// accounts. Answers how many.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn prune_slots(&self, campaigns: &[CampaignId], now: Timestamp) -> Result<u64, StoreError> {
        let keys = self.connection.keys();
        let accounts: Vec<String> = self.connection.query(redis::cmd("SMEMBERS").arg(keys.accounts())).await?;
        let zsets = campaigns.iter().map(|id| keys.live(id)).chain(accounts.iter().map(|name| keys.account_live(name)));
        let zsets: Vec<String> = zsets.collect();
        let mut pruned = 0;
        for some in zsets.chunks(256) {
            let mut pipeline = redis::pipe();
            for zset in some {
                pipeline.cmd("ZREMRANGEBYSCORE").arg(zset).arg("-inf").arg(now.as_millis());
            }
            pruned += self.connection.query_all::<Vec<u64>>(&pipeline).await?.iter().sum::<u64>();
        }
        Ok(pruned)
    }
}
