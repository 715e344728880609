//! Calls, made directly at the store as a worker would.

use std::time::{Duration, Instant};

use redial_shared::{
    domain::{AttemptId, Outcome, Timestamp, learned::Captured, record::Record, transition},
    store::{BeginAnswer, Claim, Claimed, Intent, Placed, PollEntry, Settled, Store},
};

const LEASE: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(10);

/// A call that has begun.
pub struct Begun {
    worker: u32,
    intent: Intent,
}

/// Claims one contact of an account and begins a call to it.
pub async fn begin(store: &Store, account: &str) -> Begun {
    let (begun, answer) = try_begin(store, account).await;
    assert!(matches!(answer, BeginAnswer::Begun { .. }), "not begun: {answer:?}");
    begun
}

/// The same, if that is allowed. Where the machine was too slow for the permit, it does so again.
pub async fn try_begin(store: &Store, account: &str) -> (Begun, BeginAnswer) {
    let worker = store.open_lease(LEASE, "worker-1").await.unwrap();
    loop {
        let (intent, answer) = begin_in_time(store, worker, account).await;
        if answer != BeginAnswer::TooLate {
            return (Begun { worker, intent }, answer);
        }
    }
}

async fn begin_in_time(store: &Store, worker: u32, account: &str) -> (Intent, BeginAnswer) {
    let claimed = claim_one(store, worker, account).await;
    let campaign = claimed.campaign;
    let (_, rows) = store.rows(campaign, claimed.version, [&claimed]).await.unwrap();
    let contact = &rows[&claimed.position].contact;
    let before = claimed.record.clone().unwrap_or_else(|| Record::fresh(claimed.lane, contact.numbers.len() as u8));
    let digits = contact.numbers[usize::from(before.next_number)].digits();
    let contact_id = contact.id.clone();
    let permit = Timestamp::from_millis(claimed.permit_us / 1000);
    let record = transition::begin(&before, digits, permit, worker);
    let until = store.clock().now() + Duration::from_secs(600);
    let intent = Intent { claimed, contact_id, record, slot_until: until, number_until: until, ends_poll: None };
    let answer = store.begin(worker, std::slice::from_ref(&intent), TIMEOUT).await.unwrap()[0];
    (intent, answer)
}

impl Begun {
    /// Its attempt.
    pub fn attempt(&self) -> AttemptId {
        self.intent.attempt()
    }

    /// The provider took it under `call_id`; with `polled_in` it is polled after so long, and found by its id.
    pub async fn place(&self, store: &Store, call_id: &str, polled_in: Option<Duration>) -> Settled {
        let (attempt, now) = (self.attempt(), store.clock().now());
        let record = transition::placed(&self.intent.record, attempt.revision, call_id, now).unwrap();
        let entry = PollEntry { attempt, started_at: now, call_id: call_id.to_owned() };
        let poll = polled_in.map(|polled_in| (entry, now + polled_in));
        let placed = Placed { attempt, record, worker: self.worker, poll, findable: polled_in };
        store.placed(&[placed]).await.unwrap().remove(0)
    }
}

/// Claims one contact of `acme`, begins a call to it and has it placed under `call_id`.
pub async fn begin_one(store: &Store, call_id: &str) -> AttemptId {
    let begun = begin(store, "acme").await;
    assert_eq!(begun.place(store, call_id, None).await, Settled::Written);
    begun.attempt()
}

/// Ends a call.
pub async fn end(store: &Store, attempt: AttemptId, outcome: Outcome, provider_status: &str) {
    let ending = transition::Ending {
        provider_status: provider_status.to_owned(),
        duration_s: Some(12.3),
        ..ending(store, outcome, false)
    };
    assert_eq!(store.end_attempts(vec![(attempt, ending)]).await.unwrap(), 1);
}

/// How a call ended just now; with `hold` a human must look at it.
pub fn ending(store: &Store, outcome: Outcome, hold: bool) -> transition::Ending {
    transition::Ending {
        outcome,
        provider_status: String::new(),
        duration_s: None,
        reason: String::new(),
        hold,
        is_over: false,
        captured: Captured::default(),
        charged: true,
        at: store.clock().now(),
    }
}

/// A retry that is due now comes up within a moment.
async fn claim_one(store: &Store, worker: u32, account: &str) -> Claimed {
    let deadline = Instant::now() + LEASE;
    loop {
        let Claim::Granted(mut claimed, _) = store.claim(worker, account, 1, false).await.unwrap() else {
            panic!("no claim")
        };
        if let Some(claimed) = claimed.pop() {
            return claimed;
        }
        assert!(Instant::now() < deadline, "nobody is to be called");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
