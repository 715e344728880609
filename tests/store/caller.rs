//! A workspace with campaigns, and a worker that does as it is told.

use std::time::Duration;

use redial_shared::{
    domain::{
        AttemptId, CampaignId, CampaignName, ContactState, Outcome, PhoneNumber, Timestamp, campaign, contact::Contact,
        record::Record, transition, transition::Ending,
    },
    store::{BeginAnswer, Claim, Intent, Placed, Store, Verb, view::ContactView},
};
use redial_tests::support::RedisServer;

use crate::{LEASE, NOON_MS};

/// One workspace in a Redis of its own, at noon.
pub struct Caller {
    pub redis: RedisServer,
    pub store: Store,
    worker: u32,
}

/// One of the numbers kept for fiction.
pub fn number(place: u32) -> PhoneNumber {
    PhoneNumber::from_e164(&format!("+120255501{place:02}")).unwrap()
}

/// An instant so long after noon.
pub fn after(span: Duration) -> Timestamp {
    Timestamp::from_millis(NOON_MS) + span
}

impl Caller {
    pub async fn new() -> Self {
        let redis = RedisServer::start().unwrap();
        let store = Store::connect(&redis.url(), "test", LEASE).await.unwrap();
        store.set_now(after(Duration::ZERO));
        let worker = store.open_lease(Duration::from_secs(400 * 24 * 3600), "test").await.unwrap();
        Self { redis, store, worker }
    }

    /// A running campaign whose contacts have these numbers.
    pub async fn campaign(&self, name: &str, tables: &str, contacts: &[&[u32]]) -> CampaignId {
        let id = self.apply(name, tables).await;
        let mut upload = self.store.upload(id).await.unwrap();
        let contact = |(index, numbers): (usize, &&[u32])| Contact {
            id: format!("c{index}"),
            numbers: numbers.iter().map(|&place| number(place)).collect(),
            ..Contact::default()
        };
        upload.push(contacts.iter().enumerate().map(contact).collect::<Vec<_>>(), &[]).await.unwrap();
        upload.finish().await.unwrap();
        self.store.change(id, Verb::Start { until: None }, "", None).await.unwrap();
        id
    }

    /// Creates a campaign, or changes one.
    pub async fn apply(&self, name: &str, tables: &str) -> CampaignId {
        let source = format!("name = \"{name}\"\nprovider = \"{name}\"\n{tables}");
        let (_, id) = self.store.apply(&campaign::parse(&source, name).unwrap(), &source).await.unwrap();
        self.store.refresh_hours(id, self.store.clock().now()).await.unwrap();
        id
    }

    /// Moves the clock, and the hours with it.
    pub async fn at(&self, now: Timestamp, campaigns: &[CampaignId]) {
        self.store.set_now(now);
        for id in campaigns {
            self.store.refresh_hours(*id, now).await.unwrap();
        }
    }

    /// Claims and begins the next contact of a campaign; none: nobody is due.
    pub async fn begin(&self, campaign: &str) -> Option<(Intent, BeginAnswer)> {
        let intent = self.claim(campaign).await?;
        let answer = self.begin_intent(&intent).await;
        Some((intent, answer))
    }

    /// An intent for the next contact of a campaign, not begun yet.
    pub async fn claim(&self, campaign: &str) -> Option<Intent> {
        let Claim::Granted(mut claimed, _) = self.store.claim(self.worker, campaign, 1, false).await.unwrap() else {
            panic!("not granted")
        };
        let claimed = claimed.pop()?;
        let (_, rows) = self.store.rows(claimed.campaign, claimed.version, [&claimed]).await.unwrap();
        let contact = &rows[&claimed.position].contact;
        let before = claimed.record.clone().unwrap_or_else(|| Record::fresh(claimed.lane, contact.numbers.len() as u8));
        let permit = Timestamp::from_millis(claimed.permit_us / 1000);
        let digits = contact.numbers[usize::from(before.next_number)].digits();
        let record = transition::begin(&before, digits, permit, self.worker);
        let until = permit + Duration::from_secs(900);
        let contact_id = contact.id.clone();
        Some(Intent { claimed, contact_id, record, slot_until: until, number_until: until, ends_poll: None })
    }

    pub async fn begin_intent(&self, intent: &Intent) -> BeginAnswer {
        self.store.begin(self.worker, std::slice::from_ref(intent), LEASE).await.unwrap()[0]
    }

    /// Begins the next contact of a campaign, and has its call end. The clock moves on by a second.
    pub async fn call(&self, campaign: &str, outcome: Outcome) -> AttemptId {
        let (intent, answer) = self.begin(campaign).await.expect("somebody is due");
        assert!(matches!(answer, BeginAnswer::Begun { .. }), "{answer:?}");
        self.end(intent.attempt(), outcome).await;
        self.store.set_now(self.store.clock().now() + Duration::from_secs(1));
        intent.attempt()
    }

    pub async fn place(&self, intent: &Intent) {
        let attempt = intent.attempt();
        let record = transition::placed(&intent.record, attempt.revision, "call", self.store.clock().now()).unwrap();
        let placed = Placed { attempt, record, worker: self.worker, poll: None, findable: None };
        self.store.placed(&[placed]).await.unwrap();
    }

    pub async fn end(&self, attempt: AttemptId, outcome: Outcome) {
        self.end_as(attempt, self.ending(outcome)).await;
    }

    pub async fn end_as(&self, attempt: AttemptId, ending: Ending) {
        assert_eq!(self.store.end_attempts(vec![(attempt, ending)]).await.unwrap(), 1);
    }

    /// A call that ended so at this moment, as far as we know.
    pub fn ending(&self, outcome: Outcome) -> Ending {
        Ending {
            outcome,
            provider_status: String::new(),
            duration_s: None,
            reason: String::new(),
            hold: false,
            is_over: false,
            charged: true,
            at: self.store.clock().now(),
            captured: Default::default(),
        }
    }

    /// The call never was.
    pub async fn withdraw(&self, intent: &Intent) {
        let info = self.store.fresh_info(intent.claimed.campaign).await.unwrap();
        let withdrawal = info.withdrawal(intent, &intent.record, None, "").unwrap();
        self.store.conclude(&[withdrawal]).await.unwrap();
    }

    pub async fn contact(&self, campaign: &str, id: &str) -> ContactView {
        let name: CampaignName = campaign.parse().unwrap();
        self.store.contact(&name, id).await.unwrap().expect("it was uploaded")
    }

    pub async fn count(&self, campaign: &str, state: ContactState) -> u64 {
        let view = self.store.campaign(&campaign.parse().unwrap()).await.unwrap();
        view.counts.by_state.get(&state).copied().unwrap_or(0)
    }
}
