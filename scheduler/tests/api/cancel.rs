//! Taking contacts out.

use redial_shared::domain::Outcome;
use serde_json::{Value, json};

use crate::support::{Answer, Api, begin, begin_one, end};

const LIST: &str = "phone,id\n+12025550101,c-1\n+12025550102,c-2\n+12025550103,c-3\n";

async fn cancel(api: &Api, contacts: &[&str]) -> Answer {
    let body = json!({ "contacts": contacts }).to_string();
    api.ask("POST", "/api/v1/campaigns/nightly/cancel", &[], body).await
}

fn counts(answer: &Value) -> [u64; 3] {
    ["cancelled", "on_call", "finished"].map(|key| answer[key].as_u64().unwrap())
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
    assert_eq!(counts(&cancel(&api, &["c-1", "+12025550102"]).await.ok()), [1, 1, 0]);
    assert_eq!(state(&api, "c-1").await.0, "active");
    assert_eq!(state(&api, "c-2").await.0, "cancelled");
    end(&api.store, first, Outcome::Busy, "USER_BUSY").await;
    let (now, why) = state(&api, "c-1").await;
    assert_eq!(now, "cancelled");
    assert!(why.contains("taken out by request"), "{why}");
    let second = begin(&api.store, "acme").await;
    assert_eq!(second.attempt().position, 2, "the second is not called");
    assert_eq!(counts(&cancel(&api, &["c-1", "c-2", "c-3"]).await.ok()), [2, 1, 0], "asked twice is asked once");
    end(&api.store, second.attempt(), Outcome::Answered, "").await;
    assert_eq!(state(&api, "c-3").await.0, "completed", "they talked");
    assert_eq!(counts(&cancel(&api, &["c-3"]).await.ok()), [0, 0, 1]);
    let status = api.get("/campaigns/nightly").await.ok();
    assert_eq!((&status["contacts"]["cancelled"], &status["contacts"]["completed"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn one_is_taken_out_by_its_own_address_and_an_unknown_one_stops_all() {
    let api = Api::with_campaign().await;
    api.upload(LIST).await.ok();
    let one = api.ask("DELETE", "/api/v1/campaigns/nightly/contacts/c-2", &[], String::new()).await.ok();
    assert_eq!(counts(&one), [1, 0, 0]);
    cancel(&api, &["c-1", "c-9"]).await.problem(404);
    assert_eq!(state(&api, "c-1").await.0, "pending");
    cancel(&api, &[]).await.problem(400);
}
