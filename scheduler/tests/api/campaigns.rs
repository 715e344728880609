//! Definitions and statuses.

use redial_shared::store::Verb;
use serde_json::json;

use crate::support::{Api, NIGHTLY, begin_one};

#[tokio::test]
async fn a_definition_is_created_left_alone_and_updated() {
    let api = Api::start().await;
    assert_eq!(api.put_definition(NIGHTLY).await.ok(), json!({"campaign": "nightly", "result": "created"}));
    assert_eq!(api.put_definition(NIGHTLY).await.ok()["result"], "unchanged");
    let paced = format!("{NIGHTLY}[pacing]\nrate = \"5/s\"\n");
    assert_eq!(api.put_definition(&paced).await.ok()["result"], "updated");
}

#[tokio::test]
async fn a_definition_in_json_is_the_same_as_in_toml() {
    let api = Api::start().await;
    let definition = json!({
        "name": "nightly", "provider": "acme",
        "calling_hours": {"mon-fri": ["10:00-20:00"], "holidays": {"dates": ["2026-12-24"]}, "timezone": "Europe/Paris"},
        "schedule": {"cron": "0 20 * * *", "start_at": "2030-12-01T00:00:00Z", "run_for": null},
        "retry": {"busy": {"delays": ["5m"], "max": 1}},
        "call": {"variables": {"first_name": "{{first_name}}"}, "display_number": "200"},
        "pacing": {"rate": "5/s", "max_concurrent": 40},
    });
    let json_type = [("content-type", "application/json; charset=utf-8")];
    let put = || api.ask("PUT", "/api/v1/campaigns/nightly", &json_type, definition.to_string());
    assert_eq!(put().await.ok()["result"], "created");
    assert_eq!(put().await.ok()["result"], "unchanged");
    let started = api.post("/campaigns/nightly/start").await.ok();
    assert_eq!(started["next_run_at"], "2030-12-01T20:00:00.000Z");
}

#[tokio::test]
async fn a_wrong_definition_is_refused_with_its_line_and_key() {
    let api = Api::start().await;
    let problem =
        api.put_definition("name = \"nightly\"\nprovider = \"acme\"\n[pacing]\nrate = \"5\"\n").await.problem(422);
    assert!(problem["detail"].as_str().unwrap().starts_with("nightly.toml:4: pacing.rate: "), "{problem}");
    assert_eq!(problem["errors"][0]["key"], "pacing.rate");
    api.put_definition("name = ").await.problem(422);
    let json_type = [("content-type", "application/json")];
    api.ask("PUT", "/api/v1/campaigns/nightly", &json_type, "{").await.problem(422);
    api.get("/campaigns/nightly").await.problem(404);
}

#[tokio::test]
async fn the_path_and_the_definition_must_agree() {
    let api = Api::start().await;
    let toml = [("content-type", "application/toml")];
    let problem = api.ask("PUT", "/api/v1/campaigns/other", &toml, NIGHTLY).await.problem(422);
    assert_eq!(problem["errors"][0]["key"], "name");
    api.ask("PUT", "/api/v1/campaigns/No%20Name", &toml, NIGHTLY).await.problem(404);
}

#[tokio::test]
async fn an_unknown_account_is_refused_with_those_there_are() {
    let api = Api::start().await;
    let problem = api.put_definition("name = \"nightly\"\nprovider = \"acmee\"\n").await.problem(422);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("`acmee`") && detail.contains("acme, other"), "{detail}");
    assert!(problem["hint"].as_str().unwrap().contains("[providers.acmee]"));
}

#[tokio::test]
async fn the_providers_kind_checks_the_call_without_its_secrets() {
    let api = Api::start().await;
    let problem = api.put_definition(&format!("{NIGHTLY}no_such_field = 1\n")).await.problem(422);
    assert!(problem["errors"][0]["key"].as_str().unwrap().contains("no_such_field"), "{problem}");
    assert!(!problem["hint"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn other_content_types_are_refused() {
    let api = Api::start().await;
    let yaml = [("content-type", "application/yaml")];
    api.ask("PUT", "/api/v1/campaigns/nightly", &yaml, NIGHTLY).await.problem(415);
    api.ask("PUT", "/api/v1/campaigns/nightly", &[], NIGHTLY).await.ok();
}

#[tokio::test]
async fn too_long_a_definition_is_refused() {
    let api = Api::start().await;
    api.put_definition(&"#".repeat(3 << 20)).await.problem(413);
}

#[tokio::test]
async fn a_status_has_the_contracts_keys_in_their_order() {
    let api = Api::with_campaign().await;
    api.upload("phone\n+12025550101\n+12025550102\n").await.ok();
    let answer = api.get("/campaigns/nightly").await;
    assert_eq!(
        answer.body,
        "{\"campaign\":\"nightly\",\"state\":\"draft\",\"reason\":\"\",\"contacts\":{\"total\":2,\"pending\":2,\"active\":0,\
         \"waiting\":0,\"held\":0,\"completed\":0,\"failed\":0,\"suppressed\":0,\"expired\":0,\"cancelled\":0},\
         \"attempts\":0,\"outcomes\":{},\"live_calls\":0,\"rate_now\":0.0,\"next_run_at\":null,\"finish_estimate\":null}"
    );
    api.post("/campaigns/nightly/start").await.ok();
    begin_one(&api.store, "call-1").await;
    let running = api.get("/campaigns/nightly").await.ok();
    assert!(running["finish_estimate"].is_string(), "one more contact at the account's 20/s: {running}");
}

#[tokio::test]
async fn campaigns_are_listed_by_name() {
    let api = Api::with_campaign().await;
    let morning = NIGHTLY.replace("nightly", "morning");
    api.ask("PUT", "/api/v1/campaigns/morning", &[], morning).await.ok();
    let list = api.get("/campaigns").await.ok();
    let names: Vec<_> = list["campaigns"].as_array().unwrap().iter().map(|one| one["campaign"].clone()).collect();
    assert_eq!(names, ["morning", "nightly"]);
    api.get("/campaigns/evening").await.problem(404);
}

#[tokio::test]
async fn a_campaign_that_is_over_is_removed_and_its_name_is_free() {
    let api = Api::with_campaign().await;
    api.upload("phone,id\n+12025550101,c-1\n").await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    let delete = || api.ask("DELETE", "/api/v1/campaigns/nightly", &[], axum::body::Body::empty());
    let problem = delete().await.problem(409);
    assert_eq!(
        problem["detail"],
        "campaign `nightly` is running: only what is over is removed; `redial stop nightly` first"
    );
    let id = api.store.campaign_id(&"nightly".parse().unwrap()).await.unwrap();
    for verb in [Verb::Stop, Verb::Stopped] {
        api.store.change(id, verb, "", None).await.unwrap();
    }
    let removed = delete().await.ok();
    assert_eq!((&removed["contacts"], &removed["attempts"]), (&1.into(), &0.into()));
    delete().await.problem(404);
    api.get("/campaigns/nightly").await.problem(404);
    assert_eq!(api.put_definition(NIGHTLY).await.ok()["result"], "created");
    delete().await.ok();
}

#[tokio::test]
async fn apply_answers_when_no_call_can_start_any_more_that_the_new_definition_does_not_allow() {
    let api = Api::with_campaign().await;
    api.upload("phone\n+12025550101\n").await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    begin_one(&api.store, "call-1").await;
    let id = api.store.campaign_id(&"nightly".parse().unwrap()).await.unwrap();
    let never = "[calling_hours]\ndaily = [\"00:00-24:00\"]\nrestricted = [{ from = 2020-01-01T00:00:00Z, to = 2100-01-01T00:00:00Z }]\n";
    api.put_definition(&format!("{NIGHTLY}{never}")).await.ok();
    let last_send_by_us = api.store.last_send_by_us(id).await.unwrap();
    assert!(last_send_by_us > 0);
    assert!(api.store.clock().now_us() > last_send_by_us, "the call that had been begun is sent by now, or never");
}
