//! Who may do what.

use axum::{
    body::Body,
    http::{Request, header},
};
use redial_scheduler::api::ensure_admin_token;
use redial_shared::{domain::role::Role, store::Store};

use crate::support::Api;

const LIST: &str = "phone\n+12025550101\n";

fn with(method: &str, path: &str, authorization: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(value) = authorization {
        request = request.header(header::AUTHORIZATION, value);
    }
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn without_a_known_token_nothing_is_told() {
    let api = Api::with_campaign().await;
    for authorization in [None, Some("Bearer redial_wrong"), Some("Basic YTpi")] {
        for (method, path) in [
            ("GET", "/api/v1/campaigns"),
            ("GET", "/api/v1/campaigns/nightly/results"),
            ("POST", "/api/v1/campaigns/nightly/start"),
            ("PUT", "/api/v1/campaigns/nightly"),
        ] {
            let answer = api.send(with(method, path, authorization)).await;
            assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
            let problem = answer.problem(401);
            assert!(problem["hint"].as_str().unwrap().contains("REDIAL_TOKEN"));
        }
    }
}

#[tokio::test]
async fn viewers_look_operators_and_admins_act() {
    let api = Api::with_campaign().await;
    let actions = [
        ("PUT", "/api/v1/campaigns/nightly"),
        ("POST", "/api/v1/campaigns/nightly/contacts"),
        ("POST", "/api/v1/campaigns/nightly/start"),
        ("POST", "/api/v1/campaigns/nightly/pause"),
        ("POST", "/api/v1/campaigns/nightly/resume"),
        ("POST", "/api/v1/campaigns/nightly/stop"),
    ];
    let looks = [
        "/api/v1/campaigns",
        "/api/v1/campaigns/nightly",
        "/api/v1/campaigns/nightly/results",
        "/api/v1/campaigns/nightly/attempts",
        "/api/v1/workers",
    ];
    for role in Role::ALL {
        let bearer = format!("Bearer {}", api.token(*role).await);
        for path in looks {
            assert_eq!(api.send(with("GET", path, Some(&bearer))).await.status, 200, "{role} {path}");
        }
        for (method, path) in actions {
            let status = api.send(with(method, path, Some(&bearer))).await.status;
            assert_eq!(status == 403, *role == Role::Viewer, "{role} {method} {path}: {status}");
        }
    }
}

#[tokio::test]
async fn viewers_see_numbers_masked_everywhere() {
    let api = Api::with_campaign().await;
    api.upload(LIST).await.ok();
    let bearer = format!("Bearer {}", api.token(Role::Viewer).await);
    for path in ["results", "results?format=jsonl", "contacts/+12025550101"] {
        let path = format!("/api/v1/campaigns/nightly/{path}");
        let answer = api.send(with("GET", &path, Some(&bearer))).await;
        assert_eq!(answer.status, 200);
        assert!(answer.body.contains("+12…01") && !answer.body.contains("2025550101"), "{}", answer.body);
    }
}

#[tokio::test]
async fn the_first_start_makes_an_admin_token_that_also_opens_a_new_redis() {
    let api = Api::start().await;
    let data_dir = tempfile::tempdir().unwrap();
    let token = ensure_admin_token(&api.store, data_dir.path()).await.unwrap();
    assert_eq!(ensure_admin_token(&api.store, data_dir.path()).await.unwrap(), token);
    let other = Api::start().await;
    let refused = other.send(with("GET", "/api/v1/campaigns", Some(&format!("Bearer {token}")))).await;
    refused.problem(401);
    assert_eq!(ensure_admin_token(&other.store, data_dir.path()).await.unwrap(), token);
    other.send(with("GET", "/api/v1/campaigns", Some(&format!("Bearer {token}")))).await.ok();
}

#[tokio::test]
async fn an_admin_token_file_with_something_else_in_it_is_refused() {
    let api = Api::start().await;
    let data_dir = tempfile::tempdir().unwrap();
    std::fs::write(data_dir.path().join("admin.token"), "secret").unwrap();
    let error = ensure_admin_token(&api.store, data_dir.path()).await.unwrap_err().to_string();
    assert!(error.contains("admin.token") && error.contains("remove it") && !error.contains("secret"), "{error}");
}

#[tokio::test]
async fn redis_holds_no_token_in_the_clear() {
    let api = Api::start().await;
    let token = api.token(Role::Operator).await;
    let store: &Store = &api.store;
    assert_eq!(store.token_role(&token).await.unwrap(), None);
    assert_eq!(store.token_role(&redial_scheduler::api::tokens::hash_of(&token)).await.unwrap(), Some(Role::Operator));
}
