//! What waits for a campaign's receiver, and telling it again.

use redial_shared::domain::Outcome;
use serde_json::{Value, json};

use crate::support::{Answer, Api, begin_one, end};

const NIGHTLY: &str = "name = \"nightly\"\nprovider = \"acme\"\n[call]\ndisplay_number = \"200\"\n";
const TOLD: &str = "[notify]\nwebhook = \"https://crm.example.com/redial\"\nsecret = \"s3cret\"\n";

async fn replay(api: &Api, body: Value) -> Answer {
    api.ask("POST", "/api/v1/campaigns/nightly/notifications/replay", &[], body.to_string()).await
}

#[tokio::test]
async fn what_waits_is_told_and_can_be_told_again() {
    let api = Api::start().await;
    api.put_definition(&format!("{NIGHTLY}{TOLD}")).await;
    api.upload("phone\n+12025550101\n").await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    end(&api.store, begin_one(&api.store, "call-1").await, Outcome::Answered, "Answered").await;
    for accept in ["application/toml", "application/json"] {
        let path = "/api/v1/campaigns/nightly/definition";
        let definition = api.ask("GET", path, &[("accept", accept)], "").await;
        assert!(definition.status == 200 && !definition.body.contains("s3cret"), "{}", definition.body);
        let again = api.ask("PUT", "/api/v1/campaigns/nightly", &[("content-type", accept)], definition.body).await;
        assert!(again.problem(422)["detail"].as_str().unwrap().contains("notify.secret: the secret was left out"));
    }
    let answer = api.get("/campaigns/nightly/notifications").await.ok();
    assert_eq!((&answer["webhook"], &answer["deliveries"]), (&json!("https://crm.example.com/redial"), &json!([])));
    let waiting = answer["waiting"].as_u64().unwrap();
    assert!(waiting > 0 && answer["oldest_at"].is_string() && !answer.to_string().contains("s3cret"), "{answer}");
    assert_eq!(replay(&api, json!({})).await.ok(), json!({"campaign": "nightly", "replayed": 2}));
    assert_eq!(replay(&api, json!({"until": "2020-01-01T00:00:00Z"})).await.ok()["replayed"], 0);
    assert_eq!(api.get("/campaigns/nightly/notifications").await.ok()["waiting"], waiting + 2);
    let wrong = replay(&api, json!({"since": "yesterday"})).await.problem(400);
    assert!(wrong["detail"].as_str().unwrap().starts_with("since: "), "{wrong}");
}

#[tokio::test]
async fn where_nobody_is_told_a_replay_says_so() {
    let api = Api::start().await;
    api.put_definition(NIGHTLY).await;
    assert_eq!(api.get("/campaigns/nightly/notifications").await.ok()["webhook"], json!(null));
    let problem = replay(&api, json!({})).await.problem(409);
    assert!(problem["hint"].as_str().unwrap().contains("[notify]"), "{problem}");
    api.get("/campaigns/nobody/notifications").await.problem(404);
}
