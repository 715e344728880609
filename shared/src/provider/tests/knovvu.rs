//! Knovvu, by its page.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::support::{ATTEMPT, HOOK, NOW, NUMBER, Setup, headers, json_of};
use crate::{
    domain::Outcome,
    provider::{ANSWER_MAX_BYTES, Delivery, DialAnswer, PollError, Refusal, Report, Results, build},
};

const TOKEN: &str = "s3cret-access-token";

pub fn setup() -> Setup {
    Setup {
        kind: "knovvu",
        base_url: Some("https://voice.example.com:22222"),
        account: json!({
            "project": "renewals",
            "tenant": "Default",
            "access_token": TOKEN,
            "scenario_path": "/scenarios/renewal",
            "orchestrator_url": "https://orchestrator.example.com",
        }),
        call: json!({ "display_number": "200" }),
        token: None,
        number: NUMBER,
    }
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
    let sent = Setup { account, call, ..setup() }.request_to(NUMBER, Some("https://ignored.example.com")).unwrap();
    let expected = include_str!("knovvu_page.json")
        .replace("{{conversation_Id}}", "000000a1-2b-3")
        .replace("{{orchestrator_url}}", "https://orchestrator.example.com")
        .replace("{{locale}}", "Ada")
        .replace("{{DestinationNumber}}", "12025550101")
        .replace("{{value1}}", "one")
        .replace("{{value2}}", "two")
        .replace("{{result_destination_address}}", "https://results.example.com");
    assert_eq!(json_of(&sent), serde_json::from_str::<Value>(&expected).unwrap());
    assert_eq!((sent.method, sent.uri.to_string().as_str()), (Method::POST, "https://voice.example.com:22222/v2/call"));
    assert_eq!(sent.headers, headers(&[("content-type", "application/json"), ("project", "")]));
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
    assert_eq!(Setup { call, ..setup() }.body(), expected);
}

#[test]
fn the_destination_is_written_as_the_account_wants_it() {
    for (format, number, destination) in [
        ("e164", NUMBER, "+12025550101"),
        ("digits", NUMBER, "12025550101"),
        ("national", NUMBER, "2025550101"),
        ("national", "+442079460000", "2079460000"),
        ("national", "+33199000000", "199000000"),
    ] {
        let sent = setup().account("destination_format", json!(format)).request_to(number, None).unwrap();
        assert_eq!(json_of(&sent)["ScenarioInputParameters"][1]["Value"], destination);
    }
}

#[test]
fn results_come_to_our_hook_unless_the_campaign_says_where() {
    let destination = |setup: Setup| {
        let sent = setup.request_to(NUMBER, Some(HOOK)).unwrap();
        json_of(&sent)["ResultDestination"].clone()
    };
    assert_eq!(destination(setup()), format!("{HOOK}?attempt={ATTEMPT}"));
    let own = "https://crm.example.com/results?id={{id}}";
    assert_eq!(destination(setup().call("result_destination", json!(own))), "https://crm.example.com/results?id=C1");
    let none = setup().call("result_destination", json!(""));
    assert_eq!(destination(none), Value::Null, "an empty text sends none");
}

#[test]
fn a_campaign_overrules_its_account_and_completes_it() {
    let sent = setup()
        .without_account("access_token")
        .call("project", json!("other-{{first_name}}"))
        .call("access_token", json!("another"))
        .body();
    assert_eq!((&sent["Project"], &sent["AccessToken"]), (&json!("other-Ada"), &json!("another")));
}

#[test]
fn a_boolean_stays_one_even_from_a_column() {
    let flag = |value| setup().call("send_result_immediately", value).body()["SendResultImmediately"].clone();
    assert_eq!(flag(json!(true)), json!(true));
    assert_eq!(flag(json!("False")), json!(false));
    let refusal = setup().call("send_result_immediately", json!("{{now}}")).request_to(NUMBER, None).unwrap_err();
    assert!(matches!(refusal, Refusal::Contact { outcome: Outcome::Error, .. }), "`yes` is no boolean");
}

#[test]
fn a_required_text_that_is_empty_for_a_contact_refuses_that_contact_only() {
    let refusal = setup().call("display_number", json!("{{email}}")).request_to(NUMBER, None).unwrap_err();
    let Refusal::Contact { outcome: Outcome::Error, message, .. } = refusal else { panic!("{refusal:?}") };
    assert_eq!(message, "[call] display_number: is empty for this contact");
}

#[test]
fn each_missing_required_field_is_an_error_with_a_remedy() {
    for key in ["project", "tenant", "access_token", "scenario_path", "orchestrator_url"] {
        let error = setup().without_account(key).compile_error();
        assert_eq!(error.to_string(), format!("`{key}`: is required by knovvu"));
        assert!(error.remedy().contains("[providers.NAME]"), "{}", error.remedy());
    }
    assert_eq!(setup().without_call("display_number").compile_error().key(), "display_number");
    let error = setup().call("display_number", json!(" ")).compile_error();
    assert_eq!(error.to_string(), "`display_number`: is empty");
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
        let error = setup().call(key, value).compile_error();
        assert_eq!(error.key(), place);
        assert!(!error.remedy().is_empty());
    }
}

#[test]
fn without_a_list_columns_are_not_looked_at() {
    let setup = setup().call("locale", json!("{{anything}}"));
    assert!(setup.provider().compile(setup.call.as_object().unwrap(), None).is_ok());
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
        assert_eq!(setup().account(key, value).try_provider().err().unwrap().key(), key);
    }
    assert!(setup().account("tennant", json!("x")).try_provider().err().unwrap().remedy().contains("`tenant`"));
    let error = Setup { base_url: None, ..setup() }.try_provider().err().unwrap();
    assert_eq!(error.key(), "base_url");
}

#[test]
fn an_unknown_kind_is_an_error_that_lists_the_kinds() {
    let error = build("twillio", None, &Default::default(), &|_| unreachable!()).err().unwrap();
    assert_eq!(error.to_string(), "`kind`: `twillio` is no kind of provider");
    assert!(error.remedy().contains("knovvu"));
}

#[test]
fn an_id_accepts_the_call_whether_text_or_integer() {
    let accepted = |id: &str| DialAnswer::Accepted { call_id: id.into() };
    let answer = |status, body| setup().answer(status, body);
    assert_eq!(answer(200, r#"{"UniqueId":"6f1c","Extra":1}"#), accepted("6f1c"));
    assert_eq!(answer(201, r#"{"UniqueId":9007199254740993}"#), accepted("9007199254740993"));
    assert_eq!(answer(200, r#"{"uniqueId":"6f1c"}"#), accepted("6f1c"));
}

#[test]
fn a_good_status_without_an_id_is_in_doubt() {
    let long = format!(r#"{{"UniqueId":"{}"}}"#, "x".repeat(201));
    let huge = format!(r#"{{"UniqueId":"a","Padding":"{}"}}"#, "x".repeat(ANSWER_MAX_BYTES));
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
        assert_eq!(setup().answer(200, body), DialAnswer::InDoubt { status: "HTTP 200 without UniqueId".into() });
    }
}

#[test]
fn statuses_are_classed_by_what_may_be_done_next() {
    let campaign = |message: &str| DialAnswer::Refused(Refusal::Campaign { message: message.into() });
    assert_eq!(setup().answer(400, r#"{"Message":"Tenant is unknown"}"#), campaign("HTTP 400: Tenant is unknown"));
    assert_eq!(setup().answer(404, ""), campaign("HTTP 404"));
    assert_eq!(setup().answer(422, "no scenario"), campaign("HTTP 422: no scenario"));
    for status in [401, 403, 301, 308] {
        assert!(matches!(setup().answer(status, ""), DialAnswer::Refused(Refusal::Account { .. })), "{status}");
    }
    for status in [303, 408, 500, 502, 503, 504, 599] {
        assert!(matches!(setup().answer(status, ""), DialAnswer::InDoubt { .. }), "{status}");
    }
}

#[test]
fn a_provider_that_asks_for_patience_throttles() {
    let headers = headers(&[("retry-after", "7")]);
    let seven = DialAnswer::Throttled { retry_after: Some(Duration::from_secs(7)) };
    assert_eq!(setup().answer_with(429, &headers, ""), seven);
    assert_eq!(setup().answer_with(503, &headers, ""), seven);
    assert_eq!(setup().answer(429, ""), DialAnswer::Throttled { retry_after: None });
}

#[test]
fn messages_never_hold_the_access_token() {
    let body = format!(r#"{{"Message":"token {TOKEN} is not valid"}}"#);
    for answer in [setup().answer(400, &body), setup().answer(401, &body), setup().answer(500, &body)] {
        let shown = format!("{answer:?}");
        assert!(shown.contains("is not valid") && !shown.contains(TOKEN), "{shown}");
    }
    assert!(!setup().poll_answer(&["a"], 401, &body).unwrap_err().to_string().contains(TOKEN));
}

#[test]
fn results_are_asked_for_in_one_batch_as_on_the_page() {
    let provider = setup().account("batch", json!(20)).provider();
    assert_eq!(provider.results(), Results::Poll { batch: 20 });
    let poll = provider.poll(&["a", "7"], None).unwrap();
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
            let reports = setup().poll_answer(&["a"], 200, &body.to_string()).unwrap();
            assert_eq!(reports[0].report, Report::Ended { outcome, duration_s: None, charged: true });
            assert_eq!((reports[0].call_id.as_str(), reports[0].provider_status.as_str()), ("a", state));
            assert_eq!(reports[0].document, body["CallResults"][0]);
        }
    }
}

#[test]
fn empty_absent_and_other_states_are_pending_and_kept() {
    let body = r#"{"CallResults":[{"UniqueId":1},{"UniqueId":"b","CallState":""},{"UniqueId":"c","CallState":"Ringing"},
        {"UniqueId":"d","CallState":null},{"CallState":"Busy"},7]}"#;
    let reports = setup().poll_answer(&["a"], 200, body).unwrap();
    let told: Vec<_> = reports.iter().map(|report| (&*report.call_id, &*report.provider_status)).collect();
    assert_eq!(told, [("1", ""), ("b", ""), ("c", "Ringing"), ("d", "")]);
    assert!(reports.iter().all(|report| report.report == Report::Pending));
}

#[test]
fn a_poll_that_fails_says_how_to_go_on() {
    assert!(matches!(setup().poll_answer(&["a"], 429, ""), Err(PollError::Throttled { retry_after: None })));
    assert!(matches!(setup().poll_answer(&["a"], 403, ""), Err(PollError::Account { .. })));
    for (status, body) in [(500, ""), (404, ""), (200, "{\"CallResults\":["), (200, "{}"), (200, "")] {
        assert!(matches!(setup().poll_answer(&["a"], status, body), Err(PollError::Failed { .. })), "{status} {body}");
    }
}

#[test]
fn a_callback_is_read_from_the_top_or_from_call_results() {
    let provider = setup().provider();
    let hook = |body: &str| {
        let nothing = headers(&[]);
        provider.hook(&Delivery { headers: &nothing, body: body.as_bytes(), address: None, received_at: NOW }).unwrap()
    };
    let ids = |body: &str| -> Vec<String> { hook(body).reports.into_iter().map(|report| report.call_id).collect() };
    assert_eq!(ids(r#"{"UniqueId":"a"}"#), ["a"]);
    assert_eq!(ids(r#"{"CallResults":[{"UniqueId":5,"CallState":"Busy"},{"UniqueId":"b"}]}"#), ["5", "b"]);
    assert!(ids("{}").is_empty() && ids("not JSON").is_empty() && ids("[]").is_empty());
    let told = hook(r#"{"UniqueId":"a","CallState":"Busy"}"#);
    assert!(!told.signed, "anybody could have sent it");
    let busy = Report::Ended { outcome: Outcome::Busy, duration_s: None, charged: true };
    assert_eq!(told.reports[0].report, busy);
}
