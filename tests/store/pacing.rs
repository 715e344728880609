//! Several campaigns on one account: its rate is used whole, and each keeps to its own.

use std::collections::BTreeMap;

use redial_shared::{
    domain::{CampaignId, Outcome, PhoneNumber, Timestamp, campaign, contact::Contact, transition::Ending},
    store::{AccountLimits, Claim, Store, Verb},
};
use redial_tests::support::RedisServer;

use crate::{LEASE, NOON_MS, caller::Caller};

const SECONDS: i64 = 20;
const STEP_MS: i64 = 40;
const ACCOUNT_EVERY_US: i64 = 10_080;

/// A campaign with enough contacts, paced by `rate` (empty: only by the account).
async fn campaign(store: &Store, name: &str, place: usize, rate: &str) -> CampaignId {
    let source = format!("name = \"{name}\"\nprovider = \"acme\"\n[pacing]\n{rate}\n");
    let (_, id) = store.apply(&campaign::parse(&source, name).unwrap(), &source).await.unwrap();
    let mut upload = store.upload(id).await.unwrap();
    let contact = |index| {
        let number = format!("+1202{place}{index:06}");
        let numbers = vec![PhoneNumber::from_e164(&number).unwrap()];
        Contact { id: number, numbers, ..Contact::default() }
    };
    upload.push((0..2_500).map(contact), &[]).await.unwrap();
    upload.finish().await.unwrap();
    store.change(id, Verb::Start { until: None }, "", None).await.unwrap();
    id
}

/// Permits of each campaign, as a worker gets them that asks every 40 ms.
async fn permits(store: &Store) -> BTreeMap<CampaignId, Vec<i64>> {
    let mut permits: BTreeMap<CampaignId, Vec<i64>> = BTreeMap::new();
    let worker = store.open_lease(LEASE * 60, "test").await.unwrap();
    for step in 0..SECONDS * 1_000 / STEP_MS {
        store.set_now(Timestamp::from_millis(NOON_MS + step * STEP_MS));
        let Claim::Granted(claimed, _) = store.claim(worker, "acme", 256, false).await.unwrap() else {
            panic!("not granted")
        };
        for claimed in claimed {
            permits.entry(claimed.campaign).or_default().push(claimed.permit_us);
        }
    }
    permits
}

#[tokio::test]
async fn slow_campaigns_keep_to_their_rates_and_a_fast_one_takes_all_the_rest() {
    let redis = RedisServer::start().unwrap();
    let store = Store::connect(&redis.url(), "test", LEASE).await.unwrap();
    store.set_now(Timestamp::from_millis(NOON_MS));
    let limits = AccountLimits { call_every_us: ACCOUNT_EVERY_US as u64, ..AccountLimits::default() };
    store.set_limits("acme", limits).await.unwrap();
    let mut slow = Vec::new();
    for (place, rate) in ["10/s", "10/s", "10/s", "5/s"].into_iter().enumerate() {
        slow.push((campaign(&store, &format!("slow-{place}"), place, &format!("rate = \"{rate}\"")).await, rate));
    }
    let fast = campaign(&store, "fast", 9, "").await;

    let permits = permits(&store).await;
    let mut all: Vec<i64> = permits.values().flatten().copied().collect();
    all.sort_unstable();
    assert!(all.windows(2).all(|pair| pair[1] - pair[0] >= ACCOUNT_EVERY_US), "the account's rate is exceeded");
    let whole = (SECONDS * 1_000_000 / ACCOUNT_EVERY_US) as usize;
    assert!(all.len() * 100 >= whole * 99, "{} of {whole} permits of the account are used", all.len());
    for (id, rate) in slow {
        let own = &permits[&id];
        let spacing_us = if rate == "5/s" { 201_600 } else { 100_800 };
        assert!(own.windows(2).all(|pair| pair[1] - pair[0] >= spacing_us), "{rate} is exceeded");
        let may = (SECONDS * 1_000_000 / spacing_us) as usize;
        assert!(own.len() * 100 >= may * 90, "{} of {may} permits at {rate}", own.len());
    }
    assert!(permits[&fast].len() * 100 >= (whole - 35 * SECONDS as usize) * 99);
}

#[tokio::test]
async fn a_call_in_doubt_holds_its_line_unless_the_provider_says_that_it_is_over() {
    let caller = Caller::new().await;
    caller.campaign("nightly", "[results]\nmax_call = \"15m\"\n", &[&[1], &[2]]).await;
    let live = async || caller.store.campaign(&"nightly".parse().unwrap()).await.unwrap().live_calls;
    let in_doubt = caller.ending(Outcome::Unknown);
    let (first, _) = caller.begin("nightly").await.unwrap();
    assert_eq!(live().await, 1);
    caller.end_as(first.attempt(), Ending { is_over: true, ..in_doubt.clone() }).await;
    assert_eq!(live().await, 0, "what is over is over, whatever it was");
    let (second, _) = caller.begin("nightly").await.unwrap();
    caller.end_as(second.attempt(), in_doubt).await;
    assert_eq!(live().await, 1, "it may be ringing");
}

#[tokio::test]
async fn a_permit_never_lies_past_the_close_of_its_window() {
    let redis = RedisServer::start().unwrap();
    let store = Store::connect(&redis.url(), "test", LEASE).await.unwrap();
    store.set_now(Timestamp::from_millis(NOON_MS));
    let id = campaign(&store, "short", 1, "rate = \"100/s\"").await;
    let to = Timestamp::from_millis(NOON_MS + 1_000);
    let interval = redial_shared::domain::Interval { from: Timestamp::from_millis(NOON_MS), to };
    assert!(store.write_hours(id, 1, &[(5, vec![interval])], None).await.unwrap());
    let permits = permits(&store).await;
    let last = permits[&id].last().copied().unwrap();
    assert!(last < to.as_millis() * 1_000 && permits[&id].len() > 90, "{last}, {}", permits[&id].len());
}
