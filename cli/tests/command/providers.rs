//! What a provider is asked directly, with the stub in its place.

use crate::support::{Done, Stub};
use serde_json::{Value, json};

/// A stub that accounts of two kinds lead to.
fn stub() -> Stub {
    let stub = Stub::start();
    let base = format!("base_url = \"{}/api/v1\"\n", stub.url);
    let livecall =
        format!("[providers.live]\nkind = \"livecall\"\napi_key = \"s3cret\"\nfilter_id = \"43321\"\n{base}");
    let ccai =
        "[providers.desk]\nkind = \"ccai\"\nsubdomain = \"s\"\ndomain = \"d\"\nusername = \"u\"\napi_token = \"t\"\n";
    stub.file("redial.toml", format!("{livecall}{ccai}{base}"));
    stub
}

fn answer(done: Done) -> Value {
    serde_json::from_str(&done.ok()).unwrap()
}

#[test]
fn a_check_is_one_harmless_request_with_the_accounts_credentials() {
    let stub = stub();
    stub.on("GET /users", json!({"users": []}));
    assert_eq!(stub.redial(&["provider", "check", "live"]).ok(), "live answers: ok\n");
    assert_eq!(
        answer(stub.redial(&["provider", "check", "live", "--json"])),
        json!({"provider": "live", "state": "ok"})
    );
    assert_eq!(stub.asked()[0].headers["authorization"], "Token token=s3cret");
    stub.refuse("GET /users", 401, json!({"error": "bad token s3cret"}));
    stub.redial(&["provider", "check", "live"]);
    let refused = stub.redial(&["provider", "check", "live"]);
    assert_eq!(refused.code, 1);
    let asked = format!("error: GET {}/api/v1/users: HTTP 401", stub.url.trim_start_matches("http://"));
    assert!(refused.stderr.starts_with(&asked) && !refused.stderr.contains("s3cret"), "{}", refused.stderr);
    stub.refuse("GET /users", 404, json!({}));
    stub.redial(&["provider", "check", "live"]);
    let nothing = stub.redial(&["provider", "check", "live"]);
    assert!(nothing.stderr.contains("/users: HTTP 404") && nothing.stderr.contains("`base_url`"), "{}", nothing.stderr);
    let nobody = stub.redial(&["provider", "check", "nobody"]);
    assert_eq!((nobody.code, nobody.stderr.lines().nth(1).unwrap()), (2, "hint: there are: desk, live"));
}

#[test]
fn the_people_who_take_calls_are_listed_added_changed_and_removed() {
    let stub = stub();
    stub.on("GET /users", json!({"users": [{"id": 7, "name": "Ann"}]}))
        .on("POST /users", json!({"user": {"id": 8, "name": "Bob"}}))
        .on("PATCH /users/8", json!({"user": {"id": 8, "name": "Bea"}}))
        .on("DELETE /users/8", json!({}));
    assert_eq!(answer(stub.redial(&["provider", "users", "list", "live"]))[0]["name"], "Ann");
    let add = ["provider", "users", "add", "live", "--name", "Bob", "--phone", "+442079460102"];
    assert_eq!(answer(stub.redial(&add))["id"], 8);
    assert_eq!(answer(stub.redial(&["provider", "users", "update", "live", "8", "--name", "Bea"]))["name"], "Bea");
    stub.redial(&["provider", "users", "remove", "live", "8"]).ok();
    let asked = stub.asked();
    let sent = |index: usize| serde_json::from_slice::<Value>(&asked[index].body).unwrap();
    assert_eq!(sent(1), json!({"user": {"name": "Bob", "phone_number": "+442079460102"}}));
    assert_eq!(sent(2), json!({"user": {"name": "Bea"}}));
    let elsewhere = stub.redial(&["provider", "users", "list", "desk"]);
    assert_eq!(elsewhere.code, 2);
    assert!(elsewhere.stderr.contains("is nothing that ccai offers"), "{}", elsewhere.stderr);
}

#[test]
fn availability_and_flags_are_told_as_the_provider_tells_them() {
    let stub = stub();
    stub.on("GET /filters/43321", json!({"filter": {"status": "available"}}))
        .on("GET /apps/api/v1/calls/12/customer_flag", json!({"bad_actor": false}))
        .on("PATCH /apps/api/v1/calls/12/customer_flag", json!({"bad_actor": true}));
    assert_eq!(answer(stub.redial(&["provider", "availability", "live"]))["status"], "available");
    assert_eq!(answer(stub.redial(&["provider", "customer-flag", "get", "desk", "12"])), json!({"bad_actor": false}));
    let set = ["provider", "customer-flag", "set", "desk", "12", "bad_actor=true"];
    assert_eq!(answer(stub.redial(&set)), json!({"bad_actor": true}));
    assert_eq!(serde_json::from_slice::<Value>(&stub.asked()[2].body).unwrap(), json!({"bad_actor": true}));
    let unknown = stub.redial(&["provider", "customer-flag", "set", "desk", "12", "bad_acter=true"]);
    assert_eq!((unknown.code, unknown.stderr.contains("did you mean `bad_actor`?")), (2, true), "{}", unknown.stderr);
}

#[test]
fn a_recording_is_downloaded_at_once_and_its_address_shown_to_nobody() {
    let stub = stub();
    let address = format!("{}/api/v1/short-lived?signature=abc", stub.url);
    stub.on("GET /calls/9/recording", json!({"recording": {"url": address}})).on_text(
        "GET /short-lived",
        "audio/mpeg",
        "sound",
    );
    let told = stub.redial(&["provider", "recording", "live", "9", "-o", "call.mp3"]).ok();
    assert_eq!(told, "call.mp3: 5 bytes\n");
    assert_eq!(std::fs::read_to_string(stub.dir().join("call.mp3")).unwrap(), "sound");
    assert!(stub.asked()[1].headers.get("authorization").is_none(), "the address is all that it needs");
    stub.refuse("GET /short-lived", 403, json!({}));
    stub.redial(&["provider", "recording", "live", "9", "-o", "call.mp3"]);
    let refused = stub.redial(&["provider", "recording", "live", "9", "-o", "call.mp3"]);
    assert!(refused.code == 1 && !refused.stderr.contains("signature"), "{}", refused.stderr);
}
