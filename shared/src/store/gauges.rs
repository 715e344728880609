//! How much there is to do, at a bounded price: for metrics, and whoever decides by them how many workers there should be.

use std::collections::{BTreeMap, HashMap};

use super::{Store, StoreError, hold::positions_of, view::CampaignView};
use crate::domain::{CampaignId, CampaignState, Timestamp};

/// Lanes that are looked at, shared by all campaigns, and the least for each of them; they stand for the others.
const LANES_MAX: usize = 2_048;
const LANES_MIN: usize = 2;
/// Entries of a lane's queue, and of its due times, that are looked at; they stand for the others.
const ENTRIES_MAX: usize = 64;
/// Campaigns, or lanes, of one pipeline.
const AT_ONCE: usize = 128;

/// What one account has to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueDepth {
    /// Lanes inside their calling hours with somebody to call.
    pub lanes_open: u64,
    /// Contacts in them who could be called now.
    pub callable: u64,
    /// Contacts whose time has come, also those whose hours are closed.
    pub due: u64,
}

/// One part of a lane: its queue, or those of it who wait for their times.
struct LanePart {
    campaign: CampaignId,
    /// That of its campaign: hours of another one do not count.
    version: u32,
    account: String,
    /// `q:lane` or `w:lane`
    member: String,
    /// For how many of its campaign's it stands.
    weight: f64,
}

/// A part of a list, the length of all of it, and its lane's hours.
type Sample = (Vec<String>, u64, Option<String>);

impl Store {
    /// What accounts have to do in campaigns that run. Where there are many lanes or entries, some stand for the others.
    ///
    /// # Errors
    /// When Redis does not answer, or a lane's entry is damaged.
    pub async fn queue_depths(&self, campaigns: &[CampaignView]) -> Result<BTreeMap<String, QueueDepth>, StoreError> {
        let now = self.clock().now();
        let is_dialing = |view: &&CampaignView| {
            view.state == CampaignState::Running && view.run_until.is_none_or(|until| now < until)
        };
        let running: Vec<&CampaignView> = campaigns.iter().filter(is_dialing).collect();
        let mut parts = Vec::new();
        let most = (LANES_MAX / running.len().max(1)).max(LANES_MIN);
        for some in running.chunks(AT_ONCE) {
            parts.append(&mut self.lane_parts(some, most).await?);
        }
        let mut depths: BTreeMap<String, QueueDepth> = BTreeMap::new();
        // By campaign and lane: both parts of a lane may have somebody to call.
        let mut open: HashMap<(CampaignId, &str), &LanePart> = HashMap::new();
        for some in parts.chunks(AT_ONCE) {
            for (part, (contacts, is_open)) in some.iter().zip(self.contacts_of(some, now).await?) {
                let depth = depths.entry(part.account.clone()).or_default();
                let contacts = (contacts * part.weight).round() as u64;
                depth.due += contacts;
                if is_open && contacts > 0 {
                    depth.callable += contacts;
                    open.insert((part.campaign, lane_of(&part.member).1), part);
                }
            }
        }
        for part in open.into_values() {
            depths.entry(part.account.clone()).or_default().lanes_open += part.weight.round() as u64;
        }
        Ok(depths)
    }

    /// The parts of lanes that stand for all of each campaign, `most` of those that were open when they were last looked at,
    /// and of the others. Nobody moves them while nobody claims.
    async fn lane_parts(&self, campaigns: &[&CampaignView], most: usize) -> Result<Vec<LanePart>, StoreError> {
        let keys = self.connection.keys();
        let mut pipeline = redis::pipe();
        for campaign in campaigns {
            for key in [keys.lanes_open(campaign.id), keys.lanes_closed(campaign.id)] {
                pipeline.cmd("ZRANGE").arg(&key).arg(0).arg(most - 1).cmd("ZCARD").arg(&key);
            }
        }
        let answers: Vec<redis::Value> = self.connection.query_all(&pipeline).await?;
        let mut parts = Vec::new();
        for (campaign, answer) in campaigns.iter().flat_map(|campaign| [campaign; 2]).zip(answers.chunks(2)) {
            let (lanes, all) = read::<(Vec<String>, u64)>(answer)?;
            let weight = all as f64 / lanes.len().max(1) as f64;
            let CampaignView { id: campaign, version, account, .. } = campaign;
            let part =
                |member| LanePart { campaign: *campaign, version: *version, account: account.clone(), member, weight };
            parts.extend(lanes.into_iter().map(part));
        }
        Ok(parts)
    }

    /// How many contacts of each part are due, about, and whether its lane is inside its hours.
    async fn contacts_of(&self, parts: &[LanePart], now: Timestamp) -> Result<Vec<(f64, bool)>, StoreError> {
        let keys = self.connection.keys();
        let mut pipeline = redis::pipe();
        for LanePart { campaign, member, .. } in parts {
            match lane_of(member) {
                (true, lane) => {
                    let queue = keys.queue(campaign, lane);
                    pipeline.cmd("LRANGE").arg(&queue).arg(0).arg(ENTRIES_MAX - 1).cmd("LLEN").arg(&queue);
                }
                (false, lane) => {
                    let buckets = keys.buckets(campaign, lane);
                    let (from, to) = ("-inf", now.as_millis());
                    pipeline.cmd("ZRANGEBYSCORE").arg(&buckets).arg(from).arg(to).arg("LIMIT").arg(0).arg(ENTRIES_MAX);
                    pipeline.cmd("ZCOUNT").arg(&buckets).arg(from).arg(to);
                }
            }
            pipeline.cmd("HGET").arg(keys.lane_hours(campaign)).arg(lane_of(member).1);
        }
        let answers: Vec<redis::Value> = self.connection.query_all(&pipeline).await?;
        let samples = answers.chunks(3).map(read::<Sample>).collect::<Result<Vec<_>, _>>()?;
        let mut pipeline = redis::pipe();
        for (LanePart { campaign, member, .. }, (times, ..)) in parts.iter().zip(&samples) {
            if let (false, lane) = lane_of(member) {
                for time in times {
                    pipeline.cmd("LLEN").arg(keys.bucket(campaign, lane, time));
                }
            }
        }
        let mut lengths = self.connection.query_all::<Vec<u64>>(&pipeline).await?.into_iter();
        let mut contacts = Vec::with_capacity(parts.len());
        for (LanePart { member, version, .. }, (entries, all, hours)) in parts.iter().zip(&samples) {
            let seen: u64 = if lane_of(member).0 {
                entries.iter().map(|entry| Ok(positions_of(entry)?.len() as u64)).sum::<Result<u64, StoreError>>()?
            } else {
                lengths.by_ref().take(entries.len()).sum()
            };
            let is_open = hours.as_deref().is_some_and(|hours| is_open_at(hours, *version, now));
            contacts.push((seen as f64 * *all as f64 / entries.len().max(1) as f64, is_open));
        }
        Ok(contacts)
    }
}

/// Whether a member of the sets of lanes stands for its queue, and its lane.
fn lane_of(member: &str) -> (bool, &str) {
    let (part, lane) = member.split_once(':').unwrap_or_default();
    (part == "q", lane)
}

/// Whether hours as they are stored, `version|from-to,from-to,…` in milliseconds, are of this version and open now.
fn is_open_at(hours: &str, version: u32, now: Timestamp) -> bool {
    let Some((of, spans)) = hours.split_once('|') else { return false };
    let is_within = |span: &str| {
        let (from, to) = span.split_once('-')?;
        let (from, to) = (from.parse::<i64>().ok()?, to.parse::<i64>().ok()?);
        Some(from <= now.as_millis() && now.as_millis() < to)
    };
    of.parse() == Ok(version) && spans.split(',').any(|span| is_within(span) == Some(true))
}

fn read<T: redis::FromRedisValue>(answers: &[redis::Value]) -> Result<T, StoreError> {
    let value = redis::Value::Array(answers.to_vec());
    redis::from_redis_value(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}
