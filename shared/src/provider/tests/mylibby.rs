//! MyLibby, by its page.

use http::Method;
use serde_json::{Value, json};

use super::{
    setups::mylibby as setup,
    support::{NUMBER, headers, json_of, text},
};
use crate::{
    domain::Outcome,
    provider::{DialAnswer, Refusal, Results},
};

#[test]
fn the_pages_example_is_the_request_we_send() {
    let notes = "We are an event planning company, Check and see if they are interested in event planning services";
    let questions = [
        "Are you interested in landscape photography for your event?",
        "Is there a time limit to the session you would like to impose?",
    ];
    let rules = ["Just be a friendly assistant", "Try to answer questions helpfully"];
    let form = json!([{ "Have you had a photographer before?": "Yes" }, { "What's your budget?": "100 per month" }]);
    let sent = setup()
        .call("name", json!("Chris"))
        .call("intro_notes", json!(notes))
        .call("custom_questions", json!(questions))
        .call("custom_rules", json!(rules))
        .call("form_info", form.clone())
        .request();
    assert_eq!((&sent.method, sent.uri.to_string().as_str()), (&Method::POST, "https://phone.mylibby.ai/outbound"));
    assert_eq!(sent.headers, headers(&[("authorization", "Bearer t0ken"), ("content-type", "application/json")]));
    let expected = json!({
        "name": "Chris",
        "introNotes": notes,
        "toPhoneNumber": NUMBER,
        "fromPhoneNumber": "+12025550100",
        "customQuestions": questions,
        "customRules": rules,
        "formInfo": form,
    });
    assert_eq!(json_of(&sent), expected);
}

#[test]
fn what_is_empty_is_left_out_but_for_the_form() {
    let sent = setup().call("intro_message", json!("{{email}}")).call("custom_rules", json!(["{{email}}"])).body();
    let expected = json!({ "name": "Ada", "toPhoneNumber": NUMBER, "fromPhoneNumber": "+12025550100", "formInfo": [] });
    assert_eq!(sent, expected);
    let pairs = json!([{ "name": "{{first_name}}" }, { "email": "{{email}}" }, { "menu": 9 }]);
    let sent = setup().call("form_info", pairs).body();
    assert_eq!(sent["formInfo"], json!([{ "name": "Ada" }, { "menu": "9" }]));
}

#[test]
fn the_name_is_the_contacts_where_the_campaign_gives_none() {
    assert_eq!(setup().without_call("name").body()["name"], "Ada");
    let refusal = setup().call("name", json!("{{email}}")).request_to(NUMBER, None).unwrap_err();
    assert!(matches!(refusal, Refusal::Contact { outcome: Outcome::Error, .. }));
}

#[test]
fn a_token_is_asked_for_by_a_form_without_a_cookie() {
    let request = setup().provider().token_request().unwrap();
    assert_eq!(request.uri, "https://libby.auth.us-east-1.amazoncognito.com/oauth2/token");
    assert_eq!(request.headers, headers(&[("content-type", "application/x-www-form-urlencoded")]));
    let form = "client_id=redial&client_secret=s3cret-mylibby&grant_type=client_credentials\
        &scope=external-api-resource-server-1%2Fcall.out";
    assert_eq!(text(&request), form);
}

#[test]
fn each_documented_answer_is_understood() {
    assert_eq!(setup().answer(200, r#"{"message":"Outbound call processed"}"#), DialAnswer::Submitted);
    let forbidden = setup().answer(403, r#"{"message":"Forbidden: Incorrect scopes"}"#);
    assert_eq!(forbidden, DialAnswer::AuthRefused { message: "HTTP 403: Forbidden: Incorrect scopes".into() });
    let answer = setup().answer(404, r#"{"message":"Agent not found for this number"}"#);
    let DialAnswer::Refused(Refusal::Campaign { message }) = answer else { panic!("{answer:?}") };
    assert!(message.contains("from_phone_number") && message.contains("Agent not found"), "{message}");
    assert_eq!(setup().provider().results(), Results::None);
}

#[test]
fn mistakes_in_a_call_table_are_named() {
    for (key, value) in [
        ("from_phone_number", json!("2025550100")),
        ("from_phone_number", Value::Null),
        ("name", json!("")),
        ("custom_questions", json!("one")),
        ("custom_rules", json!([{ "a": 1 }])),
        ("form_info", json!({ "a": "b" })),
        ("form_info", json!([{ "a": "b", "c": "d" }])),
        ("form_info", json!([{ "a": ["b"] }])),
    ] {
        let error = setup().call(key, value).compile_error();
        assert_eq!(error.key(), key);
        assert!(!error.remedy().is_empty());
    }
}
