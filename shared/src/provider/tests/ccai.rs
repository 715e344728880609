//! CCAI Platform, by its page.

use http::Method;
use serde_json::{Value, json};

use super::{
    setups::ccai as setup,
    support::{NOW, NUMBER, Setup, headers, json_of, map, received},
};
use crate::{
    domain::Outcome,
    provider::{Delivery, DialAnswer, Patience, Refusal, Report, Results},
};

const OUTBOUND: &str = "Voice Outbound (API)";
const INBOUND: &str = "Voice Inbound (API)";
const SCHEDULED: &str = "Voice Scheduled (API)";
const LATER: &str = "2027-09-15T00:19:14.421Z";
const GRANTED: &str = "recording_permission_granted";

fn of(call: Value) -> Setup {
    Setup { call, ..setup() }
}

#[test]
fn the_pages_examples_are_the_requests_we_send() {
    let examples = [
        json!({ "call_type": OUTBOUND, "agent_email": "agent@somedomain.com", "outbound_number": "+1 202-555-0100", "lang": "en" }),
        json!({ "call_type": INBOUND, "lang": "en", "menu_id": 9, "ticket_id": "76517", "recording_permission": GRANTED }),
        json!({ "call_type": INBOUND, "lang": "en", "menu_id": 9, "recording_permission": GRANTED }),
        json!({ "call_type": SCHEDULED, "lang": "en", "menu_id": 9, "ticket_id": "76517", "scheduled_at": LATER, "recording_permission": GRANTED }),
        json!({ "call_type": SCHEDULED, "lang": "en", "call_id": 514, "scheduled_at": LATER, "recording_permission": GRANTED }),
    ];
    for example in examples {
        let sent = of(example.clone()).request();
        let url = "https://acme.ccai.example.com/apps/api/v1/calls";
        assert_eq!((&sent.method, sent.uri.to_string().as_str()), (&Method::POST, url));
        let basic = "Basic YWNtZTpzM2NyZXQtY2NhaQ==";
        assert_eq!(sent.headers, headers(&[("authorization", basic), ("content-type", "application/json")]));
        let mut expected = example;
        expected["end_user_number"] = json!(NUMBER);
        assert_eq!(json_of(&sent), expected);
    }
    let by_ticket = json!({ "call_type": OUTBOUND, "agent_email": "a@b.com", "ticket_id": "71450", "lang": "en" });
    assert_eq!(of(by_ticket.clone()).body(), by_ticket, "a ticket instead of the number");
}

#[test]
fn typed_values_stay_typed_even_from_columns() {
    let sent = of(json!({ "call_type": INBOUND, "menu_id": "{{menu}}", "ticket_id": 76517 })).body();
    assert_eq!((&sent["menu_id"], &sent["ticket_id"]), (&json!(9), &json!("76517")));
    let scheduled = json!({ "call_type": SCHEDULED, "menu_id": 9, "scheduled_at": "{{later}}" });
    assert_eq!(of(scheduled).body()["scheduled_at"], "2027-02-01T10:00:00Z");
}

#[test]
fn what_cannot_be_typed_refuses_the_contact_before_dialing() {
    for call in [
        json!({ "call_type": INBOUND, "menu_id": "{{first_name}}" }),
        json!({ "call_type": INBOUND, "menu_id": "{{email}}" }),
        json!({ "call_type": SCHEDULED, "menu_id": 9, "scheduled_at": "{{first_name}}" }),
        json!({ "call_type": SCHEDULED, "menu_id": 9, "scheduled_at": "2019-09-15T00:19:14.421Z" }),
        json!({ "call_type": SCHEDULED, "menu_id": 9, "scheduled_at": "{{email}}" }),
        json!({ "call_type": "{{first_name}}" }),
    ] {
        let refusal = of(call.clone()).request_to(NUMBER, None).unwrap_err();
        assert!(matches!(refusal, Refusal::Contact { outcome: Outcome::Error, .. }), "{call}: {refusal:?}");
    }
}

#[test]
fn each_call_type_has_its_own_fields() {
    for (call, key) in [
        (json!({ "call_type": "OutboundCall", "agent_email": "a@b.com" }), "call_type"),
        (json!({}), "call_type"),
        (json!({ "call_type": OUTBOUND }), "agent_email"),
        (json!({ "call_type": OUTBOUND, "agent_email": "a@b.com", "menu_id": 9 }), "menu_id"),
        (json!({ "call_type": OUTBOUND, "agent_email": "a@b.com", "scheduled_at": LATER }), "scheduled_at"),
        (
            json!({ "call_type": OUTBOUND, "agent_email": "a@b.com", "recording_permission": GRANTED }),
            "recording_permission",
        ),
        (json!({ "call_type": INBOUND }), "menu_id"),
        (json!({ "call_type": INBOUND, "menu_id": "menu_999" }), "menu_id"),
        (json!({ "call_type": INBOUND, "menu_id": 9.5 }), "menu_id"),
        (json!({ "call_type": INBOUND, "menu_id": 9, "agent_email": "a@b.com" }), "agent_email"),
        (json!({ "call_type": SCHEDULED, "menu_id": 9 }), "scheduled_at"),
        (json!({ "call_type": SCHEDULED, "scheduled_at": LATER }), "menu_id"),
        (
            json!({ "call_type": SCHEDULED, "menu_id": 9, "scheduled_at": LATER, "outbound_number": "1" }),
            "outbound_number",
        ),
    ] {
        let error = of(call.clone()).compile_error();
        assert_eq!(error.key(), key, "{call}: {error}");
        assert!(!error.remedy().is_empty());
    }
}

#[test]
fn an_integer_id_accepts_the_call_and_what_needs_a_human_is_held() {
    let accepted = DialAnswer::Accepted { call_id: "397".into() };
    assert_eq!(setup().answer(201, r#"{"id":397,"status":"assigned"}"#), accepted);
    assert_eq!(setup().answer(200, r#"{"id":397}"#), accepted);
    for (status, body) in [
        (202, ""),
        (202, r#"{"id":397}"#),
        (200, r#"{"call_type":"Voice Outbound (API)","agent_email":"allen@somedomain.com"}"#),
        (200, ""),
    ] {
        let answer = setup().answer(status, body);
        let DialAnswer::Refused(Refusal::NeedsHuman { provider_status, .. }) = &answer else { panic!("{answer:?}") };
        assert_eq!(provider_status, "manual_action");
    }
    assert!(matches!(setup().answer(201, "{}"), DialAnswer::InDoubt { .. }));
}

#[test]
fn each_documented_refusal_concerns_whom_it_means() {
    let refusal = |message: &str| match setup().answer(400, &json!({ "message": message }).to_string()) {
        DialAnswer::Refused(refusal) => refusal,
        other => panic!("{message}: {other:?}"),
    };
    let patience = |message: &str| match refusal(message) {
        Refusal::Nobody { retry, .. } => retry,
        other => panic!("{message}: {other:?}"),
    };
    assert_eq!(patience("Agent is not available to take this call"), Patience::Soon);
    assert_eq!(patience("agent is not-available to take this call."), Patience::Soon);
    assert_eq!(patience("Menu is in 'after hours' state, can't accept incoming calls"), Patience::Later);
    for (message, expected) in [
        ("end_user_number is not well-formed", Outcome::InvalidNumber),
        ("end_user_number is not well formed", Outcome::InvalidNumber),
        ("end_user_number is required", Outcome::InvalidNumber),
        ("Contact not found", Outcome::Error),
        ("ticket_id or end_user_number required", Outcome::Error),
    ] {
        let Refusal::Contact { outcome, .. } = refusal(message) else { panic!("{message}") };
        assert_eq!(outcome, expected, "{message}");
    }
    for message in [
        "invalid call type",
        "Invalid call type",
        "Missing parameter - check to ensure that the required parameters have been added",
        "Not a valid agent email",
        "Agent email required",
        "Agent does not have access to make calls",
        "Menu is in 'manual redirection' state, can't accept calls",
        "menu_id is required",
        "Only IVR and mobile menu IDs are permitted",
        "Only mobile and web menu IDs are permitted",
        "Language 'fr' is not available",
        "Language 'xy' is not found",
        "menu_id 9999 is not found",
        "menu_id is not well formed",
        "scheduled_at is required",
    ] {
        let Refusal::Campaign { message: shown } = refusal(message) else { panic!("{message}") };
        assert_eq!(shown, format!("HTTP 400: {message}"));
    }
    let answer = setup().answer(404, r#"{"message":"Resource not found"}"#);
    assert!(matches!(answer, DialAnswer::Refused(Refusal::Campaign { .. })));
}

#[test]
fn results_are_read_from_the_tail_of_recent_calls() {
    let provider = setup().provider();
    let Results::Tail { overlap, newest_first: true } = provider.results() else { panic!("{:?}", provider.results()) };
    assert_eq!(overlap.as_secs(), 60);
    let request = provider.tail(NOW, 2, None).unwrap();
    let url = "https://acme.ccai.example.com/manager/api/v1/calls?updated_at%5Bfrom%5D=2027-01-15T08%3A00%3A00.000Z\
        &sort_column=updated_at&sort_direction=DESC&per=100&page=2";
    assert_eq!((&request.method, request.uri.to_string().as_str()), (&Method::GET, url));
    assert!(request.headers.contains_key("authorization"));
    let next =
        headers(&[("link", "<https://evil.example.com/?page=3>; rel=\"next\", <https://x/?page=9>; rel=\"last\"")]);
    let body = r#"[{"id":1,"status":"finished","call_duration":31},{"id":"2","status":"connected"},{"no":"id"}]"#;
    let page = provider.tail_answer(&received(200, &next, body)).unwrap();
    assert!(page.more, "only that there is a next page counts, not its address");
    assert_eq!(page.reports.len(), 2);
    let ended = Report::Ended { outcome: Outcome::Answered, duration_s: Some(31.0), charged: true };
    assert_eq!((page.reports[0].call_id.as_str(), page.reports[0].report), ("1", ended));
    let last = headers(&[("link", "<https://x/?page=1>; rel=\"first\"")]);
    assert!(!provider.tail_answer(&received(200, &last, "[]")).unwrap().more);
    assert_eq!(provider.requests().unwrap().to_string(), "10/s");
}

#[test]
fn every_state_and_reason_has_its_outcome() {
    let read = |status: &str, reason: Value| {
        let provider = setup().provider();
        let body = json!({ "id": 7, "status": status, "fail_reason": reason }).to_string();
        let page = provider.tail_answer(&received(200, &headers(&[]), &body)).unwrap();
        (page.reports[0].report, page.reports[0].provider_status.clone())
    };
    let ended = |outcome| Report::Ended { outcome, duration_s: None, charged: true };
    for status in ["Finished", "recovered", "Voicemail", "Voicemail Received", "voicemail_read", "Deflected"] {
        assert_eq!(read(status, json!("nothing")), (ended(Outcome::Answered), status.to_owned()));
    }
    for (reason, outcome) in [
        (json!("eu_busy"), Outcome::Busy),
        (json!(21001), Outcome::Busy),
        (json!("eu_no_answer"), Outcome::NoAnswer),
        (json!(21003), Outcome::NoAnswer),
        (json!("eu_wrong_number"), Outcome::InvalidNumber),
        (json!("21002"), Outcome::InvalidNumber),
        (json!("eu_rejected"), Outcome::Rejected),
        (json!(20002), Outcome::Rejected),
        (json!("eu_canceled"), Outcome::Cancelled),
        (json!("eu_abandoned"), Outcome::Cancelled),
        (json!("voip_error"), Outcome::Error),
        (json!("expired"), Outcome::Error),
        (json!("something new"), Outcome::Error),
        (Value::Null, Outcome::Error),
    ] {
        assert_eq!(read("failed", reason.clone()).0, ended(outcome), "{reason}");
    }
    let missed = Report::Ended { outcome: Outcome::Error, duration_s: None, charged: false };
    assert_eq!(read("failed", json!("ag_no_answer")), (missed, "failed: ag_no_answer".to_owned()));
    for status in ["selecting", "Queued", "assigned", "connecting", "connected", "switching", "scheduled", "new one"] {
        assert_eq!(read(status, json!("eu_busy")).0, Report::Pending, "{status}");
    }
}

#[test]
fn a_hook_brings_call_objects_one_or_many() {
    let provider = setup().provider();
    let nothing = headers(&[]);
    for body in [r#"[{"id":7,"status":"finished"}]"#, r#"{"id":7}"#, r#"{"event":"x","call":{"id":7}}"#] {
        let hook = provider
            .hook(&Delivery { headers: &nothing, body: body.as_bytes(), address: None, received_at: NOW })
            .unwrap();
        assert_eq!((hook.signed, hook.reports[0].call_id.as_str()), (false, "7"), "{body}");
    }
}

#[test]
fn a_customers_flags_are_read_and_written_as_the_page_names_them() {
    let provider = setup().provider();
    let url = "https://acme.ccai.example.com/apps/api/v1/calls/397/customer_flag";
    let request = provider.operation("customer_flag_get", &map(json!({ "call": "397" })), None).unwrap();
    assert_eq!((&request.method, request.uri.to_string().as_str()), (&Method::GET, url));
    let args = json!({ "call": 397, "bad_actor": "true", "repeat_customer": false });
    let request = provider.operation("customer_flag_set", &map(args), None).unwrap();
    assert_eq!((&request.method, request.uri.to_string().as_str()), (&Method::PATCH, url));
    assert_eq!(json_of(&request), json!({ "bad_actor": true, "repeat_customers": false }));
    let wrong = provider.operation("customer_flag_set", &map(json!({ "call": 1, "bad_actor": "maybe" })), None);
    assert_eq!(wrong.unwrap_err().key(), "bad_actor");
}

#[test]
fn its_own_host_needs_subdomain_and_domain_and_the_username_may_be_another() {
    assert_eq!(setup().without_account("domain").try_provider().err().unwrap().key(), "domain");
    let local = Setup { base_url: Some("http://127.0.0.1:9"), ..setup() }.without_account("domain");
    assert_eq!(local.request().uri, "http://127.0.0.1:9/apps/api/v1/calls");
    let named = setup().account("username", json!("robot")).request();
    assert_eq!(named.headers["authorization"], "Basic cm9ib3Q6czNjcmV0LWNjYWk=");
}
