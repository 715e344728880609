//! An account in trouble: slowed, cut off, and let go on by itself.

use std::time::Duration;

use redial_shared::{
    domain::{PhoneNumber, Timestamp, campaign, contact::Contact},
    store::{AccountLimits, Claim, Store, Verb, limits},
};
use redial_tests::support::RedisServer;

use crate::{LEASE, NOON_MS};

/// A hundred calls a second.
const EVERY_US: u64 = 10_000;
const RECOVERED: Duration = Duration::from_millis(limits::SLOW_RECOVERY_MS);

struct World {
    store: Store,
    worker: u32,
    now: Timestamp,
    _redis: RedisServer,
}

impl World {
    /// A running campaign of many contacts on an account that may call so often; 0: without a limit.
    async fn new(every_us: u64) -> Self {
        let redis = RedisServer::start().unwrap();
        let store = Store::connect(&redis.url(), "test", LEASE).await.unwrap();
        let now = Timestamp::from_millis(NOON_MS);
        store.set_now(now);
        let source = "name = \"nightly\"\nprovider = \"acme\"\n";
        let (_, id) = store.apply(&campaign::parse(source, "nightly.toml").unwrap(), source).await.unwrap();
        let contact = |index: usize| {
            let number = format!("+1202{index:07}");
            let numbers = vec![PhoneNumber::from_e164(&number).unwrap()];
            Contact { id: number, numbers, ..Contact::default() }
        };
        let mut upload = store.upload(id).await.unwrap();
        upload.push((0..10_000).map(contact), &[]).await.unwrap();
        upload.finish().await.unwrap();
        store.change(id, Verb::Start { until: None }, "", None).await.unwrap();
        let limits = AccountLimits { call_every_us: every_us, request_every_us: 0, max_live: 0 };
        store.set_limits("acme", limits).await.unwrap();
        let worker = store.open_lease(Duration::from_secs(3_600), "test").await.unwrap();
        Self { store, worker, now, _redis: redis }
    }

    fn later(&mut self, time: Duration) {
        self.now = self.now + time;
        self.store.set_now(self.now);
    }

    async fn claim(&self, can_probe: bool) -> Claim {
        self.store.claim(self.worker, "acme", 8, can_probe).await.unwrap()
    }

    /// The space between calls now, in microseconds.
    async fn spacing_us(&self) -> i64 {
        let Claim::Granted(claimed, _) = self.claim(false).await else { panic!("not granted") };
        claimed[1].permit_us - claimed[0].permit_us
    }

    async fn granted(&self, can_probe: bool) -> usize {
        match self.claim(can_probe).await {
            Claim::Granted(claimed, _) => claimed.len(),
            other => panic!("not granted: {other:?}"),
        }
    }
}

#[tokio::test]
async fn trouble_slows_an_account_once_a_second_and_the_rate_comes_back_by_itself() {
    let mut world = World::new(EVERY_US).await;
    assert_eq!(world.spacing_us().await, 10_000);
    assert!(world.store.slow_account("acme").await.unwrap());
    assert!(!world.store.slow_account("acme").await.unwrap(), "many refusals of one moment are one");
    assert_eq!(world.spacing_us().await, 15_000);
    let pace = world.store.account_health("acme").await.unwrap().pace.unwrap();
    assert!((0.66..0.67).contains(&pace), "{pace}");
    world.later(Duration::from_secs(1));
    // Two thirds, and a tenth of the whole for the second since.
    assert_eq!(world.spacing_us().await, 13_044);
    world.later(RECOVERED);
    assert_eq!(world.spacing_us().await, 10_000);
    assert_eq!(world.store.account_health("acme").await.unwrap().pace, None);
}

#[tokio::test]
async fn however_long_trouble_lasts_some_calls_are_tried() {
    let mut world = World::new(EVERY_US).await;
    for _ in 0..50 {
        world.store.slow_account("acme").await.unwrap();
        world.later(Duration::from_secs(1));
    }
    let pace = world.store.account_health("acme").await.unwrap().pace.unwrap();
    assert!((1.0 / limits::SLOW_PARTS_MAX as f64..0.4).contains(&pace), "{pace}");
}

#[tokio::test]
async fn an_account_without_a_limit_is_slowed_from_the_rate_it_had() {
    let mut world = World::new(0).await;
    for _ in 0..3 {
        assert_eq!(world.granted(false).await, 8);
    }
    world.later(Duration::from_secs(1));
    world.store.slow_account("acme").await.unwrap();
    assert_eq!(world.spacing_us().await, 62_500, "24 a second were 16 after that");
    world.later(RECOVERED);
    assert_eq!(world.spacing_us().await, 0);
}

#[tokio::test]
async fn while_a_provider_is_down_no_call_starts_and_one_worker_asks_whether_it_is_up() {
    let mut world = World::new(EVERY_US).await;
    let until = world.store.account_down("acme", "it answered 500").await.unwrap();
    assert_eq!(until, world.now + Duration::from_millis(limits::DOWN_MIN_MS));
    assert_eq!(world.claim(true).await, Claim::Granted(vec![], Some(until)));
    let told = world.store.account_health("acme").await.unwrap().trouble("acme").unwrap();
    assert_eq!(told, format!("acme is down, tried again at {until}: it answered 500"));

    world.later(Duration::from_millis(limits::DOWN_MIN_MS));
    assert_eq!(world.claim(true).await, Claim::Probe);
    assert_eq!(world.granted(true).await, 0, "one is asking");
    world.later(Duration::from_millis(limits::PROBE_MS));
    assert_eq!(world.claim(true).await, Claim::Probe, "who was asking may have died");

    assert!(world.store.account_up("acme").await.unwrap());
    assert!(!world.store.account_up("acme").await.unwrap());
    assert_eq!(world.store.account_health("acme").await.unwrap().trouble("acme"), None);
    assert_eq!(world.granted(true).await, 1, "few at first");
    world.later(RECOVERED);
    assert_eq!(world.spacing_us().await, 10_000);
}

#[tokio::test]
async fn each_time_that_a_provider_is_still_down_the_pause_doubles_to_a_minute() {
    let mut world = World::new(EVERY_US).await;
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let until = world.store.account_down("acme", "no answer").await.unwrap();
        assert_eq!(world.store.account_down("acme", "a late one").await.unwrap(), until, "that is known");
        pauses.push(until.since(world.now).as_secs());
        world.later(until.since(world.now));
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
    world.store.account_up("acme").await.unwrap();
    world.later(Duration::from_millis(limits::DOWN_FORGOTTEN_MS + 1));
    let until = world.store.account_down("acme", "no answer").await.unwrap();
    assert_eq!(until.since(world.now).as_secs(), 1, "that was long ago");
}

#[tokio::test]
async fn where_only_a_call_can_show_whether_a_provider_is_up_few_calls_are_tried() {
    let mut world = World::new(EVERY_US).await;
    let until = world.store.account_down("acme", "no answer").await.unwrap();
    assert_eq!(world.granted(false).await, 0);
    world.later(until.since(world.now));
    assert_eq!(world.granted(false).await, 1);
    let until = world.store.account_down("acme", "no answer").await.unwrap();
    assert_eq!(until.since(world.now).as_secs(), 2, "it was not up in between");
}

#[tokio::test]
async fn whoever_resumes_an_account_need_not_wait() {
    let world = World::new(EVERY_US).await;
    world.store.account_down("acme", "no answer").await.unwrap();
    world.store.slow_account("acme").await.unwrap();
    world.store.resume_account("acme").await.unwrap();
    assert_eq!(world.spacing_us().await, 10_000);
}
