//! What tests share: a Redis of their own, a clock moved by hand, and a worker that does as it is told.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use chrono::DateTime;
use redial_shared::{
    domain::{
        AttemptId, CampaignId, ContactState, Outcome, PhoneNumber, Timestamp, campaign, contact::Contact,
        learned::Captured, record::Record, transition, transition::Ending,
    },
    store::{
        BeginAnswer, Claim, Intent, Leadership, Standing, Store, StoreError,
        view::{CampaignView, UploadCounts},
    },
};
use tempfile::TempDir;

const LEASE: Duration = Duration::from_secs(15);
/// Longer than any test's clock runs.
const LONG_LEASE: Duration = Duration::from_secs(400 * 24 * 3600);

/// A Redis on a unix socket in a directory of its own; both end with it.
struct Server {
    process: Child,
    directory: TempDir,
}

impl Server {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket", "redis.sock"])
            .current_dir(&directory)
            .stdout(Stdio::piped())
            .spawn()
            .expect("these tests need redis-server");
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = lines.map_while(Result::ok).any(|line| line.contains("eady to accept connections"));
        assert!(ready, "redis-server ended");
        Self { process, directory }
    }

    fn url(&self) -> String {
        format!("redis+unix://{}/redis.sock", self.directory.path().display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// A workspace in a Redis of its own.
pub(crate) struct World {
    server: Server,
    pub(crate) store: Store,
}

impl World {
    pub(crate) async fn at(now: &str) -> (Self, Timestamp) {
        let server = Server::start();
        let store = Store::connect(&server.url(), "test", LEASE).await.unwrap();
        let world = Self { server, store };
        let now = world.now(now);
        (world, now)
    }

    /// Another process's way to the same workspace. Its clock is moved for itself.
    pub(crate) async fn another_store(&self) -> Store {
        let store = Store::connect(&self.server.url(), "test", LEASE).await.unwrap();
        store.set_now(self.store.clock().now());
        store
    }

    /// The Redis itself.
    pub(crate) fn redis(&self) -> redis::Connection {
        redis::Client::open(self.server.url()).unwrap().get_connection().unwrap()
    }

    /// From now on the clock is Redis's own.
    pub(crate) fn let_time_pass(&self) {
        self.store.set_now(Timestamp::from_millis(0));
    }

    /// Moves the clock.
    pub(crate) fn now(&self, text: &str) -> Timestamp {
        let now = time(text);
        self.store.set_now(now);
        now
    }

    /// One that leads from now on, whoever led before.
    pub(crate) async fn leader(&self, name: &str) -> Leadership {
        self.store.lead(name, LONG_LEASE).await.unwrap().expect("nobody leads")
    }

    pub(crate) async fn apply(&self, name: &str, tables: &str) -> CampaignId {
        let source = format!("name = \"{name}\"\nprovider = \"acme\"\n{tables}");
        let definition = campaign::parse(&source, name).unwrap_or_else(|error| panic!("{error}"));
        self.store.apply(&definition, &source).await.unwrap().1
    }

    /// Adds contacts from number `from` on, in the list's order, to a time zone (empty: none given, nor known by the number).
    pub(crate) async fn upload(&self, campaign: CampaignId, from: usize, count: usize, zone: &str) {
        assert_eq!(self.try_upload(campaign, from, count, zone).await.unwrap().accepted, count as u64);
    }

    pub(crate) async fn try_upload(
        &self,
        campaign: CampaignId,
        from: usize,
        count: usize,
        zone: &str,
    ) -> Result<UploadCounts, StoreError> {
        let mut upload = self.store.upload(campaign).await?;
        let contact = |index: usize| {
            let nowhere = format!("+9995550{index:04}");
            let number = format!("+1{}55501{:02}", 201 + index / 100, index % 100);
            let number = if zone.is_empty() { nowhere } else { number };
            Contact {
                id: format!("c{index}"),
                numbers: vec![PhoneNumber::from_e164(&number).unwrap()],
                zone: (!zone.is_empty()).then(|| zone.parse().unwrap()),
                ..Contact::default()
            }
        };
        upload.push((from..from + count).map(contact), &[]).await?;
        upload.finish().await
    }

    /// A campaign with contacts that may be called at any time, and its hours written.
    pub(crate) async fn campaign(&self, name: &str, tables: &str, contacts: usize, now: Timestamp) -> CampaignId {
        let campaign = self.apply(name, tables).await;
        if contacts > 0 {
            self.upload(campaign, 0, contacts, "").await;
        }
        self.store.refresh_hours(campaign, now).await.unwrap();
        campaign
    }

    pub(crate) async fn view(&self, campaign: CampaignId) -> CampaignView {
        let views = self.store.campaigns().await.unwrap();
        views.into_iter().find(|view| view.id == campaign).expect("it was applied")
    }

    pub(crate) async fn standing(&self, campaign: CampaignId) -> Standing {
        self.store.standing(campaign).await.unwrap()
    }

    pub(crate) async fn count(&self, campaign: CampaignId, state: ContactState) -> u64 {
        let counts = self.view(campaign).await.counts;
        assert_eq!(counts.by_state.values().sum::<u64>(), counts.total, "the counts sum to the list's size");
        counts.by_state.get(&state).copied().unwrap_or(0)
    }

    /// Contacts that a worker of its own gets to call now, at most `want`.
    pub(crate) async fn claim(&self, want: usize) -> (u32, Vec<redial_shared::store::Claimed>) {
        let worker = self.store.open_lease(LEASE, "test").await.unwrap();
        match self.store.claim(worker, "acme", want, false).await.unwrap() {
            Claim::Granted(claimed, _) => (worker, claimed),
            other => panic!("not granted: {other:?}"),
        }
    }

    /// Begins calls to what can be claimed now, at most `want`. Where the machine was too slow for a permit, it does so again.
    pub(crate) async fn call(&self, want: usize) -> Vec<AttemptId> {
        let mut begun = Vec::new();
        while !self.try_to_call(want - begun.len(), &mut begun).await {}
        begun
    }

    /// Whether none was too late.
    async fn try_to_call(&self, want: usize, begun: &mut Vec<AttemptId>) -> bool {
        let (worker, claimed) = self.claim(want).await;
        let intents: Vec<Intent> = claimed
            .into_iter()
            .map(|claimed| {
                let permit = Timestamp::from_millis(claimed.permit_us / 1000);
                let before = claimed.record.clone().unwrap_or_else(|| Record::fresh(claimed.lane, 1));
                // Stands for the number, which matters for its lock alone.
                let digits = format!("{}{}", claimed.campaign.0, claimed.position);
                let record = transition::begin(&before, &digits, permit, worker);
                let slot_until = permit + Duration::from_secs(900);
                Intent {
                    claimed,
                    contact_id: String::new(),
                    record,
                    slot_until,
                    number_until: slot_until,
                    ends_poll: None,
                }
            })
            .collect();
        let answers = self.store.begin(worker, &intents, Duration::from_secs(10)).await.unwrap();
        let all_in_time = !answers.contains(&BeginAnswer::TooLate);
        let now_begun = intents.iter().zip(answers).filter(|(_, answer)| matches!(answer, BeginAnswer::Begun { .. }));
        begun.extend(now_begun.map(|(intent, _)| intent.attempt()));
        all_in_time
    }

    /// Ends calls.
    pub(crate) async fn end(&self, attempts: &[AttemptId], outcome: Outcome, at: Timestamp) {
        self.end_with(attempts, outcome, false, at).await;
    }

    /// Ends calls after which a human must act at the provider.
    pub(crate) async fn hold(&self, attempts: &[AttemptId], at: Timestamp) {
        self.end_with(attempts, Outcome::Error, true, at).await;
    }

    async fn end_with(&self, attempts: &[AttemptId], outcome: Outcome, hold: bool, at: Timestamp) {
        let reason = String::new();
        let ending = Ending {
            outcome,
            provider_status: String::new(),
            duration_s: None,
            reason,
            hold,
            is_over: false,
            charged: true,
            at,
            captured: Captured::default(),
        };
        let endings = attempts.iter().map(|attempt| (*attempt, ending.clone())).collect();
        assert_eq!(self.store.end_attempts(endings).await.unwrap(), attempts.len());
    }
}

/// RFC 3339, or a day and a time in UTC like `2026-06-01 20:00`.
pub(crate) fn time(text: &str) -> Timestamp {
    let rfc3339 = if text.len() == 16 { format!("{}:00Z", text.replace(' ', "T")) } else { text.replace(' ', "T") };
    DateTime::parse_from_rfc3339(&rfc3339).unwrap().to_utc().into()
}

/// Commands that Redis has executed so far, those within scripts too.
pub(crate) fn commands(world: &World) -> u64 {
    let info: String = redis::cmd("INFO").arg("commandstats").query(&mut world.redis()).unwrap();
    let calls = |line: &str| line.split([':', ',']).find_map(|part| part.strip_prefix("calls=")?.parse::<u64>().ok());
    let lines = info.lines().filter(|line| line.starts_with("cmdstat_") && !line.starts_with("cmdstat_info"));
    lines.filter_map(calls).sum()
}
