//! `requests`: one limit for all that is asked of a provider, calls, polls and tokens.

use std::time::Duration;

use redial_shared::{
    domain::{PhoneNumber, Timestamp, campaign, contact::Contact, record::Record, transition},
    store::{AccountLimits, BeginAnswer, Claim, Claimed, Intent, Placed, PollEntry, Store, Verb},
};
use redial_tests::support::RedisServer;

use crate::{LEASE, NOON_MS};

const EVERY_US: u64 = 40_000;

async fn store(redis: &RedisServer) -> Store {
    let store = Store::connect(&redis.url(), "test", LEASE).await.unwrap();
    store.set_now(Timestamp::from_millis(NOON_MS));
    let source = "name = \"nightly\"\nprovider = \"acme\"\n";
    let (_, id) = store.apply(&campaign::parse(source, "nightly.toml").unwrap(), source).await.unwrap();
    let mut upload = store.upload(id).await.unwrap();
    let contact = |number: &str| {
        let numbers = vec![PhoneNumber::from_e164(number).unwrap()];
        Contact { id: number.to_owned(), numbers, ..Contact::default() }
    };
    upload.push(["+12025550101", "+12025550102", "+12025550103"].map(contact), &[]).await.unwrap();
    upload.finish().await.unwrap();
    store.change(id, Verb::Start { until: None }, "", None).await.unwrap();
    let limits = AccountLimits { call_every_us: 0, request_every_us: EVERY_US, max_live: 0 };
    store.set_limits("acme", limits).await.unwrap();
    store
}

async fn claim(store: &Store, worker: u32, want: usize) -> Vec<Claimed> {
    match store.claim(worker, "acme", want, false).await.unwrap() {
        Claim::Granted(claimed, _) => claimed,
        other => panic!("not granted: {other:?}"),
    }
}

/// Begins the call and has it placed, to be polled at once.
async fn place(store: &Store, worker: u32, claimed: Claimed) {
    let permit = Timestamp::from_millis(claimed.permit_us / 1000);
    let record = transition::begin(&Record::fresh(claimed.lane, 1), "12025550101", permit, worker);
    let until = permit + Duration::from_secs(900);
    let intent =
        Intent { claimed, contact_id: String::new(), record, slot_until: until, number_until: until, ends_poll: None };
    let begun = store.begin(worker, std::slice::from_ref(&intent), LEASE).await.unwrap();
    assert!(matches!(begun[..], [BeginAnswer::Begun { .. }]), "{begun:?}");
    let attempt = intent.attempt();
    let record = transition::placed(&intent.record, attempt.revision, "call-1", permit).unwrap();
    let entry = PollEntry { attempt, started_at: permit, call_id: "call-1".to_owned() };
    store
        .placed(&[Placed {
            attempt,
            record,
            worker,
            poll: Some((entry, Timestamp::from_millis(NOON_MS))),
            findable: None,
        }])
        .await
        .unwrap();
}

#[tokio::test]
async fn calls_polls_and_tokens_of_an_account_stand_in_one_line() {
    let redis = RedisServer::start().unwrap();
    let store = store(&redis).await;
    let worker = store.open_lease(LEASE, "test").await.unwrap();
    let mut claimed = claim(&store, worker, 2).await;
    let permits: Vec<i64> = claimed.iter().map(|claimed| claimed.permit_us).collect();
    assert_eq!(permits[1] - permits[0], EVERY_US as i64, "calls alone have no limit, requests do");
    place(&store, worker, claimed.remove(0)).await;

    let poll = store.take_polls("acme", 50, LEASE, Duration::ZERO).await.unwrap();
    assert_eq!((poll.entries.len(), poll.permit_us), (1, permits[1] + EVERY_US as i64));
    assert_eq!(store.take_request("acme").await.unwrap(), poll.permit_us + EVERY_US as i64, "a token, for one");
    assert_eq!(claim(&store, worker, 1).await[0].permit_us, poll.permit_us + 2 * EVERY_US as i64);
}

#[tokio::test]
async fn a_poll_waits_in_its_queue_while_the_line_is_long() {
    let redis = RedisServer::start().unwrap();
    let store = store(&redis).await;
    let worker = store.open_lease(LEASE, "test").await.unwrap();
    let first = claim(&store, worker, 1).await.remove(0);
    place(&store, worker, first).await;
    let limits = AccountLimits { call_every_us: 0, request_every_us: 300_000, max_live: 0 };
    store.set_limits("acme", limits).await.unwrap();
    let last = claim(&store, worker, 1).await[0].permit_us;
    let waits = store.take_polls("acme", 50, LEASE, Duration::ZERO).await.unwrap();
    assert!(waits.entries.is_empty());
    let when = waits.next_due.expect("it is told when to ask again");
    store.set_now(when);
    let poll = store.take_polls("acme", 50, LEASE, Duration::ZERO).await.unwrap();
    assert_eq!((poll.entries.len(), poll.permit_us), (1, last + 300_000));
}
