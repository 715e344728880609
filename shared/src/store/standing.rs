//! Where campaigns stand in their schedules: what the leading scheduler decides from.

use std::collections::{BTreeMap, HashMap};

use tokio::sync::Mutex;

use super::{Store, StoreError, claims::campaign_id};
use crate::domain::{CampaignId, CampaignState, ContactState, Outcome, Timestamp};

/// Campaigns read in one go.
const PAGE: usize = 256;

const FIELDS: [&str; 16] = [
    "state",
    "paused_from",
    "version",
    "unfinished",
    "applied_ms",
    "run_from",
    "run_until",
    "next_run",
    "last_tick",
    "planned",
    "restart",
    "restart_block",
    "pruned",
    "ended_ms",
    "passing",
    "name",
];

/// When a campaign's next run starts, as far as somebody has computed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextRun {
    /// Nobody has since the campaign was started, completed or changed.
    Unknown,
    /// There is none.
    Never,
    /// Then.
    At(Timestamp),
}

/// A run that dials the whole list again and waits until all contacts have been put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preparation {
    /// The tick to which the run belongs.
    pub tick: Timestamp,
    /// The next block to be put back.
    pub block: u32,
}

/// A campaign in its schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Which campaign.
    pub id: CampaignId,
    /// Its state.
    pub state: CampaignState,
    /// Its state, were it not paused.
    pub place: CampaignState,
    /// Counts the changes of its definition.
    pub version: u32,
    /// It was stopped, or its end has come: contacts that are not finished never will be.
    pub ended: bool,
    /// When its definition was changed last.
    pub applied_at: Timestamp,
    /// The instant from which the end of its present run is counted; none before the first run.
    pub run_from: Option<Timestamp>,
    /// When its present run ends, if it is bounded.
    pub run_until: Option<Timestamp>,
    /// When its next run starts.
    pub next_run: NextRun,
    /// Ticks up to this one are handled; none before it was started.
    pub last_tick: Option<Timestamp>,
    /// The schedule, as JSON, for which `next_run` was computed; empty: none.
    pub planned: String,
    /// The run that is being prepared.
    pub preparing: Option<Preparation>,
    /// What its contacts waited in has been dropped.
    pub pruned: bool,
    /// When it was completed or stopped, the last time.
    pub ended_at: Option<Timestamp>,
    /// It was made for one test call, and goes some time after its end.
    pub is_passing: bool,
    /// Its name.
    pub name: String,
    /// Concluded attempts by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Contacts in its list.
    pub total: u64,
    /// Contacts being dialed or on a call.
    pub active: u64,
    /// Contacts that are pending or waiting.
    pub waiting: u64,
    /// Contacts that are not pending.
    pub touched: u64,
}

impl Standing {
    /// Whether no contact can move by itself. An empty list has nobody yet, unless the campaign has ended.
    pub fn is_finished(&self) -> bool {
        self.active == 0 && self.waiting == 0 && (self.total > 0 || self.ended)
    }

    /// `next_run` as it is stored.
    pub(super) fn stored_next_run(&self) -> String {
        match self.next_run {
            NextRun::Unknown => String::new(),
            NextRun::Never => "0".to_owned(),
            NextRun::At(at) => at.as_millis().to_string(),
        }
    }
}

/// Where campaigns stand, from one look to the next: only those that have changed are read again, and where none has, one
/// command tells so.
pub struct Standings {
    store: Store,
    known: Mutex<Known>,
}

/// What was read.
#[derive(Default)]
struct Known {
    /// After so many changes; none: nothing was read yet.
    changes: Option<u64>,
    /// Campaigns that had been removed: then all are read again.
    removals: u64,
    /// Restarts of Redis that had been met: it may have lost its last changes.
    restarts: u64,
    standings: HashMap<CampaignId, Standing>,
}

impl Standings {
    /// All campaigns in their schedules.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn read(&self) -> Result<Vec<Standing>, StoreError> {
        let mut known = self.known.lock().await;
        let store = &self.store;
        let keys = store.connection.keys();
        let mut command = redis::cmd("MGET");
        command.arg(keys.changes()).arg(keys.removals());
        let (changes, removals): (Option<u64>, Option<u64>) = store.connection.query(&command).await?;
        let (changes, removals) = (changes.unwrap_or(0), removals.unwrap_or(0));
        // Asked for afterwards: it may have been this command that met another Redis process.
        let restarts = store.connection.restarts_met();
        let goes_on = (known.restarts, known.removals) == (restarts, removals);
        match known.changes.filter(|before| goes_on && *before <= changes) {
            Some(before) if before == changes => {}
            Some(before) => {
                for some in store.changed_since(before).await?.chunks(PAGE) {
                    let read = store.standings_of(some).await?;
                    known.standings.extend(read.into_iter().map(|standing| (standing.id, standing)));
                }
            }
            None => {
                let read = store.standings().await?;
                known.standings = read.into_iter().map(|standing| (standing.id, standing)).collect();
            }
        }
        (known.changes, known.removals, known.restarts) = (Some(changes), removals, restarts);
        Ok(known.standings.values().cloned().collect())
    }
}

impl Store {
    /// Notes that a campaign was made for one test call.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn note_passing(&self, campaign: CampaignId) -> Result<(), StoreError> {
        let mut command = redis::cmd("HSET");
        command.arg(self.connection.keys().campaign(campaign)).arg("passing").arg(1);
        self.connection.query::<i64>(&command).await.map(drop)
    }

    /// All campaigns in their schedules.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn standings(&self) -> Result<Vec<Standing>, StoreError> {
        let mut command = redis::cmd("HVALS");
        command.arg(self.connection.keys().names());
        let ids: Vec<String> = self.connection.query(&command).await?;
        let ids = ids.iter().map(|id| campaign_id(id)).collect::<Result<Vec<_>, _>>()?;
        let mut standings = Vec::with_capacity(ids.len());
        for some in ids.chunks(PAGE) {
            standings.extend(self.standings_of(some).await?);
        }
        Ok(standings)
    }

    /// Follows where campaigns stand.
    pub fn follow_standings(&self) -> Standings {
        Standings { store: self.clone(), known: Mutex::default() }
    }

    /// Campaigns that have changed since so many changes had been made.
    async fn changed_since(&self, changes: u64) -> Result<Vec<CampaignId>, StoreError> {
        let mut command = redis::cmd("ZRANGEBYSCORE");
        command.arg(self.connection.keys().changed()).arg(format!("({changes}")).arg("+inf");
        let ids: Vec<String> = self.connection.query(&command).await?;
        ids.iter().map(|id| campaign_id(id)).collect()
    }

    /// One campaign in its schedule.
    ///
    /// # Errors
    /// When Redis does not answer, or there is no such campaign.
    pub async fn standing(&self, campaign: CampaignId) -> Result<Standing, StoreError> {
        let found = self.standings_of(&[campaign]).await?.pop();
        found.ok_or_else(|| StoreError::NoCampaign(campaign.to_string()))
    }

    /// Campaigns that are not there any more are left out.
    async fn standings_of(&self, ids: &[CampaignId]) -> Result<Vec<Standing>, StoreError> {
        let keys = self.connection.keys();
        let mut pipeline = redis::pipe();
        for id in ids {
            pipeline.cmd("HMGET").arg(keys.campaign(id)).arg(&FIELDS);
            pipeline.cmd("HGETALL").arg(keys.counts(id));
        }
        let answers: Vec<redis::Value> = self.connection.query_all(&pipeline).await?;
        let corrupt = |_| StoreError::Corrupt("a campaign's hashes".to_owned());
        let mut standings = Vec::with_capacity(ids.len());
        for (id, parts) in ids.iter().zip(answers.chunks(2)) {
            let fields: Vec<Option<String>> = redis::from_redis_value(parts[0].clone()).map_err(corrupt)?;
            let counts: HashMap<String, String> = redis::from_redis_value(parts[1].clone()).map_err(corrupt)?;
            if fields[0].is_some() {
                standings.push(standing(*id, fields, &counts)?);
            }
        }
        Ok(standings)
    }
}

fn standing(
    id: CampaignId,
    fields: Vec<Option<String>>,
    counts: &HashMap<String, String>,
) -> Result<Standing, StoreError> {
    let corrupt = || StoreError::Corrupt(format!("campaign {id}"));
    let fields: HashMap<&str, String> =
        FIELDS.into_iter().zip(fields).filter_map(|(name, value)| Some((name, value?))).collect();
    let number = |name: &str| fields.get(name).and_then(|text| text.parse::<i64>().ok());
    let time = |name: &str| number(name).filter(|&ms| ms > 0).map(Timestamp::from_millis);
    let state_of = |name: &str| number(name).and_then(|byte| CampaignState::from_byte(u8::try_from(byte).ok()?));
    let state = state_of("state").ok_or_else(corrupt)?;
    let paused = state == CampaignState::Paused;
    let count = |field: &str| counts.get(field).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let in_state = |state: ContactState| count(&format!("s{}", state as u8));
    let total = count("total");
    let touched = ContactState::ALL.iter().filter(|state| **state != ContactState::Pending).map(|&s| in_state(s)).sum();
    let preparing = time("restart")
        .zip(number("restart_block"))
        .map(|(tick, block)| Preparation { tick, block: u32::try_from(block).unwrap_or(0) });
    Ok(Standing {
        id,
        state,
        place: if paused { state_of("paused_from").unwrap_or(CampaignState::Running) } else { state },
        version: number("version").and_then(|version| u32::try_from(version).ok()).unwrap_or(0),
        ended: fields.get("unfinished").is_some_and(|state| !state.is_empty()),
        applied_at: time("applied_ms").unwrap_or_default(),
        run_from: time("run_from"),
        run_until: time("run_until"),
        next_run: match number("next_run") {
            None => NextRun::Unknown,
            Some(0) => NextRun::Never,
            Some(at) => NextRun::At(Timestamp::from_millis(at)),
        },
        last_tick: time("last_tick"),
        planned: fields.get("planned").cloned().unwrap_or_default(),
        preparing,
        pruned: number("pruned") == Some(1),
        ended_at: time("ended_ms"),
        is_passing: number("passing") == Some(1),
        name: fields.get("name").cloned().unwrap_or_default(),
        outcomes: Outcome::ALL.iter().map(|&outcome| (outcome, count(&format!("o{}", outcome as u8)))).collect(),
        total,
        active: in_state(ContactState::Active),
        waiting: in_state(ContactState::Waiting) + total.saturating_sub(touched),
        touched,
    })
}
