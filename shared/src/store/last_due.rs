//! For how long a campaign's contacts wait, at the price of a few commands for each lane in which some do.

use std::collections::BTreeSet;

use super::{CampaignInfo, Store, StoreError, backlog::push_hints};
use crate::domain::Timestamp;

/// Times that are looked at, the last ones first: nobody may stand there any more.
const LOOKS: usize = 16;
/// Contacts of one time whose records are looked at.
const CONTACTS: usize = 64;

impl Store {
    /// The last time for which one of the campaign's contacts waits, and the lane of that contact; none: nobody does, in a lane
    /// whose hours are known.
    ///
    /// # Errors
    /// When Redis does not answer, or a lane's entry or a record is damaged.
    pub async fn last_due(&self, info: &CampaignInfo) -> Result<Option<(u16, Timestamp)>, StoreError> {
        let lanes: Vec<u16> = self.lanes_with_waiting(info).await?.into_iter().collect();
        let mut last: BTreeSet<(Timestamp, u16)> = BTreeSet::new();
        for (lane, due) in lanes.iter().zip(self.last_times(info, &lanes, None).await?) {
            last.extend(due.map(|due| (due, *lane)));
        }
        let mut latest = None;
        for _ in 0..LOOKS {
            let Some((due, lane)) = last.pop_last() else { return Ok(None) };
            latest = Some((lane, due));
            if self.somebody_waits(info, lane, due).await? {
                break;
            }
            let before = self.last_times(info, &[lane], Some(due)).await?.into_iter().flatten();
            last.extend(before.map(|before| (before, lane)));
        }
        Ok(latest)
    }

    /// Lanes, open or closed, that have somebody who waits.
    async fn lanes_with_waiting(&self, info: &CampaignInfo) -> Result<BTreeSet<u16>, StoreError> {
        let keys = self.connection.keys();
        let mut pipeline = redis::pipe();
        for lanes in [keys.lanes_open(info.id), keys.lanes_closed(info.id)] {
            pipeline.cmd("ZRANGE").arg(lanes).arg(0).arg(-1);
        }
        let parts: Vec<Vec<String>> = self.connection.query_all(&pipeline).await?;
        Ok(parts.iter().flatten().filter_map(|part| part.strip_prefix("w:")?.parse().ok()).collect())
    }

    /// The last time of each lane, of those before `before`.
    async fn last_times(
        &self,
        info: &CampaignInfo,
        lanes: &[u16],
        before: Option<Timestamp>,
    ) -> Result<Vec<Option<Timestamp>>, StoreError> {
        let most = before.map_or("+inf".to_owned(), |before| format!("({}", before.as_millis()));
        let mut pipeline = redis::pipe();
        for lane in lanes {
            let buckets = self.connection.keys().buckets(info.id, lane);
            pipeline.cmd("ZREVRANGEBYSCORE").arg(buckets).arg(&most).arg("-inf").arg("LIMIT").arg(0).arg(1);
        }
        let found: Vec<Vec<i64>> = self.connection.query_all(&pipeline).await?;
        Ok(found.into_iter().map(|due| due.first().map(|due| Timestamp::from_millis(*due))).collect())
    }

    /// Whether one of a lane's contacts really waits for this time.
    async fn somebody_waits(&self, info: &CampaignInfo, lane: u16, due: Timestamp) -> Result<bool, StoreError> {
        let mut command = redis::cmd("LRANGE");
        command.arg(self.connection.keys().bucket(info.id, lane, due.as_millis())).arg(0).arg(CONTACTS - 1);
        let entries: Vec<String> = self.connection.query(&command).await?;
        let mut hints = Vec::new();
        push_hints(&mut hints, lane, due, &entries)?;
        Ok(!self.weigh(info, &hints).await?.hints.is_empty())
    }
}
