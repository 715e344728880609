//! What clients may take, and what their answers carry.

use crate::support::{Api, CONFIG};

#[tokio::test]
async fn a_token_that_asks_too_often_is_told_when_to_ask_again() {
    let api = Api::configured(&format!("[http]\nrate = \"2/h\"\n{CONFIG}")).await;
    api.get("/campaigns").await.ok();
    let refused = api.get("/campaigns").await;
    let seconds: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=1_800).contains(&seconds), "{seconds}");
    let problem = refused.problem(429);
    assert!(problem["hint"].as_str().unwrap().contains("http.rate"), "{problem}");
    api.ask("GET", "/health", &[], "").await;
}

#[tokio::test]
async fn a_problem_names_its_request() {
    let api = Api::start().await;
    let answer = api.ask("GET", "/api/v1/campaigns/none", &[("x-request-id", "night-7")], "").await;
    assert_eq!(answer.headers["x-request-id"], "night-7");
    assert_eq!(answer.problem(404)["request_id"], "night-7");
    let drawn = api.get("/campaigns/none").await;
    let id = drawn.headers["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(drawn.problem(404)["request_id"], id);
}

#[tokio::test]
async fn answers_are_what_they_say_they_are_and_are_kept_nowhere() {
    let api = Api::start().await;
    let answer = api.get("/campaigns").await;
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let health = api.ask("GET", "/health", &[], "").await;
    assert_eq!(health.headers["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn pages_of_other_origins_may_use_the_api_only_if_they_are_named() {
    let asks = [("origin", "https://crm.example.com"), ("access-control-request-method", "PUT")];
    let closed = Api::start().await;
    let answer = closed.ask("OPTIONS", "/api/v1/campaigns/nightly", &asks, "").await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
    let open = Api::configured(&format!("[http]\ncors_origins = [\"https://crm.example.com\"]\n{CONFIG}")).await;
    let allowed = open.ask("OPTIONS", "/api/v1/campaigns/nightly", &asks, "").await;
    assert_eq!(allowed.status, 200);
    assert_eq!(allowed.headers["access-control-allow-origin"], "https://crm.example.com");
    let methods = allowed.headers["access-control-allow-methods"].to_str().unwrap().to_owned();
    assert!(methods.contains("PUT") && methods.contains("PATCH"), "{methods}");
    let other = [("origin", "https://elsewhere.example.com")];
    let refused = open.ask("GET", "/api/v1/campaigns", &other, "").await;
    assert!(!refused.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn wrong_bodies_are_refused_alike_with_place_and_remedy() {
    let api = Api::with_campaign().await;
    for path in [
        "/campaigns/nightly/cancel",
        "/campaigns/nightly/release",
        "/campaigns/nightly/call",
        "/suppressions",
        "/tokens",
    ] {
        for body in ["{", "[1, 2, {}]", "{\"no_such_key\": 1}"] {
            let problem = api.ask("POST", &format!("/api/v1{path}"), &[], body).await.problem(400);
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.starts_with("the body is not a") && detail.contains("line 1 column"), "{path}: {detail}");
            assert!(problem["hint"].as_str().unwrap().starts_with("send {"), "{path}");
        }
    }
    let long = format!("{{\"contacts\": [\"{}\"]}}", "x".repeat(3 << 20));
    api.ask("POST", "/api/v1/campaigns/nightly/cancel", &[], long).await.problem(413);
}
