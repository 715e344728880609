//! uh!live, by its page.

use std::time::Duration;

use http::Method;
use secrecy::ExposeSecret;
use serde_json::json;

use super::{
    setups::uhlive as setup,
    support::{headers, json_of, received, text},
};
use crate::{
    domain::{Outcome, PhoneNumber},
    provider::{DialAnswer, PollError, Refusal, Results},
};

/// From a range that France keeps for fiction.
const FRENCH: &str = "+33199001234";

#[test]
fn the_pages_example_is_the_request_we_send() {
    let setup = setup().call("originate", json!("string")).call("email", json!("string"));
    let sent = setup.request_to(FRENCH, None).unwrap();
    assert_eq!((&sent.method, sent.uri.to_string().as_str()), (&Method::POST, "https://call.uh.live/api/startcall"));
    let expected =
        [("accept", "application/json"), ("authorization", "Bearer t0ken"), ("content-type", "application/json")];
    assert_eq!(sent.headers, headers(&expected));
    assert_eq!(json_of(&sent), json!({ "originate": "string", "destination": FRENCH, "email": "string" }));
}

#[test]
fn a_token_is_asked_for_by_a_form() {
    let request = setup().provider().token_request().unwrap();
    let url = "https://id.uh.live/realms/uhlive/protocol/openid-connect/token";
    assert_eq!((&request.method, request.uri.to_string().as_str()), (&Method::POST, url));
    assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
    let form = "client_id=redial&client_secret=s3cret-uhlive&grant_type=client_credentials&scope=openid";
    assert_eq!(text(&request), form);
    let other = setup().account("token_url", json!("http://127.0.0.1:9/token")).account("scope", json!("a b"));
    let request = other.provider().token_request().unwrap();
    assert_eq!(request.uri, "http://127.0.0.1:9/token");
    assert!(text(&request).ends_with("scope=a+b"));
}

#[test]
fn a_token_lives_as_long_as_its_answer_says_else_five_minutes() {
    let provider = setup().provider();
    let nothing = headers(&[]);
    let read = |status, body| provider.token_answer(&received(status, &nothing, body));
    let token = read(200, r#"{"access_token":"abc","expires_in":60,"token_type":"Bearer"}"#).unwrap();
    assert_eq!((token.secret.expose_secret(), token.expires_in), ("abc", Duration::from_secs(60)));
    assert_eq!(read(200, r#"{"access_token":"abc"}"#).unwrap().expires_in, Duration::from_secs(300));
    for (status, body) in [(400, r#"{"error":"invalid_client"}"#), (401, ""), (403, "")] {
        assert!(matches!(read(status, body), Err(PollError::Account { .. })), "{status}");
    }
    for (status, body) in [(200, "{}"), (200, r#"{"access_token":"a b\n"}"#), (500, ""), (302, "")] {
        assert!(matches!(read(status, body), Err(PollError::Failed { .. })), "{status} {body}");
    }
    assert!(matches!(read(429, ""), Err(PollError::Throttled { .. })));
    let refused = read(401, r#"{"error_description":"secret s3cret-uhlive is wrong"}"#).unwrap_err().to_string();
    assert_eq!(refused, "HTTP 401: secret … is wrong");
}

#[test]
fn the_email_is_the_contacts_or_its_id_or_what_the_campaign_says() {
    let email = |setup: super::support::Setup| json_of(&setup.request_to(FRENCH, None).unwrap())["email"].clone();
    assert_eq!(email(setup()), "C1", "Ada has no e-mail address");
    assert_eq!(email(setup().call("email", json!("{{attempt.id}}"))), "000000a1-2b-3");
}

#[test]
fn only_ordinary_french_numbers_are_called() {
    for good in ["+33199001234", "+33639980123", "+33759990000", "+33999001234"] {
        assert_eq!(setup().provider().check_number(&PhoneNumber::from_e164(good).unwrap()), Ok(()), "{good}");
    }
    for bad in ["+33800000000", "+33899000000", "+12025550101", "+442079460000", "+590690000000", "+3336110"] {
        let Err(Refusal::Contact { outcome: Outcome::InvalidNumber, message, .. }) = setup().request_to(bad, None)
        else {
            panic!("{bad} would be called");
        };
        assert!(message.contains("French"), "{message}");
        assert!(setup().provider().check_number(&PhoneNumber::from_e164(bad).unwrap()).is_err());
    }
}

#[test]
fn any_success_is_the_end_for_it_reports_no_results() {
    for status in [200, 201, 202, 204] {
        assert_eq!(setup().answer(status, ""), DialAnswer::Submitted);
    }
    assert_eq!(setup().provider().results(), Results::None);
    assert!(setup().provider().poll(&["a"], None).is_none());
}
