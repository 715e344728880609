//! The files that are no kind of their own: the request each would send, and what it makes of answers.

use serde_json::{Value, json};

use super::{
    setups::ready,
    support::{HOOK, Setup, shown},
};
use crate::{
    domain::Outcome,
    provider::{DialAnswer, Refusal, Report},
};

fn of(kind: &str) -> Setup {
    ready().into_iter().find(|setup| setup.kind == kind).unwrap()
}

fn sent(kind: &str) -> Value {
    let setup = of(kind);
    shown(&setup.request_to(setup.number, Some(HOOK)).unwrap())
}

fn hook() -> String {
    format!("{HOOK}?attempt=000000a1-2b-3")
}

fn post(url: &str, headers: Value, body: Value) -> Value {
    let mut headers = headers;
    headers["content-type"] = json!("application/json");
    json!({ "method": "POST", "url": url, "headers": headers, "body": body })
}

#[test]
fn twilio_is_sent_a_form() {
    let body = "From=%2B12025550100&StatusCallback=https%3A%2F%2Fcalls.example.com%2Fhooks%2Facme%2Fhush%3Fattempt%3D000000a1-2b-3\
        &To=%2B12025550101&Url=https%3A%2F%2Fbot.example.com%2Fstart";
    let expected = json!({
        "method": "POST",
        "url": "https://api.twilio.com/2010-04-01/Accounts/AC1/Calls.json",
        "headers": { "authorization": "Basic QUMxOnMzY3JldC10d2lsaW8=", "content-type": "application/x-www-form-urlencoded" },
        "body": body,
    });
    assert_eq!(sent("twilio"), expected);
}

#[test]
fn vonage_is_sent_digits_and_lists_of_addresses() {
    let body = json!({
        "to": [{ "type": "phone", "number": "12025550101" }],
        "from": { "type": "phone", "number": "12025550100" },
        "answer_url": ["https://bot.example.com/start"],
        "event_url": [hook()],
    });
    let expected = post("https://api.nexmo.com/v1/calls", json!({ "authorization": "Bearer s3cret-jwt" }), body);
    assert_eq!(sent("vonage"), expected);
    let ncco = json!([{ "action": "talk", "text": "Hello {{first_name}}" }]);
    let body = of("vonage").without_call("answer_url").call("ncco", ncco).body();
    assert_eq!(body["ncco"], json!([{ "action": "talk", "text": "Hello Ada" }]));
    assert!(body.get("answer_url").is_none() && body.get("event_url").is_none());
}

#[test]
fn telnyx_is_sent_texml() {
    let body =
        json!({ "ApplicationSid": "app-1", "To": "+12025550101", "From": "+12025550100", "StatusCallback": hook() });
    let headers = json!({ "authorization": "Bearer s3cret-telnyx", "accept": "application/json" });
    assert_eq!(sent("telnyx"), post("https://api.telnyx.com/v2/texml/Accounts/T1/Calls", headers, body));
}

#[test]
fn plivo_is_sent_digits() {
    let body = json!({
        "from": "12025550100",
        "to": "12025550101",
        "answer_url": "https://bot.example.com/start",
        "hangup_url": hook(),
    });
    let headers = json!({ "authorization": "Basic TUExOnMzY3JldC1wbGl2bw==" });
    assert_eq!(sent("plivo"), post("https://api.plivo.com/v1/Account/MA1/Call/", headers, body));
}

#[test]
fn the_agents_are_sent_who_calls_and_what_they_may_say() {
    let vapi = json!({
        "assistantId": "as-1",
        "phoneNumberId": "pn-1",
        "customer": { "number": "+12025550101" },
        "assistantOverrides": { "variableValues": { "name": "Ada" } },
        "metadata": { "redial_attempt": "000000a1-2b-3" },
    });
    let bearer = |key: &str| json!({ "authorization": format!("Bearer {key}") });
    assert_eq!(sent("vapi"), post("https://api.vapi.ai/call", bearer("s3cret-vapi"), vapi));
    let retell = json!({
        "from_number": "+12025550100",
        "to_number": "+12025550101",
        "metadata": { "redial_attempt": "000000a1-2b-3" },
    });
    let url = "https://api.retellai.com/v2/create-phone-call";
    assert_eq!(sent("retell"), post(url, bearer("s3cret-retell"), retell));
    let bland = json!({
        "phone_number": "+12025550101",
        "task": "Remind Ada",
        "answered_by_enabled": true,
        "webhook": hook(),
        "metadata": { "redial_attempt": "000000a1-2b-3" },
    });
    let plain = json!({ "authorization": "s3cret-bland" });
    assert_eq!(sent("bland"), post("https://api.bland.ai/v1/calls", plain, bland));
    let eleven = json!({
        "agent_id": "ag-1",
        "agent_phone_number_id": "pn-1",
        "to_number": "+12025550101",
        "conversation_initiation_client_data": { "dynamic_variables": { "name": "Ada" } },
    });
    let url = "https://api.elevenlabs.io/v1/convai/twilio/outbound-call";
    assert_eq!(sent("elevenlabs"), post(url, json!({ "xi-api-key": "s3cret-eleven" }), eleven));
}

#[test]
fn documented_answers_accept_the_call_and_say_where_to_ask() {
    for (kind, status, body, id, url) in [
        ("twilio", 201, r#"{"sid":"CA1","status":"queued"}"#, "CA1", "/2010-04-01/Accounts/AC1/Calls/CA1.json"),
        ("vonage", 201, r#"{"uuid":"63f6","status":"started"}"#, "63f6", "/v1/calls/63f6"),
        ("telnyx", 200, r#"{"sid":"v3:a","status":"queued"}"#, "v3:a", "/v2/texml/Accounts/T1/Calls/v3%3Aa"),
        ("plivo", 201, r#"{"message":"call fired","request_uuid":"9834"}"#, "9834", "/v1/Account/MA1/Call/9834/"),
        ("vapi", 201, r#"{"id":"c1","status":"queued"}"#, "c1", "/call/c1"),
        ("retell", 201, r#"{"call_id":"Jabr","call_status":"registered"}"#, "Jabr", "/v2/get-call/Jabr"),
        ("bland", 200, r#"{"status":"success","call_id":"9d40"}"#, "9d40", "/v1/calls/9d40"),
        (
            "elevenlabs",
            200,
            r#"{"success":true,"message":"ok","conversation_id":"cv","callSid":"CA"}"#,
            "cv",
            "/v1/convai/conversations/cv",
        ),
    ] {
        assert_eq!(of(kind).answer(status, body), DialAnswer::Accepted { call_id: id.into() }, "{kind}");
        let poll = of(kind).provider().poll(&[id], None).unwrap();
        assert_eq!((poll.method.as_str(), poll.uri.path()), ("GET", url), "{kind}");
    }
}

#[test]
fn refusals_concern_whom_they_mean() {
    let invalid = [
        ("twilio", 400, r#"{"code":21211,"message":"The 'To' number is not a valid phone number."}"#),
        ("vapi", 400, r#"{"message":["customer.number must be a valid phone number in the E.164 format."]}"#),
        ("bland", 400, r#"{"status":"error","message":"Invalid phone number."}"#),
    ];
    for (kind, status, body) in invalid {
        let answer = of(kind).answer(status, body);
        let is_contact =
            matches!(answer, DialAnswer::Refused(Refusal::Contact { outcome: Outcome::InvalidNumber, .. }));
        assert!(is_contact, "{kind}: {answer:?}");
    }
    for (kind, body) in [
        ("twilio", r#"{"code":21210,"message":"Caller ID is not yours"}"#),
        ("bland", r#"{"status":"error","message":"Pathway not found"}"#),
        ("elevenlabs", r#"{"detail":"no such agent"}"#),
    ] {
        assert!(matches!(of(kind).answer(400, body), DialAnswer::Refused(Refusal::Campaign { .. })), "{kind}");
    }
    let unsuccessful = of("elevenlabs").answer(200, r#"{"success":false,"message":"number not imported"}"#);
    assert!(matches!(unsuccessful, DialAnswer::Refused(Refusal::Campaign { .. })));
}

#[test]
fn states_have_their_outcomes() {
    use Outcome::*;
    for (kind, body, outcome) in [
        ("twilio", json!({ "sid": "a", "status": "completed", "duration": "15" }), Some(Answered)),
        ("twilio", json!({ "sid": "a", "status": "completed", "answered_by": "machine_end_beep" }), Some(Voicemail)),
        ("twilio", json!({ "sid": "a", "status": "no-answer" }), Some(NoAnswer)),
        ("twilio", json!({ "sid": "a", "status": "in-progress" }), None),
        ("vonage", json!({ "uuid": "a", "status": "timeout" }), Some(NoAnswer)),
        ("vonage", json!({ "uuid": "a", "status": "rejected" }), Some(Rejected)),
        ("vonage", json!({ "uuid": "a", "status": "answered" }), None),
        ("telnyx", json!({ "sid": "a", "status": "busy" }), Some(Busy)),
        (
            "plivo",
            json!({ "call_uuid": "x", "hangup_cause_code": 4010, "hangup_cause_name": "End Of XML Instructions" }),
            Some(Answered),
        ),
        ("plivo", json!({ "hangup_cause_code": 3010, "hangup_cause_name": "Busy Line" }), Some(Busy)),
        (
            "plivo",
            json!({ "hangup_cause_code": 2000, "hangup_cause_name": "Invalid Destination Address" }),
            Some(InvalidNumber),
        ),
        ("plivo", json!({ "hangup_cause_code": null }), None),
        ("vapi", json!({ "id": "a", "status": "ended", "endedReason": "customer-did-not-answer" }), Some(NoAnswer)),
        (
            "vapi",
            json!({ "id": "a", "status": "ended", "endedReason": "assistant-ended-call-after-message-spoken" }),
            Some(Answered),
        ),
        ("vapi", json!({ "id": "a", "status": "ended", "endedReason": "pipeline-error-x" }), Some(Error)),
        ("vapi", json!({ "id": "a", "status": "forwarding" }), None),
        (
            "retell",
            json!({ "call_id": "a", "call_status": "not_connected", "disconnection_reason": "dial_busy" }),
            Some(Busy),
        ),
        (
            "retell",
            json!({ "call_id": "a", "call_status": "ended", "disconnection_reason": "user_hangup" }),
            Some(Answered),
        ),
        ("retell", json!({ "call_id": "a", "call_status": "ongoing" }), None),
        ("bland", json!({ "call_id": "a", "status": "completed", "answered_by": "voicemail" }), Some(Voicemail)),
        ("bland", json!({ "call_id": "a", "status": "completed", "answered_by": "human" }), Some(Answered)),
        ("bland", json!({ "call_id": "a", "status": "queued" }), None),
        ("elevenlabs", json!({ "conversation_id": "a", "status": "done" }), Some(Answered)),
        ("elevenlabs", json!({ "conversation_id": "a", "status": "processing" }), None),
    ] {
        let report = of(kind).poll_answer(&["a"], 200, &body.to_string()).unwrap().remove(0);
        let found = match report.report {
            Report::Pending => None,
            Report::Ended { outcome, .. } => Some(outcome),
        };
        assert_eq!((report.call_id.as_str(), found), ("a", outcome), "{kind}: {body}");
    }
    let ended = json!({ "call_id": "a", "call_status": "ended", "duration_ms": 10_500 }).to_string();
    let report = of("retell").poll_answer(&["a"], 200, &ended).unwrap().remove(0).report;
    assert_eq!(report, Report::Ended { outcome: Answered, duration_s: Some(10.5), charged: true });
}
