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
    vec![uhlive(), super::knovvu::setup(), livecall(), ccai(), mylibby()]
}
