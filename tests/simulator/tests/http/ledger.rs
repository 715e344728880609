//! The ledger over HTTP.

use crate::client::{Client, simulator};
use hyper::StatusCode;
use redial_simulator::{Number, Plan, SimulatorConfig};
use serde_json::{Value, json};

#[tokio::test]
async fn the_ledger_tells_of_every_ring_of_a_number() {
    let simulator =
        simulator("script = { \"+12025550101\" = [\"busy\", \"answered\"] }\nring = \"1s\"\ntalk = \"2s\"").await;
    let mut client = Client::connect(&simulator).await;
    for attempt in ["a", "b"] {
        client.call("+12025550101", attempt).await.unwrap();
    }
    let id = client.call("+12025550102", "c").await.unwrap().json()["UniqueId"].clone();
    assert_eq!(client.get("/ledger").await.json(), json!({ "calls": 3, "numbers": 2 }));
    let by_number = client.get("/ledger?by_number=true").await.json();
    assert_eq!(by_number["by_number"], json!({ "+12025550101": 2, "+12025550102": 1 }));
    // An unescaped `+` arrives as a blank.
    for query in ["/ledger?number=+12025550101", "/ledger?number=%2B12025550101", "/ledger?number=12025550101"] {
        let rings = client.get(query).await.json();
        assert_eq!(rings[0]["outcome"], "busy");
        assert_eq!(rings[0]["conversation_id"], "a");
        assert_eq!(rings[1]["outcome"], "answered");
        let lasted = rings[1]["ended_at"].as_u64().unwrap() - rings[1]["received_at"].as_u64().unwrap();
        assert_eq!(lasted, 3_000_000);
    }
    assert_eq!(client.get("/ledger?number=+12025550102").await.json()[0]["unique_id"], id);
    assert_eq!(client.get("/ledger?number=+12025550103").await.json(), json!([]));
}

#[tokio::test]
async fn all_rings_are_streamed_in_order() {
    let simulator = simulator("").await;
    let mut client = Client::connect(&simulator).await;
    for i in 0..1_200 {
        client.call(&format!("+1202555{i:04}"), &format!("attempt-{i}")).await.unwrap();
    }
    let body = client.get("/ledger/calls").await.body;
    let rings: Vec<Value> = body.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    assert_eq!(rings.len(), 1_200);
    for (i, ring) in rings.iter().enumerate() {
        assert_eq!(ring["conversation_id"], format!("attempt-{i}"));
    }
    assert_eq!(simulator.ledger().rings().len(), 1_200);
}

#[tokio::test]
async fn the_summary_shows_repeated_and_overlapping_calls() {
    let simulator = simulator("ring = \"1h\"").await;
    let mut client = Client::connect(&simulator).await;
    client.call("+12025550101", "a").await.unwrap();
    client.call("+12025550101", "a").await.unwrap();
    client.call("+12025550102", "b").await.unwrap();
    client.results(&["x", "y"]).await.unwrap();
    let summary = client.get("/ledger/summary").await.json();
    for (key, expected) in [
        ("calls", json!(3)),
        ("numbers", json!(2)),
        ("repeated_conversations", json!(1)),
        ("overlapping_calls", json!(1)),
        ("max_live_calls", json!(3)),
        ("live_calls", json!(3)),
        ("numbers_by_rings", json!({ "1": 1, "2": 1 })),
        ("batches", json!({ "2": 1 })),
    ] {
        assert_eq!(summary[key], expected, "{key}");
    }
    assert_eq!(summary["most_rings"][0], json!({ "number": "+12025550101", "rings": 2 }));
    assert_eq!(summary["call"]["accepted"], 3);
    assert_eq!(summary["callresult"]["accepted"], 1);
}

#[tokio::test]
async fn a_reset_ledger_begins_anew_and_forgets_calls() {
    let simulator = simulator("ring = \"1h\"").await;
    let mut client = Client::connect(&simulator).await;
    let id = client.call("+12025550101", "a").await.unwrap().json()["UniqueId"].as_str().unwrap().to_owned();
    assert_eq!(client.send("DELETE", "/ledger", &[], "").await.unwrap().status, StatusCode::NO_CONTENT);
    assert_eq!(client.get("/ledger").await.json(), json!({ "calls": 0, "numbers": 0 }));
    client.call("+12025550102", "b").await.unwrap();
    assert_eq!(client.results(&[&id]).await.unwrap().json(), json!({ "CallResults": [] }));
}

#[tokio::test]
async fn a_plan_predicts_what_a_simulator_does() {
    let config = SimulatorConfig { seed: 42, ..SimulatorConfig::default() };
    let plan = Plan::new(config.clone()).unwrap();
    let simulator = redial_simulator::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let mut client = Client::connect(&simulator).await;
    for i in 0..50 {
        for nth in 1..=2 {
            let number = format!("+1202555{i:04}");
            client.call(&number, "a").await.unwrap();
            let ring = simulator.ledger().rings_of(&number).pop().unwrap();
            assert_eq!(ring.outcome, plan.outcome(Number::parse(&number).unwrap(), nth));
        }
    }
}

#[tokio::test]
async fn many_connections_at_once_are_all_counted() {
    let simulator = simulator("").await;
    let mut tasks = tokio::task::JoinSet::new();
    for connection in 0..50 {
        let mut client = Client::connect(&simulator).await;
        tasks.spawn(async move {
            for i in 0..40 {
                client.call(&format!("+1202{connection:03}{i:04}"), "a").await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let summary = simulator.ledger().summary();
    assert_eq!((summary.calls, summary.numbers), (2_000, 2_000));
    assert_eq!(summary.repeated_conversations, 1_999);
    simulator.stop().await;
}
