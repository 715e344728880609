//! What is to be told of a campaign, each event once for certain.
//!
//! An outbox is a stream that the scripts write into, through `note` in `scripts/include/campaign.lua`, while the campaign has a
//! `[notify]`. Its entries are those of the feed, and stay until somebody has taken what they tell.

use serde::{Deserialize, Serialize};

use super::{
    FeedId, Happened, Store, StoreError,
    arguments::Arguments,
    claims::campaign_id,
    feed::{Entries, read},
    limits,
};
use crate::domain::{AttemptId, CampaignId, ContactState, Timestamp};

/// Field of a campaign: the entry of its end, and how many blocks of contacts were told of for that.
const TOLD_END: &str = "told_end";
/// Campaigns read in one go.
const CAMPAIGNS_AT_ONCE: usize = 256;

/// A campaign that has something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbox {
    /// Which campaign.
    pub campaign: CampaignId,
    /// The version of its definition.
    pub version: u32,
    /// How many entries wait.
    pub waiting: u64,
}

/// What came of sending an event once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The event's id.
    pub event: String,
    /// What it tells of.
    pub kind: String,
    /// When that happened, RFC 3339.
    pub happened_at: String,
    /// When it was sent, RFC 3339.
    pub sent_at: String,
    /// The receiver's answer; none: there was none.
    pub status: Option<u16>,
    /// Why it is not taken; empty if it is.
    pub error: String,
    /// It is not sent again although nobody took it.
    pub is_given_up: bool,
}

/// The last deliveries of a campaign, newest first, and what waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxView {
    /// How many entries wait.
    pub waiting: u64,
    /// When the oldest of them happened.
    pub oldest: Option<Timestamp>,
    /// What came of sending, newest first, as far as it is kept.
    pub deliveries: Vec<Delivery>,
}

impl Store {
    /// The campaigns whose events are told, with what waits.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn outboxes(&self) -> Result<Vec<Outbox>, StoreError> {
        let keys = self.connection.keys();
        let told: Vec<String> = self.connection.query(redis::cmd("SMEMBERS").arg(keys.told())).await?;
        let mut outboxes = Vec::new();
        for some in told.chunks(CAMPAIGNS_AT_ONCE) {
            let campaigns = some.iter().map(|id| campaign_id(id)).collect::<Result<Vec<_>, _>>()?;
            let mut pipeline = redis::pipe();
            for &campaign in &campaigns {
                pipeline.cmd("XLEN").arg(keys.outbox(campaign));
                pipeline.cmd("HGET").arg(keys.campaign(campaign)).arg("version");
            }
            let answers: Vec<Option<u64>> = self.connection.query_all(&pipeline).await?;
            let found = campaigns.iter().zip(answers.chunks(2));
            outboxes.extend(found.map(|(&campaign, answers)| Outbox {
                campaign,
                version: answers[1].unwrap_or(0) as u32,
                waiting: answers[0].unwrap_or(0),
            }));
        }
        Ok(outboxes)
    }

    /// What came after a place in a campaign's outbox, `most` entries of it.
    ///
    /// # Errors
    /// When Redis does not answer, or an entry is damaged.
    pub async fn outbox(
        &self,
        campaign: CampaignId,
        after: FeedId,
        most: usize,
    ) -> Result<Vec<(FeedId, Happened)>, StoreError> {
        let mut command = redis::cmd("XRANGE");
        command.arg(self.connection.keys().outbox(campaign)).arg(format!("({after}")).arg("+").arg("COUNT").arg(most);
        let entries: Entries = self.connection.query(&command).await?;
        entries.iter().map(|entry| read(campaign, entry)).collect()
    }

    /// Takes entries out of an outbox, and notes a delivery.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn outbox_done(
        &self,
        campaign: CampaignId,
        done: &[FeedId],
        delivery: Option<&Delivery>,
    ) -> Result<(), StoreError> {
        let keys = self.connection.keys();
        let mut pipeline = redis::pipe();
        if !done.is_empty() {
            let done: Vec<String> = done.iter().map(FeedId::to_string).collect();
            pipeline.cmd("XDEL").arg(keys.outbox(campaign)).arg(done).ignore();
        }
        if let Some(delivery) = delivery {
            let line = serde_json::to_string(delivery).expect("texts and numbers serialise");
            pipeline.cmd("LPUSH").arg(keys.deliveries(campaign)).arg(line).ignore();
            pipeline.cmd("LTRIM").arg(keys.deliveries(campaign)).arg(0).arg(limits::DELIVERIES_KEPT - 1).ignore();
        }
        if done.is_empty() && delivery.is_none() {
            return Ok(());
        }
        self.connection.query_all(&pipeline).await
    }

    /// Forgets what waits, unless somebody is to be told. The log of deliveries stays.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn drop_outbox(&self, campaign: CampaignId) -> Result<(), StoreError> {
        let arguments = Arguments::default().text(campaign);
        self.connection.run::<i64>("drop_outbox", arguments.as_slice()).await.map(drop)
    }

    /// How the events of a campaign fare.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn outbox_view(&self, campaign: CampaignId) -> Result<OutboxView, StoreError> {
        let keys = self.connection.keys();
        let mut pipeline = redis::pipe();
        pipeline.cmd("XLEN").arg(keys.outbox(campaign));
        pipeline.cmd("XRANGE").arg(keys.outbox(campaign)).arg("-").arg("+").arg("COUNT").arg(1);
        pipeline.cmd("LRANGE").arg(keys.deliveries(campaign)).arg(0).arg(-1);
        let (waiting, oldest, lines): (u64, Entries, Vec<String>) = self.connection.query_all(&pipeline).await?;
        let oldest = oldest.first().map(|entry| read(campaign, entry)).transpose()?;
        let line = |line: &String| {
            serde_json::from_str(line).map_err(|error| StoreError::Corrupt(format!("a delivery: {error}")))
        };
        Ok(OutboxView {
            waiting,
            oldest: oldest.map(|(id, _)| id.at()),
            deliveries: lines.iter().map(line).collect::<Result<_, _>>()?,
        })
    }

    /// Has what happened between two instants told again: attempts that ended then, and contacts that are finished or held and
    /// whose last attempt did; without `from`, also those without attempts. Answers how many entries that is.
    ///
    /// # Errors
    /// When Redis does not answer, or there is no such campaign.
    pub async fn tell_again(
        &self,
        campaign: CampaignId,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<usize, StoreError> {
        let is_within = |at: Timestamp| from.is_none_or(|from| from <= at) && until.is_none_or(|until| at < until);
        let mut told = 0;
        for block in 0..self.block_count(campaign).await? {
            let mut entries = Vec::new();
            for (position, record) in self.block_records(campaign, block).await? {
                let ended = record.attempts.iter().filter(|attempt| attempt.ended_at.is_some_and(is_within));
                entries.extend(ended.filter_map(|attempt| {
                    Some(Happened::ended(
                        AttemptId { campaign, position, revision: attempt.revision },
                        attempt.outcome?,
                    ))
                }));
                let last = record.attempts.last();
                let is_last_within = last.map_or(from.is_none(), |last| last.ended_at.is_some_and(is_within));
                if is_last_within && !record.state.is_open() {
                    entries.push(Happened::moved(campaign, position, record.revision, record.state));
                }
            }
            told += self.tell(campaign, &entries).await?;
        }
        Ok(told)
    }

    /// Has the contacts told of that were not finished when their campaign ended, as the entry `end` says: they count as
    /// finished with it. Each is entered once for that end, however often this is asked for. Answers how many were.
    ///
    /// # Errors
    /// When Redis does not answer, or there is no such campaign.
    pub async fn tell_unfinished(&self, campaign: CampaignId, end: FeedId) -> Result<usize, StoreError> {
        let Some(state) = self.unfinished(campaign).await? else { return Ok(0) };
        let info = self.fresh_info(campaign).await?;
        let meta = self.connection.keys().campaign(campaign);
        let done: Option<String> = self.connection.query(redis::cmd("HGET").arg(&meta).arg(TOLD_END)).await?;
        let done = done.as_deref().and_then(|done| done.strip_prefix(&format!("{end} "))?.parse::<u32>().ok());
        let mut told = 0;
        for block in done.unwrap_or(0)..self.block_count(campaign).await? {
            let records = self.block_records(campaign, block).await?;
            let views = self.block_views(&info, block).await?;
            let entries = views.iter().filter_map(|view| {
                let record = records.get(&view.position);
                // Whoever is on a call is told of when that ends.
                let is_left = record.is_none_or(|record| record.state.is_open() || record.state == ContactState::Held);
                let revision = record.map_or(0, |record| record.revision);
                let is_left = is_left && view.state == state;
                is_left.then(|| Happened::moved(campaign, view.position, revision, state))
            });
            let entries: Vec<_> = entries.collect();
            let mut pipeline = self.telling(campaign, &entries);
            pipeline.cmd("HSET").arg(&meta).arg(TOLD_END).arg(format!("{end} {}", block + 1)).ignore();
            self.connection.query_all::<()>(&pipeline).await?;
            told += entries.len();
        }
        Ok(told)
    }

    async fn tell(&self, campaign: CampaignId, entries: &[Happened]) -> Result<usize, StoreError> {
        if !entries.is_empty() {
            self.connection.query_all::<()>(&self.telling(campaign, entries)).await?;
        }
        Ok(entries.len())
    }

    fn telling(&self, campaign: CampaignId, entries: &[Happened]) -> redis::Pipeline {
        let mut pipeline = redis::pipe();
        pipeline.atomic();
        let outbox = self.connection.keys().outbox(campaign);
        for entry in entries {
            pipeline.cmd("XADD").arg(&outbox).arg("*").arg("e").arg(entry.to_string()).ignore();
        }
        pipeline
    }
}
