//! API tokens.

use redial_shared::domain::role::Role;
use serde_json::json;

use crate::support::{Answer, Api};

async fn create(api: &Api, body: serde_json::Value) -> Answer {
    api.ask("POST", "/api/v1/tokens", &[], body.to_string()).await
}

async fn status_with(api: &Api, token: &str) -> u16 {
    let request =
        axum::http::Request::builder().uri("/api/v1/campaigns").header("authorization", format!("Bearer {token}"));
    api.send(request.body(axum::body::Body::empty()).unwrap()).await.status.as_u16()
}

#[tokio::test]
async fn a_token_is_told_once_listed_and_revoked() {
    let api = Api::start().await;
    let new = create(&api, json!({ "role": "viewer", "name": "wall display", "expires": "30d" })).await.ok();
    let (token, id) = (new["token"].as_str().unwrap(), new["id"].as_str().unwrap());
    assert!(token.starts_with("redial_") && new["expires_at"].is_string());
    assert_eq!(status_with(&api, token).await, 200);
    let listed = api.get("/tokens").await;
    assert!(!listed.body.contains(token), "a list tells no token");
    let listed = listed.ok();
    let mut names: Vec<_> =
        listed["tokens"].as_array().unwrap().iter().map(|one| (one["name"].as_str(), one["role"].as_str())).collect();
    // Both were made within a moment.
    names.sort_unstable();
    assert_eq!(names, [(Some("admin"), Some("admin")), (Some("wall display"), Some("viewer"))]);
    let revoked = api.ask("DELETE", &format!("/api/v1/tokens/{id}"), &[], String::new()).await.ok();
    assert_eq!(revoked["id"], id);
    assert_eq!(status_with(&api, token).await, 401);
    api.ask("DELETE", &format!("/api/v1/tokens/{id}"), &[], String::new()).await.problem(404);
}

#[tokio::test]
async fn an_expired_token_is_good_for_nothing_and_forgotten() {
    let api = Api::start().await;
    let new = create(&api, json!({ "role": "operator", "expires": "1m" })).await.ok();
    let now = api.store.clock().now();
    assert_eq!(status_with(&api, new["token"].as_str().unwrap()).await, 200);
    api.store.set_now(now + std::time::Duration::from_secs(60));
    assert_eq!(status_with(&api, new["token"].as_str().unwrap()).await, 401);
    assert_eq!(api.get("/tokens").await.ok()["tokens"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn only_admins_have_a_say_and_one_admin_remains() {
    let api = Api::start().await;
    for role in [Role::Viewer, Role::Operator] {
        let bearer = format!("Bearer {}", api.token(role).await);
        for (method, path) in [("GET", "/api/v1/tokens"), ("DELETE", "/api/v1/tokens/x"), ("POST", "/api/v1/tokens")] {
            let request = axum::http::Request::builder().method(method).uri(path).header("authorization", &bearer);
            api.send(request.body(axum::body::Body::empty()).unwrap()).await.problem(403);
        }
    }
    let listed = api.get("/tokens").await.ok();
    let admin = listed["tokens"].as_array().unwrap().iter().find(|one| one["role"] == "admin").unwrap();
    let path = format!("/api/v1/tokens/{}", admin["id"].as_str().unwrap());
    let problem = api.ask("DELETE", &path, &[], String::new()).await.problem(409);
    assert!(problem["detail"].as_str().unwrap().contains("last token of an admin"), "{problem}");
    for body in [json!({ "role": "root" }), json!({ "role": "viewer", "expires": "soon" })] {
        create(&api, body).await.problem(422);
    }
}
