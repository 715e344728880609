//! Mistakes in provider files are named when the file is read.

use serde_json::json;

use super::support::{HOOK, NUMBER, json_of, map};
use crate::{
    domain::{AttemptId, CampaignId, PhoneNumber, contact::Contact},
    provider::{CallRequest, Spec, build_spec},
};

const LEAST: &str = r#"
name = "least"
title = "Least"
base_url = "https://api.example.com"
[call.voice]
[dial]
url = "/calls"
json = { to = "{{number}}", voice = "{{voice}}" }
"#;

fn error(text: &str) -> String {
    Spec::parse(text, "mine.toml").expect_err("a mistake").to_string()
}

fn mistaken(found: &str, written: &str) -> String {
    assert!(LEAST.contains(found));
    error(&LEAST.replace(found, written))
}

#[test]
fn little_is_needed_to_describe_a_provider() {
    let spec = Spec::parse(LEAST, "mine.toml").unwrap();
    let provider = build_spec(spec, None, &map(json!({})), &|_| unreachable!()).unwrap();
    let call = provider.compile(&map(json!({ "voice": "{{id}}" })), None).unwrap();
    let number = PhoneNumber::from_e164(NUMBER).unwrap();
    let contact = Contact {
        id: "C1".into(),
        numbers: vec![number.clone()],
        zone: None,
        priority: 5,
        not_before: None,
        attributes: Vec::new(),
    };
    let request = CallRequest {
        attempt: AttemptId { campaign: CampaignId(1), position: 2, revision: 3 },
        number: &number,
        contact: &contact,
        columns: &[],
        hook_url: Some(HOOK),
        now: super::support::NOW,
    };
    let sent = call.request(&request, None).unwrap();
    assert_eq!(json_of(&sent), json!({ "to": NUMBER, "voice": "C1" }));
}

#[test]
fn what_is_no_toml_or_no_key_is_named_with_its_line() {
    assert!(error("name = ").starts_with("mine.toml:1: "));
    assert!(mistaken("title = \"Least\"", "tilte = \"x\"").starts_with("mine.toml:3: unknown field `tilte`"));
    assert!(mistaken("[call.voice]", "[call.voice]\ntype = \"colour\"").contains("unknown variant `colour`"));
}

#[test]
fn placeholders_that_nothing_fills_are_named_with_what_is_known() {
    let error = mistaken("{{voice}}", "{{vioce}}");
    assert!(error.starts_with("mine.toml: dial.json: `{{vioce}}`"), "{error}");
    assert!(error.contains("voice") && error.contains("number"), "{error}");
    assert!(mistaken("/calls", "/calls/{{voice").starts_with("mine.toml: dial.url: "));
    let poll = "\n[accepted]\ncall_id = [\"/id\"]\n[poll]\nurl = \"/calls/{{voice}}\"\n";
    assert!(error_of(poll).starts_with("mine.toml: poll.url: "), "a poll knows no [call]");
    let states = "\n[[states]]\nstatus = [\"x\"]\nmapped_by = \"map\"\n";
    assert!(error_of(states).contains("states.mapped_by"));
}

fn error_of(more: &str) -> String {
    error(&format!("{LEAST}{more}"))
}

#[test]
fn what_is_signed_is_known() {
    let signed = "\n[webhook.signature]\nkind = \"hmac\"\nsecret = \"x\"\nsigned = \"{time}{boddy}\"\n";
    assert!(error_of(signed).contains("`{boddy}` is none of {time}, {body}, {url}, {form}"));
}

#[test]
fn what_does_not_fit_together_is_named() {
    for (more, place) in [
        ("\n[poll]\nurl = \"/calls/{{call.id}}\"\n", "accepted.call_id"),
        ("\n[[rules]]\nstatus = [\"4x\"]\nclass = \"soon\"\n", "rules"),
        ("\n[number]\nallow = [\"(\"]\n", "number"),
        ("\n[check]\nmethod = \"G T\"\nurl = \"/\"\n", "check"),
        ("\n[check]\nurl = \"calls\"\n", "check"),
        ("\n[check]\nurl = \"/\"\njson = {}\nform = {}\n", "check"),
        ("\n[check]\nurl = \"/\"\nargs = { a = {} }\n", "check"),
        ("\n[account.voice]\n", "call.voice"),
        ("\n[call.word]\ntype = \"one_of\"\n", "call.word"),
        ("\n[call.word]\nrequired_if = { nothing = [\"*\"] }\n", "call.word"),
        (
            "\n[availability]\nrespected_by = \"x\"\nstatus = \"\"\nopen = []\ntimes = \"\"\n",
            "availability.respected_by",
        ),
    ] {
        let error = error_of(more);
        assert!(error.starts_with(&format!("mine.toml: {place}: ")), "{error}");
    }
}
