use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Map, Value, json};

use super::*;
use crate::{
    domain::{AttemptId, CampaignId, Outcome, PhoneNumber, Timestamp, contact::Contact},
    provider::{CallRequest, DialAnswer, Refusal, Report, build},
};

const TOKEN: &str = "s3cret-access-token";
const ATTEMPT: AttemptId = AttemptId { campaign: CampaignId(0xa1), position: 0x2b, revision: 3 };

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn account() -> Value {
    json!({
        "project": "renewals",
        "tenant": "Default",
        "access_token": TOKEN,
        "scenario_path": "/scenarios/renewal",
        "orchestrator_url": "https://orchestrator.example.com",
    })
}

fn with(mut table: Value, key: &str, value: Value) -> Value {
    table[key] = value;
    table
}

fn without(mut table: Value, key: &str) -> Value {
    table.as_object_mut().unwrap().remove(key);
    table
}

fn provider(account: Value) -> Knovvu {
    try_provider(account).unwrap()
}

fn try_provider(account: Value) -> Result<Knovvu, BadKey> {
    Knovvu::build(Some("https://voice.example.com:22222"), &map(account), &|_| Err("nothing to resolve".into()))
}

fn columns() -> Vec<String> {
    ["first_name", "email", "now"].map(str::to_owned).to_vec()
}

fn compile_error(account: Value, call: Value) -> BadKey {
    provider(account).compile(&map(call), Some(&columns())).err().expect("an error")
}

/// The request for one contact, Ada, who has no e-mail address.
fn request(account: Value, call: Value, number: &str, hook_url: Option<&str>) -> Result<HttpRequest, Refusal> {
    let number = PhoneNumber::from_e164(number).unwrap();
    let contact = Contact {
        id: "C1".into(),
        numbers: vec![number.clone()],
        zone: None,
        priority: 5,
        not_before: None,
        attributes: vec!["Ada".into(), String::new(), "yes".into()],
    };
    let columns = columns();
    let call = provider(account).compile(&map(call), Some(&columns)).unwrap();
    call.request(&CallRequest { attempt: ATTEMPT, number: &number, contact: &contact, columns: &columns, hook_url })
}

fn body(account: Value, call: Value) -> Value {
    let request = request(account, call, "+12025550101", None).unwrap();
    serde_json::from_slice(&request.body).unwrap()
}

fn minimal() -> Value {
    json!({ "display_number": "200" })
}

fn answer_with(status: u16, headers: &HeaderMap, body: &str) -> DialAnswer {
    let call = provider(account()).compile(&map(minimal()), None).unwrap();
    call.answer(&HttpAnswer { status, headers, body: body.as_bytes(), received_at: Timestamp::default() })
}

fn answer(status: u16, body: &str) -> DialAnswer {
    answer_with(status, &HeaderMap::new(), body)
}

fn poll_answer(status: u16, body: &str) -> Result<Vec<CallReport>, PollError> {
    let headers = HeaderMap::new();
    let answer = HttpAnswer { status, headers: &headers, body: body.as_bytes(), received_at: Timestamp::default() };
    provider(account()).poll_answer(&answer)
}

#[test]
fn the_pages_own_example_is_exactly_the_request_we_send() {
    let account = json!({
        "project": "{{project_name}}",
        "tenant": "Default",
        "access_token": "{{token}}",
        "scenario_path": "{{scenario_path}}",
        "orchestrator_url": "https://orchestrator.example.com",
        "destination_format": "digits",
    });
    let call = json!({
        "display_number": "200",
        "locale": "{{first_name}}",
        "variables": { "{{variable1}}": "one", "{{variable2}}": "two" },
        "end_user": { "name": "John Doe", "phone": "5xxxxxxxxx", "email": "johndoe@xxx.com" },
        "result_destination": "https://results.example.com",
        "send_result_immediately": false,
    });
    let sent = request(account, call, "+12025550101", Some("https://ignored.example.com")).unwrap();
    let expected = include_str!("page_example.json")
        .replace("{{conversation_Id}}", "000000a1-2b-3")
        .replace("{{orchestrator_url}}", "https://orchestrator.example.com")
        .replace("{{locale}}", "Ada")
        .replace("{{DestinationNumber}}", "12025550101")
        .replace("{{value1}}", "one")
        .replace("{{value2}}", "two")
        .replace("{{result_destination_address}}", "https://results.example.com");
    // The page breaks lines and puts a blank after each name; nothing else may differ, not even the order.
    let expected = expected.replace('\n', "").replace("\": ", "\":");
    assert_eq!(String::from_utf8(sent.body).unwrap(), expected);
    assert_eq!((sent.method, sent.uri.to_string().as_str()), (Method::POST, "https://voice.example.com:22222/v2/call"));
    let headers: Vec<_> = sent.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    assert_eq!(headers, [("content-type", "application/json"), ("project", "")]);
}

#[test]
fn optional_fields_that_are_absent_or_empty_are_left_out() {
    let call = json!({
        "display_number": 200,
        "locale": "",
        "variables": { "first_name": "{{first_name}}", "email": "{{email}}", "attempt": "{{attempt.id}}", "tries": 3 },
        "end_user": { "email": "{{email}}" },
        "result_destination": "{{email}}",
        "send_result_immediately": "{{email}}",
    });
    let expected = json!({
        "Project": "renewals",
        "ConversationId": "000000a1-2b-3",
        "AccessToken": TOKEN,
        "ScenarioPath": "/scenarios/renewal",
        "OrchestratorUrl": "https://orchestrator.example.com",
        "Tenant": "Default",
        "ScenarioInputParameters": [
            { "Name": "_DisplayNumber", "Value": "200" },
            { "Name": "_Destination", "Value": "+12025550101" },
            { "Name": "attempt", "Value": "000000a1-2b-3" },
            { "Name": "first_name", "Value": "Ada" },
            { "Name": "tries", "Value": "3" },
        ],
    });
    assert_eq!(body(account(), call), expected);
}

#[test]
fn the_destination_is_written_as_the_account_wants_it() {
    for (format, number, destination) in [
        ("e164", "+12025550101", "+12025550101"),
        ("digits", "+12025550101", "12025550101"),
        ("national", "+12025550101", "2025550101"),
        ("national", "+442079460000", "2079460000"),
        ("national", "+33199000000", "199000000"),
    ] {
        let account = with(account(), "destination_format", json!(format));
        let sent = request(account, minimal(), number, None).unwrap();
        let body: Value = serde_json::from_slice(&sent.body).unwrap();
        assert_eq!(body["ScenarioInputParameters"][1]["Value"], destination);
    }
}

#[test]
fn results_come_to_our_hook_unless_the_campaign_says_where() {
    let hook = Some("https://calls.example.com/hooks/acme/hush");
    let destination = |call: Value| {
        let sent = request(account(), call, "+12025550101", hook).unwrap();
        serde_json::from_slice::<Value>(&sent.body).unwrap()["ResultDestination"].clone()
    };
    assert_eq!(destination(minimal()), "https://calls.example.com/hooks/acme/hush?attempt=000000a1-2b-3");
    let own = "https://crm.example.com/results?id={{id}}";
    assert_eq!(destination(with(minimal(), "result_destination", json!(own))), "https://crm.example.com/results?id=C1");
    assert_eq!(destination(with(minimal(), "result_destination", json!(""))), Value::Null, "an empty text sends none");
}

#[test]
fn a_campaign_overrules_its_account_and_completes_it() {
    let call = json!({ "display_number": "200", "project": "other-{{first_name}}", "access_token": "another" });
    let sent = body(without(account(), "access_token"), call);
    assert_eq!((&sent["Project"], &sent["AccessToken"]), (&json!("other-Ada"), &json!("another")));
}

#[test]
fn a_boolean_stays_one_even_from_a_column() {
    let flag =
        |value| body(account(), with(minimal(), "send_result_immediately", value))["SendResultImmediately"].clone();
    assert_eq!(flag(json!(true)), json!(true));
    assert_eq!(flag(json!("False")), json!(false));
    let call = with(minimal(), "send_result_immediately", json!("{{now}}"));
    let refusal = request(account(), call, "+12025550101", None).unwrap_err();
    assert!(matches!(refusal, Refusal::Contact { outcome: Outcome::Error, .. }), "`yes` is no boolean");
}

#[test]
fn a_required_text_that_is_empty_for_a_contact_refuses_that_contact_only() {
    let refusal = request(account(), json!({ "display_number": "{{email}}" }), "+12025550101", None).unwrap_err();
    let Refusal::Contact { outcome: Outcome::Error, message, .. } = refusal else { panic!("{refusal:?}") };
    assert_eq!(message, "[call] display_number: is empty for this contact");
}

#[test]
fn each_missing_required_field_is_an_error_with_a_remedy() {
    for key in ["project", "tenant", "access_token", "scenario_path", "orchestrator_url"] {
        let error = compile_error(without(account(), key), minimal());
        assert_eq!(error.to_string(), format!("`{key}`: is required by knovvu"));
        assert!(error.remedy().contains("[providers.NAME]"), "{}", error.remedy());
    }
    assert_eq!(compile_error(account(), json!({})).key(), "display_number");
    assert_eq!(compile_error(account(), json!({ "display_number": " " })).to_string(), "`display_number`: is empty");
}

#[test]
fn mistakes_in_a_call_table_are_named() {
    for (key, value, place) in [
        ("colour", json!("red"), "colour"),
        ("locale", json!("{{frist_name}}"), "locale"),
        ("locale", json!("{{first_name"), "locale"),
        ("locale", json!(["en"]), "locale"),
        ("variables", json!({ "_Destination": "1" }), "variables._Destination"),
        ("variables", json!({ "a": "{{nothing}}" }), "variables.a"),
        ("end_user", json!({ "nmae": "x" }), "end_user.nmae"),
        ("end_user", json!("Ada"), "end_user"),
        ("send_result_immediately", json!("maybe"), "send_result_immediately"),
        ("send_result_immediately", json!(1), "send_result_immediately"),
        ("orchestrator_url", json!("orchestrator"), "orchestrator_url"),
        ("result_destination", json!("ftp://x"), "result_destination"),
        ("access_token", json!({ "file": "/etc/passwd" }), "access_token"),
        ("access_token", json!("{{first_name}}"), "access_token"),
    ] {
        let error = compile_error(account(), with(minimal(), key, value));
        assert_eq!(error.key(), place);
        assert!(!error.remedy().is_empty());
    }
}

#[test]
fn without_a_list_columns_are_not_looked_at() {
    let call = map(with(minimal(), "locale", json!("{{anything}}")));
    assert!(provider(account()).compile(&call, None).is_ok());
}

#[test]
fn mistakes_in_an_account_are_named() {
    for (key, value) in [
        ("tennant", json!("x")),
        ("batch", json!(0)),
        ("batch", json!("50")),
        ("destination_format", json!("E.164")),
        ("project", json!("")),
        ("access_token", json!({ "env": "GONE" })),
    ] {
        assert_eq!(try_provider(with(account(), key, value)).err().unwrap().key(), key);
    }
    let error = build(KIND, None, &map(account()), &|_| unreachable!()).err().unwrap();
    assert_eq!(error.key(), "base_url");
}

#[test]
fn an_id_accepts_the_call_whether_text_or_integer() {
    let accepted = |id: &str| DialAnswer::Accepted { call_id: id.into() };
    assert_eq!(answer(200, r#"{"UniqueId":"6f1c","Extra":1}"#), accepted("6f1c"));
    assert_eq!(answer(201, r#"{"UniqueId":9007199254740993}"#), accepted("9007199254740993"));
    assert_eq!(answer(200, r#"{"uniqueId":"6f1c"}"#), accepted("6f1c"));
}

#[test]
fn a_good_status_without_an_id_is_in_doubt() {
    let long = format!(r#"{{"UniqueId":"{}"}}"#, "x".repeat(201));
    let huge = format!(r#"{{"UniqueId":"a","Padding":"{}"}}"#, "x".repeat(crate::provider::ANSWER_MAX_BYTES));
    for body in [
        "",
        "{}",
        r#"{"UniqueId":""}"#,
        r#"{"UniqueId":null}"#,
        r#"{"UniqueId":1.5}"#,
        r#"{"UniqueId":"a"#,
        &long,
        &huge,
    ] {
        assert_eq!(answer(200, body), DialAnswer::InDoubt { status: "HTTP 200 without UniqueId".into() });
    }
}

#[test]
fn statuses_are_classed_by_what_may_be_done_next() {
    let campaign = |message: &str| DialAnswer::Refused(Refusal::Campaign { message: message.into() });
    assert_eq!(answer(400, r#"{"Message":"Tenant is unknown"}"#), campaign("HTTP 400: Tenant is unknown"));
    assert_eq!(answer(404, ""), campaign("HTTP 404"));
    assert_eq!(answer(422, "no scenario"), campaign("HTTP 422: no scenario"));
    for status in [401, 403, 301, 308] {
        assert!(matches!(answer(status, ""), DialAnswer::Refused(Refusal::Account { .. })), "{status}");
    }
    for status in [303, 408, 500, 502, 503, 504, 599] {
        assert!(matches!(answer(status, ""), DialAnswer::InDoubt { .. }), "{status}");
    }
}

#[test]
fn a_provider_that_asks_for_patience_throttles() {
    let headers = HeaderMap::from_iter([(http::header::RETRY_AFTER, HeaderValue::from_static("7"))]);
    let seven = DialAnswer::Throttled { retry_after: Some(Duration::from_secs(7)) };
    assert_eq!(answer_with(429, &headers, ""), seven);
    assert_eq!(answer_with(503, &headers, ""), seven);
    assert_eq!(answer(429, ""), DialAnswer::Throttled { retry_after: None });
}

#[test]
fn messages_never_hold_the_access_token() {
    let body = format!(r#"{{"Message":"token {TOKEN} is not valid"}}"#);
    for answer in [answer(400, &body), answer(401, &body), answer(500, &body)] {
        let shown = format!("{answer:?}");
        assert!(shown.contains("is not valid") && !shown.contains(TOKEN), "{shown}");
    }
    assert!(!poll_answer(401, &body).unwrap_err().to_string().contains(TOKEN));
}

#[test]
fn results_are_asked_for_in_one_batch_as_on_the_page() {
    let provider = provider(with(account(), "batch", json!(20)));
    assert_eq!(provider.results(), Results::Poll { batch: 20 });
    let poll = provider.poll(&["a", "7"]);
    assert_eq!(poll.uri, "https://voice.example.com:22222/v2/callresult");
    assert_eq!(poll.method, Method::POST);
    assert_eq!(poll.body, br#"{"UniqueIds":["a","7"]}"#);
    assert_eq!(poll.headers.len(), 1, "the page's example has no Project header here");
}

#[test]
fn all_seven_states_are_known_in_any_spelling() {
    for (states, outcome) in [
        (["Answered", "ANSWERED"], Outcome::Answered),
        (["Busy", "busy"], Outcome::Busy),
        (["Error", " error "], Outcome::Error),
        (["Invalid Number", "invalid_number"], Outcome::InvalidNumber),
        (["No Answer", "NoAnswer"], Outcome::NoAnswer),
        (["Rejected", "Rejected."], Outcome::Rejected),
        (["Temporarily Unavailable", "temporarily-unavailable"], Outcome::TemporarilyUnavailable),
    ] {
        for state in states {
            let body = json!({ "CallResults": [{ "UniqueId": "a", "CallRequestId": "", "CallState": state }] });
            let reports = poll_answer(200, &body.to_string()).unwrap();
            assert_eq!(reports[0].report, Report::Ended { outcome, duration_s: None });
            assert_eq!((reports[0].call_id.as_str(), reports[0].provider_status.as_str()), ("a", state));
            assert_eq!(reports[0].document, body["CallResults"][0]);
        }
    }
}

#[test]
fn empty_absent_and_other_states_are_pending_and_kept() {
    let body = r#"{"CallResults":[{"UniqueId":1},{"UniqueId":"b","CallState":""},{"UniqueId":"c","CallState":"Ringing"},
        {"UniqueId":"d","CallState":null},{"CallState":"Busy"},7]}"#;
    let reports = poll_answer(200, body).unwrap();
    let told: Vec<_> = reports.iter().map(|report| (&*report.call_id, &*report.provider_status)).collect();
    assert_eq!(told, [("1", ""), ("b", ""), ("c", "Ringing"), ("d", "")]);
    assert!(reports.iter().all(|report| report.report == Report::Pending));
}

#[test]
fn a_poll_that_fails_says_how_to_go_on() {
    assert!(matches!(poll_answer(429, ""), Err(PollError::Throttled { retry_after: None })));
    assert!(matches!(poll_answer(403, ""), Err(PollError::Account { .. })));
    for (status, body) in [(500, ""), (404, ""), (200, "{\"CallResults\":["), (200, "{}"), (200, "")] {
        assert!(matches!(poll_answer(status, body), Err(PollError::Failed { .. })), "{status} {body}");
    }
}

#[test]
fn a_callback_is_read_from_the_top_or_from_call_results() {
    let provider = provider(account());
    let ids = |body: &str| -> Vec<String> {
        provider.hook(body.as_bytes()).into_iter().map(|report| report.call_id).collect()
    };
    assert_eq!(ids(r#"{"UniqueId":"a"}"#), ["a"]);
    assert_eq!(ids(r#"{"CallResults":[{"UniqueId":5,"CallState":"Busy"},{"UniqueId":"b"}]}"#), ["5", "b"]);
    assert!(ids("{}").is_empty() && ids("not JSON").is_empty() && ids("[]").is_empty());
    let report = provider.hook(br#"{"UniqueId":"a","CallState":"Busy"}"#).remove(0);
    assert_eq!(report.report, Report::Ended { outcome: Outcome::Busy, duration_s: None });
}
