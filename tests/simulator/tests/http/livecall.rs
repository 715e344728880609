//! LiveCall's endpoints over HTTP.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::client::{Answer, Client, simulator};

const HEADERS: [(&str, &str); 2] =
    [("authorization", "Token token=change-to-your-api-key"), ("content-type", "application/json")];

async fn send(client: &mut Client, method: &str, path: &str, body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    client.send(method, path, &HEADERS, &body).await.unwrap()
}

async fn get(client: &mut Client, path: &str) -> Answer {
    send(client, "GET", path, &Value::Null).await
}

fn call() -> Value {
    json!({ "call": { "filter_id": "43321", "phone_number": "+1 (202) 555 0101" } })
}

#[tokio::test]
async fn a_call_is_created_goes_on_and_ends_with_the_pages_fields() {
    let simulator = simulator("ring = \"0ms\"\ntalk = \"0ms\"\noutcomes = { answered = 1 }").await;
    let mut client = Client::connect(&simulator).await;
    let created = send(&mut client, "POST", "/v1/calls", &call()).await.json()["call"].clone();
    assert_eq!((&created["filter_id"], &created["phone_number"]), (&json!("43321"), &json!("+1 (202) 555 0101")));
    let id = created["id"].as_str().expect("ids are sent as strings");
    let ended = get(&mut client, &format!("/v1/calls/{id}")).await.json()["call"].clone();
    assert_eq!(
        (&ended["status"], &ended["outcome"], &ended["duration"]),
        (&json!("ended"), &json!("successful"), &json!(0.0))
    );
    let recording = get(&mut client, &format!("/v1/calls/{id}/recording")).await.json()["recording"].clone();
    let path = recording["url"].as_str().unwrap().strip_prefix("http://simulator").unwrap().to_owned();
    assert_eq!(client.get(&path).await.headers["content-type"], "audio/wav");
    assert_eq!(client.get(path.split('?').next().unwrap()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(get(&mut client, "/v1/calls/1").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_call_that_goes_on_has_neither_outcome_nor_recording() {
    let simulator = simulator("ring = \"1h\"").await;
    let mut client = Client::connect(&simulator).await;
    let id = send(&mut client, "POST", "/v1/calls", &call()).await.json()["call"]["id"].as_str().unwrap().to_owned();
    let going_on = get(&mut client, &format!("/v1/calls/{id}")).await.json()["call"].clone();
    assert_eq!((&going_on["status"], &going_on["outcome"]), (&json!("initiated"), &Value::Null));
    assert_eq!(get(&mut client, &format!("/v1/calls/{id}/recording")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_the_page_does_not_have_is_refused() {
    let simulator = simulator("").await;
    let mut client = Client::connect(&simulator).await;
    for (field, value) in [
        ("filter_id", Value::Null),
        ("filter_id", json!(43321)),
        ("phone_number", json!("222")),
        ("scheduled_for", json!("tomorrow")),
        ("colour", json!("red")),
    ] {
        let mut body = call();
        body["call"][field] = value;
        assert_eq!(send(&mut client, "POST", "/v1/calls", &body).await.status, StatusCode::BAD_REQUEST, "{body}");
    }
    let body = call().to_string();
    let no_key = client.send("POST", "/v1/calls", &HEADERS[1..], &body).await.unwrap();
    assert_eq!(no_key.status, StatusCode::UNAUTHORIZED);
    let no_type = client.send("GET", "/v1/users", &HEADERS[..1], "").await.unwrap();
    assert_eq!(no_type.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "the header belongs to GETs too");
    assert_eq!(simulator.ledger().totals().calls, 0);
}

#[tokio::test]
async fn people_are_listed_added_changed_and_removed() {
    let simulator = simulator("").await;
    let mut client = Client::connect(&simulator).await;
    let beata = json!({ "user": { "name": "Beata", "phone_number": "+1 (202) 555 0102" } });
    let added = send(&mut client, "POST", "/v1/users", &beata).await.json()["user"].clone();
    assert_eq!(added["name"], "Beata");
    let path = format!("/v1/users/{}", added["id"]);
    let renamed = json!({ "user": { "name": "Bea" } });
    assert_eq!(send(&mut client, "PATCH", &path, &renamed).await.json()["user"]["phone_number"], "+1 (202) 555 0102");
    let names = |list: Value| -> Vec<String> {
        list["users"].as_array().unwrap().iter().map(|user| user["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(get(&mut client, "/v1/users").await.json()), ["Andrew", "Matt", "Bea"]);
    assert_eq!(send(&mut client, "DELETE", &path, &Value::Null).await.status, StatusCode::OK);
    assert_eq!(names(get(&mut client, "/v1/users").await.json()), ["Andrew", "Matt"]);
    assert_eq!(send(&mut client, "DELETE", &path, &Value::Null).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_filter_tells_whether_somebody_is_there() {
    let simulator = simulator("").await;
    let mut client = Client::connect(&simulator).await;
    assert_eq!(get(&mut client, "/v1/filters/43321").await.json()["filter"]["status"], "available");
    let closed = get(&mut client, "/v1/filters/0").await.json()["filter"].clone();
    assert_eq!(closed["status"], "unavailable");
    assert_eq!(closed["available_call_times"].as_array().unwrap().len(), 2);
}
