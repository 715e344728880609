//! Lists a page at a time.

use serde_json::Value;

use crate::support::{Answer, Api, NIGHTLY};

async fn with_campaigns(names: &[&str]) -> Api {
    let api = Api::start().await;
    for name in names {
        let definition = NIGHTLY.replace("nightly", name);
        api.ask("PUT", &format!("/api/v1/campaigns/{name}"), &[], definition).await.ok();
    }
    api
}

fn names(list: &Value) -> Vec<String> {
    let campaigns = list["campaigns"].as_array().unwrap();
    campaigns.iter().map(|one| one["campaign"].as_str().unwrap().to_owned()).collect()
}

fn next_page(answer: &Answer) -> Option<String> {
    let link = answer.headers.get("link")?.to_str().unwrap();
    let path = link.strip_prefix("</api/v1").unwrap().strip_suffix(">; rel=\"next\"").unwrap();
    Some(path.to_owned())
}

#[tokio::test]
async fn campaigns_come_a_page_at_a_time() {
    let api = with_campaigns(&["a", "b", "c", "d", "e"]).await;
    let whole = api.get("/campaigns").await.ok();
    assert!(whole.get("next_cursor").is_none() && names(&whole).len() == 5);
    let mut path = Some("/campaigns?limit=2".to_owned());
    let mut pages = Vec::new();
    while let Some(next) = path {
        let answer = api.get(&next).await;
        path = next_page(&answer);
        let list = answer.ok();
        assert_eq!(list.get("next_cursor").is_some(), path.is_some());
        pages.push(names(&list));
    }
    assert_eq!(pages, [vec!["a", "b"], vec!["c", "d"], vec!["e"]]);
}

#[tokio::test]
async fn campaigns_are_listed_by_state() {
    let api = with_campaigns(&["a", "b", "c"]).await;
    api.post("/campaigns/b/start").await.ok();
    assert_eq!(names(&api.get("/campaigns?state=running").await.ok()), ["b"]);
    let first = api.get("/campaigns?state=draft&limit=1").await;
    assert_eq!(next_page(&first).unwrap(), "/campaigns?limit=1&cursor=a&state=draft");
    assert_eq!(names(&first.ok()), ["a"]);
}

#[tokio::test]
async fn a_wrong_page_is_refused() {
    let api = Api::start().await;
    for query in ["limit=0", "limit=1001", "limit=x", "cursor=No%20Name", "state=asleep"] {
        api.get(&format!("/campaigns?{query}")).await.problem(400);
    }
}
