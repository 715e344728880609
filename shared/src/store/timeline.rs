//! What campaigns did over time: looks at their counters, kept for some hours closely and for some days from afar.

use std::collections::HashMap;

use super::{Store, StoreError, claims::campaign_id, limits};
use crate::domain::{
    CampaignId, Outcome, Timestamp,
    timeline::{OUTCOMES, Sample},
};

/// Campaigns looked at in one go.
const PAGE: usize = 256;

/// How closely looks follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pace {
    /// 10 s apart, for two hours.
    Close,
    /// 5 min apart, for three days.
    Wide,
}

impl Pace {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Close, Self::Wide];

    /// Milliseconds between two looks.
    pub const fn step_ms(self) -> i64 {
        match self {
            Self::Close => 10_000,
            Self::Wide => 300_000,
        }
    }

    /// How many looks are kept: a quiet time between two busy ones takes two.
    const fn most(self) -> u64 {
        match self {
            Self::Close => limits::CLOSE_LOOKS_MAX,
            Self::Wide => limits::WIDE_LOOKS_MAX,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Wide => "wide",
        }
    }
}

impl Store {
    /// The counters of all campaigns now. Reads some hundred bytes for each.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn look_at_counters(&self, now: Timestamp) -> Result<Vec<(CampaignId, Sample)>, StoreError> {
        let mut command = redis::cmd("HVALS");
        command.arg(self.connection.keys().names());
        let ids: Vec<String> = self.connection.query(&command).await?;
        let ids = ids.iter().map(|id| campaign_id(id)).collect::<Result<Vec<_>, _>>()?;
        let mut looks = Vec::with_capacity(ids.len());
        for some in ids.chunks(PAGE) {
            looks.extend(self.counters_of(some, now).await?);
        }
        Ok(looks)
    }

    async fn counters_of(&self, ids: &[CampaignId], now: Timestamp) -> Result<Vec<(CampaignId, Sample)>, StoreError> {
        let keys = self.connection.keys();
        let mut pipeline = redis::pipe();
        for id in ids {
            pipeline.cmd("HMGET").arg(keys.counts(id)).arg("attempts").arg(&fields_of_outcomes());
            pipeline.cmd("ZCOUNT").arg(keys.live(id)).arg(format!("({}", now.as_millis())).arg("+inf");
        }
        let answers: Vec<redis::Value> = self.connection.query_all(&pipeline).await?;
        let corrupt = |_| StoreError::Corrupt("a campaign's counters".to_owned());
        let look = |(id, parts): (&CampaignId, &[redis::Value])| {
            let counts: Vec<Option<i64>> = redis::from_redis_value(parts[0].clone()).map_err(corrupt)?;
            let live = redis::from_redis_value(parts[1].clone()).map_err(corrupt)?;
            let count =
                |place: usize| counts.get(place).copied().flatten().and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
            let mut sample = Sample { at: now, attempts: count(0), live, ..Sample::default() };
            for (place, outcome) in sample.outcomes.iter_mut().enumerate() {
                *outcome = count(place + 1);
            }
            Ok((*id, sample))
        };
        ids.iter().zip(answers.chunks(2)).map(look).collect()
    }

    /// The last look that was kept of each of these campaigns.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn last_looks(&self, ids: &[CampaignId], pace: Pace) -> Result<HashMap<CampaignId, Sample>, StoreError> {
        let keys = self.connection.keys();
        let mut found = HashMap::new();
        for some in ids.chunks(PAGE) {
            let mut pipeline = redis::pipe();
            for id in some {
                pipeline.cmd("LINDEX").arg(keys.timeline(id, pace.word())).arg(-1);
            }
            let lines: Vec<Option<String>> = self.connection.query_all(&pipeline).await?;
            let looks = some.iter().zip(lines).filter_map(|(id, line)| Some((*id, Sample::from_line(&line?)?)));
            found.extend(looks);
        }
        Ok(found)
    }

    /// Keeps looks, each campaign's in the order of time, and forgets the oldest beyond the bound.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn keep_looks(&self, looks: &[(CampaignId, Vec<Sample>)], pace: Pace) -> Result<(), StoreError> {
        let keys = self.connection.keys();
        for some in looks.chunks(PAGE) {
            let mut pipeline = redis::pipe();
            for (id, samples) in some {
                let key = keys.timeline(id, pace.word());
                let lines: Vec<String> = samples.iter().map(Sample::to_line).collect();
                pipeline.cmd("RPUSH").arg(&key).arg(lines).ignore();
                pipeline.cmd("LTRIM").arg(&key).arg(-i64::try_from(pace.most()).unwrap_or(i64::MAX)).arg(-1).ignore();
            }
            self.connection.query_all::<()>(&pipeline).await?;
        }
        Ok(())
    }

    /// Everything that is known of a campaign's counters over time, oldest first, up to now.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn looks(&self, campaign: CampaignId, now: Timestamp) -> Result<Vec<Sample>, StoreError> {
        let keys = self.connection.keys();
        let mut pipeline = redis::pipe();
        for pace in Pace::ALL {
            pipeline.cmd("LRANGE").arg(keys.timeline(campaign, pace.word())).arg(0).arg(-1);
        }
        let (close, wide): (Vec<String>, Vec<String>) = self.connection.query_all(&pipeline).await?;
        let read = |lines: &[String]| lines.iter().filter_map(|line| Sample::from_line(line)).collect::<Vec<_>>();
        let close = read(&close);
        // Where both know of a time, the closer looks tell more.
        let first = close.first().map_or(now, |first| first.at);
        let mut looks: Vec<Sample> = read(&wide).into_iter().filter(|sample| sample.at < first).collect();
        looks.extend(close);
        looks.extend(self.counters_of(&[campaign], now).await?.into_iter().map(|(_, sample)| sample));
        Ok(looks)
    }
}

fn fields_of_outcomes() -> [String; OUTCOMES] {
    std::array::from_fn(|place| format!("o{}", Outcome::ALL[place] as u8))
}
