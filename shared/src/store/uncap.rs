//! Contacts that wait for a cap which is no longer in force: they come up again.
//!
//! A contact that a cap keeps waits until the instant at which it frees, and says for which cap it waits. When caps are
//! changed, those that wait for one of them that is gone need not wait any longer; another one may keep them still, which the
//! next begin finds out. Nobody is looked at as long as caps stay as they are.

use std::collections::{BTreeSet, HashMap};

use super::{CampaignInfo, Store, StoreError, fingerprint::fingerprint, hold::positions_of, refused::cap_in};
use crate::domain::{AttemptId, CampaignId, ContactPosition, record::Record, transition};

/// Contacts that are looked at in one go.
const CONTACTS: usize = 256;

/// All caps of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapsInForce {
    /// By what they bind: nothing (every campaign), a campaign, a campaign and a place (`campaign:place`).
    rules: HashMap<String, String>,
}

impl CapsInForce {
    /// The caps that bind a campaign's calls, at some place or at all, in words.
    pub fn words(&self, campaign: CampaignId) -> BTreeSet<&str> {
        self.binding(campaign).flat_map(|(_, rules)| rules.lines()).filter_map(words_of).collect()
    }

    fn binding(&self, campaign: CampaignId) -> impl Iterator<Item = (&String, &String)> {
        let (own, of_places) = (campaign.to_string(), format!("{campaign}:"));
        self.rules.iter().filter(move |(scope, _)| scope.is_empty() || **scope == own || scope.starts_with(&of_places))
    }

    /// Tells the caps that bind a campaign from others.
    fn digest(&self, campaign: CampaignId) -> String {
        let mut binding: Vec<_> = self.binding(campaign).collect();
        binding.sort();
        format!("{:016x}", fingerprint(&format!("{binding:?}"), 0))
    }

    /// Whether a cap, in words, binds a campaign's calls from a lane.
    fn binds(&self, campaign: CampaignId, lane: u16, words: &str) -> bool {
        let scopes = [String::new(), campaign.to_string(), format!("{campaign}:{}", lane >> 4)];
        let mut rules = scopes.iter().filter_map(|scope| self.rules.get(scope)).flat_map(|rules| rules.lines());
        rules.any(|rule| words_of(rule) == Some(words))
    }
}

/// Of a rule as it is stored, `kind count window_s words`.
fn words_of(rule: &str) -> Option<&str> {
    rule.splitn(4, ' ').nth(3)
}

impl Store {
    /// A number that grows with every change of any cap.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn caps_changes(&self) -> Result<u64, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(self.connection.keys().caps()).arg("*");
        // `seconds calls of_contacts changes`
        let text: Option<String> = self.connection.query(&command).await?;
        Ok(text.and_then(|text| text.split(' ').nth(3)?.parse().ok()).unwrap_or(0))
    }

    /// The caps as they are now.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn caps_in_force(&self) -> Result<CapsInForce, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.connection.keys().caps());
        let mut rules: HashMap<String, String> = self.connection.query(&command).await?;
        rules.remove("*");
        Ok(CapsInForce { rules })
    }

    /// Files the contacts of a campaign anew that wait for a cap which is not among `caps`; answers how many. Does nothing,
    /// in one read, where that was done already for the caps that bind this campaign.
    ///
    /// # Errors
    /// When Redis does not answer, or there is no such campaign.
    pub async fn uncap(&self, campaign: CampaignId, caps: &CapsInForce) -> Result<usize, StoreError> {
        let (key, digest) = (self.connection.keys().campaign(campaign), caps.digest(campaign));
        let mut done = redis::cmd("HGET");
        done.arg(&key).arg("uncapped");
        if self.connection.query::<Option<String>>(&done).await?.as_ref() == Some(&digest) {
            return Ok(0);
        }
        let info = self.fresh_info(campaign).await?;
        let mut uncapped = 0;
        for lane in info.lanes() {
            uncapped += self.uncap_lane(&info, lane, caps).await?;
        }
        let mut done = redis::cmd("HSET");
        done.arg(&key).arg("uncapped").arg(digest);
        self.connection.query::<i64>(&done).await?;
        Ok(uncapped)
    }

    async fn uncap_lane(&self, info: &CampaignInfo, lane: u16, caps: &CapsInForce) -> Result<usize, StoreError> {
        let keys = self.connection.keys();
        let mut buckets = redis::cmd("ZRANGE");
        buckets.arg(keys.buckets(info.id, lane)).arg(0).arg(-1);
        let mut uncapped = 0;
        for due in self.connection.query::<Vec<String>>(&buckets).await? {
            let mut entries = redis::cmd("LRANGE");
            entries.arg(keys.bucket(info.id, lane, due)).arg(0).arg(-1);
            let mut positions = Vec::new();
            for entry in self.connection.query::<Vec<String>>(&entries).await? {
                positions.extend(positions_of(&entry)?);
            }
            for some in positions.chunks(CONTACTS) {
                uncapped += self.uncap_some(info, lane, caps, some).await?;
            }
        }
        Ok(uncapped)
    }

    /// What stands in the bucket is a hint from then on, which claim drops.
    async fn uncap_some(
        &self,
        info: &CampaignInfo,
        lane: u16,
        caps: &CapsInForce,
        positions: &[ContactPosition],
    ) -> Result<usize, StoreError> {
        let attempt = |&position| AttemptId { campaign: info.id, position, revision: 0 };
        let records = self.records(positions.iter().map(attempt)).await?;
        let waits_in_vain = |record: &Record| {
            record.lane == lane && cap_in(&record.reason).is_some_and(|words| !caps.binds(info.id, lane, words))
        };
        let changes = positions.iter().zip(records).filter_map(|(position, record)| {
            let record = record.filter(waits_in_vain)?;
            Some((*position, transition::wait_no_longer(&record)?))
        });
        self.revise(info, changes.collect()).await
    }
}
