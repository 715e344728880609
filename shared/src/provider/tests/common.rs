//! What holds for every provider that ships.

use std::time::Duration;

use serde_json::json;

use super::{
    setups,
    support::{Setup, headers},
};
use crate::{
    config::Config,
    provider::{DialAnswer, Refusal, Results, of_account, shipped, shipped_names},
};

#[test]
fn every_file_that_ships_can_be_read_and_is_called_as_it_says() {
    for name in shipped_names() {
        let spec = shipped(name).unwrap().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(spec.name(), name);
    }
    assert!(shipped("twillio").is_none());
}

#[test]
fn every_provider_that_ships_makes_a_request() {
    let made: Vec<_> = setups::all().into_iter().map(|setup| (setup.kind, setup.request())).collect();
    assert!(shipped_names().all(|name| made.iter().any(|(kind, _)| *kind == name)), "each has a set-up here");
    for (kind, request) in made {
        assert!(request.uri.host().is_some(), "{kind}");
        let sent = format!("{:?} {}", request.headers, String::from_utf8_lossy(&request.body));
        assert!(!sent.contains("{{"), "{kind}: {sent}");
    }
}

#[test]
fn a_base_url_replaces_the_providers_host_but_not_its_paths() {
    for setup in setups::all() {
        let here = Setup { base_url: Some("http://127.0.0.1:9/api/"), ..setup };
        assert!(here.request().uri.to_string().starts_with("http://127.0.0.1:9/api/"), "{}", here.kind);
        assert!(Setup { base_url: Some("ftp://x"), ..here }.try_provider().is_err());
    }
}

#[test]
fn unknown_keys_are_errors_that_name_those_known() {
    for setup in setups::all() {
        let error = setup.account("colour", json!("red")).try_provider().err().unwrap();
        assert_eq!((error.key(), error.remedy().contains("known keys: ")), ("colour", true), "{}", setup.kind);
        let error = setup.call("colour", json!("red")).compile_error();
        assert_eq!((error.key(), error.remedy().contains("known keys: ")), ("colour", true), "{}", setup.kind);
    }
}

#[test]
fn a_misspelt_key_of_a_configuration_is_named_with_its_line_and_the_nearest() {
    for (written, meant) in [("client_ids = \"x\"", "client_id"), ("rat = \"5/s\"", "rate")] {
        let text = format!("[providers.a]\nkind = \"uhlive\"\n{written}\n");
        let config = Config::parse(&text, "redial.toml", std::iter::empty()).unwrap();
        let error = of_account(&config.providers["a"]).err().unwrap();
        let key = written.split(' ').next().unwrap();
        assert_eq!(error.to_string(), format!("redial.toml:3: providers.a.{key}: no such key"));
        assert_eq!(error.hint(), Some(&*format!("did you mean `{meant}`?")));
    }
}

#[test]
fn required_keys_are_errors_when_they_are_missing() {
    for setup in setups::all() {
        for key in setup.account.as_object().unwrap().keys() {
            let setup = setup.without_account(key);
            let error = setup.try_provider().err().unwrap_or_else(|| setup.compile_error());
            assert_eq!(error.key(), key, "{}", setup.kind);
            assert!(!error.remedy().is_empty());
        }
    }
}

#[test]
fn what_no_file_says_is_safe_for_all() {
    let patient = headers(&[("retry-after", "7")]);
    for setup in setups::all() {
        let answer = |status| setup.answer(status, "");
        let kind = setup.kind;
        assert_eq!(answer(429), DialAnswer::Throttled { retry_after: None }, "{kind}");
        let seven = Some(Duration::from_secs(7));
        assert_eq!(setup.answer_with(503, &patient, ""), DialAnswer::Throttled { retry_after: seven }, "{kind}");
        for status in [408, 500, 502, 503, 504] {
            assert!(matches!(answer(status), DialAnswer::InDoubt { .. }), "{kind} {status}");
        }
        for status in [401, 403] {
            let refused = match setup.provider().token_request() {
                Some(_) => matches!(answer(status), DialAnswer::AuthRefused { .. }),
                None => matches!(answer(status), DialAnswer::Refused(Refusal::Account { .. })),
            };
            assert!(refused, "{kind} {status}");
        }
        for status in [301, 302, 307, 308] {
            assert!(matches!(answer(status), DialAnswer::Refused(Refusal::Account { .. })), "{kind} {status}");
        }
        for status in [404, 405, 410, 422] {
            assert!(matches!(answer(status), DialAnswer::Refused(Refusal::Campaign { .. })), "{kind} {status}");
        }
    }
}

#[test]
fn accounts_secrets_are_in_no_message() {
    for setup in setups::all() {
        let keys = setup.account.as_object().unwrap();
        for key in ["client_secret", "api_key", "api_token", "access_token", "auth_token"] {
            let Some(secret) = keys.get(key).and_then(|secret| secret.as_str()) else { continue };
            let body = format!(r#"{{"message":"{secret} is not valid, nor is Bearer t0ken"}}"#);
            for status in [400, 401, 500] {
                let shown = format!("{:?}", setup.answer(status, &body));
                assert!(shown.contains("is not valid"), "{}: {shown}", setup.kind);
                assert!(!shown.contains(secret) && !shown.contains("t0ken"), "{}: {shown}", setup.kind);
            }
        }
    }
}

#[test]
fn a_call_without_an_id_is_in_doubt_where_results_need_one() {
    for setup in setups::all() {
        let reported = setup.provider().results() != Results::None;
        let answer = setup.answer(200, r#"{"nothing":1}"#);
        let human = matches!(answer, DialAnswer::Refused(Refusal::NeedsHuman { .. }));
        let as_expected = match reported {
            true => matches!(answer, DialAnswer::InDoubt { .. }) || human,
            false => answer == DialAnswer::Submitted,
        };
        assert!(as_expected, "{}: {answer:?}", setup.kind);
    }
}

#[test]
fn a_request_carries_its_token_and_none_without() {
    for setup in setups::all().into_iter().filter(|setup| setup.token.is_some()) {
        assert_eq!(setup.request().headers["authorization"], "Bearer t0ken", "{}", setup.kind);
        let without = Setup { token: None, ..setup }.request();
        assert!(!without.headers.contains_key("authorization"));
    }
}
