//! One call with a campaign's settings.

use serde_json::{Value, json};

use crate::support::{Answer, Api, NIGHTLY};

const SETTINGS: &str = "variables = { first_name = \"{{first_name}}\" }\n[schedule]\ncron = \"0 20 * * *\"\n\
                        [retry.busy]\ndelays = [\"5m\"]\nmax = 3\n";

async fn call(api: &Api, body: &Value) -> Answer {
    let headers = [("content-type", "application/json")];
    api.ask("POST", "/api/v1/campaigns/nightly/call", &headers, body.to_string()).await
}

#[tokio::test]
async fn it_runs_at_once_as_a_campaign_of_its_own_with_one_attempt() {
    let api = Api::start().await;
    api.put_definition(&format!("{NIGHTLY}{SETTINGS}")).await.ok();
    let body = json!({ "to": "+1 202-555-0123", "attributes": { "first_name": "Ann", "timezone": "Europe/Paris" } });
    let answers = [call(&api, &body).await.ok(), call(&api, &body).await.ok()];
    let names = answers.each_ref().map(|answer| answer["campaign"].as_str().unwrap());
    assert_ne!(names[0], names[1], "the same number can be called again");
    for name in names {
        assert!(name.starts_with("nightly-call-"), "{name}");
        let status = api.get(&format!("/campaigns/{name}")).await.ok();
        assert_eq!((&status["state"], &status["contacts"]["total"]), (&json!("running"), &json!(1)));
        let contact = api.get(&format!("/campaigns/{name}/contacts/+12025550123")).await.ok();
        assert_eq!(contact["attributes"], json!({ "first_name": "Ann" }));
        let definition = api.store.campaign(&name.parse().unwrap()).await.unwrap().source;
        assert!(definition.contains("max_attempts = 1") && !definition.contains("cron"), "{definition}");
    }
    let status = api.get("/campaigns/nightly").await.ok();
    assert_eq!((&status["state"], &status["contacts"]["total"]), (&json!("draft"), &json!(0)));
}

#[tokio::test]
async fn what_could_not_be_called_is_refused_with_its_remedy() {
    let api = Api::start().await;
    call(&api, &json!({ "to": "+12025550123" })).await.problem(404);
    api.put_definition(&format!("{NIGHTLY}{SETTINGS}")).await.ok();
    let problem = call(&api, &json!({ "to": "12" })).await.problem(422);
    assert!(problem["detail"].as_str().unwrap().contains("phone:"), "{problem}");
    let problem = call(&api, &json!({ "to": "+12025550123" })).await.problem(422);
    assert_eq!(problem["hint"], "give it one: `--set first_name=…`");
    assert_eq!(api.get("/campaigns").await.ok()["campaigns"].as_array().unwrap().len(), 1);
}
