//! Calls, made directly at the store as a worker would.

use std::time::Duration;

use redial_shared::{
    domain::{AttemptId, Outcome, Timestamp, record::Record, transition},
    store::{BeginAnswer, Claim, Claimed, Intent, Placed, Settled, Store},
};

const LEASE: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(10);

/// Claims one contact of `acme`, begins a call to it and has it placed under `call_id`.
pub async fn begin_one(store: &Store, call_id: &str) -> AttemptId {
    let worker = store.open_lease(LEASE, "worker-1").await.unwrap();
    let claimed = claim_one(store, worker).await;
    let campaign = claimed.campaign;
    let (_, rows) = store.rows(campaign, claimed.version, [claimed.position]).await.unwrap();
    let contact = &rows[&claimed.position].contact;
    let before = claimed.record.clone().unwrap_or_else(|| Record::fresh(claimed.lane, contact.numbers.len() as u8));
    let digits = contact.numbers[usize::from(before.next_number)].digits();
    let permit = Timestamp::from_millis(claimed.permit_us / 1000);
    let record = transition::begin(&before, digits, permit, worker);
    let until = store.clock().now() + Duration::from_secs(600);
    let intent = Intent { claimed, record, slot_until: until, number_until: until, ends_poll: None };
    let answers = store.begin(worker, std::slice::from_ref(&intent), TIMEOUT).await.unwrap();
    assert!(matches!(answers[..], [BeginAnswer::Begun { .. }]), "{answers:?}");
    let attempt = intent.attempt();
    let record = transition::placed(&intent.record, attempt.revision, call_id, store.clock().now()).unwrap();
    let placed = Placed { attempt, record, worker, poll: None };
    assert_eq!(store.placed(&[placed]).await.unwrap(), [Settled::Written]);
    attempt
}

/// Ends a call.
pub async fn end(store: &Store, attempt: AttemptId, outcome: Outcome, provider_status: &str) {
    let ending = transition::Ending {
        outcome,
        provider_status: provider_status.to_owned(),
        duration_s: Some(12.3),
        reason: String::new(),
        hold: false,
        at: store.clock().now(),
    };
    assert_eq!(store.end_attempts(vec![(attempt, ending)]).await.unwrap(), 1);
}

async fn claim_one(store: &Store, worker: u32) -> Claimed {
    let Claim::Granted(mut claimed, _) = store.claim(worker, "acme", 1, false).await.unwrap() else {
        panic!("no claim")
    };
    claimed.pop().expect("somebody to call")
}
