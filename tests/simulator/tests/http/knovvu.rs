//! Knovvu's endpoints over HTTP.

use crate::client::{Client, call_body, simulator};
use hyper::StatusCode;
use serde_json::{Value, json};

const NUMBER: &str = "+12025550101";

#[tokio::test]
async fn a_call_gets_a_unique_id_and_its_state_when_it_is_over() {
    let simulator = simulator("ring = \"0ms\"\ntalk = \"0ms\"\nscript = { \"+12025550101\" = [\"no_answer\"] }").await;
    let mut client = Client::connect(&simulator).await;
    let answer = client.call(NUMBER, "attempt-1").await.unwrap();
    assert_eq!(answer.status, StatusCode::OK);
    let id = answer.json()["UniqueId"].as_str().unwrap().to_owned();
    let results = client.results(&[&id, "6f1c7a4e-0000-4000-8000-000000000000", "no uuid"]).await.unwrap();
    let expected = json!({ "CallResults": [{ "UniqueId": id, "CallRequestId": "", "CallState": "No Answer" }] });
    assert_eq!(results.json(), expected, "unknown ids are left out");
}

#[tokio::test]
async fn a_call_that_goes_on_has_an_empty_state() {
    let simulator = simulator("ring = \"1h\"").await;
    let mut client = Client::connect(&simulator).await;
    let id = client.call(NUMBER, "attempt-1").await.unwrap().json()["UniqueId"].as_str().unwrap().to_owned();
    let results = client.results(&[&id]).await.unwrap().json();
    assert_eq!(results["CallResults"][0]["CallState"], "");
}

#[tokio::test]
async fn all_seven_states_have_the_words_of_the_page() {
    let words = [
        ("answered", "Answered"),
        ("busy", "Busy"),
        ("error", "Error"),
        ("invalid_number", "Invalid Number"),
        ("no_answer", "No Answer"),
        ("rejected", "Rejected"),
        ("temporarily_unavailable", "Temporarily Unavailable"),
    ];
    for (outcome, state) in words {
        let config = format!("ring = \"0ms\"\ntalk = \"0ms\"\noutcomes = {{ {outcome} = 1 }}");
        let simulator = simulator(&config).await;
        let mut client = Client::connect(&simulator).await;
        let id = client.call(NUMBER, "attempt-1").await.unwrap().json()["UniqueId"].as_str().unwrap().to_owned();
        let results = client.results(&[&id]).await.unwrap().json();
        assert_eq!(results["CallResults"][0]["CallState"], state);
    }
}

#[tokio::test]
async fn each_missing_or_empty_required_field_is_refused_by_name_and_rings_nowhere() {
    let simulator = simulator("").await;
    let mut client = Client::connect(&simulator).await;
    let fields = ["Project", "Tenant", "ConversationId", "AccessToken", "ScenarioPath", "OrchestratorUrl"];
    for field in fields {
        for value in [None, Some(json!(""))] {
            let mut body = call_body(NUMBER, "attempt-1");
            match value {
                Some(value) => body[field] = value,
                None => drop(body.as_object_mut().unwrap().remove(field)),
            }
            expect_refusal(&mut client, &body, field).await;
        }
    }
    for (place, field) in [(0, "_DisplayNumber"), (1, "_Destination")] {
        let mut body = call_body(NUMBER, "attempt-1");
        body["ScenarioInputParameters"].as_array_mut().unwrap().remove(place);
        expect_refusal(&mut client, &body, field).await;
    }
    let mut body = call_body(NUMBER, "attempt-1");
    body.as_object_mut().unwrap().remove("ScenarioInputParameters");
    expect_refusal(&mut client, &body, "ScenarioInputParameters").await;
    assert_eq!(simulator.ledger().totals().calls, 0);
    assert_eq!(simulator.ledger().summary().call.refused, 15);
}

async fn expect_refusal(client: &mut Client, body: &Value, word: &str) {
    let answer = client.post("/v2/call", body).await.unwrap();
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{word}");
    let message = answer.json()["Message"].as_str().unwrap().to_owned();
    assert!(message.contains(word), "{message}");
}

#[tokio::test]
async fn what_the_page_does_not_know_is_refused() {
    let simulator = simulator("").await;
    let mut client = Client::connect(&simulator).await;
    let mut body = call_body(NUMBER, "attempt-1");
    body["Colour"] = json!("red");
    expect_refusal(&mut client, &body, "Colour").await;
    let mut body = call_body(NUMBER, "attempt-1");
    body["ScenarioInputParameters"][0]["Value"] = json!(200);
    expect_refusal(&mut client, &body, "string").await;
    expect_refusal(&mut client, &call_body("sip:someone", "attempt-1"), "_Destination").await;
}

#[tokio::test]
async fn the_project_header_must_be_there_and_empty() {
    let simulator = simulator("").await;
    let mut client = Client::connect(&simulator).await;
    let body = call_body(NUMBER, "attempt-1").to_string();
    let json = ("content-type", "application/json");
    for headers in [vec![json], vec![json, ("project", "renewals")]] {
        let answer = client.send("POST", "/v2/call", &headers, &body).await.unwrap();
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    let answer = client.send("POST", "/v2/call", &[("project", "")], &body).await.unwrap();
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_wrong_token_is_refused_where_one_is_configured() {
    let simulator = simulator("access_token = \"another\"").await;
    let mut client = Client::connect(&simulator).await;
    assert_eq!(client.call(NUMBER, "attempt-1").await.unwrap().status, StatusCode::UNAUTHORIZED);
    assert_eq!(simulator.ledger().totals().calls, 0);
}

#[tokio::test]
async fn a_batch_that_is_too_large_is_refused() {
    let simulator = simulator("batch_max = 2").await;
    let mut client = Client::connect(&simulator).await;
    assert_eq!(client.results(&["a", "b"]).await.unwrap().status, StatusCode::OK);
    assert_eq!(client.results(&["a", "b", "c"]).await.unwrap().status, StatusCode::BAD_REQUEST);
}
