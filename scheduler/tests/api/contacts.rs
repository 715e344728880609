//! One contact.

use redial_shared::domain::Outcome;
use serde_json::json;

use crate::support::{Api, begin_one, end};

const LIST: &str = "phone1,phone2,id,first_name,timezone\n+12025550101,+442079460101,c-1,Ann,Europe/Paris\n";

#[tokio::test]
async fn a_contact_is_found_by_its_id_and_by_any_number() {
    let api = Api::with_campaign().await;
    api.upload(LIST).await.ok();
    let contact = api.get("/campaigns/nightly/contacts/c-1").await.ok();
    for key in ["+12025550101", "%2B12025550101", "+442079460101"] {
        assert_eq!(api.get(&format!("/campaigns/nightly/contacts/{key}")).await.ok(), contact, "{key}");
    }
    assert_eq!(
        contact,
        json!({
            "contact_id": "c-1", "numbers": ["+12025550101", "+442079460101"], "attributes": {"first_name": "Ann"},
            "timezone": "Europe/Paris", "timezones": ["Europe/Paris"], "timezones_from": "list",
            "regions": ["GB", "US", "US-DC"], "priority": 5, "state": "pending", "outcome": null, "reason": "",
            "next_attempt_at": null, "why": "the campaign was not started: `redial start nightly`", "attempts": [],
        })
    );
}

#[tokio::test]
async fn where_a_contact_can_be_follows_from_its_numbers_and_its_state() {
    let api = Api::with_campaign().await;
    api.upload("phone1,phone2,id,state\n+12025550101,+13125550101,c-1,Florida\n+442079460101,,c-2,Florida\n")
        .await
        .ok();
    let contact = api.get("/campaigns/nightly/contacts/c-1").await.ok();
    assert_eq!(contact["timezone"], json!(null), "it is in more than one");
    assert_eq!(contact["timezones"], json!(["America/Chicago", "America/New_York"]));
    assert_eq!(contact["timezones_from"], "numbers");
    assert_eq!(contact["regions"], json!(["US", "US-DC", "US-FL", "US-IL"]));
    let contact = api.get("/campaigns/nightly/contacts/c-2").await.ok();
    assert_eq!((&contact["timezone"], &contact["regions"]), (&json!("Europe/London"), &json!(["GB"])));
}

#[tokio::test]
async fn ids_with_signs_of_their_own_are_found() {
    let api = Api::with_campaign().await;
    api.upload("phone,id\n+12025550101,a/b c?\n").await.ok();
    assert_eq!(api.get("/campaigns/nightly/contacts/a%2Fb%20c%3F").await.ok()["contact_id"], "a/b c?");
}

#[tokio::test]
async fn its_attempts_and_its_wait_are_explained() {
    let api = Api::with_campaign().await;
    api.upload(LIST).await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    let attempt = begin_one(&api.store, "call-1").await;
    let live = api.get("/campaigns/nightly/contacts/c-1").await.ok();
    assert_eq!(live["state"], "active");
    assert!(live["why"].as_str().unwrap().starts_with("it is on a call since "), "{live}");
    end(&api.store, attempt, Outcome::Busy, "USER_BUSY").await;
    let contact = api.get("/campaigns/nightly/contacts/c-1").await.ok();
    assert_eq!(contact["state"], "waiting");
    assert_eq!(contact["outcome"], "busy");
    let (due, why) = (contact["next_attempt_at"].as_str().unwrap(), contact["why"].as_str().unwrap());
    assert_eq!(why, format!("it waits until {due} because busy: retry 1 of 2"));
    let row = &contact["attempts"][0];
    assert_eq!(row["attempt_id"], attempt.to_string());
    assert_eq!((&row["phone"], &row["number"]), (&json!("+12025550101"), &json!(1)));
    assert_eq!((&row["outcome"], &row["provider_status"]), (&json!("busy"), &json!("USER_BUSY")));
    assert_eq!(row["duration_s"].to_string(), "12.3");
    assert_eq!((&row["provider"], &row["worker"]), (&json!("acme"), &json!(1)));
}

#[tokio::test]
async fn an_unknown_contact_is_not_repeated_in_the_error() {
    let api = Api::with_campaign().await;
    let problem = api.get("/campaigns/nightly/contacts/+12025550199").await.problem(404);
    assert!(!problem.to_string().contains("2025550199"));
    api.get("/campaigns/nobody/contacts/c-1").await.problem(404);
}
