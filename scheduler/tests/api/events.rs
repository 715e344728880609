//! What listeners are told.

use std::time::Duration;

use redial_shared::{
    domain::{CampaignId, Outcome, Timestamp, role::Role},
    store::{FeedId, Happened, Store},
};
use serde_json::json;

use crate::support::{Api, begin, begin_one, end};

const LIST: &str = "id,phone\nC1,+12025550101\nC2,+12025550102\n";

async fn running() -> Api {
    let api = Api::with_campaign().await;
    api.upload(LIST).await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    api
}

async fn nightly(store: &Store) -> CampaignId {
    store.campaign_id(&"nightly".parse().unwrap()).await.unwrap()
}

#[tokio::test]
async fn listeners_are_told_of_states_attempts_and_contacts_as_they_happen() {
    let api = Api::with_campaign().await;
    api.upload(LIST).await.ok();
    let mut events = api.listen(Role::Operator, None).await;
    let first = events.next().await.unwrap();
    assert_eq!((first.kind.as_str(), &first.data["state"]), ("status", &json!("draft")));
    assert!(first.id.is_some(), "who is cut off at once knows where to go on");
    api.post("/campaigns/nightly/start").await.ok();
    let told = events.next_of("state").await.data;
    assert_eq!(told, json!({"campaign": "nightly", "state": "running", "reason": ""}));
    let attempt = begin_one(&api.store, "call-1").await;
    end(&api.store, attempt, Outcome::Answered, "Answered").await;
    let ended = events.next_of("attempt").await;
    assert_eq!(ended.id, None, "the contact of the same entry follows");
    assert_eq!((&ended.data["attempt_id"], &ended.data["outcome"]), (&json!(attempt.to_string()), &json!("answered")));
    let contact = events.next().await.unwrap();
    assert!(contact.id.is_some());
    let contact_id = ended.data["contact_id"].clone();
    let wanted = json!({"contact_id": contact_id, "state": "completed", "outcome": "answered", "attempts": 1, "reason": "answered"});
    assert_eq!((contact.kind.as_str(), contact.data), ("contact", wanted));
    while events.next_of("status").await.data["contacts"]["completed"] != 1 {}
    let paced = format!("{}[pacing]\nrate = \"5/s\"\n", crate::support::NIGHTLY);
    api.put_definition(&paced).await.ok();
    assert_eq!(events.next_of("definition").await.data, json!({"campaign": "nightly", "version": 2}));
}

#[tokio::test]
async fn viewers_are_told_masked_numbers() {
    let api = running().await;
    let mut events = api.listen(Role::Viewer, None).await;
    let attempt = begin_one(&api.store, "call-1").await;
    end(&api.store, attempt, Outcome::Busy, "Busy").await;
    let phone = events.next_of("attempt").await.data["phone"].clone();
    assert!(phone.as_str().unwrap().starts_with("+12…"), "{phone}");
}

#[tokio::test]
async fn who_comes_back_misses_nothing() {
    let api = running().await;
    let mut events = api.listen(Role::Operator, None).await;
    let id = events.next().await.unwrap().id.unwrap();
    drop(events);
    let attempt = begin_one(&api.store, "call-1").await;
    end(&api.store, attempt, Outcome::Busy, "Busy").await;
    api.post("/campaigns/nightly/pause").await.ok();
    let mut events = api.listen(Role::Operator, Some(&id)).await;
    let mut told = Vec::new();
    while told.last().is_none_or(|kind| kind != "state") {
        told.push(events.next().await.unwrap().kind);
    }
    assert_eq!(told, ["status", "attempt", "state"]);
}

#[tokio::test]
async fn who_was_away_for_too_long_is_told_so() {
    let api = running().await;
    for id in ["1-0", "99999999999999-0"] {
        let mut events = api.listen(Role::Operator, Some(id)).await;
        assert_eq!(events.next().await.unwrap().kind, "reset");
        assert_eq!(events.next().await.unwrap().kind, "status");
    }
    let wrong = [("last-event-id", "yesterday")];
    let problem = api.ask("GET", "/api/v1/campaigns/nightly/events", &wrong, "").await.problem(400);
    assert!(problem["detail"].as_str().unwrap().contains("not an event's id"), "{problem}");
    api.get("/campaigns/other/events").await.problem(404);
}

#[tokio::test]
async fn nothing_is_written_for_nobody() {
    let api = running().await;
    let campaign = nightly(&api.store).await;
    let noon = Timestamp::from_millis(api.store.clock().now_us() / 1000);
    api.store.set_now(noon);
    let attempt = begin_one(&api.store, "call-1").await;
    end(&api.store, attempt, Outcome::Busy, "Busy").await;
    let page = api.store.feed(campaign, FeedId::default(), 10).await.unwrap();
    assert!(page.entries.is_empty() && !page.is_whole);
    let begun = api.store.listen(campaign).await.unwrap();
    api.post("/campaigns/nightly/pause").await.ok();
    let told = api.store.feed(campaign, begun.last, 10).await.unwrap();
    assert!(matches!(&told.entries[..], [(_, Happened::State { .. })]) && told.is_whole, "{told:?}");
    // After five minutes without anybody the feed is written no more, and begins anew for the next one.
    api.store.set_now(noon + Duration::from_secs(301));
    api.post("/campaigns/nightly/resume").await.ok();
    assert_eq!(api.store.feed(campaign, begun.last, 10).await.unwrap(), told);
    let anew = api.store.listen(campaign).await.unwrap();
    assert!(!anew.tells_all_after(begun.last) && !anew.tells_all_after(told.entries[0].0));
    assert!(anew.tells_all_after(anew.last));
}

#[tokio::test]
async fn a_call_that_turns_out_not_to_count_is_withdrawn() {
    let api = running().await;
    let campaign = nightly(&api.store).await;
    let begun = begin(&api.store, "acme").await;
    begun.place(&api.store, "call-1", Some(Duration::from_secs(60))).await;
    end(&api.store, begun.attempt(), Outcome::Unknown, "").await;
    let from = api.store.listen(campaign).await.unwrap().last;
    let mut events = api.listen(Role::Operator, Some(&from.to_string())).await;
    let missed = redial_shared::domain::transition::Ending {
        outcome: Outcome::Error,
        provider_status: "agent busy".to_owned(),
        duration_s: None,
        reason: String::new(),
        hold: false,
        is_over: false,
        captured: redial_shared::domain::learned::Captured::default(),
        charged: false,
        at: api.store.clock().now(),
    };
    assert_eq!(api.store.end_attempts(vec![(begun.attempt(), missed)]).await.unwrap(), 1);
    let withdrawn = events.next_of("attempt_withdrawn").await.data;
    assert_eq!(withdrawn["attempt_id"], begun.attempt().to_string());
}

#[tokio::test]
async fn a_revoked_token_is_told_no_more() {
    let api = running().await;
    let mut events = api.listen(Role::Viewer, None).await;
    events.next_of("status").await;
    let viewer = api.store.tokens().await.unwrap().into_iter().find(|token| token.role == Role::Viewer).unwrap();
    api.store.revoke_token(&viewer.id).await.unwrap();
    while events.next().await.is_some() {}
}

#[tokio::test]
async fn who_listens_to_a_campaign_that_is_removed_is_told_so() {
    let api = Api::with_campaign().await;
    let mut events = api.listen(Role::Viewer, None).await;
    api.ask("DELETE", "/api/v1/campaigns/nightly", &[], "").await.ok();
    events.next_of("removed").await;
    assert!(events.next().await.is_none());
}
