//! Hooks that prove who sent them.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderMap;
use ring::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use serde_json::json;

use super::{
    setups::ready,
    support::{ATTEMPT, NOW, Setup, headers},
};
use crate::{
    domain::Outcome,
    provider::{Delivery, Forged, Hook, Report},
};

const SECRET: &str = "hook-s3cret";

fn of(kind: &str, key: &str, secret: &str) -> Setup {
    ready().into_iter().find(|setup| setup.kind == kind).unwrap().account(key, json!(secret))
}

fn deliver(setup: &Setup, headers: &HeaderMap, body: &str) -> Result<Hook, Forged> {
    deliver_to(None, setup, headers, body)
}

fn deliver_to(address: Option<&str>, setup: &Setup, headers: &HeaderMap, body: &str) -> Result<Hook, Forged> {
    setup.provider().hook(&Delivery { headers, body: body.as_bytes(), address, received_at: NOW })
}

fn hex_hmac(text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    hmac::sign(&key, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What was signed so many seconds ago is taken, something else is not, and nothing without a signature.
fn proved(setup: &Setup, body: &str, sign: impl Fn(i64, &str) -> HeaderMap) -> Hook {
    let now_s = NOW.as_millis() / 1000;
    let hook = deliver(setup, &sign(now_s - 10, body), body).unwrap();
    assert!(hook.signed, "{}", setup.kind);
    let forged = deliver(setup, &sign(now_s, "{}"), body);
    assert_eq!(forged, Err(Forged("the signature is another")), "{}", setup.kind);
    assert!(deliver(setup, &headers(&[]), body).is_err(), "{}", setup.kind);
    hook
}

#[test]
fn the_body_alone_is_signed() {
    let setup = of("bland", "webhook_secret", SECRET);
    let body = r#"{"call_id":"9d40","status":"completed","answered_by":"human"}"#;
    let hook = proved(&setup, body, |_, body| headers(&[("x-webhook-signature", &hex_hmac(body))]));
    assert_eq!(hook.reports[0].call_id, "9d40");
    assert!(matches!(hook.reports[0].report, Report::Ended { outcome: Outcome::Answered, .. }));
}

#[test]
fn a_time_within_the_header_is_signed_too() {
    let setup = of("elevenlabs", "webhook_secret", SECRET);
    let body = r#"{"type":"call_initiation_failure","data":{"conversation_id":"cv","failure_reason":"no-answer"}}"#;
    let sign = |time: i64, body: &str| {
        headers(&[("elevenlabs-signature", &format!("t={time},v0={}", hex_hmac(&format!("{time}.{body}"))))])
    };
    let hook = proved(&setup, body, sign);
    assert!(matches!(hook.reports[0].report, Report::Ended { outcome: Outcome::NoAnswer, .. }));
    let old = deliver(&setup, &sign(NOW.as_millis() / 1000 - 3600, body), body);
    assert_eq!(old, Err(Forged("it was signed too long ago")));
    let retell = of("retell", "webhook_key", SECRET);
    let body =
        format!(r#"{{"event":"call_ended","call":{{"call_id":"J","metadata":{{"redial_attempt":"{ATTEMPT}"}}}}}}"#);
    let hook = proved(&retell, &body, |time, body| {
        let ms = time * 1000;
        headers(&[("x-retell-signature", &format!("v={ms},d={}", hex_hmac(&format!("{body}{ms}"))))])
    });
    assert_eq!((hook.reports[0].call_id.as_str(), hook.reports[0].attempt), ("J", Some(ATTEMPT)));
}

#[test]
fn a_public_key_checks_what_a_private_one_signed() {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let setup = of("telnyx", "public_key", &STANDARD.encode(pair.public_key().as_ref()));
    let hook = proved(&setup, "CallSid=v3&CallStatus=busy", |time, body| {
        let signature = STANDARD.encode(pair.sign(format!("{time}|{body}").as_bytes()).as_ref());
        headers(&[("telnyx-signature-ed25519", &signature), ("telnyx-timestamp", &time.to_string())])
    });
    assert!(matches!(hook.reports[0].report, Report::Ended { outcome: Outcome::Busy, .. }));
}

#[test]
fn the_address_and_a_form_sorted_by_name_are_signed() {
    let setup = of("twilio", "auth_token", SECRET);
    let address = "https://calls.example.com/hooks/acme/s3cret?attempt=7-1-2";
    let sign = |text: &str| {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SECRET.as_bytes());
        headers(&[("x-twilio-signature", &STANDARD.encode(hmac::sign(&key, text.as_bytes())))])
    };
    let body = "CallStatus=no-answer&CallSid=CA77&To=%2B12025550100";
    let signed = sign(&format!("{address}CallSidCA77CallStatusno-answerTo+12025550100"));
    let hook = deliver_to(Some(address), &setup, &signed, body).unwrap();
    assert!(hook.signed);
    assert!(matches!(hook.reports[0].report, Report::Ended { outcome: Outcome::NoAnswer, .. }));
    let another = Err(Forged("the signature is another"));
    assert_eq!(deliver_to(Some("https://calls.example.com/hooks/acme/s3cret"), &setup, &signed, body), another);
    assert_eq!(deliver_to(Some(address), &setup, &signed, "CallStatus=busy&CallSid=CA77&To=%2B12025550100"), another);
    assert!(deliver_to(Some(address), &setup, &headers(&[]), body).is_err());
    assert!(!deliver(&setup, &signed, body).unwrap().signed, "where our own address is not known, it is a hint");
}

#[test]
fn a_header_may_be_the_secret() {
    let setup = of("vapi", "webhook_secret", SECRET);
    let body = r#"{"message":{"type":"end-of-call-report","endedReason":"customer-busy","call":{"id":"c1","status":"ended"}}}"#;
    assert!(deliver(&setup, &headers(&[("x-vapi-secret", SECRET)]), body).unwrap().signed);
    assert!(deliver(&setup, &headers(&[("x-vapi-secret", "another")]), body).is_err());
    assert!(deliver(&setup, &headers(&[]), body).is_err());
}

#[test]
fn without_a_secret_what_comes_is_a_hint() {
    for setup in ready() {
        let hook = deliver(&setup, &headers(&[]), "{}").unwrap();
        assert_eq!((hook.signed, hook.reports.len()), (false, 0), "{}", setup.kind);
    }
}
