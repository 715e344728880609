//! Looks at every campaign's counters, now and then, so that what it did over time can be shown.
//!
//! Calls pay nothing for it: the counters are there anyway. While nobody leads nothing is looked at, and what happened then
//! is spread evenly between the looks around it; nothing is lost.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use redial_shared::{
    domain::{
        CampaignId, Timestamp,
        timeline::{Sample, worth_keeping},
    },
    store::{Pace, Store, StoreError},
};

use crate::service::Service;

/// Looks, and keeps what has changed.
pub(crate) struct Timelines {
    store: Store,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    rounds: u64,
    at: Option<Timestamp>,
    /// What was kept last and what was seen last, of each campaign and pace.
    looks: HashMap<(CampaignId, Pace), (Sample, Sample)>,
}

/// How many looks a round kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TimelineCounts {
    pub(crate) kept: usize,
}

impl Timelines {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, seen: Mutex::default() }
    }

    /// Reads what was kept of campaigns that this process sees for the first time.
    async fn recall(&self, looks: &[(CampaignId, Sample)]) -> Result<(), StoreError> {
        for pace in Pace::ALL {
            let unknown: Vec<CampaignId> = {
                let seen = self.seen.lock().expect("no panic while held");
                looks.iter().map(|(id, _)| *id).filter(|id| !seen.looks.contains_key(&(*id, pace))).collect()
            };
            if unknown.is_empty() {
                continue;
            }
            let known = self.store.last_looks(&unknown, pace).await?;
            let mut seen = self.seen.lock().expect("no panic while held");
            let is_first = seen.rounds == 0;
            for (id, look) in looks.iter().filter(|(id, _)| unknown.contains(id)) {
                // One that came since the last round began with nothing; what older ones did before is not known.
                let before = look.at - Duration::from_millis(pace.step_ms().unsigned_abs());
                let begin = if is_first { *look } else { Sample { at: before, ..Sample::default() } };
                let kept = known.get(id).copied();
                seen.looks.insert(
                    (*id, pace),
                    (kept.unwrap_or(Sample { at: Timestamp::default(), ..begin }), kept.unwrap_or(begin)),
                );
            }
        }
        Ok(())
    }

    /// What is to be kept of one pace.
    fn choose(&self, looks: &[(CampaignId, Sample)], pace: Pace) -> Vec<(CampaignId, Vec<Sample>)> {
        let mut seen = self.seen.lock().expect("no panic while held");
        let mut chosen = Vec::new();
        for (id, look) in looks {
            let Some((kept, last)) = seen.looks.get_mut(&(*id, pace)) else { continue };
            let samples = worth_keeping(kept, last, look);
            *last = *look;
            if let Some(newest) = samples.last() {
                *kept = *newest;
                chosen.push((*id, samples));
            }
        }
        chosen
    }

    /// Whether a step of this pace has begun since the last round.
    fn is_due(&self, pace: Pace, now: Timestamp) -> bool {
        let step = |at: Timestamp| at.as_millis().div_euclid(pace.step_ms());
        let seen = self.seen.lock().expect("no panic while held");
        seen.at.is_none_or(|at| step(at) != step(now))
    }
}

impl Service for Timelines {
    const NAME: &'static str = "timelines";
    const PAUSE: Duration = Duration::from_millis(Pace::Close.step_ms().unsigned_abs());
    type Counts = TimelineCounts;

    async fn run_once(&self, now: Timestamp) -> Result<TimelineCounts, StoreError> {
        let looks = self.store.look_at_counters(now).await?;
        self.recall(&looks).await?;
        let mut counts = TimelineCounts::default();
        for pace in Pace::ALL {
            if self.is_due(pace, now) {
                let chosen = self.choose(&looks, pace);
                self.store.keep_looks(&chosen, pace).await?;
                counts.kept += chosen.iter().map(|(_, samples)| samples.len()).sum::<usize>();
            }
        }
        let mut seen = self.seen.lock().expect("no panic while held");
        seen.looks.retain(|(id, _), _| looks.iter().any(|(known, _)| known == id));
        seen.at = Some(now);
        seen.rounds += 1;
        Ok(counts)
    }

    fn due(&self) -> Option<Timestamp> {
        let seen = self.seen.lock().expect("no panic while held");
        let step = Pace::Close.step_ms();
        seen.at.map(|at| Timestamp::from_millis((at.as_millis().div_euclid(step) + 1) * step))
    }
}

#[cfg(test)]
mod tests {
    use redial_shared::{
        domain::{Outcome, timeline::timeline},
        store::Verb,
    };

    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn calls_are_kept_in_the_step_in_which_they_were_made_and_a_quiet_night_takes_no_room() {
        let (world, noon) = World::at("2026-06-01 12:00").await;
        let timelines = Timelines::new(world.store.clone());
        assert_eq!(timelines.run_once(noon).await.unwrap().kept, 0);
        let campaign = world.campaign("once", "", 20, noon).await;
        world.store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
        let begun = world.call(6).await;
        let later = world.now("2026-06-01T12:00:10Z");
        assert_eq!(timelines.run_once(later).await.unwrap().kept, 2, "the campaign's beginning, and now");
        world.end(&begun, Outcome::Answered, later).await;
        let evening = world.now("2026-06-01T21:00:00Z");
        timelines.run_once(world.now("2026-06-01T12:00:20Z")).await.unwrap();
        timelines.run_once(world.now("2026-06-01T12:00:30Z")).await.unwrap();
        assert_eq!(timelines.run_once(evening).await.unwrap().kept, 2, "the wide one's beginning, and its end");

        let looks = world.store.looks(campaign, evening).await.unwrap();
        let line = timeline(&looks, noon, Duration::from_secs(10), 3);
        assert_eq!((line.calls, line.live), (vec![6, 0, 0], vec![6, 0, 0]));
        let answered = Outcome::ALL.iter().position(|outcome| *outcome == Outcome::Answered).unwrap();
        assert_eq!(line.outcomes[answered], [0, 6, 0]);
    }

    #[tokio::test]
    async fn the_next_leader_goes_on_where_the_last_one_ended() {
        let (world, now) = World::at("2026-06-01 12:00").await;
        let campaign = world.campaign("once", "", 20, now).await;
        world.store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
        let first = Timelines::new(world.store.clone());
        first.run_once(now).await.unwrap();
        world.call(4).await;
        first.run_once(world.now("2026-06-01T12:00:10Z")).await.unwrap();
        let second = Timelines::new(world.store.clone());
        world.call(2).await;
        assert_eq!(second.run_once(world.now("2026-06-01T12:00:20Z")).await.unwrap().kept, 1);
        let looks = world.store.looks(campaign, world.store.clock().now()).await.unwrap();
        assert_eq!(timeline(&looks, now, Duration::from_secs(10), 2).calls, [4, 2]);
    }
}
