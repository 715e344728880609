//! Campaigns: their definitions, states, hours and counts.

use std::collections::{BTreeMap, HashMap};

use super::{
    CampaignInfo, Edition, Leadership, Present, Standing, Store, StoreError,
    arguments::Arguments,
    caps,
    claims::campaign_id,
    fingerprint::fingerprint,
    limits,
    view::{Applied, CampaignView, Counts},
};
use crate::domain::{
    CampaignId, CampaignName, CampaignState, ContactState, Interval, Outcome, Timestamp, calling_hours::open_intervals,
    campaign::CampaignDefinition,
};

/// Lanes whose hours are written in one step.
const LANES_PER_WRITE: usize = 256;

/// What may be asked of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Dial now, until `until` if given.
    Start {
        /// End of the run.
        until: Option<Timestamp>,
    },
    /// Dial from the next run on.
    Arm {
        /// When it starts.
        next_run: Timestamp,
    },
    /// Dial when another campaign has completed.
    Await,
    /// The leader starts the run that is due.
    Run {
        /// End of the run.
        until: Option<Timestamp>,
        /// The run after it.
        next_run: Option<Timestamp>,
    },
    /// The leader is about to start the run that is due, once all contacts have been put back for it.
    Prepare {
        /// End of the run.
        until: Option<Timestamp>,
        /// The run after it.
        next_run: Option<Timestamp>,
    },
    /// The leader notes the next run and the end of the present one; the state stays.
    Plan {
        /// End of the present run.
        until: Option<Timestamp>,
        /// The next run.
        next_run: Option<Timestamp>,
    },
    /// The leader ends a run; the campaign waits for the next one.
    Rest {
        /// When it starts; none: there is no further run.
        next_run: Option<Timestamp>,
    },
    /// Start no further call.
    Pause,
    /// Go on.
    Resume,
    /// End for good: what is not finished is cancelled.
    Stop,
    /// The leader notes that the last live call of a stopping campaign is over.
    Stopped,
    /// The leader notes that no contact can move by itself.
    Complete,
    /// The leader ends a campaign at its `end_at`: what is not finished has expired.
    Expire,
}

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Self::Start { .. } | Self::Arm { .. } => "start",
            Self::Await => "await",
            Self::Run { .. } => "run",
            Self::Prepare { .. } => "prepare",
            Self::Plan { .. } => "plan",
            Self::Rest { .. } => "rest",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Stop => "stop",
            Self::Stopped => "stopped",
            Self::Complete => "complete",
            Self::Expire => "expire",
        }
    }

    fn times(self) -> (Option<Timestamp>, Option<Timestamp>) {
        match self {
            Self::Start { until } => (until, None),
            Self::Arm { next_run } => (None, Some(next_run)),
            Self::Run { until, next_run } | Self::Prepare { until, next_run } | Self::Plan { until, next_run } => {
                (until, next_run)
            }
            Self::Rest { next_run } => (None, next_run),
            _ => (None, None),
        }
    }
}

/// What the leader notes beside a change; what is none, or empty, stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Ticks up to this one are handled.
    pub last_tick: Option<Timestamp>,
    /// The instant from which the run's end is counted.
    pub run_from: Option<Timestamp>,
    /// The schedule, as JSON, for which the next run was computed.
    pub planned: String,
}

/// Answer to a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// Whether this call changed the state; false when it was so already.
    pub changed: bool,
    /// The state now.
    pub state: CampaignState,
    /// Calls that are still live.
    pub live_calls: u64,
    /// No call that was begun before can start after this instant, microseconds of the server's clock.
    pub last_send_by_us: i64,
}

impl Store {
    /// Creates a campaign or changes its definition. A changed one calls nobody until `write_hours` was given the hours
    /// of its new version.
    ///
    /// # Errors
    /// When Redis does not answer, a campaign with live calls would change its provider account, or one with contacts which
    /// of their numbers count.
    pub async fn apply(
        &self,
        definition: &CampaignDefinition,
        source: &str,
    ) -> Result<(Applied, CampaignId), StoreError> {
        let (applied, edition) = self.apply_to(definition, source, Present::Anything).await?;
        Ok((applied, edition.campaign))
    }

    /// The same, if `present` is there; answers the edition that is there now.
    ///
    /// # Errors
    /// As [`Store::apply`], and [`StoreError::Outdated`] when it is not.
    pub async fn apply_to(
        &self,
        definition: &CampaignDefinition,
        source: &str,
        present: Present,
    ) -> Result<(Applied, Edition), StoreError> {
        let pacing = &definition.pacing;
        for tries in 0.. {
            let arguments = Arguments::default()
                .text(&definition.name)
                .text(self.draw_id(definition.name.as_str(), tries))
                .text(source)
                .text(&definition.provider)
                .text(pacing.priority)
                .text(pacing.weight)
                .text(pacing.rate.map_or(0, |rate| rate.interval_us(limits::SEND_LAG_US)))
                .text(pacing.max_concurrent.unwrap_or(0))
                .text(u8::from(definition.schedule.cron.is_some()))
                .text(caps::rules(&definition.caps, "of the campaign"))
                .text(definition.calling_hours.zones.as_str())
                .text(present.stored())
                .text(u8::from(definition.notify.is_some()));
            let (code, id, version): (i64, String, String) = self.connection.run("apply", arguments.as_slice()).await?;
            let applied = match code {
                2 => Applied::Created,
                1 => Applied::Updated,
                0 => Applied::Unchanged,
                -1 => continue,
                -4 => return Err(Edition::outdated(&definition.name)),
                -5 => return Err(self.absence(&definition.name).await),
                -3 => {
                    return Err(StoreError::Conflict(format!(
                        "campaign `{}` has contacts, filed by its [calling_hours]: `zones` cannot change any more; apply \
                         it under another name and upload the list there",
                        definition.name
                    )));
                }
                _ => {
                    return Err(StoreError::Conflict(format!(
                        "campaign `{}` has live calls: its provider cannot change until they are over; pause it first",
                        definition.name
                    )));
                }
            };
            let version = version.parse().map_err(|_| StoreError::Corrupt(format!("version of {id}")))?;
            return Ok((applied, Edition { campaign: campaign_id(&id)?, version }));
        }
        unreachable!("one of so many ids is free")
    }

    /// A random id; with a stopped clock one that a test meets again when it is repeated.
    fn draw_id(&self, name: &str, tries: u32) -> CampaignId {
        match self.clock().is_held() {
            true => CampaignId(fingerprint(&format!("{name} {}", self.clock().now_us()), tries) as u32),
            false => CampaignId(rand::random()),
        }
    }

    /// The number of a campaign.
    ///
    /// # Errors
    /// When Redis does not answer, there is no such campaign, or it was archived.
    pub async fn campaign_id(&self, name: &CampaignName) -> Result<CampaignId, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(self.connection.keys().names()).arg(name.as_str());
        let id: Option<String> = self.connection.query(&command).await?;
        match id {
            Some(id) => campaign_id(&id),
            None => Err(self.absence(name).await),
        }
    }

    /// The last moment at which a call of a campaign that has been begun so far may be sent, microseconds of the server's
    /// clock; 0: none was begun.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn last_send_by_us(&self, campaign: CampaignId) -> Result<i64, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(self.connection.keys().campaign(campaign)).arg("send_by_us");
        Ok(self.connection.query::<Option<i64>>(&command).await?.unwrap_or(0))
    }

    /// Changes a campaign's state. `leadership`: asked for by the leader, refused when another one leads by now.
    ///
    /// # Errors
    /// When Redis does not answer, or the present state does not allow it.
    pub async fn change(
        &self,
        campaign: CampaignId,
        verb: Verb,
        reason: &str,
        leadership: Option<Leadership>,
    ) -> Result<Changed, StoreError> {
        let token = Leadership::stored(leadership);
        let unread = ["", "", "", "", ""].map(str::to_owned);
        match self.change_state(campaign, verb, reason, token, unread).await? {
            (0, changed) | (1, changed) => Ok(changed),
            (-1, changed) => Err(cannot(changed, verb)),
            _ => Err(Leadership::lost()),
        }
    }

    /// Changes a campaign's state by request, if its definition is still of this version.
    ///
    /// # Errors
    /// As [`Store::change`], and [`StoreError::Outdated`] when it is not.
    pub async fn change_edition(
        &self,
        name: &CampaignName,
        edition: Edition,
        verb: Verb,
    ) -> Result<Changed, StoreError> {
        let read = [&edition.version.to_string(), "*", "", "", ""].map(str::to_owned);
        match self.change_state(edition.campaign, verb, "", String::new(), read).await? {
            (-3, _) => Err(Edition::outdated(name)),
            (-1, changed) => Err(cannot(changed, verb)),
            (_, changed) => Ok(changed),
        }
    }

    /// The leader changes a campaign's state as it decided from `standing`. False, with nothing changed, when the
    /// campaign is not as it was then: read it again.
    ///
    /// # Errors
    /// When Redis does not answer, or another scheduler leads by now.
    pub async fn change_as_leader(
        &self,
        standing: &Standing,
        verb: Verb,
        reason: &str,
        notes: &Notes,
        leadership: Leadership,
    ) -> Result<bool, StoreError> {
        let millis = |time: Option<Timestamp>| time.map_or(String::new(), |time| time.as_millis().to_string());
        let read = [
            standing.version.to_string(),
            standing.stored_next_run(),
            millis(notes.last_tick),
            millis(notes.run_from),
            notes.planned.clone(),
        ];
        match self.change_state(standing.id, verb, reason, leadership.token.to_string(), read).await? {
            (-2, _) => Err(Leadership::lost()),
            (_, changed) => Ok(changed.changed),
        }
    }

    async fn change_state(
        &self,
        campaign: CampaignId,
        verb: Verb,
        reason: &str,
        token: String,
        read: [String; 5],
    ) -> Result<(i64, Changed), StoreError> {
        let (until, next_run) = verb.times();
        let millis = |time: Option<Timestamp>| time.map_or(0, Timestamp::as_millis);
        let mut arguments = Arguments::default()
            .text(campaign)
            .text(verb.word())
            .text(reason)
            .text(millis(until))
            .text(millis(next_run))
            .text(token);
        for field in read {
            arguments.push(field);
        }
        let (code, state, live_calls, last_send_by_us): (i64, u8, u64, i64) =
            self.connection.run("change_state", arguments.as_slice()).await?;
        let state =
            CampaignState::from_byte(state).ok_or_else(|| StoreError::Corrupt(format!("campaign state {state}")))?;
        Ok((code, Changed { changed: code == 1, state, live_calls, last_send_by_us }))
    }

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

impl CampaignInfo {
    /// A lane's open intervals for the next two days, as its campaign's calling hours say.
    pub fn open_intervals(&self, lane: u16, now: Timestamp) -> Vec<Interval> {
        let until = now + std::time::Duration::from_secs(2 * 24 * 3600);
        open_intervals(&self.definition.calling_hours, &self.place(lane), now, until)
    }

    /// Whether a lane's contacts may be called at an instant, as its campaign's calling hours say.
    pub fn is_open_at(&self, lane: u16, instant: Timestamp) -> bool {
        let next = instant + std::time::Duration::from_millis(1);
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

fn cannot(changed: Changed, verb: Verb) -> StoreError {
    StoreError::Conflict(format!("a campaign that is {} cannot {}", changed.state, verb.word()))
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
