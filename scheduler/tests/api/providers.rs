//! Provider accounts.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Api, begin_one};

async fn acme(api: &Api) -> Value {
    let answer = api.get("/providers").await.ok();
    assert_eq!(answer["providers"].as_array().unwrap().len(), 2);
    answer["providers"][0].clone()
}

#[tokio::test]
async fn an_account_is_told_with_its_limits_and_live_calls() {
    let api = Api::with_campaign().await;
    api.upload("phone\n+12025550101\n").await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    begin_one(&api.store, "call-1").await;
    let expected = json!({"provider": "acme", "kind": "knovvu", "state": "ok", "reason": "", "until": null,
        "rate": 20.0, "pace": 1.0, "max_concurrent": null, "live_calls": 1});
    assert_eq!(acme(&api).await, expected);
}

#[tokio::test]
async fn a_paused_account_is_told_to_whoever_looks_at_its_campaigns_until_it_is_resumed() {
    let api = Api::with_campaign().await;
    api.upload("phone,id\n+12025550101,c-1\n").await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    let paused = api.post("/providers/acme/pause").await.ok();
    assert_eq!((&paused["state"], &paused["reason"]), (&json!("paused"), &json!("by request")));
    let reason = "acme is paused: by request; `redial provider resume acme`";
    assert_eq!(api.get("/campaigns/nightly").await.ok()["reason"], reason);
    assert_eq!(api.get("/campaigns").await.ok()["campaigns"][0]["reason"], reason);
    let story = api.get("/campaigns/nightly/contacts/c-1").await.ok();
    assert_eq!(story["why"], format!("its provider account starts no calls: {reason}"));
    assert_eq!(api.post("/providers/acme/resume").await.ok()["state"], "ok");
    assert_eq!(api.get("/campaigns/nightly").await.ok()["reason"], "");
}

#[tokio::test]
async fn an_account_that_waits_says_until_when_and_why() {
    let api = Api::start().await;
    let until = api.store.clock().now() + Duration::from_secs(60);
    api.store.block_account("acme", until, "the provider asks for fewer calls").await.unwrap();
    let account = acme(&api).await;
    assert_eq!((&account["state"], &account["until"]), (&json!("waiting"), &json!(until.to_string())));
    assert_eq!(account["reason"], "the provider asks for fewer calls");
    assert_eq!(api.post("/providers/acme/resume").await.ok()["state"], "ok", "whoever knows better need not wait");
}

#[tokio::test]
async fn an_account_that_nobody_configured_is_not_found() {
    let api = Api::start().await;
    let problem = api.post("/providers/nobody/pause").await.problem(404);
    assert_eq!(problem["detail"], "the configuration has no [providers.nobody]");
}
