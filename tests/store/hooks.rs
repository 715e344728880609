//! What our hook is told in any order, twice, too early and too late, gives the same state.

use std::time::Duration;

use redial_shared::{
    domain::{
        AttemptId, CampaignId, ContactState, Outcome, PhoneNumber, Timestamp, campaign,
        contact::Contact,
        learned::Captured,
        record::Record,
        transition::{self, Ending},
    },
    store::{BeginAnswer, Claim, Heard, HookTerms, Intent, Placed, PollEntry, Settled, Store, Told, Verb},
};
use redial_tests::support::RedisServer;
use serde_json::{Value, json};

use crate::{LEASE, NOON_MS};

const TERMS: HookTerms = HookTerms { keep_early: LEASE, poll_in: Some(Duration::ZERO) };
const CALL: &str = "call-1";

/// What can happen to a call once it has begun.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Event {
    /// Its own response.
    Placed,
    /// Nobody heard of it in time.
    InDoubt,
    /// Its end, by its id.
    ToldById,
    /// Its end, by our attempt's id.
    ToldByAttempt,
    /// That it ended, from whom is not proved.
    Hinted,
    /// The same, with what the bot learned.
    Learned,
}

struct World {
    store: Store,
    campaign: CampaignId,
    worker: u32,
    /// Whether what is told of the call's end charges it to the contact.
    charged: bool,
    _redis: RedisServer,
}

impl World {
    async fn start() -> Self {
        let redis = RedisServer::start().unwrap();
        let store = Store::connect(&redis.url(), "test", LEASE).await.unwrap();
        store.set_now(Timestamp::from_millis(NOON_MS));
        let source = "name = \"nightly\"\nprovider = \"acme\"\n[retry.unknown]\ndelays = [\"1s\"]\nmax = 3\n\
                      [results]\ncapture = { disposition = \"/custom/disposition\" }\n\
                      rules = [{ when = \"disposition = callback\", then = \"retry in 1d\" }]\n";
        let (_, campaign) = store.apply(&campaign::parse(source, "nightly.toml").unwrap(), source).await.unwrap();
        let mut upload = store.upload(campaign).await.unwrap();
        let numbers = vec![PhoneNumber::from_e164("+12025550101").unwrap()];
        upload.push([Contact { id: "c-1".to_owned(), numbers, ..Contact::default() }], &[]).await.unwrap();
        upload.finish().await.unwrap();
        store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
        let worker = store.open_lease(LEASE, "worker-1").await.unwrap();
        Self { store, campaign, worker, charged: true, _redis: redis }
    }

    async fn begin(&self) -> Intent {
        let claim = self.store.claim(self.worker, "acme", 1, false).await.unwrap();
        let Claim::Granted(mut claimed, _) = claim else { panic!("not granted: {claim:?}") };
        let claimed = claimed.remove(0);
        let permit = Timestamp::from_millis(claimed.permit_us / 1000);
        let before = claimed.record.clone().unwrap_or_else(|| Record::fresh(claimed.lane, 1));
        let record = transition::begin(&before, "12025550101", permit, self.worker);
        let until = permit + Duration::from_secs(600);
        let intent = Intent {
            claimed,
            contact_id: String::new(),
            record,
            slot_until: until,
            number_until: until,
            ends_poll: None,
        };
        let begun = self.store.begin(self.worker, std::slice::from_ref(&intent), LEASE).await.unwrap();
        assert!(matches!(begun[..], [BeginAnswer::Begun { .. }]), "{begun:?}");
        intent
    }

    async fn happens(&self, event: Event, intent: &Intent) {
        let attempt = intent.attempt();
        let told = |by_attempt: bool, proved| Told {
            call_id: CALL.to_owned(),
            attempt: by_attempt.then_some(attempt),
            ending: Some(Ending { charged: self.charged, ..self.ending(Outcome::Answered) }),
            report: Value::Null,
            proved,
        };
        match event {
            Event::Placed => self.place(intent).await,
            Event::InDoubt => {
                self.store.end_attempts(vec![(attempt, self.ending(Outcome::Unknown))]).await.unwrap();
            }
            Event::ToldById => drop(self.hear(&told(false, true)).await),
            Event::ToldByAttempt => drop(self.hear(&told(true, true)).await),
            Event::Hinted => drop(self.hear(&told(false, false)).await),
            Event::Learned => {
                let report = json!({ "custom": { "disposition": "callback" } });
                self.hear(&Told { report, ..told(false, false) }).await;
            }
        }
    }

    async fn hear(&self, told: &Told) -> Heard {
        self.store.hear("acme", told, &TERMS).await.unwrap()
    }

    /// As a worker does: by the record as it is, if that has changed meanwhile.
    async fn place(&self, intent: &Intent) {
        let attempt = intent.attempt();
        let sent_at = intent.record.attempts.last().unwrap().started_at;
        let mut before = intent.record.clone();
        while let Some(record) = transition::placed(&before, attempt.revision, CALL, sent_at) {
            let entry = PollEntry { attempt, started_at: sent_at, call_id: CALL.to_owned() };
            let is_open = matches!(record.attempts.last().unwrap().outcome, None | Some(Outcome::Unknown));
            let findable = is_open.then_some(LEASE);
            let poll = is_open.then_some((entry, sent_at + Duration::from_secs(60)));
            let placed = Placed { attempt, record, worker: self.worker, poll, findable };
            match self.store.placed(&[placed]).await.unwrap().remove(0) {
                Settled::Stale(Some(present)) => before = present,
                _ => break,
            }
        }
    }

    fn ending(&self, outcome: Outcome) -> Ending {
        let at = self.store.clock().now();
        Ending {
            outcome,
            provider_status: String::new(),
            duration_s: None,
            reason: String::new(),
            hold: false,
            is_over: false,
            charged: true,
            at,
            captured: Captured::default(),
        }
    }

    async fn record(&self, attempt: AttemptId) -> Record {
        self.store.record(self.campaign, attempt.position).await.unwrap().unwrap()
    }

    /// Calls that are polled, now or later.
    async fn polled(&self) -> bool {
        let taken = self.store.take_polls("acme", 10, LEASE, Duration::ZERO).await.unwrap();
        !taken.entries.is_empty() || taken.next_due.is_some()
    }
}

/// All orders of some events.
fn orders(events: &[Event]) -> Vec<Vec<Event>> {
    if events.is_empty() {
        return vec![Vec::new()];
    }
    let first = |at: usize| {
        let mut rest = events.to_vec();
        let first = rest.remove(at);
        orders(&rest).into_iter().map(move |rest| [vec![first], rest].concat())
    };
    (0..events.len()).flat_map(first).collect()
}

#[tokio::test]
async fn the_same_news_in_any_order_give_the_same_state() {
    use Event::{Hinted, InDoubt, Placed, ToldByAttempt, ToldById};
    let sets = [&[Placed, ToldById, ToldByAttempt, Hinted][..], &[Placed, InDoubt, ToldById, ToldById]];
    for order in sets.iter().flat_map(|set| orders(set)) {
        let world = World::start().await;
        let intent = world.begin().await;
        for event in &order {
            world.happens(*event, &intent).await;
        }
        let record = world.record(intent.attempt()).await;
        let last = record.attempts.last().unwrap();
        assert_eq!((record.state, record.due, record.attempts.len()), (ContactState::Completed, None, 1), "{order:?}");
        assert_eq!((last.outcome, &*last.call_id), (Some(Outcome::Answered), CALL), "{order:?}");
        let counts = world.store.campaigns().await.unwrap().remove(0).counts;
        assert_eq!(counts.outcomes.get(&Outcome::Answered), Some(&1), "{order:?}: {counts:?}");
        assert_eq!(counts.outcomes.get(&Outcome::Unknown).copied().unwrap_or(0), 0, "{order:?}: {counts:?}");
        assert!(!world.polled().await, "{order:?}");
    }
}

#[tokio::test]
async fn what_the_bot_learned_decides_the_same_whenever_it_comes() {
    use Event::{InDoubt, Learned, Placed, ToldByAttempt, ToldById};
    let sets = [&[Placed, ToldByAttempt, Learned, Learned][..], &[Placed, InDoubt, ToldById, Learned]];
    for order in sets.iter().flat_map(|set| orders(set)) {
        let world = World::start().await;
        let intent = world.begin().await;
        for event in &order {
            world.happens(*event, &intent).await;
        }
        let record = world.record(intent.attempt()).await;
        let last = record.attempts.last().unwrap();
        assert_eq!(
            (last.outcome, last.captured.get("disposition")),
            (Some(Outcome::Answered), Some("callback")),
            "{order:?}"
        );
        let again = last.ended_at.map(|ended| ended + Duration::from_secs(24 * 3600));
        assert_eq!((record.state, record.due), (ContactState::Waiting, again), "{order:?}");
        assert_eq!(record.reason, "disposition = callback: retry in 1d");
        let counts = world.store.campaigns().await.unwrap().remove(0).counts;
        assert_eq!(counts.outcomes.into_iter().collect::<Vec<_>>(), [(Outcome::Answered, 1)], "{order:?}");
    }
}

#[tokio::test]
async fn in_any_order_and_however_often_an_end_that_is_not_charged_leaves_no_attempt() {
    use Event::{Hinted, InDoubt, Placed, ToldByAttempt, ToldById};
    let sets = [&[Placed, ToldById, ToldByAttempt, Hinted][..], &[Placed, InDoubt, ToldByAttempt, ToldByAttempt]];
    for order in sets.iter().flat_map(|set| orders(set)) {
        let world = World { charged: false, ..World::start().await };
        let intent = world.begin().await;
        for event in &order {
            world.happens(*event, &intent).await;
        }
        let record = world.record(intent.attempt()).await;
        let due = Timestamp::from_millis(NOON_MS + 30_000);
        assert_eq!((record.state, record.attempts.len()), (ContactState::Pending, 0), "{order:?}");
        assert_eq!((record.due, record.put_off), (Some(due), 1), "{order:?}");
        let counts = world.store.campaigns().await.unwrap().remove(0).counts;
        assert_eq!(counts.attempts, 0, "{order:?}: {counts:?}");
        assert!(counts.outcomes.values().all(|count| *count == 0), "{order:?}: {counts:?}");
        assert!(!world.polled().await, "{order:?}");
        world.store.set_now(due);
        let again = World { worker: world.store.open_lease(LEASE, "worker-2").await.unwrap(), ..world };
        assert_ne!(again.begin().await.attempt(), intent.attempt(), "it comes up again as another attempt");
    }
}

#[tokio::test]
async fn news_of_a_former_attempt_correct_that_attempt_only() {
    let world = World::start().await;
    let first = world.begin().await;
    world.happens(Event::Placed, &first).await;
    world.happens(Event::InDoubt, &first).await;
    world.store.set_now(Timestamp::from_millis(NOON_MS + 3_600_000));
    let world = World { worker: world.store.open_lease(LEASE, "worker-2").await.unwrap(), ..world };
    let second = world.begin().await;
    world.happens(Event::ToldById, &first).await;
    let record = world.record(first.attempt()).await;
    let outcomes: Vec<_> = record.attempts.iter().map(|past| past.outcome).collect();
    assert_eq!((record.state, outcomes), (ContactState::Active, vec![Some(Outcome::Answered), None]));
    assert_ne!(first.attempt(), second.attempt());
}
