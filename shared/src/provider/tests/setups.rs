//! An account and a campaign for each provider that ships, with nothing but what they need.

use serde_json::json;

use super::support::{NUMBER, Setup};

pub fn uhlive() -> Setup {
    Setup {
        kind: "uhlive",
        base_url: None,
        account: json!({ "client_id": "redial", "client_secret": "s3cret-uhlive" }),
        call: json!({ "originate": "renewals" }),
        token: Some("t0ken"),
        number: "+33199001234",
    }
}

pub fn livecall() -> Setup {
    Setup {
        kind: "livecall",
        base_url: None,
        account: json!({ "api_key": "change-to-your-api-key" }),
        call: json!({ "filter_id": "43321" }),
        token: None,
        number: NUMBER,
    }
}

pub fn ccai() -> Setup {
    Setup {
        kind: "ccai",
        base_url: None,
        account: json!({ "subdomain": "acme", "domain": "ccai.example.com", "api_token": "s3cret-ccai" }),
        call: json!({ "call_type": "Voice Outbound (API)", "agent_email": "agent@somedomain.com" }),
        token: None,
        number: NUMBER,
    }
}

pub fn mylibby() -> Setup {
    Setup {
        kind: "mylibby",
        base_url: None,
        account: json!({ "client_id": "redial", "client_secret": "s3cret-mylibby", "scope": "external-api-resource-server-1/call.out" }),
        call: json!({ "from_phone_number": "+12025550100", "name": "{{first_name}}" }),
        token: Some("t0ken"),
        number: NUMBER,
    }
}

pub fn all() -> Vec<Setup> {
    let mut all = vec![uhlive(), super::knovvu::setup(), livecall(), ccai(), mylibby()];
    all.extend(ready());
    all
}

/// Those that are no kind of their own.
pub fn ready() -> Vec<Setup> {
    let setup = |kind, account, call| Setup { kind, base_url: None, account, call, token: None, number: NUMBER };
    let from = "+12025550100";
    let url = "https://bot.example.com/start";
    vec![
        setup(
            "twilio",
            json!({ "account_sid": "AC1", "auth_token": "s3cret-twilio" }),
            json!({ "from": from, "url": url }),
        ),
        setup("vonage", json!({ "jwt": "s3cret-jwt" }), json!({ "from": "12025550100", "answer_url": url })),
        setup(
            "telnyx",
            json!({ "account_sid": "T1", "api_key": "s3cret-telnyx" }),
            json!({ "from": from, "application_sid": "app-1" }),
        ),
        setup(
            "plivo",
            json!({ "auth_id": "MA1", "auth_token": "s3cret-plivo" }),
            json!({ "from": "12025550100", "answer_url": url }),
        ),
        setup(
            "vapi",
            json!({ "api_key": "s3cret-vapi", "phone_number_id": "pn-1" }),
            json!({ "assistant_id": "as-1", "variables": { "name": "{{first_name}}" } }),
        ),
        setup("retell", json!({ "api_key": "s3cret-retell" }), json!({ "from_number": from })),
        setup("bland", json!({ "api_key": "s3cret-bland" }), json!({ "task": "Remind {{first_name}}" })),
        setup(
            "elevenlabs",
            json!({ "api_key": "s3cret-eleven", "agent_phone_number_id": "pn-1" }),
            json!({ "agent_id": "ag-1", "variables": { "name": "{{first_name}}" } }),
        ),
    ]
}
