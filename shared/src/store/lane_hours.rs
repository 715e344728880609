//! The hours of campaigns' lanes: the intervals in which they are open, written two days ahead.

use std::time::Duration;

use super::{CampaignInfo, Leadership, Store, StoreError, arguments::Arguments};
use crate::domain::{CampaignId, Interval, Timestamp, calling_hours::open_intervals};

/// Lanes whose hours are written in one step.
const LANES_PER_WRITE: usize = 256;

impl Store {
    /// Writes the open intervals of lanes; false when the campaign has another version by now. `leadership`: written by the
    /// leader, refused when another one leads by now.
    ///
    /// # Errors
    /// When Redis does not answer, or another scheduler leads.
    pub async fn write_hours(
        &self,
        campaign: CampaignId,
        version: u32,
        lanes: &[(u16, Vec<Interval>)],
        leadership: Option<Leadership>,
    ) -> Result<bool, StoreError> {
        for some in lanes.chunks(LANES_PER_WRITE) {
            let mut arguments = Arguments::default().text(campaign).text(version).text(Leadership::stored(leadership));
            for (lane, intervals) in some {
                arguments.push(lane);
                let spans: Vec<_> = intervals
                    .iter()
                    .map(|interval| format!("{}-{}", interval.from.as_millis(), interval.to.as_millis()))
                    .collect();
                arguments.push(spans.join(","));
            }
            if !Leadership::checked(self.connection.run("write_hours", arguments.as_slice()).await?)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Computes and writes the hours of all lanes of a campaign from `now` on, at its present version.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn refresh_hours(&self, campaign: CampaignId, now: Timestamp) -> Result<(), StoreError> {
        self.refresh_lane_hours(campaign, now, None).await.map(drop)
    }

    /// The leader does the same. Answers the version whose hours were written.
    ///
    /// # Errors
    /// When Redis does not answer, or another scheduler leads by now.
    pub async fn refresh_hours_as_leader(
        &self,
        campaign: CampaignId,
        now: Timestamp,
        leadership: Leadership,
    ) -> Result<u32, StoreError> {
        self.refresh_lane_hours(campaign, now, Some(leadership)).await
    }

    async fn refresh_lane_hours(
        &self,
        campaign: CampaignId,
        now: Timestamp,
        leadership: Option<Leadership>,
    ) -> Result<u32, StoreError> {
        loop {
            let info = self.fresh_info(campaign).await?;
            if self.write_place_caps(&info, info.place_numbers(), leadership).await?
                && self.write_hours(campaign, info.version, &info.hours(now), leadership).await?
            {
                return Ok(info.version);
            }
        }
    }
}

impl CampaignInfo {
    /// A lane's open intervals for the next two days, as its campaign's calling hours say.
    pub fn open_intervals(&self, lane: u16, now: Timestamp) -> Vec<Interval> {
        let until = now + Duration::from_secs(2 * 24 * 3600);
        open_intervals(&self.definition.calling_hours, &self.place(lane), now, until)
    }

    /// Whether a lane's contacts may be called at an instant, as its campaign's calling hours say.
    pub fn is_open_at(&self, lane: u16, instant: Timestamp) -> bool {
        let next = instant + Duration::from_millis(1);
        !open_intervals(&self.definition.calling_hours, &self.place(lane), instant, next).is_empty()
    }

    /// The open intervals of every lane that can exist; the lanes of a place have the same hours.
    pub fn hours(&self, now: Timestamp) -> Vec<(u16, Vec<Interval>)> {
        let mut hours: Vec<(u16, Vec<Interval>)> = Vec::new();
        for lane in self.lanes() {
            let known = hours.last().filter(|(last, _)| last >> 4 == lane >> 4);
            let intervals = known.map_or_else(|| self.open_intervals(lane, now), |(_, intervals)| intervals.clone());
            hours.push((lane, intervals));
        }
        hours
    }
}
