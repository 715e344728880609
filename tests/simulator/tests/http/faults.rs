//! Faults over real connections.

use std::{
    io,
    time::{Duration, Instant},
};

use crate::client::{Client, simulator};
use hyper::StatusCode;
use redial_simulator::Simulator;

const NUMBER: &str = "+12025550101";

async fn with_call_fault(fault: &str) -> (Simulator, Client) {
    let simulator = simulator(&format!("call_faults = {{ script = {{ \"{NUMBER}\" = [\"{fault}\"] }} }}")).await;
    let client = Client::connect(&simulator).await;
    (simulator, client)
}

fn rings(simulator: &Simulator) -> usize {
    simulator.ledger().rings_of(NUMBER).len()
}

fn is_reset(error: &hyper::Error) -> bool {
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = source {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionReset) {
            return true;
        }
        source = error.source();
    }
    false
}

#[tokio::test]
async fn refusing_statuses_do_not_ring_and_the_next_request_does() {
    let cases =
        [("throttled", 429, true), ("unavailable", 503, true), ("error_503", 503, false), ("error_500", 500, false)];
    for (fault, status, retry_after) in cases {
        let (simulator, mut client) = with_call_fault(fault).await;
        let answer = client.call(NUMBER, "attempt-1").await.unwrap();
        assert_eq!(answer.status, StatusCode::from_u16(status).unwrap());
        assert_eq!(answer.headers.contains_key("retry-after"), retry_after, "{fault}");
        assert_eq!(rings(&simulator), 0);
        assert_eq!(client.call(NUMBER, "attempt-1").await.unwrap().status, StatusCode::OK);
        assert_eq!(rings(&simulator), 1);
    }
}

#[tokio::test]
async fn a_reset_before_the_request_is_processed_does_not_ring() {
    let (simulator, mut client) = with_call_fault("reset_before").await;
    let error = client.call(NUMBER, "attempt-1").await.err().expect("a reset");
    assert!(is_reset(&error), "{error:?}");
    assert_eq!(rings(&simulator), 0);
}

#[tokio::test]
async fn a_reset_after_the_request_is_processed_rings_and_loses_the_answer() {
    let (simulator, mut client) = with_call_fault("reset_after").await;
    let error = client.call(NUMBER, "attempt-1").await.err().expect("a reset");
    assert!(is_reset(&error), "{error:?}");
    assert_eq!(rings(&simulator), 1);
}

#[tokio::test]
async fn a_time_out_rings_and_never_answers_until_the_simulator_stops() {
    let (simulator, mut client) = with_call_fault("timeout").await;
    let ledger = simulator.ledger().clone();
    let call = tokio::spawn(async move { client.call(NUMBER, "attempt-1").await.err() });
    while ledger.totals().calls == 0 {
        tokio::task::yield_now().await;
    }
    simulator.stop().await;
    assert!(is_reset(&call.await.unwrap().expect("no answer")));
    assert_eq!(ledger.rings_of(NUMBER).len(), 1);
}

#[tokio::test]
async fn a_slow_answer_is_right_but_late() {
    let simulator = simulator("slow = \"50ms\"\ncall_faults = { probability = { slow = 1.0 } }").await;
    let mut client = Client::connect(&simulator).await;
    let begun = Instant::now();
    assert_eq!(client.call(NUMBER, "attempt-1").await.unwrap().status, StatusCode::OK);
    assert!(begun.elapsed() >= Duration::from_millis(50));
    assert_eq!(rings(&simulator), 1);
}

#[tokio::test]
async fn a_garbled_answer_and_an_error_afterwards_ring() {
    let (simulator, mut client) = with_call_fault("garbled").await;
    let answer = client.call(NUMBER, "attempt-1").await.unwrap();
    assert!(serde_json::from_slice::<serde_json::Value>(&answer.body).is_err());
    assert_eq!(rings(&simulator), 1);
    let (simulator, mut client) = with_call_fault("error_500_after").await;
    assert_eq!(client.call(NUMBER, "attempt-1").await.unwrap().status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(rings(&simulator), 1);
}

#[tokio::test]
async fn faults_of_results_are_apart_from_those_of_calls() {
    let simulator = simulator("result_faults = { script = [\"throttled\", \"reset_before\"] }").await;
    let mut client = Client::connect(&simulator).await;
    assert_eq!(client.call(NUMBER, "attempt-1").await.unwrap().status, StatusCode::OK);
    assert_eq!(client.results(&[]).await.unwrap().status, StatusCode::TOO_MANY_REQUESTS);
    assert!(is_reset(&client.results(&[]).await.err().expect("a reset")));
    let mut client = Client::connect(&simulator).await;
    assert_eq!(client.results(&[]).await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn behaviour_can_change_while_it_runs() {
    let simulator = simulator("").await;
    let mut client = Client::connect(&simulator).await;
    let broken = "call_faults = { probability = { error_500 = 1.0 } }";
    assert_eq!(client.send("PUT", "/config", &[], broken).await.unwrap().status, StatusCode::NO_CONTENT);
    assert_eq!(client.call(NUMBER, "a").await.unwrap().status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(client.send("PUT", "/config", &[], "colour = 1").await.unwrap().status, StatusCode::BAD_REQUEST);
    simulator.reconfigure(redial_simulator::SimulatorConfig::default()).unwrap();
    assert_eq!(client.call(NUMBER, "a").await.unwrap().status, StatusCode::OK);
}
