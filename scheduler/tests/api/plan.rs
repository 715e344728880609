//! What is foreseen of a campaign.

use redial_shared::{domain::Outcome, store::BeginAnswer};
use serde_json::json;

use crate::support::{Api, NIGHTLY, begin_one, end, try_begin};

const HOURS: &str = "[pacing]\nrate = \"1/s\"\n[calling_hours]\ndaily = [\"00:00-24:00\"]\n";

#[tokio::test]
async fn contacts_are_told_by_their_zones_with_the_pace_and_the_finish() {
    let api = Api::start().await;
    let closed = "restricted = [{ from = 2020-01-01T00:00:00Z, to = 2020-01-02T00:00:00Z }]\n";
    api.put_definition(&format!("{NIGHTLY}{HOURS}{closed}")).await.ok();
    api.upload("phone,timezone\n+12025550101,Europe/Paris\n+12025550102,Europe/Paris\n+12025550103,Asia/Tokyo\n")
        .await
        .ok();
    let plan = api.get("/campaigns/nightly/plan").await.ok();
    assert_eq!(
        (&plan["state"], &plan["callable_now"], &plan["callable_later"]),
        (&json!("draft"), &json!(3), &json!(0))
    );
    assert_eq!((&plan["pace"]["calls_per_s"], &plan["pace"]["limited_by"]), (&json!(1.0), &json!("pacing.rate")));
    let zones: Vec<_> =
        plan["zones"].as_array().unwrap().iter().map(|zone| (&zone["zone"], &zone["contacts"])).collect();
    assert_eq!(zones, [(&json!("Europe/Paris"), &json!(2)), (&json!("Asia/Tokyo"), &json!(1))]);
    assert!(
        plan["zones"].as_array().unwrap().iter().all(|zone| zone["open_now"] == true && zone["done_at"].is_string())
    );
    assert!(plan["finish_estimate"].is_string(), "{plan}");
    assert_eq!(plan["warnings"], json!([]));
}

#[tokio::test]
async fn whoever_edits_moved_to_another_lane_is_counted_once_and_no_more_when_finished() {
    let api = Api::start().await;
    api.put_definition(&format!("{NIGHTLY}{HOURS}")).await.ok();
    api.upload("phone,id\n+12025550101,c-1\n").await.ok();
    for zone in ["Europe/Paris", "Asia/Tokyo", "Europe/Berlin"] {
        let body = json!({"timezone": zone, "not_before": "2020-01-01T00:00:00Z"}).to_string();
        api.ask("PATCH", "/api/v1/campaigns/nightly/contacts/c-1", &[], body).await.ok();
    }
    let counts = async || {
        let (plan, ahead) =
            (api.get("/campaigns/nightly/plan").await.ok(), api.get("/campaigns/nightly/ahead").await.ok());
        let zones = [&plan, &ahead].map(|answer| answer["zones"].as_array().unwrap().len());
        (plan["callable_now"].clone(), plan["callable_later"].clone(), ahead["due_now"].clone(), zones)
    };
    assert_eq!(counts().await, (json!(1), json!(0), json!(1), [1, 1]));
    api.post("/campaigns/nightly/start").await.ok();
    let attempt = begin_one(&api.store, "call-1").await;
    end(&api.store, attempt, Outcome::Answered, "").await;
    assert_eq!(counts().await, (json!(0), json!(0), json!(0), [0, 0]));
}

#[tokio::test]
async fn a_campaign_that_waits_for_one_which_was_removed_or_stopped_says_so() {
    let api = Api::start().await;
    let toml = [("content-type", "application/toml")];
    let first =
        async || drop(api.ask("PUT", "/api/v1/campaigns/first", &toml, NIGHTLY.replace("nightly", "first")).await.ok());
    first().await;
    api.put_definition(&format!("{NIGHTLY}[schedule]\nafter = \"first\"\n")).await.ok();
    api.upload("phone,id\n+12025550101,c-1\n").await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    let reason = async || {
        let status = api.get("/campaigns/nightly").await.ok();
        assert_eq!(status["state"], "scheduled");
        status["reason"].as_str().unwrap().to_owned()
    };
    assert!(!reason().await.contains("any more"));
    api.ask("DELETE", "/api/v1/campaigns/first", &[], "").await.ok();
    let told = "it starts when first completes, and first is not there any more";
    assert!(reason().await.starts_with(told), "{}", reason().await);
    let warnings = api.get("/campaigns/nightly/plan").await.ok()["warnings"].to_string();
    assert!(warnings.contains(told), "{warnings}");
    let why = api.get("/campaigns/nightly/contacts/c-1").await.ok()["why"].to_string();
    assert!(why.contains(told), "{why}");
    first().await;
    assert!(!reason().await.contains("any more"), "there is one again");
    for verb in ["start", "stop"] {
        api.post(&format!("/campaigns/first/{verb}")).await.ok();
    }
    assert!(reason().await.contains("first was stopped, so it never completes"), "{}", reason().await);
}

#[tokio::test]
async fn campaigns_that_wait_for_each_other_or_for_nobody_are_not_armed() {
    let api = Api::start().await;
    let toml = [("content-type", "application/toml")];
    let apply = async |name: &str, after: &str| {
        let source = format!("{}[schedule]\nafter = \"{after}\"\n", NIGHTLY.replace("nightly", name));
        api.ask("PUT", &format!("/api/v1/campaigns/{name}"), &toml, source).await.ok();
    };
    apply("nightly", "first").await;
    let lonely = api.post("/campaigns/nightly/start").await.problem(409);
    assert_eq!(lonely["detail"], "`nightly` is to start after `first`, and there is no such campaign");
    apply("first", "second").await;
    api.post("/campaigns/nightly/start").await.ok();
    apply("second", "nightly").await;
    let circle = api.post("/campaigns/second/start").await.problem(409);
    assert!(circle["detail"].as_str().unwrap().ends_with("none of them would ever start"), "{circle}");
    assert_eq!(api.get("/campaigns/second").await.ok()["state"], "draft");
}

#[tokio::test]
async fn the_finish_of_a_running_campaign_waits_for_its_last_retry() {
    let api = Api::start().await;
    api.put_definition(&format!("{NIGHTLY}[retry.busy]\ndelays = [\"5h\"]\nmax = 1\n")).await.ok();
    api.upload("phone,id\n+12025550101,c-1\n+12025550102,c-2\n").await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    let now = api.store.clock().now();
    end(&api.store, begin_one(&api.store, "call-1").await, Outcome::Busy, "Busy").await;
    end(&api.store, begin_one(&api.store, "call-2").await, Outcome::Answered, "").await;
    let finish = api.get("/campaigns/nightly").await.ok()["finish_estimate"].as_str().unwrap().to_owned();
    let hours = |hours: u64| (now + std::time::Duration::from_secs(hours * 3600)).to_string();
    assert!(hours(5) <= finish && finish < hours(6), "{finish} is not about {}", hours(5));
}

#[tokio::test]
async fn what_keeps_contacts_from_being_called_is_a_warning() {
    let api = Api::start().await;
    let never = "restricted = [{ from = 2020-01-01T00:00:00Z, to = 2100-01-01T00:00:00Z }]\n";
    api.put_definition(&format!("{NIGHTLY}{HOURS}{never}")).await.ok();
    api.upload("phone,timezone\n+12025550101,Europe/Paris\n").await.ok();
    let plan = api.get("/campaigns/nightly/plan").await.ok();
    let warnings = plan["warnings"].to_string();
    assert!(warnings.contains("1 contact in Europe/Paris can never be called"), "{warnings}");
    assert!(plan["finish_estimate"].is_null() && plan["zones"][0]["next_open_at"].is_null());
    api.get("/campaigns/nobody/plan").await.problem(404);
}

#[tokio::test]
async fn campaigns_that_run_on_the_same_account_leave_a_part_of_its_rate() {
    let api = Api::start().await;
    let hours = HOURS.replace("rate = \"1/s\"\n", "");
    let list =
        (1..=40).fold("phone,timezone\n".to_owned(), |list, row| format!("{list}+120255501{row:02},Europe/Paris\n"));
    let (toml, csv) = ([("content-type", "application/toml")], [("content-type", "text/csv")]);
    for (name, pacing) in [("nightly", "weight = 1\n"), ("other", "weight = 3\n")] {
        let definition = NIGHTLY.replace("nightly", name);
        let hours = hours.replace("[pacing]\n", &format!("[pacing]\n{pacing}"));
        api.ask("PUT", &format!("/api/v1/campaigns/{name}"), &toml, format!("{definition}{hours}")).await.ok();
        api.ask("POST", &format!("/api/v1/campaigns/{name}/contacts"), &csv, list.clone()).await.ok();
    }
    let alone = api.get("/campaigns/nightly/plan").await.ok();
    assert_eq!((&alone["pace"]["limited_by"], &alone["shares_with"]), (&json!("provider rate"), &json!([])));
    let whole = alone["pace"]["calls_per_s"].as_f64().unwrap();
    api.post("/campaigns/other/start").await.ok();
    let plan = api.get("/campaigns/nightly/plan").await.ok();
    assert_eq!((&plan["pace"]["limited_by"], &plan["shares_with"]), (&json!("other campaigns"), &json!(["other"])));
    assert!((plan["pace"]["calls_per_s"].as_f64().unwrap() - whole / 4.0).abs() < 1e-6, "{plan}");
    let warnings = plan["warnings"].to_string();
    assert!(warnings.contains("other runs on the account acme too"), "{warnings}");
    assert!(plan["finish_estimate"].as_str() > alone["finish_estimate"].as_str(), "{plan} {alone}");
}

#[tokio::test]
async fn a_plan_tells_how_many_wait_for_caps_and_that_it_does_not_foresee_more() {
    let api = Api::start().await;
    let caps = "[caps]\nper_number = [\"1 per 1h\"]\n[retry.busy]\ndelays = [\"0s\"]\n";
    api.put_definition(&format!("{NIGHTLY}{caps}")).await.ok();
    api.upload("phone\n+12025550101\n").await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    let warnings = api.get("/campaigns/nightly/plan").await.ok()["warnings"].to_string();
    assert!(warnings.contains("nobody waits for a cap now"), "{warnings}");
    let attempt = begin_one(&api.store, "call-1").await;
    end(&api.store, attempt, Outcome::Busy, "Busy").await;
    assert!(matches!(try_begin(&api.store, "acme").await.1, BeginAnswer::Capped { .. }));
    let warnings = api.get("/campaigns/nightly/plan").await.ok()["warnings"].to_string();
    assert!(warnings.contains("1 contact waits for a cap now"), "{warnings}");
    assert!(warnings.contains("per_number \\\"1 per 1h\\\" of the campaign"), "{warnings}");
}
