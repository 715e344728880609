//! The life cycle.

use crate::support::{Api, NIGHTLY, begin_one};

#[tokio::test]
async fn a_campaign_starts_pauses_resumes_and_stops() {
    let api = Api::with_campaign().await;
    for (verb, state, message) in [
        ("start", "running", "it has started"),
        ("start", "running", "it was running already"),
        ("pause", "paused", "no new call starts; no call is live"),
        ("pause", "paused", "it was paused already; no call is live"),
        ("resume", "running", "it goes on"),
        ("resume", "running", "it was not paused"),
        ("stop", "stopping", "no new call starts, and what is not finished is cancelled; no call is live"),
    ] {
        let answer = api.post(&format!("/campaigns/nightly/{verb}")).await.ok();
        assert_eq!(answer["campaign"], "nightly");
        assert_eq!(answer["state"], state, "{verb}");
        assert_eq!(answer["message"], message, "{verb}");
        assert_eq!(answer["live_calls"], 0);
        assert!(answer["next_run_at"].is_null());
    }
}

#[tokio::test]
async fn what_a_state_does_not_allow_is_a_conflict_with_a_remedy() {
    let api = Api::with_campaign().await;
    api.post("/campaigns/nightly/pause").await.problem(409);
    api.post("/campaigns/nightly/resume").await.problem(409);
    api.post("/campaigns/nightly/start").await.ok();
    api.post("/campaigns/nightly/pause").await.ok();
    let problem = api.post("/campaigns/nightly/start").await.problem(409);
    assert!(problem["hint"].as_str().unwrap().contains("redial resume nightly"), "{problem}");
    for verb in ["start", "pause", "resume", "stop"] {
        api.post(&format!("/campaigns/nobody/{verb}")).await.problem(404);
    }
}

#[tokio::test]
async fn a_schedule_is_armed_for_its_next_run() {
    let api = Api::start().await;
    api.put_definition(&format!("{NIGHTLY}[schedule]\ncron = \"0 20 * * *\"\n")).await.ok();
    let answer = api.post("/campaigns/nightly/start").await.ok();
    assert_eq!(answer["state"], "scheduled");
    let at = answer["next_run_at"].as_str().unwrap();
    assert!(at.ends_with("T20:00:00.000Z"));
    assert_eq!(answer["message"], format!("it is armed: its next run starts at {at}"));
    assert_eq!(api.get("/campaigns/nightly").await.ok()["next_run_at"], at);
}

#[tokio::test]
async fn a_campaign_that_can_never_run_is_not_started() {
    let api = Api::start().await;
    api.put_definition(&format!("{NIGHTLY}[schedule]\nend_at = 2020-01-01T00:00:00Z\n")).await.ok();
    let problem = api.post("/campaigns/nightly/start").await.problem(409);
    assert!(problem["detail"].as_str().unwrap().contains("ended at 2020-01-01T00:00:00.000Z"));
    assert_eq!(api.get("/campaigns/nightly").await.ok()["state"], "draft");
}

#[tokio::test]
async fn a_pause_answers_when_the_last_call_begun_can_no_longer_start() {
    let api = Api::with_campaign().await;
    api.upload("phone\n+12025550101\n").await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    begin_one(&api.store, "call-1").await;
    let id = api.store.campaign_id(&"nightly".parse().unwrap()).await.unwrap();
    let answer = api.post("/campaigns/nightly/pause").await.ok();
    assert_eq!(answer["live_calls"], 1);
    assert_eq!(answer["message"], "no new call starts; 1 call is still live");
    let again = api.store.change(id, redial_shared::store::Verb::Pause, "", None).await.unwrap();
    assert!(again.last_send_by_us > 0);
    assert!(api.store.clock().now_us() > again.last_send_by_us);
}

#[tokio::test]
async fn held_contacts_are_released_all_or_some() {
    let api = Api::start().await;
    let hours = "[calling_hours]\ndaily = [\"00:00-24:00\"]\n";
    api.put_definition(&format!("{NIGHTLY}{hours}")).await.ok();
    api.upload("id,phone\n1,+80000000001\n2,+80000000002\n3,+80000000003\n").await.ok();
    assert_eq!(api.get("/campaigns/nightly").await.ok()["contacts"]["held"], 3);
    let why = api.get("/campaigns/nightly/contacts/1").await.ok()["why"].to_string();
    assert!(why.contains("nobody knows its time zone"), "{why}");
    api.put_definition(&format!("{NIGHTLY}{hours}unknown_zone = {{ assume = \"UTC\" }}\n")).await.ok();
    let release = |body: &str| api.ask("POST", "/api/v1/campaigns/nightly/release", &[], body.to_owned());
    release("{\"contacts\": [\"1\", \"nobody\"]}").await.problem(404);
    release("{\"contact\": \"1\"}").await.problem(400);
    assert_eq!(release("{\"contacts\": [\"+80000000002\"]}").await.ok()["released"], 1);
    assert_eq!(release("").await.ok()["released"], 2);
    assert_eq!(release("").await.ok()["released"], 0);
    assert_eq!(api.get("/campaigns/nightly").await.ok()["contacts"]["pending"], 3);
}

#[tokio::test]
async fn a_campaign_whose_placeholders_no_list_fills_is_not_started() {
    let api = Api::start().await;
    let variables = "variables = { name = \"{{frist_name}}\", zone = \"{{timezone}}\" }\n";
    api.put_definition(&format!("{NIGHTLY}{variables}")).await.ok();
    api.upload("phone,First_Name\n+12025550101,Ada\n").await.ok();
    let problem = api.post("/campaigns/nightly/start").await.problem(409);
    assert_eq!(problem["detail"], "[call] uses {{frist_name}}, and no list has such a column");
    api.put_definition(&format!("{NIGHTLY}{}", variables.replace("frist", "first"))).await.ok();
    assert_eq!(api.post("/campaigns/nightly/start").await.ok()["state"], "running");
}
