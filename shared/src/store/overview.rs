//! Campaigns as they stand: state, counts and pace, for whoever looks at them.

use std::collections::{BTreeMap, HashMap};

use super::{
    Store, StoreError,
    claims::campaign_id,
    limits,
    view::{CampaignView, Counts},
};
use crate::domain::{CampaignId, CampaignName, CampaignState, ContactState, Outcome, Timestamp};

impl Store {
    /// One campaign as it stands.
    ///
    /// # Errors
    /// When Redis does not answer, or there is no such campaign.
    pub async fn campaign(&self, name: &CampaignName) -> Result<CampaignView, StoreError> {
        let id = self.campaign_id(name).await?;
        self.views(&[id]).await?.pop().ok_or_else(|| StoreError::NoCampaign(name.to_string()))
    }

    /// All campaigns as they stand, by name.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn campaigns(&self) -> Result<Vec<CampaignView>, StoreError> {
        let mut command = redis::cmd("HVALS");
        command.arg(self.connection.keys().names());
        let ids: Vec<String> = self.connection.query(&command).await?;
        let ids = ids.iter().map(|id| campaign_id(id)).collect::<Result<Vec<_>, _>>()?;
        let mut views = self.views(&ids).await?;
        views.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(views)
    }

    pub(super) async fn views(&self, ids: &[CampaignId]) -> Result<Vec<CampaignView>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let keys = self.connection.keys();
        let now = self.clock().now().as_millis();
        let mut pipeline = redis::pipe();
        for id in ids {
            pipeline.cmd("HGETALL").arg(keys.campaign(id));
            pipeline.cmd("HGETALL").arg(keys.counts(id));
            pipeline.cmd("ZCOUNT").arg(keys.live(id)).arg(format!("({now}")).arg("+inf");
            pipeline.cmd("GET").arg(keys.definition(id));
        }
        let answers: Vec<redis::Value> = self.connection.query_all(&pipeline).await?;
        let corrupt = |_| StoreError::Corrupt("a campaign's hashes".to_owned());
        ids.iter()
            .zip(answers.chunks(4))
            .map(|(id, parts)| {
                let fields = redis::from_redis_value(parts[0].clone()).map_err(corrupt)?;
                let counts = redis::from_redis_value(parts[1].clone()).map_err(corrupt)?;
                let live_calls = redis::from_redis_value(parts[2].clone()).map_err(corrupt)?;
                let source: Option<String> = redis::from_redis_value(parts[3].clone()).map_err(corrupt)?;
                campaign_view(*id, &fields, &counts, live_calls, source.unwrap_or_default(), now / 1000)
            })
            .collect()
    }
}

fn campaign_view(
    id: CampaignId,
    fields: &HashMap<String, String>,
    counts: &HashMap<String, String>,
    live_calls: u64,
    source: String,
    second: i64,
) -> Result<CampaignView, StoreError> {
    let text = |field: &str| fields.get(field).cloned().unwrap_or_default();
    let number = |field: &str| fields.get(field).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    let time = |field: &str| Some(number(field)).filter(|&ms| ms > 0).map(Timestamp::from_millis);
    let corrupt = || StoreError::Corrupt(format!("campaign {id}"));
    Ok(CampaignView {
        id,
        name: text("name").parse().map_err(|_| corrupt())?,
        state: CampaignState::from_byte(number("state") as u8).ok_or_else(corrupt)?,
        reason: text("reason"),
        version: number("version") as u32,
        source,
        account: text("account"),
        counts: read_counts(counts),
        live_calls,
        recent_starts: recent_starts(counts, second),
        next_run_at: time("next_run"),
        run_until: time("run_until"),
    })
}

fn read_counts(stored: &HashMap<String, String>) -> Counts {
    let number = |field: &str| stored.get(field).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let total = number("total");
    let mut by_state: BTreeMap<_, _> = ContactState::ALL
        .iter()
        .map(|&state| (state, number(&format!("s{}", state as u8))))
        .filter(|&(_, count)| count > 0)
        .collect();
    by_state.insert(ContactState::Pending, total.saturating_sub(by_state.values().sum()));
    let outcomes = Outcome::ALL
        .iter()
        .map(|&outcome| (outcome, number(&format!("o{}", outcome as u8))))
        .filter(|&(_, count)| count > 0)
        .collect();
    Counts { total, by_state, attempts: number("attempts"), outcomes }
}

/// Calls begun in each of the last ten full seconds, newest last.
fn recent_starts(stored: &HashMap<String, String>, second: i64) -> Vec<u32> {
    let started_in = |second: i64| {
        let slot = format!("t{}", second.rem_euclid(limits::STARTS_RING as i64));
        let (at, count) = stored.get(&slot)?.split_once(':')?;
        (at.parse() == Ok(second)).then(|| count.parse().ok())?
    };
    (second - 10..second).map(|second| started_in(second).unwrap_or(0)).collect()
}
