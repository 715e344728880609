//! `ETag`, `If-Match`, `If-None-Match`.

use axum::http::header::ETAG;

use crate::support::{Answer, Api, NIGHTLY};

fn tag(answer: &Answer) -> String {
    answer.headers[ETAG].to_str().unwrap().to_owned()
}

fn paced(rate: &str) -> String {
    format!("{NIGHTLY}[pacing]\nrate = \"{rate}\"\n")
}

async fn put(api: &Api, condition: (&str, &str), definition: &str) -> Answer {
    api.ask("PUT", "/api/v1/campaigns/nightly", &[condition], definition.to_owned()).await
}

#[tokio::test]
async fn nobody_overwrites_what_another_has_changed() {
    let api = Api::start().await;
    let first = tag(&api.put_definition(NIGHTLY).await);
    assert_eq!(tag(&api.get("/campaigns/nightly/definition").await), first);
    let second = put(&api, ("if-match", &first), &paced("5/s")).await;
    assert_ne!(tag(&second), first);
    let problem = put(&api, ("if-match", &first), &paced("6/s")).await.problem(412);
    assert!(problem["hint"].as_str().unwrap().contains("If-Match"), "{problem}");
    assert!(api.get("/campaigns/nightly/definition").await.body.contains("5/s"));
    put(&api, ("if-match", "*"), &paced("7/s")).await.ok();
    put(&api, ("if-match", "\"not-ours\""), &paced("8/s")).await.problem(412);
}

#[tokio::test]
async fn a_definition_can_be_applied_only_where_there_is_none_or_is_one() {
    let api = Api::start().await;
    put(&api, ("if-match", "*"), NIGHTLY).await.problem(412);
    put(&api, ("if-none-match", "*"), NIGHTLY).await.ok();
    let problem = put(&api, ("if-none-match", "*"), NIGHTLY).await.problem(412);
    let told = "there is a campaign `nightly` already, and `If-None-Match: *` asks that there be none";
    assert_eq!(problem["detail"], told);
    assert!(problem["hint"].as_str().unwrap().contains("another name"), "{problem}");
}

#[tokio::test]
async fn a_verb_can_be_for_one_edition() {
    let api = Api::with_campaign().await;
    // That of a status holds too, although counts move.
    let first = tag(&api.get("/campaigns/nightly").await);
    api.upload("phone\n+12025550101\n").await.ok();
    let verb = |verb: &'static str, tag: String| {
        let api = &api;
        async move { api.ask("POST", &format!("/api/v1/campaigns/nightly/{verb}"), &[("if-match", &tag)], "").await }
    };
    assert_eq!(verb("start", first.clone()).await.ok()["state"], "running");
    api.put_definition(&paced("5/s")).await.ok();
    for word in ["pause", "resume", "stop", "start"] {
        verb(word, first.clone()).await.problem(412);
    }
    assert_eq!(api.get("/campaigns/nightly").await.ok()["state"], "running");
    let second = tag(&api.get("/campaigns/nightly").await);
    assert_eq!(verb("pause", second).await.ok()["state"], "paused");
    let gone = [("if-match", "*")];
    api.ask("POST", "/api/v1/campaigns/other/pause", &gone, "").await.problem(404);
}

#[tokio::test]
async fn what_the_client_has_already_is_not_sent_again() {
    let api = Api::with_campaign().await;
    for path in ["/api/v1/campaigns/nightly", "/api/v1/campaigns/nightly/definition"] {
        let known = tag(&api.ask("GET", path, &[], "").await);
        let again = api.ask("GET", path, &[("if-none-match", &known)], "").await;
        assert_eq!((again.status.as_u16(), again.body.as_str()), (304, ""), "{path}");
        assert_eq!(tag(&again), known);
    }
    let before = tag(&api.get("/campaigns/nightly").await);
    api.upload("phone\n+12025550101\n").await.ok();
    let path = "/api/v1/campaigns/nightly";
    assert_eq!(api.ask("GET", path, &[("if-none-match", &before)], "").await.ok()["contacts"]["total"], 1);
}

#[tokio::test]
async fn a_definition_is_told_as_it_was_applied_or_in_json() {
    let api = Api::start().await;
    let scheduled = format!("{NIGHTLY}[schedule]\nstart_at = 2030-12-01T00:00:00Z\n");
    api.put_definition(&scheduled).await.ok();
    let toml = api.get("/campaigns/nightly/definition").await;
    assert_eq!((toml.headers["content-type"].to_str().unwrap(), &toml.body), ("application/toml", &scheduled));
    let json = [("accept", "application/json")];
    let answer = api.ask("GET", "/api/v1/campaigns/nightly/definition", &json, "").await;
    let definition = answer.ok();
    assert_eq!(definition["schedule"]["start_at"], "2030-12-01T00:00:00Z");
    let json = [("content-type", "application/json")];
    let body = definition.to_string();
    assert_eq!(api.ask("PUT", "/api/v1/campaigns/nightly", &json, body).await.ok()["result"], "updated");
}
