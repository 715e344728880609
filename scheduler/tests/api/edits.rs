//! Contacts changed and erased by request.

use redial_shared::domain::{Outcome, role::Role};
use serde_json::{Value, json};

use crate::support::{Answer, Api, begin_one, end};

const LIST: &str = "phone,id,first_name\n+12025550101,c-1,Ann\n+12025550102,c-2,Bob\n";
const FIRST: &str = "/api/v1/campaigns/nightly/contacts/c-1";

async fn patch(api: &Api, path: &str, body: Value) -> Answer {
    api.ask("PATCH", path, &[], body.to_string()).await
}

#[tokio::test]
async fn a_contact_is_changed_by_a_merge_patch() {
    let api = Api::with_campaign().await;
    api.upload(LIST).await.ok();
    let body = json!({
        "phones": ["01 99 00 12 01", "+12025550101"], "country": "FR", "timezone": "europe/paris", "priority": 2,
        "not_before": "2036-12-01T09:00:00+01:00", "attributes": {"first_name": null, "balance": 12.5, "plan": "gold"},
    });
    let answer = patch(&api, FIRST, body.clone()).await.ok();
    assert_eq!(
        answer,
        json!({"campaign": "nightly", "contact_id": "c-1", "changed": true, "state": "pending",
            "note": "it counts from the next attempt"})
    );
    assert_eq!(patch(&api, FIRST, body).await.ok()["changed"], false);
    let contact = api.get("/campaigns/nightly/contacts/+33199001201").await.ok();
    assert_eq!((&contact["contact_id"], &contact["priority"]), (&json!("c-1"), &json!(2)));
    assert_eq!(contact["numbers"], json!(["+33199001201", "+12025550101"]));
    assert_eq!((&contact["timezone"], &contact["timezones_from"]), (&json!("Europe/Paris"), &json!("list")));
    assert_eq!(contact["attributes"], json!({"first_name": "", "balance": "12.5", "plan": "gold"}));
    assert_eq!(contact["next_attempt_at"], "2036-12-01T08:00:00.000Z");
    patch(&api, FIRST, json!({"timezone": null, "not_before": null, "priority": null})).await.ok();
    let contact = api.get("/campaigns/nightly/contacts/c-1").await.ok();
    assert_eq!((&contact["timezones_from"], &contact["priority"]), (&json!("numbers"), &json!(5)));
    assert_eq!(api.get("/campaigns/nightly/contacts/c-2").await.ok()["attributes"]["first_name"], "Bob");
}

#[tokio::test]
async fn what_no_list_could_have_is_refused_and_changes_nothing() {
    let api = Api::with_campaign().await;
    api.upload(LIST).await.ok();
    let taken = patch(&api, FIRST, json!({"phones": ["+12025550102"]})).await.problem(409);
    assert!(!taken.to_string().contains("2025550102"), "{taken}");
    for wrong in [
        json!({"phones": []}),
        json!({"phones": ["12"]}),
        json!({"timezone": "Mars"}),
        json!({"priority": 10}),
        json!({"not_before": "tomorrow"}),
        json!({"attributes": {"Phone": "+12025550103"}}),
        json!({"attributes": {"plan": ["gold"]}}),
    ] {
        patch(&api, FIRST, wrong).await.problem(422);
    }
    patch(&api, FIRST, json!({"phone": "+12025550103"})).await.problem(400);
    patch(&api, "/api/v1/campaigns/nightly/contacts/c-9", json!({"priority": 1})).await.problem(404);
    let contact = api.get("/campaigns/nightly/contacts/c-1").await.ok();
    assert_eq!(contact["numbers"], json!(["+12025550101"]));
}

#[tokio::test]
async fn an_attempt_shows_the_number_that_was_called_though_an_edit_has_taken_it_away() {
    let api = Api::with_campaign().await;
    api.upload("phone1,phone2,id\n+12025550101,+12025550103,c-1\n+12025550102,,c-2\n").await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    for call in ["call-1", "call-2"] {
        end(&api.store, begin_one(&api.store, call).await, Outcome::Busy, "Busy").await;
    }
    patch(&api, FIRST, json!({"phones": ["+12025550104", "+12025550101"]})).await.ok();
    let csv = [("content-type", "text/csv")];
    let path = "/api/v1/campaigns/nightly/contacts?on_duplicate=update";
    api.ask("POST", path, &csv, "phone,id\n+12025550105,c-2\n").await.ok();
    patch(&api, FIRST, json!({"phones": ["+12025550104"]})).await.ok();
    for (id, called) in [("c-1", "+12025550101"), ("c-2", "+12025550102")] {
        let story = api.get(&format!("/campaigns/nightly/contacts/{id}")).await.ok();
        assert_eq!((&story["attempts"][0]["phone"], &story["attempts"][0]["number"]), (&json!(called), &json!(1)));
    }
    let accept = [("accept", "text/csv")];
    let attempts = api.ask("GET", "/api/v1/campaigns/nightly/attempts", &accept, "").await.body;
    assert!(attempts.contains(",c-1,+12025550101,1,") && attempts.contains(",c-2,+12025550102,1,"), "{attempts}");
    let results = api.ask("GET", "/api/v1/campaigns/nightly/results", &accept, "").await.body;
    assert!(results.contains("c-1,+12025550101,") && results.contains("c-2,+12025550102,"), "{results}");
}

#[tokio::test]
async fn duplicates_of_a_list_update_their_contacts_where_that_is_asked_for() {
    let api = Api::with_campaign().await;
    api.upload(LIST).await.ok();
    let csv = [("content-type", "text/csv")];
    let list = "phone,id,plan,priority\n+12025550111,c-1,gold,1\n+12025550102,,silver,\n+12025550101,c-7,x,\n\
                +12025550108,c-8,new,\n+12025550108,c-8,again,\n+12025550102,c-1,taken,\n12,c-9,bad,\n";
    let path = "/api/v1/campaigns/nightly/contacts?on_duplicate=update";
    let foreseen = api.ask("POST", &format!("{path}&dry_run=true"), &csv, list).await.ok();
    assert_eq!(api.get("/campaigns/nightly/contacts/c-1").await.ok()["numbers"], json!(["+12025550101"]));
    let answer = api.ask("POST", path, &csv, list).await.ok();
    let counts =
        |answer: &Value| ["accepted", "updated", "duplicate", "rejected"].map(|key| answer[key].as_u64().unwrap());
    assert_eq!(counts(&answer), [2, 2, 1, 2], "{answer}");
    assert_eq!(counts(&foreseen), [2, 2, 1, 2], "{foreseen}");
    assert_eq!(answer["rejects"], foreseen["rejects"]);
    let told = "it is of contact `c-1`, but its number is contact `c-2`'s: ";
    let rejected = &answer["rejects"][0];
    assert!(rejected["line"] == 7 && rejected["reason"].as_str().unwrap().starts_with(told), "{answer}");
    let contact = api.get("/campaigns/nightly/contacts/c-1").await.ok();
    assert_eq!((&contact["numbers"], &contact["priority"]), (&json!(["+12025550111"]), &json!(1)));
    assert_eq!(contact["attributes"], json!({"first_name": "Ann", "plan": "gold"}));
    assert_eq!(api.get("/campaigns/nightly/contacts/c-2").await.ok()["attributes"]["plan"], "silver");
    assert_eq!(api.get("/campaigns/nightly/contacts/c-8").await.ok()["attributes"]["plan"], "new");
    let again = api.ask("POST", path, &csv, "phone,id,plan,priority\n+12025550111,c-1,gold,1\n").await.ok();
    assert_eq!((&again["updated"], &again["duplicate"]), (&json!(0), &json!(1)));
    assert_eq!(api.upload(LIST).await.ok().get("updated"), None);
    let lines = [("content-type", "text/csv"), ("accept", "application/jsonl")];
    let rows = api.ask("POST", path, &lines, "phone,id\n+12025550111,c-2\n").await.body;
    assert!(rows.contains("\"row\":\"+12025550111,c-2\""), "the rejected row comes back as it is: {rows}");
}

#[tokio::test]
async fn a_national_number_is_to_be_written_with_its_country_where_no_column_could_tell_it() {
    let api = Api::with_campaign().await;
    let forget = api.ask("POST", "/api/v1/forget", &[], json!({"numbers": ["12"]}).to_string()).await.problem(422);
    let check = api.get("/suppressions/check?numbers=12").await.problem(422);
    for problem in [forget, check] {
        let told = "number 1 is national, and nothing says of which country: write it as +COUNTRY…";
        assert_eq!(problem["detail"], told);
        assert!(!problem.to_string().contains("column"), "{problem}");
    }
}

#[tokio::test]
async fn admins_erase_a_person_and_nobody_else_does() {
    let api = Api::with_campaign().await;
    api.upload(LIST).await.ok();
    let suppress = json!({"numbers": ["+12025550102"], "reason": "asked"}).to_string();
    api.ask("POST", "/api/v1/suppressions", &[], suppress).await.ok();
    api.post("/campaigns/nightly/start").await.ok();
    let attempt = begin_one(&api.store, "call-1").await;
    let body = json!({"numbers": ["+12025550101", "+1 202 555 0102"]}).to_string();
    let operator = api.token(Role::Operator).await;
    let request = axum::http::Request::post("/api/v1/forget").header("authorization", format!("Bearer {operator}"));
    api.send(request.body(body.clone().into()).unwrap()).await.problem(403);
    let answer = api.ask("POST", "/api/v1/forget", &[], body.clone()).await.ok();
    let of = |contacts: [u64; 2]| json!([{"campaign": "nightly", "erased": contacts[0], "calls_erased": 0, "on_call": contacts[1]}]);
    assert_eq!(
        answer["forgotten"],
        json!([{"number": "+12025550101", "campaigns": of([0, 1]), "suppressions": 0},
            {"number": "+12025550102", "campaigns": of([1, 0]), "suppressions": 1}])
    );
    end(&api.store, attempt, Outcome::Answered, "").await;
    let answer = api.ask("POST", "/api/v1/forget", &[], body).await.ok();
    assert_eq!(answer["forgotten"][0]["campaigns"], of([1, 0]));
    assert_eq!(answer["forgotten"][1]["campaigns"], json!([]));
    api.get("/campaigns/nightly/contacts/c-1").await.problem(404);
    let results = api.ask("GET", "/api/v1/campaigns/nightly/results", &[("accept", "text/csv")], "").await;
    let rows: Vec<&str> = results.body.lines().skip(1).collect();
    assert_eq!(rows.len(), 2, "{}", results.body);
    assert!(rows[0].starts_with("erased-0,,completed,answered,,1,"), "{}", rows[0]);
    assert!(rows[1].starts_with("erased-1,,cancelled,,,0,"), "{}", rows[1]);
    let too = json!({"numbers": ["+12025550102"], "suppressions": true}).to_string();
    let answer = api.ask("POST", "/api/v1/forget", &[], too).await.ok();
    assert_eq!(answer["forgotten"][0]["suppressions"], 1);
    assert_eq!(api.get("/suppressions/check?numbers=%2B12025550102").await.ok()["numbers"][0]["lists"], json!([]));
}
