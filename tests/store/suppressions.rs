//! Do-not-call lists: who is on one is not called, from that moment on.

use std::time::Duration;

use redial_shared::{
    domain::{CampaignId, ContactState, Outcome, PhoneNumber, suppression::ListName},
    store::{BeginAnswer, Scope, StoreError, Suppress},
};

use crate::caller::{Caller, after, number};

const MINUTE: Duration = Duration::from_secs(60);

fn list(name: &str) -> ListName {
    name.parse().unwrap()
}

fn on(name: &str, scope: Scope) -> Suppress {
    Suppress { scope, list: list(name), until: None, reason: "asked".to_owned() }
}

/// For each of these numbers, the lists it is on.
async fn lists(caller: &Caller, scope: Scope, places: &[u32]) -> Vec<String> {
    let numbers: Vec<_> = places.iter().map(|&place| number(place)).collect();
    let found = caller.store.suppressions(scope, &numbers).await.unwrap();
    let names = |lists: Vec<redial_shared::domain::suppression::Suppression>| {
        lists.iter().map(|one| one.list.to_string()).collect::<Vec<_>>().join(" ")
    };
    found.into_iter().map(names).collect()
}

async fn import(caller: &Caller, scope: Scope, name: &str, append: bool, places: &[u32]) -> (u64, u64) {
    let mut import = caller.store.import(scope, list(name), append, None, "").await.unwrap();
    import.push(places.iter().map(|&place| number(place))).await.unwrap();
    let imported = import.finish().await.unwrap();
    (imported.new, imported.numbers)
}

#[tokio::test]
async fn a_number_that_is_suppressed_after_its_claim_is_refused_by_begin() {
    let caller = Caller::new().await;
    let id = caller.campaign("nightly", "", &[&[1], &[2]]).await;
    let claimed = caller.claim("nightly").await.unwrap();
    assert_eq!(caller.store.suppress(&on("opted-out", None), &[number(1)]).await.unwrap(), 1);
    assert_eq!(caller.begin_intent(&claimed).await, BeginAnswer::Suppressed);
    let contact = caller.contact("nightly", "c0").await;
    assert_eq!((contact.state, contact.attempts.len()), (ContactState::Suppressed, 0));
    assert!(contact.reason.starts_with("its number is on the do-not-call list `opted-out` since 2026-06-01"));
    assert_eq!(caller.count("nightly", ContactState::Suppressed).await, 1);

    caller.call("nightly", Outcome::Answered).await;
    caller.at(after(MINUTE), &[id]).await;
    assert_eq!(caller.store.unsuppress(None, None, &[number(1)]).await.unwrap(), [true]);
    assert!(caller.begin("nightly").await.is_none(), "who has become suppressed stays so");
}

#[tokio::test]
async fn the_next_number_that_is_free_is_called_instead() {
    let caller = Caller::new().await;
    caller.campaign("nightly", "", &[&[1, 2, 3]]).await;
    caller.store.suppress(&on("opted-out", None), &[number(1), number(2)]).await.unwrap();
    assert_eq!(caller.begin("nightly").await.unwrap().1, BeginAnswer::Suppressed);
    let reason = caller.contact("nightly", "c0").await.reason;
    assert!(reason.starts_with("number 1 is on the do-not-call list `opted-out`"), "{reason}");
    let (intent, answer) = caller.begin("nightly").await.unwrap();
    assert!(matches!(answer, BeginAnswer::Begun { .. }), "{answer:?}");
    assert_eq!(intent.record.attempts[0].dialed, number(3).digits());
    caller.store.suppress(&on("opted-out", None), &[number(3)]).await.unwrap();
    caller.end(intent.attempt(), Outcome::Busy).await;
    caller.at(after(10 * MINUTE), &[]).await;
    assert_eq!(caller.begin("nightly").await.unwrap().1, BeginAnswer::Suppressed);
    let contact = caller.contact("nightly", "c0").await;
    assert_eq!((contact.state, contact.attempts.len()), (ContactState::Suppressed, 1));
    assert!(contact.reason.contains("number 2 is") && contact.reason.contains("; number 3 is"), "{}", contact.reason);
}

#[tokio::test]
async fn a_campaigns_own_list_binds_it_alone() {
    let caller = Caller::new().await;
    let own: CampaignId = caller.campaign("own", "", &[&[1]]).await;
    caller.campaign("other", "", &[&[1]]).await;
    caller.store.suppress(&on("paid", Some(own)), &[number(1)]).await.unwrap();
    assert_eq!(caller.begin("own").await.unwrap().1, BeginAnswer::Suppressed);
    assert!(caller.contact("own", "c0").await.reason.contains("the campaign's own do-not-call list `paid`"));
    caller.call("other", Outcome::Answered).await;
}

#[tokio::test]
async fn an_entry_that_expires_stops_to_count_by_itself_and_is_pruned() {
    let caller = Caller::new().await;
    let until = Some(after(MINUTE));
    let how = Suppress { until, ..on("pause", None) };
    assert_eq!(caller.store.suppress(&how, &[number(1), number(2)]).await.unwrap(), 2);
    caller.store.suppress(&on("pause", None), &[number(2)]).await.unwrap();
    let mut short = caller.store.import(None, list("registry"), false, until, "").await.unwrap();
    short.push([number(1)]).await.unwrap();
    short.finish().await.unwrap();
    assert_eq!(lists(&caller, None, &[1, 2]).await, ["pause registry", "pause"]);

    caller.at(after(MINUTE), &[]).await;
    assert_eq!(lists(&caller, None, &[1, 2]).await, ["", "pause"]);
    assert_eq!(caller.store.suppression_lists().await.unwrap().len(), 2, "nobody has cleared up yet");
    while caller.store.prune_suppressions(1).await.unwrap() > 0 {}
    let left = caller.store.suppression_lists().await.unwrap();
    assert_eq!(left.iter().map(|list| (list.list.as_str(), list.added)).collect::<Vec<_>>(), [("pause", 1)]);
    let mut redis = redis::Client::open(caller.redis.url()).unwrap().get_connection().unwrap();
    let parts: Vec<String> = redis::cmd("KEYS").arg("{test}:dnc:g:*").query(&mut redis).unwrap();
    assert!(parts.is_empty(), "the import is gone: {parts:?}");
}

#[tokio::test]
async fn an_import_replaces_the_one_before_at_its_end_and_leaves_what_was_added() {
    let caller = Caller::new().await;
    caller.store.suppress(&on("registry", None), &[number(9)]).await.unwrap();
    assert_eq!(import(&caller, None, "registry", false, &[1, 2, 2]).await, (2, 2));
    let mut next = caller.store.import(None, list("registry"), false, None, "").await.unwrap();
    // More than is gathered before it is written.
    let many = (0..1 << 20).map(|n| PhoneNumber::from_e164(&format!("+1202{n:07}")).unwrap());
    next.push(many).await.unwrap();
    next.push([number(3)]).await.unwrap();
    assert_eq!(lists(&caller, None, &[1, 3, 9]).await, ["registry", "", "registry"], "none of it counts yet");
    assert!(next.finish().await.unwrap().numbers >= 1 << 20);
    assert_eq!(lists(&caller, None, &[1, 3, 9]).await, ["", "registry", "registry"]);
    assert_eq!(import(&caller, None, "registry", true, &[3, 4]).await.0, 1, "one was there");
    assert_eq!(lists(&caller, None, &[3, 4]).await, ["registry", "registry"]);
    assert_eq!(import(&caller, None, "other", true, &[5]).await, (1, 1), "a new list");
}

#[tokio::test]
async fn an_import_that_is_given_up_changes_nothing_and_is_dropped() {
    let caller = Caller::new().await;
    import(&caller, None, "registry", false, &[1]).await;
    let mut given_up = caller.store.import(None, list("registry"), false, None, "").await.unwrap();
    given_up.push((0..1 << 20).map(|n| PhoneNumber::from_e164(&format!("+1202{n:07}")).unwrap())).await.unwrap();
    caller.at(after(61 * MINUTE), &[]).await;
    while caller.store.prune_suppressions(10).await.unwrap() > 0 {}
    given_up.push([number(2)]).await.unwrap();
    assert!(matches!(given_up.finish().await, Err(StoreError::Conflict(_))));
    assert_eq!(lists(&caller, None, &[1, 2]).await, ["registry", ""]);
}

#[tokio::test]
async fn a_number_is_taken_off_every_list_or_off_one() {
    let caller = Caller::new().await;
    let own = caller.campaign("own", "", &[&[1]]).await;
    import(&caller, None, "registry", false, &[1, 2]).await;
    caller.store.suppress(&on("opted-out", None), &[number(1)]).await.unwrap();
    caller.store.suppress(&on("paid", Some(own)), &[number(1)]).await.unwrap();
    assert_eq!(lists(&caller, Some(own), &[1]).await, ["opted-out registry paid"]);
    let off = |name: &'static str| {
        let (store, name) = (&caller.store, list(name));
        async move { store.unsuppress(None, Some(&name), &[number(1), number(7)]).await.unwrap() }
    };
    assert_eq!(off("opted-out").await, [true, false]);
    assert_eq!(off("opted-out").await, [false, false]);
    assert_eq!(caller.store.unsuppress(None, None, &[number(1)]).await.unwrap(), [true]);
    assert_eq!(lists(&caller, Some(own), &[1, 2]).await, ["paid", "registry"]);
}

#[tokio::test]
async fn every_number_of_a_dense_import_is_found_and_no_other() {
    let caller = Caller::new().await;
    let every_third = |n: u32| PhoneNumber::from_e164(&format!("+12025{:06}", n * 3)).unwrap();
    let mut import = caller.store.import(None, list("registry"), false, None, "").await.unwrap();
    import.push((0..200_000).rev().map(every_third)).await.unwrap();
    assert_eq!(import.finish().await.unwrap().numbers, 200_000);
    let some: Vec<PhoneNumber> =
        (0..3_000).map(|n| PhoneNumber::from_e164(&format!("+12025{:06}", n * 199)).unwrap()).collect();
    let found = caller.store.suppressions(None, &some).await.unwrap();
    for (n, lists) in found.iter().enumerate() {
        assert_eq!(lists.len(), usize::from((n * 199) % 3 == 0), "{n}");
    }
}

#[tokio::test]
async fn lists_are_bounded_in_number() {
    let caller = Caller::new().await;
    for n in 0..32 {
        caller.store.suppress(&on(&format!("list-{n}"), None), &[number(1)]).await.unwrap();
    }
    let refused = caller.store.suppress(&on("one-more", None), &[number(2)]).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert_eq!(lists(&caller, None, &[2]).await, [""]);
}
