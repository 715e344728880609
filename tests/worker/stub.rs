//! A provider with access tokens, which counts what it is asked.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    routing::{get, post},
};
use redial_shared::domain::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// How it is called, as a provider file.
pub const SPEC: &str = r#"
name = "stub"
title = "Stub"
[account]
client_secret = { type = "secret", required = true }
[auth.headers]
Authorization = "Bearer {{token}}"
[auth.token.request]
url = "/token"
form = { client_secret = "{{client_secret}}" }
[dial]
url = "/calls"
json = { to = "{{number}}" }
[accepted]
call_id = ["/id"]
[check]
url = "/check"
[poll]
url = "/calls/{{call.id}}"
[report]
id = ["/id"]
status = ["/status"]
[[states]]
status = ["done"]
outcome = "answered"
"#;

/// What a provider file has beside that whose account respects whether people are there.
pub const PEOPLE: &str = r#"
[operations.availability]
url = "/people"
[availability]
respected_by = "respect_people"
status = "/status"
open = ["available"]
times = "/times"
"#;

/// What it was asked so far.
#[derive(Default)]
pub struct Asked {
    /// Tokens given out: `t1`, `t2` …
    pub tokens: usize,
    /// How often each number rang.
    pub rings: HashMap<String, usize>,
    /// Whether it answers 500 to all but requests for tokens.
    pub is_down: bool,
    /// Calls that it answered 500.
    pub failed_calls: usize,
    /// When people are there to take calls; none: they are.
    pub people_come_at: Option<Timestamp>,
    /// Questions for them that were answered that nobody is there.
    pub nobody: usize,
    /// Calls that came before them.
    pub calls_to_nobody: usize,
    /// How often it was asked something harmless while it was down.
    pub failed_checks: usize,
    /// For how many calls each token is good, in their order; none: for all. After that many, neither for calls nor polls.
    good_for: Vec<usize>,
    calls_by_token: HashMap<usize, usize>,
}

/// A provider that serves until the test ends.
#[derive(Clone)]
pub struct Stub {
    asked: Arc<Mutex<Asked>>,
    pub url: String,
}

impl Stub {
    /// Serves. The first token is refused after `good_for[0]` calls, and so on; tokens beyond these are good for all.
    pub async fn serve(good_for: &[usize]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Asked { good_for: good_for.to_vec(), ..Asked::default() };
        let stub = Self { asked: Arc::new(Mutex::new(asked)), url };
        let routes = Router::new()
            .route("/token", post(token))
            .route("/calls", post(call))
            .route("/calls/{id}", get(result))
            .route("/check", get(check))
            .route("/people", get(people))
            .with_state(stub.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        stub
    }

    pub fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap()
    }
}

impl Asked {
    /// The number of the token that a request carries; none if it is not good any more.
    fn admits(&self, headers: &HeaderMap) -> Option<usize> {
        let number = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer t")?.parse::<usize>().ok()?;
        let calls = self.calls_by_token.get(&number).copied().unwrap_or_default();
        self.good_for.get(number - 1).is_none_or(|good_for| calls < *good_for).then_some(number)
    }
}

async fn token(State(stub): State<Stub>) -> Json<Value> {
    let mut asked = stub.asked();
    asked.tokens += 1;
    Json(json!({ "access_token": format!("t{}", asked.tokens), "expires_in": 300 }))
}

async fn call(
    State(stub): State<Stub>,
    headers: HeaderMap,
    Json(call): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    let mut asked = stub.asked();
    if asked.is_down {
        asked.failed_calls += 1;
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    if asked.people_come_at.is_some_and(|at| now() < at) {
        asked.calls_to_nobody += 1;
    }
    let token = asked.admits(&headers).ok_or(StatusCode::UNAUTHORIZED)?;
    *asked.calls_by_token.entry(token).or_default() += 1;
    let number = call["to"].as_str().unwrap_or_default().to_owned();
    *asked.rings.entry(number.clone()).or_default() += 1;
    Ok(Json(json!({ "id": number })))
}

async fn people(State(stub): State<Stub>) -> Json<Value> {
    let mut asked = stub.asked();
    match asked.people_come_at.filter(|at| now() < *at) {
        Some(at) => {
            asked.nobody += 1;
            Json(json!({ "status": "unavailable", "times": [at.to_string()] }))
        }
        None => Json(json!({ "status": "available", "times": [] })),
    }
}

fn now() -> Timestamp {
    chrono::Utc::now().into()
}

async fn check(State(stub): State<Stub>, headers: HeaderMap) -> Result<(), StatusCode> {
    let mut asked = stub.asked();
    if asked.is_down {
        asked.failed_checks += 1;
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    asked.admits(&headers).map(drop).ok_or(StatusCode::UNAUTHORIZED)
}

async fn result(
    State(stub): State<Stub>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, StatusCode> {
    let asked = stub.asked();
    asked.admits(&headers).ok_or(StatusCode::UNAUTHORIZED)?;
    // What the bot heard: how often this number was called, and its last digit.
    let heard = json!({ "rings": asked.rings.get(&id), "ends": id.chars().last() });
    Ok(Json(json!({ "id": id, "status": "done", "heard": heard })))
}
