//! LiveCall.io, by its page.

use http::Method;
use serde_json::{Value, json};

use super::{
    setups::livecall as setup,
    support::{NOW, NUMBER, headers, json_of, map, received},
};
use crate::{
    config::Config,
    domain::{Outcome, Timestamp},
    provider::{Delivery, DialAnswer, HttpRequest, PollError, Refusal, Report, Results, of_account_without_secrets},
};

const AUTH: [(&str, &str); 2] =
    [("authorization", "Token token=change-to-your-api-key"), ("content-type", "application/json")];

/// A JSON text of the page, its typos mended.
const CALL: &str = r#"{"call":{"id":123,"outcome":"successful","status":"ended","user_id":456,"filter_id":789,
    "phone_number":"+44 123123123","scheduled_for":null,"created_at":"2017-07-17T14:43:38.586+02:00",
    "initiated_at":"2017-07-17T14:43:41.510+02:00","started_at":"2017-07-17T14:44:01.878+02:00",
    "ended_at":"2017-07-17T14:44:15.406+02:00","duration":13.528892,
    "custom_fields_data":{"first_name":"Mary","email":"mary@example.com"}}}"#;

fn is(request: &HttpRequest, method: Method, url: &str) {
    assert_eq!((&request.method, request.uri.to_string().as_str()), (&method, url));
    assert_eq!(request.headers, headers(&AUTH), "on every request, GETs too");
}

fn ended(outcome: Outcome, duration_s: Option<f64>) -> Report {
    Report::Ended { outcome, duration_s, charged: true }
}

#[test]
fn the_pages_example_is_the_request_we_send() {
    let sent = setup().call("scheduled_for", json!("2027-04-28T12:00:00Z")).request();
    is(&sent, Method::POST, "https://api.livecall.io/v1/calls");
    let call = json!({ "filter_id": "43321", "phone_number": NUMBER, "scheduled_for": "2027-04-28T12:00:00Z" });
    assert_eq!(json_of(&sent), json!({ "call": call }));
}

#[test]
fn ids_are_sent_as_texts_and_the_user_is_optional() {
    let body = setup().call("filter_id", json!(43321)).call("user_id", json!("{{menu}}")).body();
    assert_eq!(body, json!({ "call": { "filter_id": "43321", "phone_number": NUMBER, "user_id": "9" } }));
    let body = setup().account("filter_id", json!("1")).without_call("filter_id").call("user_id", json!("")).body();
    assert_eq!(body, json!({ "call": { "filter_id": "1", "phone_number": NUMBER } }));
}

#[test]
fn a_time_that_is_none_or_past_refuses_the_contact_before_dialing() {
    for (wanted, cause) in [("{{first_name}}", "RFC 3339"), ("2017-04-28T12:00:00Z", "future")] {
        let refusal = setup().call("scheduled_for", json!(wanted)).request_to(NUMBER, None).unwrap_err();
        let Refusal::Contact { outcome: Outcome::Error, message, .. } = refusal else { panic!("{refusal:?}") };
        assert!(message.starts_with("[call] scheduled_for: ") && message.contains(cause), "{message}");
    }
    assert_eq!(setup().call("scheduled_for", json!("tomorrow")).compile_error().key(), "scheduled_for");
    assert_eq!(setup().call("scheduled_for", json!("{{email}}")).body()["call"].get("scheduled_for"), None);
}

#[test]
fn the_documented_answer_accepts_the_call() {
    let body = r#"{"call":{"id":"id-of-the-new-call","filter_id":"43321","user_id":"123"}}"#;
    assert_eq!(setup().answer(201, body), DialAnswer::Accepted { call_id: "id-of-the-new-call".into() });
    assert_eq!(setup().answer(200, CALL), DialAnswer::Accepted { call_id: "123".into() });
}

#[test]
fn one_call_is_polled_at_a_time() {
    let provider = setup().provider();
    assert_eq!(provider.results(), Results::Poll { batch: 1 });
    is(&provider.poll(&["123"], None).unwrap(), Method::GET, "https://api.livecall.io/v1/calls/123");
    let odd = provider.poll(&["../users?a=b"], None).unwrap();
    assert_eq!(odd.uri.path(), "/v1/calls/..%2Fusers%3Fa%3Db", "an id reaches no other address");
    let reports = setup().poll_answer(&["123"], 200, CALL).unwrap();
    assert_eq!(reports.len(), 1);
    assert_eq!((reports[0].call_id.as_str(), reports[0].provider_status.as_str()), ("123", "ended: successful"));
    assert_eq!(reports[0].report, ended(Outcome::Answered, Some(13.528892)));
}

#[test]
fn other_outcomes_are_mapped_by_the_account_or_unknown() {
    let read = |setup: &super::support::Setup, status: &str, outcome: Value| {
        let body = json!({ "call": { "id": 1, "status": status, "outcome": outcome } }).to_string();
        setup.poll_answer(&["1"], 200, &body).unwrap().remove(0)
    };
    let mapped = setup().account("outcome_map", json!({ "no-answer": "no_answer", "client_busy": "busy" }));
    assert_eq!(read(&mapped, "ended", json!("no_answer")).report, ended(Outcome::NoAnswer, None));
    assert_eq!(read(&mapped, "ended", json!("Client Busy")).report, ended(Outcome::Busy, None));
    let unknown = read(&mapped, "ended", json!("weird"));
    assert_eq!((unknown.report, unknown.provider_status.as_str()), (ended(Outcome::Unknown, None), "ended: weird"));
    assert_eq!(read(&setup(), "ended", Value::Null).report, ended(Outcome::Unknown, None));
    for status in ["scheduled", "initiated", "in_progress", ""] {
        assert_eq!(read(&mapped, status, json!("successful")).report, Report::Pending, "{status}");
    }
    let error = setup().account("outcome_map", json!({ "a": "engaged" })).try_provider().err().unwrap();
    assert_eq!(error.key(), "outcome_map");
}

#[test]
fn a_call_that_is_not_known_yet_is_pending_and_a_failed_poll_is_no_state() {
    assert_eq!(setup().poll_answer(&["1"], 404, ""), Ok(vec![]));
    assert!(matches!(setup().poll_answer(&["1"], 401, ""), Err(PollError::Account { .. })));
    assert!(matches!(setup().poll_answer(&["1"], 200, "{}"), Err(PollError::Failed { .. })));
}

#[test]
fn a_hook_is_a_hint_whose_call_is_found_wherever_it_may_be() {
    let provider = setup().provider();
    let nothing = headers(&[]);
    let hook = |body: &str| {
        provider.hook(&Delivery { headers: &nothing, body: body.as_bytes(), address: None, received_at: NOW })
    };
    for body in [CALL, r#"{"call_id":123}"#, r#"{"event":"call_ended","data":{"id":"123"}}"#, "call_id=123&event=ended"]
    {
        let hook = hook(body).unwrap();
        assert!(!hook.signed);
        assert_eq!(hook.reports[0].call_id, "123", "{body}");
    }
    assert!(hook("{}").unwrap().reports.is_empty() && hook("<x/>").unwrap().reports.is_empty());
}

#[test]
fn people_are_listed_added_changed_and_removed() {
    let provider = setup().provider();
    let operation = |name, args: Value| provider.operation(name, &map(args), None).unwrap();
    is(&operation("users_list", json!({})), Method::GET, "https://api.livecall.io/v1/users");
    let added = operation("users_add", json!({ "name": "Beata", "phone": NUMBER }));
    is(&added, Method::POST, "https://api.livecall.io/v1/users");
    assert_eq!(json_of(&added), json!({ "user": { "name": "Beata", "phone_number": NUMBER } }));
    let changed = operation("users_update", json!({ "id": "7", "name": "Bea" }));
    is(&changed, Method::PATCH, "https://api.livecall.io/v1/users/7");
    assert_eq!(json_of(&changed), json!({ "user": { "name": "Bea" } }));
    is(&operation("users_remove", json!({ "id": 7 })), Method::DELETE, "https://api.livecall.io/v1/users/7");
    let error = |name, args: Value| provider.operation(name, &map(args), None).unwrap_err();
    assert_eq!(error("users_add", json!({ "name": "Beata" })).key(), "phone");
    assert_eq!(error("users_add", json!({ "nmae": "Beata" })).key(), "nmae");
    assert!(error("users_sell", json!({})).remedy().contains("users_list"));
    let answer = r#"{"users":[{"id":123,"name":"Andrew"}]}"#;
    let read = provider.operation_answer("users_list", &received(200, &headers(&[]), answer)).unwrap();
    assert_eq!(read, json!([{ "id": 123, "name": "Andrew" }]));
    assert_eq!(provider.operation_answer("users_remove", &received(204, &headers(&[]), "")), Ok(Value::Null));
}

#[test]
fn a_recording_has_an_address_of_its_own() {
    let provider = setup().provider();
    let request = provider.operation("recording", &map(json!({ "call": "123" })), None).unwrap();
    is(&request, Method::GET, "https://api.livecall.io/v1/calls/123/recording");
    let body =
        r#"{"recording":{"id":123,"call_id":123,"url":"https://dl.livecall.io/downloads/recordings/123?token=x"}}"#;
    let url = provider.operation_answer("recording", &received(200, &headers(&[]), body)).unwrap();
    assert_eq!(url, "https://dl.livecall.io/downloads/recordings/123?token=x");
}

#[test]
fn availability_is_asked_for_where_the_account_respects_it() {
    assert!(setup().account("filter_id", json!("5")).provider().availability(None).is_none());
    let respected = setup().account("filter_id", json!("5")).account("respect_availability", json!(true)).provider();
    is(&respected.availability(None).unwrap(), Method::GET, "https://api.livecall.io/v1/filters/5");
    let read = |status: &str| {
        let times = json!(["2017-04-03T11:00:00Z", "2027-01-15T09:00:00Z", "2027-01-15T08:30:00+00:00"]);
        let body = json!({ "filter": { "id": "5", "status": status, "available_call_times": times } }).to_string();
        respected.availability_answer(&received(200, &headers(&[]), &body)).unwrap()
    };
    assert!(read("available").open);
    let closed = read("unavailable");
    assert!(!closed.open);
    assert_eq!(closed.next, Some(NOW + std::time::Duration::from_secs(1800)), "the first that is not past");
    assert!(closed.next > Some(Timestamp::default()));
}

#[test]
fn only_an_account_of_a_provider_that_has_recordings_can_keep_them() {
    let text = "[providers.acme]\nkind = \"livecall\"\napi_key = \"k\"\nrecordings = \"./calls\"\n";
    let config = Config::parse(text, "redial.toml", std::iter::empty()).unwrap();
    assert!(of_account_without_secrets(&config.providers["acme"]).is_ok());
    let text =
        text.replace("livecall", "uhlive").replace("api_key = \"k\"", "client_id = \"c\"\nclient_secret = \"k\"");
    let config = Config::parse(&text, "redial.toml", std::iter::empty()).unwrap();
    let Err(error) = of_account_without_secrets(&config.providers["acme"]) else { panic!("uhlive has recordings") };
    assert_eq!(error.to_string(), "redial.toml:5: providers.acme.recordings: uhlive has no recordings");
    assert!(error.hint().is_some_and(|hint| hint.starts_with("remove `recordings`")));
}
