//! CCAI's endpoints over HTTP: each documented refusal, the list of recent calls, the flags.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::client::{Answer, Client, simulator};

/// `acme:secret`
const BASIC: (&str, &str) = ("authorization", "Basic YWNtZTpzZWNyZXQ=");
const JSON: (&str, &str) = ("content-type", "application/json");

async fn call(client: &mut Client, body: &Value) -> Answer {
    client.send("POST", "/apps/api/v1/calls", &[BASIC, JSON], &body.to_string()).await.unwrap()
}

async fn get(client: &mut Client, path: &str) -> Answer {
    client.send("GET", path, &[BASIC, JSON], "").await.unwrap()
}

fn outbound() -> Value {
    json!({ "call_type": "Voice Outbound (API)", "agent_email": "agent@somedomain.com", "end_user_number": "+12025550101" })
}

fn inbound() -> Value {
    json!({ "call_type": "Voice Inbound (API)", "menu_id": 9, "end_user_number": "+12025550101", "lang": "en" })
}

fn scheduled() -> Value {
    let mut body = inbound();
    body["call_type"] = "Voice Scheduled (API)".into();
    body["scheduled_at"] = "2126-09-15T00:19:14.421Z".into();
    body
}

/// The body with one field otherwise; null takes it out.
fn with(mut body: Value, field: &str, value: Value) -> Value {
    match value {
        Value::Null => drop(body.as_object_mut().unwrap().remove(field)),
        value => body[field] = value,
    }
    body
}

#[tokio::test]
async fn every_refusal_of_the_page_has_its_message_and_rings_nowhere() {
    let simulator = simulator("").await;
    let mut client = Client::connect(&simulator).await;
    for (body, message) in [
        (with(outbound(), "agent_email", json!("busy@somedomain.com")), "Agent is not available to take this call"),
        (with(outbound(), "agent_email", json!("unknown@somedomain.com")), "Not a valid agent email"),
        (with(outbound(), "agent_email", json!("listener@somedomain.com")), "Agent does not have access to make calls"),
        (with(outbound(), "agent_email", Value::Null), "Agent email required"),
        (with(outbound(), "end_user_number", Value::Null), "ticket_id or end_user_number required"),
        (with(outbound(), "end_user_number", json!("123123")), "end_user_number is not well-formed"),
        (with(outbound(), "ticket_id", json!("1")), "Contact not found"),
        (with(outbound(), "call_type", json!("InvalidCallType")), "Invalid call type"),
        (with(inbound(), "end_user_number", json!("+1 999-657-12")), "end_user_number is not well formed"),
        (with(inbound(), "end_user_number", Value::Null), "end_user_number is required"),
        (with(inbound(), "menu_id", Value::Null), "menu_id is required"),
        (with(inbound(), "menu_id", json!("menu_999")), "menu_id is not well formed"),
        (with(inbound(), "menu_id", json!(50)), "Only IVR and mobile menu IDs are permitted"),
        (with(inbound(), "menu_id", json!(9999)), "menu_id 9999 is not found"),
        (with(inbound(), "menu_id", json!(7)), "Menu is in 'after hours' state, can't accept incoming calls"),
        (with(inbound(), "menu_id", json!(8)), "Menu is in 'manual redirection' state, can't accept calls"),
        (with(inbound(), "lang", json!("fr")), "Language 'fr' is not available"),
        (with(inbound(), "lang", json!("xy")), "Language 'xy' is not found"),
        (with(scheduled(), "menu_id", json!(50)), "Only mobile and web menu IDs are permitted"),
        (with(scheduled(), "scheduled_at", Value::Null), "scheduled_at is required"),
    ] {
        let answer = call(&mut client, &body).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::BAD_REQUEST, json!({ "message": message })), "{body}");
    }
    assert_eq!(call(&mut client, &with(outbound(), "colour", json!("red"))).await.status, StatusCode::BAD_REQUEST);
    let unauthorized = client.send("POST", "/apps/api/v1/calls", &[JSON], &outbound().to_string()).await.unwrap();
    assert_eq!(unauthorized.status, StatusCode::UNAUTHORIZED);
    assert_eq!(simulator.ledger().totals().calls, 0);
}

#[tokio::test]
async fn what_an_agent_must_see_to_is_accepted_without_a_call() {
    let simulator = simulator("").await;
    let mut client = Client::connect(&simulator).await;
    let widget = call(&mut client, &with(outbound(), "agent_email", json!("widget@somedomain.com"))).await;
    assert_eq!(widget.status, StatusCode::ACCEPTED);
    let chooser = with(outbound(), "agent_email", json!("chooser@somedomain.com"));
    let echoed = call(&mut client, &chooser).await;
    assert_eq!((echoed.status, echoed.json()), (StatusCode::OK, chooser));
    assert_eq!(simulator.ledger().totals().calls, 0);
}

#[tokio::test]
async fn each_call_type_is_created_with_its_call_object() {
    let simulator = simulator("ring = \"1h\"").await;
    let mut client = Client::connect(&simulator).await;
    for body in [outbound(), inbound(), scheduled(), with(outbound(), "ticket_id", json!("71450"))] {
        let answer = call(&mut client, &body).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        let object = answer.json();
        assert!(object["id"].is_u64());
        assert_eq!((&object["call_type"], &object["fail_reason"]), (&body["call_type"], &json!("nothing")));
    }
    let rang: Vec<String> = simulator.ledger().rings().into_iter().map(|ring| ring.number).collect();
    assert_eq!(rang, ["+12025550101", "+12025550101", "+12025550101", "+12025550150"], "a ticket comes first");
}

#[tokio::test]
async fn recent_calls_come_oldest_change_first_page_by_page() {
    let simulator = simulator("ring = \"0ms\"\ntalk = \"0ms\"\noutcomes = { no_answer = 1 }").await;
    let mut client = Client::connect(&simulator).await;
    let mut ids = Vec::new();
    for i in 0..5 {
        let number = format!("+1202555010{i}");
        ids.push(call(&mut client, &with(outbound(), "end_user_number", json!(number))).await.json()["id"].clone());
    }
    let path = |page| {
        format!(
            "/manager/api/v1/calls?updated_at%5Bfrom%5D=2026-01-01T00%3A00%3A00Z&sort_column=updated_at&sort_direction=ASC&per=2&page={page}"
        )
    };
    for (page, expected) in [(1, &ids[..2]), (2, &ids[2..4]), (3, &ids[4..])] {
        let answer = get(&mut client, &path(page)).await;
        let calls = answer.json();
        let found: Vec<Value> = calls.as_array().unwrap().iter().map(|call| call["id"].clone()).collect();
        assert_eq!(found, expected);
        assert_eq!(calls[0]["status"], "failed");
        assert_eq!(calls[0]["fail_reason"], "eu_no_answer");
        assert_eq!(["total", "per-page"].map(|name| answer.headers[name].to_str().unwrap()), ["5", "2"]);
        assert_eq!(answer.headers.contains_key("link"), page < 3);
    }
    let later = path(1).replace("2026-", "2126-");
    assert_eq!(get(&mut client, &later).await.json(), json!([]));
    assert_eq!(get(&mut client, &path(0)).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_list_that_lags_does_not_know_of_calls_yet() {
    let simulator = simulator("tail_lag = \"1h\"").await;
    let mut client = Client::connect(&simulator).await;
    call(&mut client, &outbound()).await;
    assert_eq!(get(&mut client, "/manager/api/v1/calls").await.json(), json!([]));
}

#[tokio::test]
async fn flags_are_read_as_they_were_written_under_the_pages_two_names() {
    let simulator = simulator("").await;
    let mut client = Client::connect(&simulator).await;
    let id = call(&mut client, &outbound()).await.json()["id"].clone();
    let path = format!("/apps/api/v1/calls/{id}/customer_flag");
    let set = json!({ "bad_actor": true, "repeat_customers": true }).to_string();
    assert_eq!(client.send("PATCH", &path, &[BASIC, JSON], &set).await.unwrap().status, StatusCode::OK);
    let expected = json!({ "verified_customer": false, "bad_actor": true, "repeat_customer": true });
    assert_eq!(get(&mut client, &path).await.json(), expected);
    assert_eq!(get(&mut client, "/apps/api/v1/calls/1/customer_flag").await.status, StatusCode::NOT_FOUND);
}
