//! What is foreseen of a campaign.

use serde_json::json;

use crate::support::{Api, NIGHTLY};

const HOURS: &str = "[pacing]\nrate = \"1/s\"\n[calling_hours]\ndaily = [\"00:00-24:00\"]\n";

#[tokio::test]
async fn contacts_are_told_by_their_zones_with_the_pace_and_the_finish() {
    let api = Api::start().await;
    let closed = "restricted = [{ from = 2020-01-01T00:00:00Z, to = 2020-01-02T00:00:00Z }]\n";
    api.put_definition(&format!("{NIGHTLY}{HOURS}{closed}")).await.ok();
    api.upload("phone,timezone\n+12025550101,Europe/Paris\n+12025550102,Europe/Paris\n+12025550103,Asia/Tokyo\n")
        .await
        .ok();
    let plan = api.get("/campaigns/nightly/plan").await.ok();
    assert_eq!(
        (&plan["state"], &plan["callable_now"], &plan["callable_later"]),
        (&json!("draft"), &json!(3), &json!(0))
    );
    assert_eq!((&plan["pace"]["calls_per_s"], &plan["pace"]["limited_by"]), (&json!(1.0), &json!("pacing.rate")));
    let zones: Vec<_> =
        plan["zones"].as_array().unwrap().iter().map(|zone| (&zone["zone"], &zone["contacts"])).collect();
    assert_eq!(zones, [(&json!("Europe/Paris"), &json!(2)), (&json!("Asia/Tokyo"), &json!(1))]);
    assert!(
        plan["zones"].as_array().unwrap().iter().all(|zone| zone["open_now"] == true && zone["done_at"].is_string())
    );
    assert!(plan["finish_estimate"].is_string(), "{plan}");
    assert_eq!(plan["warnings"], json!([]));
}

#[tokio::test]
async fn what_keeps_contacts_from_being_called_is_a_warning() {
    let api = Api::start().await;
    let never = "restricted = [{ from = 2020-01-01T00:00:00Z, to = 2100-01-01T00:00:00Z }]\n";
    api.put_definition(&format!("{NIGHTLY}{HOURS}{never}")).await.ok();
    api.upload("phone,timezone\n+12025550101,Europe/Paris\n").await.ok();
    let plan = api.get("/campaigns/nightly/plan").await.ok();
    let warnings = plan["warnings"].to_string();
    assert!(warnings.contains("1 contact in Europe/Paris can never be called"), "{warnings}");
    assert!(plan["finish_estimate"].is_null() && plan["zones"][0]["next_open_at"].is_null());
    api.get("/campaigns/nobody/plan").await.problem(404);
}
