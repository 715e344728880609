//! Contacts are called when their numbers' clocks allow it.

use redial_shared::{
    domain::{
        AttemptId, CampaignId, Outcome, PhoneNumber, Timestamp, campaign, contact::Contact, transition,
        transition::Ending,
    },
    store::{BeginAnswer, Claim, Intent, Store, StoreError, Verb, view::ContactView},
};
use redial_tests::support::RedisServer;

use crate::{LEASE, NOON_MS};

/// 08:00 in Washington, 13:00 in London, 14:00 in Paris.
const NOON: i64 = 0;
const WASHINGTON: &str = "+12025550123";
const LONDON: &str = "+442079460018";
const NINE_TO_FIVE: &str = "[calling_hours]\ndaily = [\"09:00-17:00\"]\n";
const DIALED: &str = "[calling_hours]\ndaily = [\"09:00-17:00\"]\nzones = \"dialed\"\n\
                      [retry.no_answer]\ndelays = [\"1m\"]\nmax = 5\nnext_number = true\n";

struct World {
    store: Store,
    campaign: CampaignId,
    worker: u32,
    _redis: RedisServer,
}

impl World {
    async fn new(tables: &str) -> Self {
        let redis = RedisServer::start().unwrap();
        let store = Store::connect(&redis.url(), "test", LEASE).await.unwrap();
        store.set_now(Timestamp::from_millis(NOON_MS));
        let (campaign, worker) = (apply(&store, tables).await.unwrap(), store.open_lease(LEASE, "test").await.unwrap());
        store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
        Self { store, campaign, worker, _redis: redis }
    }

    async fn upload(&self, contacts: Vec<Contact>, columns: &[&str]) {
        let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
        let mut upload = self.store.upload(self.campaign).await.unwrap();
        upload.push(contacts, &columns).await.unwrap();
        upload.finish().await.unwrap();
    }

    /// Moves the clock to so many minutes after noon, under a new lease.
    async fn at(&mut self, minutes: i64) {
        self.store.set_now(Timestamp::from_millis(NOON_MS + minutes * 60_000));
        self.worker = self.store.open_lease(LEASE, "test").await.unwrap();
    }

    /// Begins calls to all who can be called now; answers whom, by id and number.
    async fn call(&self) -> Vec<(AttemptId, String)> {
        let Claim::Granted(claimed, _) = self.store.claim(self.worker, "acme", 50, false).await.unwrap() else {
            panic!("not granted")
        };
        let mut called = Vec::new();
        for claimed in claimed {
            let (info, rows) = self.store.rows(self.campaign, claimed.version, [claimed.position]).await.unwrap();
            let row = &rows[&claimed.position];
            let before = match &claimed.record {
                Some(record) => record.clone(),
                None => self.store.fresh_record(&info, claimed.lane, row).await.unwrap(),
            };
            let number = &row.contact.numbers[usize::from(before.next_number)];
            let permit = Timestamp::from_millis(claimed.permit_us / 1000);
            let record = transition::begin(&before, number.digits(), permit, self.worker);
            let contact_id = String::new();
            let intent =
                Intent { claimed, contact_id, record, slot_until: permit, number_until: permit, ends_poll: None };
            let answers = self.store.begin(self.worker, std::slice::from_ref(&intent), LEASE).await.unwrap();
            assert!(matches!(answers[0], BeginAnswer::Begun { .. }), "{answers:?}");
            called.push((intent.attempt(), number.as_e164().to_owned()));
        }
        called
    }

    async fn numbers_called(&self) -> Vec<String> {
        let mut called: Vec<_> = self.call().await.into_iter().map(|(_, number)| number).collect();
        called.sort();
        called
    }

    async fn end(&self, attempt: AttemptId, outcome: Outcome) {
        let ending = Ending {
            outcome,
            provider_status: String::new(),
            duration_s: None,
            reason: String::new(),
            hold: false,
            is_over: false,
            charged: true,
            captured: Default::default(),
            at: self.store.clock().now(),
        };
        assert_eq!(self.store.end_attempts(vec![(attempt, ending)]).await.unwrap(), 1);
    }

    async fn contact(&self, id: &str) -> ContactView {
        self.store.contact(&"zones".parse().unwrap(), id).await.unwrap().unwrap()
    }
}

async fn apply(store: &Store, tables: &str) -> Result<CampaignId, StoreError> {
    let source = format!("name = \"zones\"\nprovider = \"acme\"\n{tables}");
    store.apply(&campaign::parse(&source, "zones").unwrap(), &source).await.map(|(_, id)| id)
}

fn contact(id: &str, numbers: &[&str]) -> Contact {
    let numbers = numbers.iter().map(|number| PhoneNumber::from_e164(number).unwrap()).collect();
    Contact { id: id.to_owned(), numbers, ..Contact::default() }
}

#[tokio::test]
async fn a_list_without_time_zones_is_called_by_the_clocks_of_its_numbers() {
    let mut world = World::new(NINE_TO_FIVE).await;
    let listed = Contact { zone: Some(chrono_tz::Europe::Paris), ..contact("paris", &["+12025550124"]) };
    world.upload(vec![contact("dc", &[WASHINGTON]), contact("london", &[LONDON]), listed], &[]).await;
    world.at(NOON).await;
    assert_eq!(world.numbers_called().await, ["+12025550124", LONDON], "its time zone column wins over the number");
    world.at(59).await;
    assert_eq!(world.numbers_called().await, [""; 0]);
    world.at(61).await;
    assert_eq!(world.numbers_called().await, [WASHINGTON]);
}

#[tokio::test]
async fn a_contact_in_several_zones_is_called_only_when_all_allow() {
    let mut world = World::new(NINE_TO_FIVE).await;
    world.upload(vec![contact("both", &[LONDON, WASHINGTON])], &[]).await;
    world.at(59).await;
    assert_eq!(world.numbers_called().await, [""; 0], "before nine in Washington");
    world.at(4 * 60 + 1).await;
    assert_eq!(world.numbers_called().await, [""; 0], "after five in London");
    world.at(24 * 60 + 61).await;
    assert_eq!(world.numbers_called().await, [LONDON]);
}

#[tokio::test]
async fn with_zones_dialed_the_number_about_to_be_called_decides() {
    let mut world = World::new(DIALED).await;
    world.upload(vec![contact("both", &[LONDON, WASHINGTON])], &[]).await;
    world.at(NOON).await;
    let called = world.call().await;
    assert_eq!(called[0].1, LONDON);
    world.end(called[0].0, Outcome::NoAnswer).await;
    let waiting = world.contact("both").await;
    assert_eq!(waiting.whereabouts.to_string(), "#America/New_York|US,US-DC");
    world.at(30).await;
    assert_eq!(world.numbers_called().await, [""; 0], "it is not nine in Washington yet");
    world.at(61).await;
    let called = world.call().await;
    assert_eq!(called[0].1, WASHINGTON);
    world.end(called[0].0, Outcome::NoAnswer).await;
    assert_eq!(world.contact("both").await.whereabouts.to_string(), "#Europe/London|GB");
    world.at(4 * 60 + 1).await;
    assert_eq!(world.numbers_called().await, [""; 0], "after five in London, where its first number is");
    world.at(24 * 60).await;
    assert_eq!(world.numbers_called().await, [LONDON]);
}

#[tokio::test]
async fn a_time_zone_column_and_a_state_count_beside_the_number_that_is_dialed() {
    let world = World::new(DIALED).await;
    let florida = Contact { attributes: vec!["Florida".to_owned()], ..contact("fl", &[WASHINGTON, LONDON]) };
    let paris =
        Contact { zone: Some(chrono_tz::Europe::Paris), ..contact("paris", &["+12025550124", "+442079460019"]) };
    world.upload(vec![florida, Contact { attributes: vec![String::new()], ..paris }], &["State"]).await;
    assert_eq!(world.contact("fl").await.whereabouts.to_string(), "#America/New_York|US,US-DC,US-FL");
    assert_eq!(world.contact("paris").await.whereabouts.to_string(), "Europe/Paris|US,US-DC");
    let called = world.call().await;
    assert_eq!(called.iter().map(|(_, number)| number.as_str()).collect::<Vec<_>>(), ["+12025550124"]);
    world.end(called[0].0, Outcome::NoAnswer).await;
    assert_eq!(
        world.contact("paris").await.whereabouts.to_string(),
        "Europe/Paris|GB",
        "the column holds for all numbers"
    );
}

#[tokio::test]
async fn whose_zones_count_cannot_change_under_contacts() {
    let world = World::new(NINE_TO_FIVE).await;
    apply(&world.store, DIALED).await.unwrap();
    apply(&world.store, NINE_TO_FIVE).await.unwrap();
    world.upload(vec![contact("dc", &[WASHINGTON])], &[]).await;
    let refused = apply(&world.store, DIALED).await.unwrap_err().to_string();
    assert!(refused.contains("`zones` cannot change any more"), "{refused}");
    apply(&world.store, &format!("{NINE_TO_FIVE}margin = \"1m\"\n")).await.unwrap();
}
