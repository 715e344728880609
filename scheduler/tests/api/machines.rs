//! What machines ask: health, metrics, the API's description; and what holds for every answer.

use std::{sync::Arc, time::Duration};

use axum::{body::Body, http::Request};
use redial_scheduler::api::{ApiState, serve};
use redial_shared::{
    config::Config,
    domain::role::Role,
    telemetry::metrics::catalogue::{self, ServedBy},
};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use crate::support::{Api, CONFIG, begin_one};

async fn bare(api: &Api, path: &str) -> crate::support::Answer {
    api.send(Request::get(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn health_and_readiness_need_no_token() {
    let mut api = Api::start().await;
    assert_eq!(bare(&api, "/health").await.status, 200);
    assert_eq!(bare(&api, "/ready").await.status, 200);
    api.redis.stop();
    assert_eq!(bare(&api, "/health").await.status, 200);
    let problem = bare(&api, "/ready").await.problem(503);
    assert!(problem["detail"].as_str().unwrap().contains("cannot reach Redis"), "{problem}");
    api.get("/campaigns").await.problem(503);
    let metrics = bare(&api, "/metrics").await;
    assert_eq!(metrics.status, 200);
    assert!(metrics.body.contains("redial_redis_up 0.0\n"));
}

#[tokio::test]
async fn metrics_tell_what_is_known_without_any_number() {
    let api = Api::with_campaign().await;
    api.upload("phone\n+12025550101\n+12025550102\n").await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    begin_one(&api.store, "call-1").await;
    api.store.pause_account("acme", "by request").await.unwrap();
    let other = bare(&api, "/metrics").await;
    assert!(!other.body.contains("redial_campaigns"), "only who leads tells of the workspace");
    api.store.metrics().leads(true);
    let answer = bare(&api, "/metrics").await;
    assert_eq!(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    for line in [
        "redial_campaigns{state=\"running\"} 1.0",
        "redial_campaigns{state=\"draft\"} 0.0",
        "redial_contacts{state=\"pending\"} 1.0",
        "redial_contacts{state=\"active\"} 1.0",
        "redial_contacts_callable{provider=\"acme\"} 1.0",
        "redial_contacts_due{provider=\"other\"} 0.0",
        "redial_lanes_open{provider=\"acme\"} 1.0",
        "redial_live_calls{provider=\"acme\"} 1.0",
        "redial_provider_up{provider=\"acme\"} 0.0",
        "redial_provider_up{provider=\"other\"} 1.0",
        "redial_attempts{provider=\"acme\",outcome=\"answered\"} 0.0",
        "redial_calls_total{provider=\"other\",outcome=\"unknown\"} 0",
        "redial_hooks_total{provider=\"acme\",result=\"not_found\"} 0",
        "redial_workers 1.0",
        "redial_redis_up 1.0",
        "redial_leading 1",
    ] {
        assert!(answer.body.lines().any(|known| known == line), "{line}\n{}", answer.body);
    }
    assert!(!answer.body.contains("2025550101"));
    for line in answer.body.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("redial_") && value.parse::<f64>().is_ok(), "{line}");
    }
    let open_metrics = [("accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")];
    let answer = api.ask("GET", "/metrics", &open_metrics, Body::empty()).await;
    assert_eq!(answer.headers["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(answer.body.ends_with("# EOF\n"));
}

#[tokio::test]
async fn the_leader_serves_every_family_that_is_its_to_serve() {
    let api = Api::configured(&format!("{CONFIG}recordings = \"./recordings\"\n")).await;
    api.store.metrics().leads(true);
    let body = bare(&api, "/metrics").await.body;
    for family in catalogue::FAMILIES.iter().filter(|family| family.served_by == ServedBy::Leader) {
        let described = format!("# TYPE {} {}\n", family.name, family.kind.as_str());
        assert!(body.contains(&described), "{described}");
    }
}

#[tokio::test]
async fn workers_are_listed_while_their_lease_lasts() {
    let api = Api::start().await;
    assert_eq!(api.get("/workers").await.ok()["workers"], serde_json::json!([]));
    let id = api.store.open_lease(Duration::from_secs(60), "host-1").await.unwrap();
    let workers = api.get("/workers").await.ok();
    assert_eq!(workers["workers"][0]["id"], id);
    assert_eq!(workers["workers"][0]["name"], "host-1");
    assert!(workers["workers"][0]["alive_until"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn the_description_describes_all_that_it_names() {
    let api = Api::start().await;
    let document: Value = serde_json::from_str(&bare(&api, "/api/v1/openapi.json").await.body).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
    for schema in ["Problem", "Status", "ContactAnswer", "AttemptRow", "VerbAnswer", "SummaryAnswer", "RejectedRow"] {
        assert!(document["components"]["schemas"][schema].is_object(), "{schema}");
    }
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name} is described");
    }
}

#[tokio::test]
async fn wrong_paths_and_methods_are_problems_too() {
    let api = Api::start().await;
    api.get("/nothing").await.problem(404);
    bare(&api, "/nothing").await.problem(404);
    let answer = api.ask("DELETE", "/api/v1/campaigns", &[], Body::empty()).await;
    assert!(answer.headers["allow"].to_str().unwrap().contains("GET"));
    answer.problem(405);
}

#[tokio::test]
async fn every_answer_has_a_request_id_and_a_clients_own_is_kept() {
    let api = Api::start().await;
    let own = api.ask("GET", "/api/v1/campaigns", &[("x-request-id", "abc-1")], Body::empty()).await;
    assert_eq!(own.headers["x-request-id"], "abc-1");
    let (one, other) = (api.get("/campaigns").await, api.get("/nothing").await);
    assert_ne!(one.headers["x-request-id"], other.headers["x-request-id"]);
    let odd = api.ask("GET", "/api/v1/campaigns", &[("x-request-id", "a b")], Body::empty()).await;
    assert_ne!(odd.headers["x-request-id"], "a b");
}

#[tokio::test]
async fn a_server_answers_and_ends_when_told() {
    let api = Api::with_campaign().await;
    let config = Arc::new(Config::parse("", "redial.toml", std::iter::empty()).unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let serving = tokio::spawn(serve(listener, ApiState::new(api.store.clone(), config), shutdown.clone()));
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    connection.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    // Answers that have no end of their own end with the server.
    let token = api.token(Role::Viewer).await;
    let mut listener = tokio::net::TcpStream::connect(address).await.unwrap();
    let path = "/api/v1/campaigns/nightly/events";
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    listener.write_all(request.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    listener.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    shutdown.cancel();
    listener.read_to_end(&mut Vec::new()).await.unwrap();
    serving.await.unwrap().unwrap();
}
