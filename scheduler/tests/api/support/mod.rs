//! An API of its own for each test: a private Redis, a router, and tokens of every role.

mod calls;
mod events;
mod redis;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
    response::Response,
};
use redial_scheduler::api::{ApiState, router, tokens};
use redial_shared::{config::Config, domain::role::Role, store::Store};
use serde_json::Value;
use tower::ServiceExt;

pub use calls::{Begun, begin, begin_one, end, ending, try_begin};
pub use redis::Redis;

const LEASE: Duration = Duration::from_secs(15);

/// A definition that runs at any time.
pub const NIGHTLY: &str = "name = \"nightly\"\nprovider = \"acme\"\n[call]\ndisplay_number = \"200\"\n";

/// Two accounts of a provider that is nowhere.
pub const CONFIG: &str = r#"
[providers.acme]
kind = "knovvu"
base_url = "http://127.0.0.1:9"
rate = "20/s"
project = "p"
tenant = "Default"
access_token = { env = "A_SECRET_ONLY_WORKERS_HAVE" }
scenario_path = "s"
orchestrator_url = "http://127.0.0.1:9"
[providers.other]
kind = "knovvu"
base_url = "http://127.0.0.1:9"
project = "p"
tenant = "Default"
access_token = "t"
scenario_path = "s"
orchestrator_url = "http://127.0.0.1:9"
"#;

/// One API with its Redis.
pub struct Api {
    pub store: Store,
    pub redis: Redis,
    router: Router,
    admin: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
    pub bytes: Vec<u8>,
}

impl Api {
    /// Starts one.
    pub async fn start() -> Self {
        Self::configured(CONFIG).await
    }

    /// Starts one with a configuration of the test's own.
    pub async fn configured(config: &str) -> Self {
        let redis = Redis::start();
        let store = Store::connect(&redis.url(), "test", LEASE).await.unwrap();
        let config = Config::parse(config, "redial.toml", std::iter::empty()).unwrap();
        let router = router(ApiState::new(store.clone(), Arc::new(config)));
        let api = Self { store, redis, router, admin: tokens::draw_token() };
        api.store.keep_token(&tokens::hash_of(&api.admin), Role::Admin, "admin", None).await.unwrap();
        api
    }

    /// One with the campaign `nightly`.
    pub async fn with_campaign() -> Self {
        let api = Self::start().await;
        api.put_definition(NIGHTLY).await.ok();
        api
    }

    /// A new token.
    pub async fn token(&self, role: Role) -> String {
        let token = tokens::draw_token();
        self.store.keep_token(&tokens::hash_of(&token), role, "test", None).await.unwrap();
        token
    }

    /// Sends a request as it is, and leaves the answer's body to be read.
    pub async fn open(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.open(request).await;
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let (bytes, body) = (body.to_vec(), String::from_utf8_lossy(&body).into_owned());
        Answer { status: parts.status, headers: parts.headers, body, bytes }
    }

    /// Sends a request as the admin, with further headers.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let authorization = format!("Bearer {}", self.admin);
        let mut request = Request::builder().method(method).uri(path).header(header::AUTHORIZATION, authorization);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    /// `GET /api/v1…` as the admin.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", &format!("/api/v1{path}"), &[], Body::empty()).await
    }

    /// `POST /api/v1…` without a body.
    pub async fn post(&self, path: &str) -> Answer {
        self.ask("POST", &format!("/api/v1{path}"), &[], Body::empty()).await
    }

    /// Applies a definition under the name `nightly`.
    pub async fn put_definition(&self, source: &str) -> Answer {
        let toml = [("content-type", "application/toml")];
        self.ask("PUT", "/api/v1/campaigns/nightly", &toml, source.to_owned()).await
    }

    /// Uploads a CSV list into `nightly`.
    pub async fn upload(&self, list: impl Into<Body>) -> Answer {
        let csv = [("content-type", "text/csv")];
        self.ask("POST", "/api/v1/campaigns/nightly/contacts", &csv, list).await
    }
}

impl Answer {
    /// The body of a success.
    pub fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        serde_json::from_str(&self.body).unwrap()
    }

    /// The problem of a failure, whose shape is checked.
    pub fn problem(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        let problem: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(problem["type"], "about:blank");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["title"], self.status.canonical_reason().unwrap());
        assert!(!problem["detail"].as_str().unwrap().is_empty());
        problem
    }
}
