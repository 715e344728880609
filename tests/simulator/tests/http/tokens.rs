//! Where access tokens are given and wanted: uh!live and MyLibby.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::client::{Answer, Client, simulator};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const UHLIVE: &str = "/realms/uhlive/protocol/openid-connect/token";
const MYLIBBY: &str = "/oauth2/token";
const GOOD: &str = "grant_type=client_credentials&client_id=redial&client_secret=secret&scope=openid";

async fn ask(client: &mut Client, path: &str, form: &str) -> Answer {
    client.send("POST", path, &[FORM], form).await.unwrap()
}

async fn call(client: &mut Client, path: &str, token: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    client.send("POST", path, &headers, &body.to_string()).await.unwrap()
}

#[tokio::test]
async fn a_token_is_given_for_its_form_and_for_nothing_else() {
    let simulator = simulator("token_life = \"90s\"").await;
    let mut client = Client::connect(&simulator).await;
    for path in [UHLIVE, MYLIBBY] {
        let token = ask(&mut client, path, GOOD).await.json();
        assert_eq!((&token["expires_in"], &token["token_type"]), (&json!(90), &json!("Bearer")));
        for (form, error) in [
            (GOOD.replace("client_credentials", "password"), "unsupported_grant_type"),
            (GOOD.replace("&scope=openid", ""), "invalid_request"),
            (GOOD.replace("openid", ""), "invalid_scope"),
            (GOOD.replace("secret=secret", "secret="), "invalid_client"),
            (format!("{GOOD}&scope=openid"), "invalid_request"),
        ] {
            assert_eq!(ask(&mut client, path, &form).await.json(), json!({ "error": error }), "{form}");
        }
        let as_json = client.send("POST", path, &[("content-type", "application/json")], "{}").await.unwrap();
        assert_eq!(as_json.json()["error"], "invalid_request");
    }
    let providers = simulator.ledger().summary().providers;
    let counted: Vec<_> = providers.values().map(|of| (of.tokens.accepted, of.tokens.refused)).collect();
    assert_eq!(counted, [(1, 6), (1, 6)]);
}

#[tokio::test]
async fn uhlive_takes_french_numbers_only() {
    let simulator = simulator("").await;
    let mut client = Client::connect(&simulator).await;
    let token = ask(&mut client, UHLIVE, GOOD).await.json()["access_token"].as_str().unwrap().to_owned();
    let body = |number: &str| json!({ "originate": "renewals", "destination": number, "email": "ada@example.com" });
    let path = "/api/startcall";
    assert_eq!(call(&mut client, path, &token, &body("+33199001234")).await.status, StatusCode::OK);
    for refused in ["+12025550101", "+33899001234", "+333600", "0199001234", ""] {
        assert_eq!(call(&mut client, path, &token, &body(refused)).await.status, StatusCode::BAD_REQUEST, "{refused}");
    }
    assert_eq!(call(&mut client, path, "other", &body("+33199001234")).await.status, StatusCode::UNAUTHORIZED);
    let rings = simulator.ledger().rings();
    assert_eq!((rings.len(), &*rings[0].conversation_id), (1, ""), "an address is no attempt's id");
}

#[tokio::test]
async fn mylibby_refuses_with_the_pages_bodies() {
    let simulator = simulator("").await;
    let mut client = Client::connect(&simulator).await;
    let token = ask(&mut client, MYLIBBY, GOOD).await.json()["access_token"].as_str().unwrap().to_owned();
    let body =
        json!({ "name": "Ada", "toPhoneNumber": "+12025550101", "fromPhoneNumber": "+12025550100", "formInfo": [] });
    let good = call(&mut client, "/outbound", &token, &body).await;
    assert_eq!((good.status, good.json()), (StatusCode::OK, json!({ "message": "Outbound call processed" })));
    let forbidden = call(&mut client, "/outbound", "other", &body).await;
    assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
    assert_eq!(forbidden.json(), json!({ "message": "Forbidden: Incorrect scopes" }));
    let mut nobody = body.clone();
    nobody["fromPhoneNumber"] = "+12025550199".into();
    let not_found = call(&mut client, "/outbound", &token, &nobody).await;
    assert_eq!(not_found.status, StatusCode::NOT_FOUND);
    assert_eq!(not_found.json(), json!({ "message": "Agent not found for this number" }));
    for (field, value) in [
        ("name", Value::Null),
        ("formInfo", Value::Null),
        ("formInfo", json!([{ "a": "1", "b": "2" }])),
        ("toPhoneNumber", json!("2025550101")),
        ("customQuestions", json!("When?")),
        ("colour", json!("red")),
    ] {
        let mut body = body.clone();
        body[field] = value;
        assert_eq!(call(&mut client, "/outbound", &token, &body).await.status, StatusCode::BAD_REQUEST, "{body}");
    }
    assert_eq!(simulator.ledger().totals().calls, 1);
}
