//! What is there to look at: who asks, who is found, what a campaign did, what lies ahead of it.

use axum::http::header;
use redial_shared::{
    domain::{Outcome, role::Role},
    store::Pace,
};
use serde_json::json;

use crate::support::{Api, NIGHTLY, begin_one, end};

#[tokio::test]
async fn a_token_is_told_whose_it_is() {
    let api = Api::start().await;
    let me = api.get("/me").await.ok();
    assert_eq!((&me["role"], &me["name"], &me["workspace"]), (&json!("admin"), &json!("admin"), &json!("default")));
    assert_eq!(me["expires_at"], json!(null));
    let viewer = format!("Bearer {}", api.token(Role::Viewer).await);
    let request = axum::http::Request::get("/api/v1/me").header(header::AUTHORIZATION, viewer);
    assert_eq!(api.send(request.body(axum::body::Body::empty()).unwrap()).await.ok()["role"], "viewer");
}

#[tokio::test]
async fn somebody_is_found_in_every_campaign_by_number_however_written_or_by_id() {
    let api = Api::with_campaign().await;
    api.upload("phone,id\n+12025550101,C1\n+12025550102,C2\n").await.ok();
    let evening = NIGHTLY.replace("nightly", "evening");
    let toml = [("content-type", "application/toml")];
    api.ask("PUT", "/api/v1/campaigns/evening", &toml, evening).await.ok();
    let csv = [("content-type", "text/csv")];
    api.ask("POST", "/api/v1/campaigns/evening/contacts", &csv, "phone,id\n+12025550101,X9\n").await.ok();

    let found = async |query: &str| {
        let answer = api.get(&format!("/contacts?q={query}")).await.ok();
        let of = |one: &serde_json::Value| {
            format!("{} {}", one["campaign"].as_str().unwrap(), one["contact_id"].as_str().unwrap())
        };
        assert_eq!(answer["campaigns"], if query.contains("campaign=") { 1 } else { 2 });
        answer["contacts"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    for written in ["%2B12025550101", "12025550101", "%2B1+(202)+555-0101", "0012025550101"] {
        assert_eq!(found(written).await, ["evening X9", "nightly C1"], "{written}");
    }
    assert_eq!(found("C2").await, ["nightly C2"]);
    assert_eq!(found("%2B12025550101&campaign=nightly").await, ["nightly C1"]);
    assert!(found("C99").await.is_empty());
    api.get("/contacts?q=").await.problem(422);
    api.get("/contacts?q=C1&campaign=nobody").await.problem(404);
}

#[tokio::test]
async fn a_viewer_sees_the_numbers_of_those_found_masked() {
    let api = Api::with_campaign().await;
    api.upload("phone\n+12025550101\n").await.ok();
    let viewer = format!("Bearer {}", api.token(Role::Viewer).await);
    let request = axum::http::Request::get("/api/v1/contacts?q=%2B12025550101").header(header::AUTHORIZATION, viewer);
    let answer = api.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert!(!answer.body.contains("5550101"), "{}", answer.body);
    assert_eq!(answer.ok()["contacts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_timeline_tells_calls_and_outcomes_up_to_now() {
    let api = Api::with_campaign().await;
    api.upload("phone\n+12025550101\n+12025550102\n").await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    let id = api.store.campaign_id(&"nightly".parse().unwrap()).await.unwrap();
    let before = api.store.look_at_counters(api.store.clock().now()).await.unwrap();
    let before: Vec<_> = before.into_iter().map(|(id, sample)| (id, vec![sample])).collect();
    api.store.keep_looks(&before, Pace::Close).await.unwrap();
    let attempt = begin_one(&api.store, "call-1").await;
    end(&api.store, attempt, Outcome::Busy, "Busy").await;

    let line = api.get("/campaigns/nightly/timeline?minutes=15").await.ok();
    let sum = |list: &serde_json::Value| list.as_array().unwrap().iter().filter_map(|one| one.as_u64()).sum::<u64>();
    assert_eq!((&line["step_s"], line["calls"].as_array().unwrap().len()), (&json!(10), 90));
    assert_eq!((sum(&line["calls"]), sum(&line["outcomes"]["busy"])), (1, 1), "{line}");
    assert!(line["outcomes"].get("answered").is_none());
    assert_eq!(api.store.last_looks(&[id], Pace::Close).await.unwrap().len(), 1);
    api.get("/campaigns/nightly/timeline?minutes=0").await.problem(422);
    api.get("/campaigns/nightly/timeline?minutes=100000").await.problem(422);
    api.get("/campaigns/nobody/timeline").await.problem(404);
}

#[tokio::test]
async fn what_lies_ahead_is_told_by_zone_and_by_hour_with_what_bounds_it() {
    let api = Api::start().await;
    let pacing = "[pacing]\nrate = \"5/s\"\nmax_concurrent = 40\n[calling_hours]\ndaily = [\"00:00-24:00\"]\n";
    api.put_definition(&format!("{NIGHTLY}{pacing}")).await.ok();
    let in_three_hours = api.store.clock().now() + std::time::Duration::from_secs(3 * 3600);
    let list = format!(
        "phone,timezone,not_before\n+12025550101,Europe/Paris,\n+12025550102,Europe/Paris,{in_three_hours}\n\
         +12025550103,Asia/Tokyo,\n"
    );
    api.upload(list).await.ok();
    let ahead = api.get("/campaigns/nightly/ahead").await.ok();
    assert_eq!(
        (&ahead["due_now"], &ahead["estimated"], &ahead["provider"]),
        (&json!(2), &json!(false), &json!("acme"))
    );
    let limits = json!({"rate": 5.0, "max_concurrent": 40, "provider_rate": 20.0, "provider_max_concurrent": null});
    assert_eq!((&ahead["limits"], &ahead["pace"]["limited_by"]), (&limits, &json!("pacing.max_concurrent")));
    let later = ahead["due_later"].as_array().unwrap();
    assert_eq!((later.len(), &later[0]["contacts"]), (1, &json!(1)));
    assert!(later[0]["from"].as_str().unwrap() <= &*in_three_hours.to_string());
    let zones: Vec<_> =
        ahead["zones"].as_array().unwrap().iter().map(|zone| (&zone["zone"], &zone["contacts"])).collect();
    assert_eq!(zones, [(&json!("Europe/Paris"), &json!(2)), (&json!("Asia/Tokyo"), &json!(1))]);
    api.get("/campaigns/nobody/ahead").await.problem(404);
}
