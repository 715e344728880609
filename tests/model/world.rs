//! The model and the real store side by side, and the simulated workers that use the store.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    sync::Arc,
    time::Duration,
};

use rand::{Rng, SeedableRng, rngs::SmallRng, seq::IndexedRandom};
use redial_shared::{
    domain::{AttemptId, CampaignId, Timestamp, contact, record::Record},
    store::{CampaignInfo, Claimed, Intent, Settlement, Standings, Store},
};

use crate::{
    cases::OwnRedis,
    compare::Compared,
    inside::Inside,
    journal::{Entry, Journal},
    model::{Account, Model},
};

/// What went wrong, in words.
pub type Step = Result<(), String>;

/// Monday, 2 March 2026, 07:30 UTC: half an hour before the hours of most campaigns open.
const START_MS: i64 = 1_772_436_600_000;
/// How long leases last.
pub const LEASE: Duration = Duration::from_secs(15);
/// The accounts' time-out.
pub const TIMEOUT: Duration = Duration::from_secs(2);
/// The provider accounts.
pub const ACCOUNTS: [&str; 2] = ["north", "south"];

/// One case: a workspace of its own, and everything that happens in it, drawn from one seed.
pub struct World {
    pub redis: OwnRedis,
    pub redis_has_crashed: bool,
    pub workspace: String,
    pub store: Store,
    /// Where campaigns stand, as the leader follows it.
    pub standings: Standings,
    pub inside: Inside,
    pub model: Model,
    pub workers: Vec<Worker>,
    pub random: SmallRng,
    /// What has been done so far.
    pub log: String,
    /// Every attempt that was begun: none comes twice.
    pub begun: BTreeSet<AttemptId>,
    /// Every attempt for which a request was sent, unless it was refused or not charged: its contact knows of it.
    pub calls: BTreeSet<AttemptId>,
    /// The numbers that are being called, by which attempt and until when at most, in milliseconds.
    pub ringing: BTreeMap<String, (AttemptId, i64)>,
    /// Every number that a worker ever had.
    pub numbers: BTreeSet<u32>,
    /// Settlements that were written, to be written again.
    pub settled: Vec<Settlement>,
    /// Numbers things that must differ.
    pub serial: u32,
    /// The contacts of each campaign as they were when they were compared last.
    pub compared: BTreeMap<CampaignId, Compared>,
    pub comparisons: u32,
    /// Whether everything is compared each time.
    pub is_thorough: bool,
}

/// A worker process, with what it has in its memory.
#[derive(Default)]
pub struct Worker {
    /// Under which it works now.
    pub number: u32,
    /// Which process it is.
    pub process: u32,
    pub journal: Journal,
    /// What it has sent requests for.
    pub sent: Vec<AttemptId>,
    pub jobs: Vec<Job>,
    pub calls: Vec<Call>,
}

/// A contact that a worker has claimed.
#[derive(Clone)]
pub struct Job {
    pub claimed: Claimed,
    /// Its record as it was claimed.
    pub before: Record,
    pub info: Arc<CampaignInfo>,
    pub row: contact::Contact,
}

/// An attempt whose intent a worker has sent.
#[derive(Clone)]
pub struct Call {
    pub intent: Intent,
    pub record: Record,
    pub info: Arc<CampaignInfo>,
    /// When its request left; none: it did not, so the attempt is to be withdrawn.
    pub sent_at: Option<Timestamp>,
}

/// What becomes of a request to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Answered,
    /// It is executed, but nobody learns the answer.
    ReplyLost,
    /// It never arrives.
    NeverSent,
}

impl World {
    /// A fresh workspace with its accounts and workers.
    pub async fn new(redis: OwnRedis, seed: u64) -> Result<Self, String> {
        let (url, workspace) = (redis.borrow().url(), format!("case-{seed}"));
        let store = Store::connect(&url, &workspace, LEASE).await.map_err(|error| error.to_string())?;
        let model = Model { now_ms: START_MS, ..Model::default() };
        store.set_now(model.now());
        let inside = Inside::open(&url, &workspace).await?;
        let mut world = Self {
            redis,
            redis_has_crashed: false,
            workspace,
            standings: store.follow_standings(),
            store,
            inside,
            model,
            workers: Vec::new(),
            random: SmallRng::seed_from_u64(seed),
            log: String::new(),
            begun: BTreeSet::new(),
            calls: BTreeSet::new(),
            ringing: BTreeMap::new(),
            numbers: BTreeSet::new(),
            settled: Vec::new(),
            serial: 0,
            compared: BTreeMap::new(),
            comparisons: 0,
            // A single case is looked into: it fails at the step that is wrong, not at the next that compares what it
            // touched.
            is_thorough: std::env::var_os("REDIAL_MODEL_SEED").is_some(),
        };
        for account in ACCOUNTS {
            world.model.accounts.insert(account.to_owned(), Account::default());
            world.set_limits(account).await?;
        }
        for _ in 0..3 {
            world.open_worker().await?;
        }
        Ok(world)
    }

    /// Notes what is being done.
    pub fn note(&mut self, what: impl std::fmt::Display) {
        let since_start_ms = self.model.now_ms - START_MS;
        let _ = writeln!(self.log, "{:>10}.{:03} {what}", since_start_ms / 1000, since_start_ms % 1000);
    }

    /// Moves the clock of the model and of the store.
    pub fn advance(&mut self, by_ms: i64) {
        self.model.now_ms += by_ms.max(0);
        self.store.set_now(self.model.now());
    }

    /// Moves the clock to an instant, if that is still to come.
    pub fn advance_to(&mut self, to_ms: i64) {
        self.advance(to_ms - self.model.now_ms);
    }

    pub fn chance(&mut self, percent: u32) -> bool {
        self.random.random_ratio(percent, 100)
    }

    pub fn fate(&mut self) -> Fate {
        match self.random.random_range(0..20) {
            0 => Fate::NeverSent,
            1 => Fate::ReplyLost,
            _ => Fate::Answered,
        }
    }

    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of.choose(&mut self.random).expect("there is something to choose").clone()
    }

    /// One of the campaigns, if there is one.
    pub fn any_campaign(&mut self) -> Option<CampaignId> {
        let ids: Vec<_> = self.model.campaigns.iter().map(|campaign| campaign.id).collect();
        ids.choose(&mut self.random).copied()
    }

    /// Notes a write of a worker.
    pub fn journal(&mut self, worker: usize, entry: Entry) {
        self.workers[worker].journal.note(self.model.now_ms, entry);
    }

    pub fn next_serial(&mut self) -> u32 {
        self.serial += 1;
        self.serial
    }
}

/// An error unless both are the same.
pub fn same<T: PartialEq + std::fmt::Debug>(what: &str, store: T, model: T) -> Step {
    if store == model { Ok(()) } else { Err(format!("{what}: the store says {store:?}, the model {model:?}")) }
}

/// The store itself failed.
pub fn failed(error: redial_shared::store::StoreError) -> String {
    format!("the store failed: {error}")
}
