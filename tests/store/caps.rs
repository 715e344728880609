//! Caps: how often somebody is called, over all campaigns.

use std::time::Duration;

use redial_shared::{
    domain::{ContactState, Outcome, Timestamp, campaign, caps::Caps},
    store::BeginAnswer,
};

use crate::caller::{Caller, after, number};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const RETRY_AT_ONCE: &str = "[retry]\nmax_attempts = 9\n[retry.busy]\ndelays = [\"0s\"]\nmax = 9\n";

fn caps(table: &str) -> Caps {
    campaign::parse(&format!("name = \"x\"\nprovider = \"x\"\n[caps]\n{table}"), "x").unwrap().caps
}

fn with_caps(table: &str) -> String {
    format!("[caps]\n{table}\n{RETRY_AT_ONCE}")
}

/// The full second after an instant, from which its call counts.
fn second_after(at: Timestamp) -> Timestamp {
    Timestamp::from_millis((at.as_millis() / 1000 + 1) * 1000)
}

fn permit(intent: &redial_shared::store::Intent) -> Timestamp {
    Timestamp::from_millis(intent.claimed.permit_us / 1000)
}

#[tokio::test]
async fn a_capped_contact_waits_for_the_computed_instant_and_is_charged_nothing() {
    let caller = Caller::new().await;
    let id = caller.campaign("nightly", &with_caps("per_number = [\"2 per 1h\", \"9 per 30d\"]"), &[&[1]]).await;
    let first = caller.claim("nightly").await.unwrap();
    assert!(matches!(caller.begin_intent(&first).await, BeginAnswer::Begun { .. }));
    caller.end(first.attempt(), Outcome::Busy).await;
    caller.at(after(MINUTE), &[]).await;
    caller.call("nightly", Outcome::Busy).await;

    caller.at(after(2 * MINUTE), &[]).await;
    let frees = second_after(permit(&first)) + HOUR;
    assert_eq!(caller.begin("nightly").await.unwrap().1, BeginAnswer::Capped { until: frees });
    let contact = caller.contact("nightly", "c0").await;
    assert_eq!((contact.state, contact.next_attempt_at), (ContactState::Waiting, Some(frees)));
    assert_eq!(contact.reason, format!("the cap per_number \"2 per 1h\" of the campaign is used up until {frees}"));
    assert_eq!(contact.attempts.len(), 2);

    caller.at(Timestamp::from_millis(frees.as_millis() - 1), &[id]).await;
    assert!(caller.begin("nightly").await.is_none(), "it is not asked for before");
    caller.at(frees + Duration::from_millis(250), &[]).await;
    caller.call("nightly", Outcome::Busy).await;
}

#[tokio::test]
async fn campaigns_share_the_caps_of_a_number_and_those_of_redial_toml_bind_all() {
    let caller = Caller::new().await;
    caller.campaign("one", RETRY_AT_ONCE, &[&[1]]).await;
    caller.campaign("other", &with_caps("per_number = [\"1 per 1h\"]"), &[&[2, 1]]).await;
    // Called before anything capped it.
    caller.call("one", Outcome::Busy).await;
    caller.call("other", Outcome::InvalidNumber).await;
    let answer = caller.begin("other").await.unwrap().1;
    assert!(matches!(answer, BeginAnswer::Capped { .. }), "its next number was called by the other: {answer:?}");
    assert_eq!(caller.count("other", ContactState::Waiting).await, 1);

    caller.call("one", Outcome::Busy).await;
    caller.store.set_caps(&caps("per_number = [\"2 per 1h\"]")).await.unwrap();
    assert!(matches!(caller.begin("one").await.unwrap().1, BeginAnswer::Capped { .. }));
    assert!(caller.contact("one", "c0").await.reason.contains("\"2 per 1h\" of redial.toml"));
}

#[tokio::test]
async fn a_changed_cap_counts_at_once() {
    let caller = Caller::new().await;
    caller.campaign("nightly", RETRY_AT_ONCE, &[&[1]]).await;
    caller.call("nightly", Outcome::Busy).await;
    let claimed = caller.claim("nightly").await.unwrap();
    caller.apply("nightly", &with_caps("per_number = [\"1 per 1h\"]")).await;
    assert_eq!(caller.begin_intent(&claimed).await, BeginAnswer::WindowClosed, "it was claimed under another version");
    assert!(matches!(caller.begin("nightly").await.unwrap().1, BeginAnswer::Capped { .. }));
}

#[tokio::test]
async fn a_call_in_doubt_counts_and_one_that_was_withdrawn_does_not() {
    let caller = Caller::new().await;
    caller.campaign("doubt", RETRY_AT_ONCE, &[&[1]]).await;
    caller.campaign("withdrawn", RETRY_AT_ONCE, &[&[2]]).await;
    caller.campaign("later", &with_caps("per_number = [\"1 per 1d\"]"), &[&[1], &[2]]).await;
    caller.call("doubt", Outcome::Unknown).await;
    let (intent, _) = caller.begin("withdrawn").await.unwrap();
    caller.withdraw(&intent).await;
    caller.withdraw(&intent).await;
    caller.at(after(HOUR), &[]).await;
    let answers = [caller.begin("later").await.unwrap().1, caller.begin("later").await.unwrap().1];
    assert!(matches!(answers, [BeginAnswer::Capped { .. }, BeginAnswer::Begun { .. }]), "{answers:?}");
}

#[tokio::test]
async fn after_an_answer_nobody_calls_the_number_for_a_time() {
    let caller = Caller::new().await;
    caller.campaign("one", "", &[&[1]]).await;
    let id = caller.campaign("other", &with_caps("after_answer = \"7d\""), &[&[1]]).await;
    let (intent, _) = caller.begin("one").await.unwrap();
    caller.place(&intent).await;
    caller.end(intent.attempt(), Outcome::Unknown).await;
    let answered_at = caller.store.clock().now();
    caller.at(after(HOUR), &[]).await;
    // Late truth: it was answered an hour ago.
    caller.end(intent.attempt(), Outcome::Answered).await;
    let frees = second_after(answered_at) + 7 * 24 * HOUR;
    assert_eq!(caller.begin("other").await.unwrap().1, BeginAnswer::Capped { until: frees });
    caller.at(frees + MINUTE, &[id]).await;
    caller.call("other", Outcome::Busy).await;
}

#[tokio::test]
async fn a_contact_is_capped_by_its_id_over_all_its_numbers() {
    let caller = Caller::new().await;
    let once = with_caps("per_contact = [\"1 per 1h\"]");
    caller.campaign("one", &once, &[&[1]]).await;
    caller.campaign("other", &once, &[&[2], &[3]]).await;
    caller.call("one", Outcome::Busy).await;
    let answers = [caller.begin("other").await.unwrap().1, caller.begin("other").await.unwrap().1];
    assert!(matches!(answers, [BeginAnswer::Capped { .. }, BeginAnswer::Begun { .. }]), "c0 and c1: {answers:?}");
    assert!(caller.contact("other", number(2).as_e164()).await.reason.contains("per_contact"));
}

#[tokio::test]
async fn the_history_stays_packed_and_is_forgotten_when_no_cap_counts_it() {
    let caller = Caller::new().await;
    let id = caller
        .campaign("nightly", "[retry]\nmax_attempts = 30\n[retry.busy]\ndelays = [\"0s\"]\nmax = 30\n", &[&[1]])
        .await;
    for _ in 0..20 {
        caller.call("nightly", Outcome::Busy).await;
    }
    let mut redis = redis::Client::open(caller.redis.url()).unwrap().get_connection().unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("{test}:h:n:*").query(&mut redis).unwrap();
    let encoding: String = redis::cmd("OBJECT").arg("ENCODING").arg(&keys[0]).query(&mut redis).unwrap();
    let bytes: Vec<Vec<u8>> = redis::cmd("HVALS").arg(&keys[0]).query(&mut redis).unwrap();
    assert_eq!((encoding.as_str(), keys.len(), bytes[0].len()), ("listpack", 1, 64));
    let shard: u64 = keys[0].rsplit(':').next().unwrap().parse().unwrap();
    caller.at(after(29 * 24 * HOUR), &[id]).await;
    assert_eq!(caller.store.prune_history(shard, 1).await.unwrap().1, 0);
    caller.at(after(31 * 24 * HOUR), &[id]).await;
    assert_eq!(caller.store.prune_history(shard, 1).await.unwrap().1, 1);
}

#[tokio::test]
async fn what_a_preset_allows_binds_those_who_are_where_its_rule_holds() {
    let caller = Caller::new().await;
    caller.campaign("one", "", &[&[1]]).await;
    let id = caller.campaign("other", "[calling_hours]\npreset = \"us-debt\"\n", &[&[1]]).await;
    caller.call("one", Outcome::Answered).await;
    caller.at(after(HOUR), &[id]).await;
    let answer = caller.begin("other").await.unwrap().1;
    assert!(matches!(answer, BeginAnswer::Capped { .. }), "{answer:?}");
    let reason = caller.contact("other", "c0").await.reason;
    assert!(reason.starts_with("the cap after_answer \"7d\" of US frequency, preset us-debt is used up"), "{reason}");
    caller.apply("other", "").await;
    caller.at(after(8 * 24 * HOUR), &[id]).await;
    caller.call("other", Outcome::Busy).await;
}
