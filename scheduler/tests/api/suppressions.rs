//! Do-not-call lists through the API.

use std::io::Write;

use axum::{body::Body, http::Request};
use redial_shared::domain::role::Role;
use serde_json::{Value, json};

use crate::support::{Answer, Api, NIGHTLY, begin_one};

async fn add(api: &Api, request: Value) -> Answer {
    api.ask("POST", "/api/v1/suppressions", &[], request.to_string()).await
}

async fn check(api: &Api, query: &str) -> Value {
    api.get(&format!("/suppressions/check?{query}")).await.ok()["numbers"].clone()
}

async fn import(api: &Api, query: &str, body: impl Into<Body>) -> Answer {
    api.ask("POST", &format!("/api/v1/suppressions/import?{query}"), &[], body).await
}

#[tokio::test]
async fn numbers_are_added_checked_and_removed() {
    let api = Api::with_campaign().await;
    let added = add(&api, json!({"numbers": ["+12025550101", "(202) 555-0102"], "country": "US"})).await.ok();
    assert_eq!(added, json!({"list": "do-not-call", "campaign": null, "added": 2, "known": 0, "until": null}));
    let own = json!({"numbers": ["+12025550101"], "campaign": "nightly", "list": "paid", "expires": "60d", "reason": "has paid"});
    assert!(add(&api, own).await.ok()["until"].as_str().unwrap().ends_with('Z'));
    let numbers = check(&api, "numbers=%2B12025550101,%2B12025550103&campaign=nightly").await;
    assert_eq!((&numbers[0]["number"], &numbers[0]["suppressed"]), (&json!("+12025550101"), &json!(true)));
    let lists = &numbers[0]["lists"];
    assert_eq!((&lists[0]["list"], &lists[0]["campaign"]), (&json!("do-not-call"), &Value::Null));
    assert_eq!((&lists[1]["list"], &lists[1]["campaign"]), (&json!("paid"), &json!("nightly")));
    assert_eq!(lists[1]["reason"], "has paid");
    assert_eq!(numbers[1], json!({"number": "+12025550103", "suppressed": false, "lists": []}));

    let removed =
        api.ask("DELETE", "/api/v1/suppressions?numbers=2025550101,2025550109&country=us", &[], Body::empty()).await;
    assert_eq!(removed.ok(), json!({"removed": 1, "unknown": 1}));
    let left = check(&api, "numbers=%2B12025550101&campaign=nightly").await;
    assert_eq!(left[0]["lists"].as_array().unwrap().len(), 1, "the campaign's own stays");
    let lists = api.get("/suppressions").await.ok()["lists"].clone();
    assert_eq!((&lists[0]["list"], &lists[0]["added"]), (&json!("do-not-call"), &json!(1)));
    assert_eq!((&lists[1]["list"], &lists[1]["campaign"]), (&json!("paid"), &json!("nightly")));
}

#[tokio::test]
async fn an_import_replaces_or_adds_and_tells_bad_lines() {
    let api = Api::start().await;
    let answer = import(&api, "list=registry&country=US", "number\n2025550101\nnobody\n202,5550102\n").await.ok();
    assert_eq!((&answer["imported"], &answer["new"], &answer["rejected"]), (&json!(2), &json!(2), &json!(1)));
    assert_eq!(answer["rejects"][0]["line"], 3);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"+12025550103\n").unwrap();
    let answer = import(&api, "list=registry&append=true", gzip.finish().unwrap()).await.ok();
    assert_eq!((&answer["imported"], &answer["new"]), (&json!(3), &json!(1)));
    for (unusable, status) in [("", 422), ("nobody\n", 422), ("phone\n", 422)] {
        import(&api, "list=registry", unusable).await.problem(status);
    }
    assert_eq!(check(&api, "numbers=%2B12025550101").await[0]["suppressed"], true, "the list stays as it was");
    import(&api, "list=registry", "+12025550104").await.ok();
    assert_eq!(check(&api, "numbers=%2B12025550101").await[0]["suppressed"], false);
}

#[tokio::test]
async fn what_is_wrong_is_told_and_nothing_is_done() {
    let api = Api::start().await;
    let problem = add(&api, json!({"numbers": ["+12025550101", "12"]})).await.problem(422);
    assert_eq!(problem["errors"][0]["key"], "numbers[1]");
    assert!(!problem.to_string().contains("2025550101"));
    add(&api, json!({"numbers": []})).await.problem(422);
    add(&api, json!({"numbers": ["+12025550101"], "list": "a b"})).await.problem(422);
    add(&api, json!({"numbers": ["+12025550101"], "expires": "soon"})).await.problem(400);
    add(&api, json!({"numbers": ["+12025550101"], "campaign": "nobody"})).await.problem(404);
    import(&api, "campaign=nobody", "+12025550101").await.problem(404);
    assert_eq!(api.get("/suppressions").await.ok()["lists"], json!([]));
}

#[tokio::test]
async fn viewers_look_and_see_masked_numbers() {
    let api = Api::start().await;
    add(&api, json!({"numbers": ["+12025550101"]})).await.ok();
    let token = api.token(Role::Viewer).await;
    let ask = |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        let request = request.header("authorization", format!("Bearer {token}")).body(Body::from("{}")).unwrap();
        api.send(request)
    };
    let seen = ask("GET", "/suppressions/check?numbers=%2B12025550101").await.ok();
    assert_eq!((&seen["numbers"][0]["number"], &seen["numbers"][0]["suppressed"]), (&json!("+12…01"), &json!(true)));
    ask("POST", "/suppressions").await.problem(403);
    ask("DELETE", "/suppressions?numbers=%2B12025550101").await.problem(403);
}

#[tokio::test]
async fn explain_tells_a_suppressed_number_at_once() {
    let api = Api::start().await;
    api.put_definition(NIGHTLY).await.ok();
    api.upload("id,phone1,phone2\n1,+12025550101,+12025550102\n").await.ok();
    add(&api, json!({"numbers": ["+12025550101"], "reason": "asked"})).await.ok();
    let why = async || api.get("/campaigns/nightly/contacts/1").await.ok()["why"].as_str().unwrap().to_owned();
    let told = why().await;
    assert!(told.contains("number 1 is on the do-not-call list `do-not-call` since 20"), "{told}");
    assert!(told.ends_with("(asked), and is not called"), "{told}");
    add(&api, json!({"numbers": ["+12025550102"]})).await.ok();
    assert!(why().await.ends_with("it is not called, and becomes `suppressed` when its turn comes"));
}

#[tokio::test]
async fn an_addition_answers_when_no_call_that_was_begun_before_can_start() {
    let api = Api::with_campaign().await;
    api.upload("phone\n+12025550101\n").await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    begin_one(&api.store, "call-1").await;
    let last_send = api.store.last_send();
    add(&api, json!({"numbers": ["+12025550101"]})).await.ok();
    assert!(api.store.clock().now() > last_send);
}
