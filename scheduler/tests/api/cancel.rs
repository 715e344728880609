//! Taking contacts out.

use redial_shared::domain::Outcome;
use serde_json::{Value, json};

use crate::support::{Answer, Api, begin, begin_one, end, ending};

const LIST: &str = "phone,id\n+12025550101,c-1\n+12025550102,c-2\n+12025550103,c-3\n";

async fn cancel(api: &Api, contacts: &[&str]) -> Answer {
    let body = json!({ "contacts": contacts }).to_string();
    api.ask("POST", "/api/v1/campaigns/nightly/cancel", &[], body).await
}

fn counts(answer: &Value) -> [u64; 5] {
    ["cancelled", "on_call", "finished", "cancelled_before", "repeated"].map(|key| answer[key].as_u64().unwrap())
}

async fn state(api: &Api, id: &str) -> (String, String) {
    let contact = api.get(&format!("/campaigns/nightly/contacts/{id}")).await.ok();
    (contact["state"].as_str().unwrap().to_owned(), contact["why"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn those_who_wait_are_out_and_those_on_a_call_are_not_called_again() {
    let api = Api::with_campaign().await;
    api.upload(LIST).await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    let first = begin_one(&api.store, "call-1").await;
    assert_eq!(counts(&cancel(&api, &["c-1", "+12025550102"]).await.ok()), [1, 1, 0, 0, 0]);
    assert_eq!(state(&api, "c-1").await.0, "active");
    assert_eq!(state(&api, "c-2").await.0, "cancelled");
    end(&api.store, first, Outcome::Busy, "USER_BUSY").await;
    let (now, why) = state(&api, "c-1").await;
    assert_eq!(now, "cancelled");
    assert!(why.contains("taken out by request"), "{why}");
    let second = begin(&api.store, "acme").await;
    assert_eq!(second.attempt().position, 2, "the second is not called");
    assert_eq!(counts(&cancel(&api, &["c-1", "c-2", "c-3"]).await.ok()), [0, 1, 0, 2, 0], "asked twice is asked once");
    end(&api.store, second.attempt(), Outcome::Answered, "").await;
    assert_eq!(state(&api, "c-3").await.0, "completed", "they talked");
    assert_eq!(counts(&cancel(&api, &["c-3"]).await.ok()), [0, 0, 1, 0, 0]);
    let status = api.get("/campaigns/nightly").await.ok();
    assert_eq!((&status["contacts"]["cancelled"], &status["contacts"]["completed"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn one_is_taken_out_by_its_own_address_and_an_unknown_one_stops_all() {
    let api = Api::with_campaign().await;
    api.upload(LIST).await.ok();
    let one = api.ask("DELETE", "/api/v1/campaigns/nightly/contacts/c-2", &[], String::new()).await.ok();
    assert_eq!(counts(&one), [1, 0, 0, 0, 0]);
    let problem = cancel(&api, &["c-1", "c-9", "c-8"]).await.problem(404);
    let told = "nightly has no contact `c-9`, `c-8`; nobody was cancelled: all named contacts, or none";
    assert_eq!(problem["detail"], told);
    assert!(problem["hint"].as_str().unwrap().contains("leave out"), "{problem}");
    assert_eq!(state(&api, "c-1").await.0, "pending");
    let named = ["c-1", "c-1", "+12025550101", "c-2", "+12025550102"];
    assert_eq!(counts(&cancel(&api, &named).await.ok()), [1, 0, 0, 1, 3], "each contact counts once");
    api.post("/campaigns/nightly/stop").await.ok();
    assert_eq!(counts(&cancel(&api, &["c-3"]).await.ok()), [0, 0, 0, 1, 0], "the stop has cancelled it");
    cancel(&api, &[]).await.problem(400);
}

#[tokio::test]
async fn after_a_stop_who_is_on_a_call_is_told_so_and_who_was_held_was_cancelled_by_it() {
    let api = Api::with_campaign().await;
    api.upload(LIST).await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    let held = begin(&api.store, "acme").await;
    api.store.end_attempts(vec![(held.attempt(), ending(&api.store, Outcome::Error, true))]).await.unwrap();
    let on_call = begin_one(&api.store, "call-2").await;
    assert_eq!((state(&api, "c-1").await.0, state(&api, "c-2").await.0), ("held".to_owned(), "active".to_owned()));
    api.post("/campaigns/nightly/stop").await.ok();
    assert_eq!(counts(&cancel(&api, &["c-1", "c-2", "c-3"]).await.ok()), [0, 1, 0, 2, 0]);
    end(&api.store, on_call, Outcome::Busy, "").await;
    assert_eq!(api.get("/campaigns/nightly").await.ok()["contacts"]["cancelled"], 3);
}
