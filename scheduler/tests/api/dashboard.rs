//! The dashboard's page and files.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};

use crate::support::{Answer, Api};

/// Without a token: the page asks for one.
async fn fetch(api: &Api, path: &str, etag: &str) -> Answer {
    let request = Request::get(path).header(header::IF_NONE_MATCH, etag);
    api.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn every_address_of_the_page_gives_the_page_under_a_strict_policy() {
    let api = Api::start().await;
    for path in
        ["/", "/campaigns/nightly", "/campaigns/nightly/contacts/4711", "/contacts?q=1", "/do-not-call", "/help"]
    {
        let page = fetch(&api, path, "").await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert_eq!(page.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert!(page.body.contains("/assets/app.js"));
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}

#[tokio::test]
async fn what_a_browser_has_already_is_not_sent_again() {
    let api = Api::start().await;
    let first = fetch(&api, "/assets/app.js", "").await;
    assert_eq!(first.headers[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
    let etag = first.headers[header::ETAG].to_str().unwrap();
    let again = fetch(&api, "/assets/app.js", etag).await;
    assert_eq!((again.status, &*again.body), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(fetch(&api, "/assets/app.js", "\"another\"").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_page_stands_in_nobodys_way() {
    let api = Api::start().await;
    for path in ["/assets/nothing.js", "/api/v1/nothing", "/nothing", "/hooks", "/campaignsx"] {
        fetch(&api, path, "").await.problem(404);
    }
    fetch(&api, "/api/v1/campaigns", "").await.problem(401);
    for path in ["/health", "/ready", "/metrics"] {
        let machine = fetch(&api, path, "").await;
        assert!(machine.status == StatusCode::OK && !machine.body.contains("<html"), "{path}");
    }
}
