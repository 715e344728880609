use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use redial_shared::{
    domain::{CampaignId, Outcome, Timestamp},
    store::{Delivery, Verb},
};
use ring::hmac;
use serde_json::Value;
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};

use super::*;
use crate::testing::World;

const SECRET: &str = "a secret of both";
/// A test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// An event as it was received.
#[derive(Debug, Clone)]
struct Received {
    id: String,
    kind: String,
    timestamp: String,
    data: Value,
    taken: bool,
}

impl Received {
    fn contact(&self) -> &str {
        self.data["contact_id"].as_str().unwrap_or_default()
    }
}

/// Somebody who is told, and answers as the test says.
struct Listener {
    address: String,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    news: Notify,
    /// What is answered to events of this kind (`` for all); else 204.
    refused: Mutex<Option<(&'static str, StatusCode)>>,
}

impl Listener {
    async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/events", socket.local_addr().unwrap());
        let shared = Arc::<Shared>::default();
        let router = Router::new().route("/events", post(receive)).with_state(shared.clone());
        let serving = tokio::spawn(async move { axum::serve(socket, router).await.unwrap() });
        Self { address, shared, serving }
    }

    fn answers(&self, refused: Option<(&'static str, StatusCode)>) {
        *self.shared.refused.lock().unwrap() = refused;
    }

    fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    fn taken(&self) -> Vec<Received> {
        self.received().into_iter().filter(|event| event.taken).collect()
    }

    /// Waits until what was received is as it should be.
    async fn until(&self, what: &str, is_so: impl Fn(&[Received]) -> bool) {
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                let news = self.shared.news.notified();
                if is_so(&self.received()) {
                    return;
                }
                news.await;
            }
        });
        assert!(waited.await.is_ok(), "{what}: {:#?}", self.received());
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn receive(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let text = std::str::from_utf8(&body).unwrap();
    let signed = format!("{}.{}.{text}", header("webhook-id"), header("webhook-timestamp"));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let proof = STANDARD.encode(hmac::sign(&key, signed.as_bytes()));
    assert_eq!(header("webhook-signature"), format!("v1,{proof}"));
    let event: Value = serde_json::from_str(text).unwrap();
    let kind = event["type"].as_str().unwrap().to_owned();
    let refused = *shared.refused.lock().unwrap();
    let status =
        refused.filter(|(of, _)| of.is_empty() || *of == kind).map_or(StatusCode::NO_CONTENT, |(_, with)| with);
    let timestamp = event["timestamp"].as_str().unwrap().to_owned();
    let (id, data, taken) = (header("webhook-id"), event["data"].clone(), status.is_success());
    let received = Received { id, kind, timestamp, data, taken };
    shared.received.lock().unwrap().push(received);
    shared.news.notify_waiters();
    status
}

/// A campaign that is told of, and a leader's couriers.
struct Office {
    world: World,
    campaign: CampaignId,
    couriers: Couriers,
}

impl Office {
    /// A running campaign of so many contacts, called at most twice each.
    async fn open(listener: &Listener, contacts: usize, more: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (world, _) = World::at("2026-06-01 10:00").await;
        world.let_time_pass();
        let tables = format!(
            "[retry]\nmax_attempts = 2\n[retry.busy]\ndelays = [\"1s\"]\nmax = 1\n\
             [notify]\nwebhook = \"{}\"\nsecret = \"{SECRET}\"\n{more}",
            listener.address
        );
        let campaign = world.campaign("nightly", &tables, contacts, world.store.clock().now()).await;
        let couriers = Couriers::new(world.store.clone(), NotifyConfig { allow_private: true });
        let office = Self { world, campaign, couriers };
        office.change(Verb::Start { until: None }).await;
        office
    }

    async fn change(&self, verb: Verb) {
        self.world.store.change(self.campaign, verb, "", None).await.unwrap();
    }

    async fn look(&self) {
        self.couriers.run_once(self.world.store.clock().now()).await.unwrap();
    }

    async fn call_all(&self, contacts: usize, outcome: Outcome) {
        let attempts = self.world.call(contacts).await;
        assert_eq!(attempts.len(), contacts);
        self.world.end(&attempts, outcome, self.world.store.clock().now()).await;
    }

    async fn waiting(&self) -> u64 {
        self.world.store.outbox_view(self.campaign).await.unwrap().waiting
    }

    async fn deliveries(&self) -> Vec<Delivery> {
        self.world.store.outbox_view(self.campaign).await.unwrap().deliveries
    }

    /// Waits until so many deliveries are noted.
    async fn until_noted(&self, deliveries: usize) {
        let waited = tokio::time::timeout(PATIENCE, async {
            while self.deliveries().await.len() < deliveries {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        assert!(waited.await.is_ok(), "{:?}", self.deliveries().await);
    }

    /// Lets time pass until nothing waits any more.
    async fn until_all_is_told(&self) {
        let waited = tokio::time::timeout(PATIENCE, async {
            while self.waiting().await > 0 {
                self.world.store.set_now(self.world.store.clock().now() + Duration::from_secs(1));
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        assert!(waited.await.is_ok(), "{} wait", self.waiting().await);
    }
}

fn of_kind<'a>(events: &'a [Received], kind: &str) -> Vec<&'a Received> {
    events.iter().filter(|event| event.kind == kind).collect()
}

#[tokio::test]
async fn attempts_finished_contacts_and_the_campaigns_states_are_told_once_in_each_contacts_order() {
    let listener = Listener::start().await;
    let office = Office::open(&listener, 5, "").await;
    office.call_all(5, Outcome::Busy).await;
    office.world.store.set_now(office.world.store.clock().now() + Duration::from_secs(5));
    office.call_all(5, Outcome::Answered).await;
    office.look().await;
    office.until_all_is_told().await;
    let events = listener.received();
    assert_eq!(of_kind(&events, "state")[0].data["state"], "running");
    let mut by_contact = HashMap::<_, Vec<_>>::new();
    for event in events.iter().filter(|event| event.kind != "state") {
        by_contact.entry(event.contact().to_owned()).or_default().push(event);
    }
    assert_eq!(by_contact.len(), 5);
    for events in by_contact.values() {
        let told: Vec<_> = events.iter().map(|event| (&*event.kind, &event.data["outcome"])).collect();
        let [first, second, last] = &told[..] else { panic!("{told:?}") };
        assert_eq!((first.0, first.1.as_str()), ("attempt", Some("busy")));
        assert_eq!((second.0, second.1.as_str()), ("attempt", Some("answered")));
        assert_eq!((last.0, &events[2].data["state"]), ("contact", &Value::from("completed")));
        assert!(events[2].data["phones"][0].as_str().unwrap().starts_with('+'));
    }
    let ids: HashSet<_> = events.iter().map(|event| &event.id).collect();
    assert_eq!(ids.len(), events.len());
    assert_eq!(office.deliveries().await.len(), events.len());
}

#[tokio::test]
async fn what_a_receiver_does_not_take_comes_again_under_the_same_id_and_nothing_passes_it() {
    let listener = Listener::start().await;
    let office = Office::open(&listener, 2, "").await;
    listener.answers(Some(("attempt", StatusCode::INTERNAL_SERVER_ERROR)));
    office.call_all(2, Outcome::Answered).await;
    office.look().await;
    listener.until("both attempts were sent", |events| of_kind(events, "attempt").len() == 2).await;
    listener.answers(None);
    office.until_all_is_told().await;
    let taken = listener.taken();
    assert_eq!((of_kind(&taken, "attempt").len(), of_kind(&taken, "contact").len()), (2, 2));
    let received = listener.received();
    let refused: HashSet<_> = received.iter().filter(|event| !event.taken).map(|event| &event.id).collect();
    let again: HashSet<_> = of_kind(&taken, "attempt").into_iter().map(|event| &event.id).collect();
    assert_eq!(refused, again);
    let place = |kind: &str, contact: &str| {
        taken.iter().position(|event| event.kind == kind && event.contact() == contact).unwrap()
    };
    assert!(["c0", "c1"].iter().all(|contact| place("attempt", contact) < place("contact", contact)));
}

#[tokio::test]
async fn a_receiver_that_is_down_for_an_hour_loses_nothing_and_calls_go_on() {
    let listener = Listener::start().await;
    let office = Office::open(&listener, 40, "events = [\"attempt\", \"contact\"]").await;
    listener.answers(Some(("", StatusCode::BAD_GATEWAY)));
    let began = office.world.store.clock().now();
    office.world.store.set_now(began);
    office.look().await;
    for minute in 0..60 {
        if minute < 40 {
            office.call_all(1, Outcome::Answered).await;
        }
        office.world.store.set_now(began + Duration::from_secs(60 * (minute + 1)));
    }
    let down = listener.received().len();
    assert!(listener.taken().is_empty() && down < 200, "{down} tries");
    assert!(office.waiting().await >= 40);
    listener.answers(None);
    office.world.store.set_now(began + Duration::from_secs(2 * 3600));
    office.until_all_is_told().await;
    let taken = listener.taken();
    let ids: HashSet<_> = taken.iter().map(|event| &event.id).collect();
    assert_eq!((taken.len(), ids.len()), (80, 80));
}

#[tokio::test]
async fn whoever_leads_next_tells_the_rest() {
    let listener = Listener::start().await;
    let mut office = Office::open(&listener, 3, "").await;
    listener.answers(Some(("attempt", StatusCode::SERVICE_UNAVAILABLE)));
    office.call_all(3, Outcome::Answered).await;
    office.look().await;
    listener.until("an attempt was sent", |events| !of_kind(events, "attempt").is_empty()).await;
    office.couriers = Couriers::new(office.world.store.clone(), NotifyConfig { allow_private: true });
    listener.answers(None);
    office.look().await;
    office.until_all_is_told().await;
    let taken = listener.taken();
    assert_eq!((of_kind(&taken, "attempt").len(), of_kind(&taken, "contact").len()), (3, 3));
}

#[tokio::test]
async fn contacts_that_a_stop_finishes_are_told_too() {
    let listener = Listener::start().await;
    let office = Office::open(&listener, 300, "events = [\"contact\"]").await;
    office.call_all(1, Outcome::Answered).await;
    office.change(Verb::Stop).await;
    let leadership = office.world.leader("one").await;
    crate::endings::Endings::new(office.world.store.clone(), leadership)
        .run_once(office.world.store.clock().now())
        .await
        .unwrap();
    office.look().await;
    listener.until("all contacts are told", |events| events.len() == 300).await;
    let states = |state: &str| listener.received().iter().filter(|event| event.data["state"] == state).count();
    assert_eq!((states("completed"), states("cancelled")), (1, 299));
}

#[tokio::test]
async fn a_replay_tells_the_same_events_again_and_only_those_of_its_time() {
    let listener = Listener::start().await;
    let office = Office::open(&listener, 3, "events = [\"attempt\", \"contact\"]").await;
    office.call_all(3, Outcome::Answered).await;
    office.look().await;
    office.until_all_is_told().await;
    let first = listener.received();
    let now = office.world.store.clock().now() + Duration::from_secs(60);
    office.world.store.set_now(now);
    let store = &office.world.store;
    let hour = Duration::from_secs(3600);
    let never = Timestamp::from_millis(now.as_millis() - 2 * hour.as_millis() as i64);
    assert_eq!(store.tell_again(office.campaign, None, Some(never)).await.unwrap(), 0);
    assert_eq!(store.tell_again(office.campaign, Some(never), Some(now + hour)).await.unwrap(), 6);
    office.look().await;
    listener.until("all comes again", |events| events.len() == 12).await;
    let told = |events: &[Received]| {
        events.iter().map(|event| (event.id.clone(), event.timestamp.clone())).collect::<HashSet<_>>()
    };
    assert_eq!(told(&first).len(), 6);
    assert_eq!(told(&first), told(&listener.received()), "an event keeps its id and its time");
}

#[tokio::test]
async fn an_event_that_nobody_takes_for_three_days_is_given_up() {
    let listener = Listener::start().await;
    let office = Office::open(&listener, 1, "events = [\"attempt\"]").await;
    listener.answers(Some(("", StatusCode::GONE)));
    office.call_all(1, Outcome::Answered).await;
    office.look().await;
    office.until_noted(1).await;
    office.world.store.set_now(office.world.store.clock().now() + Duration::from_secs(4 * 24 * 3600));
    office.until_all_is_told().await;
    let deliveries = office.deliveries().await;
    assert_eq!(deliveries.iter().map(|delivery| delivery.is_given_up).collect::<Vec<_>>(), [true, false]);
    assert!(deliveries[0].error.contains("410"), "{deliveries:?}");
}

#[tokio::test]
async fn a_private_address_is_refused_unless_it_is_allowed() {
    let listener = Listener::start().await;
    let mut office = Office::open(&listener, 1, "").await;
    office.couriers = Couriers::new(office.world.store.clone(), NotifyConfig::default());
    office.look().await;
    office.until_noted(1).await;
    assert!(office.deliveries().await[0].error.contains("private address"));
    assert!(listener.received().is_empty());
}

#[tokio::test]
async fn what_waits_is_dropped_when_nobody_is_to_be_told_any_more() {
    let listener = Listener::start().await;
    let office = Office::open(&listener, 1, "").await;
    assert!(office.waiting().await > 0);
    office.world.apply("nightly", "").await;
    office.look().await;
    assert_eq!((office.waiting().await, office.world.store.outboxes().await.unwrap()), (0, vec![]));
    office.world.store.refresh_hours(office.campaign, office.world.store.clock().now()).await.unwrap();
    office.call_all(1, Outcome::Answered).await;
    assert_eq!(office.waiting().await, 0);
}
