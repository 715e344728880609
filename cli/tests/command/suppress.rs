//! `redial suppress …`

use serde_json::{Value, json};

use crate::support::Stub;

#[test]
fn numbers_are_added_with_all_that_is_said_of_them() {
    let stub = Stub::start();
    stub.on(
        "POST /suppressions",
        json!({"list": "vip", "campaign": "nightly", "added": 1, "known": 1,
        "until": "2026-12-31T10:00:00.000Z"}),
    );
    let told = stub.redial(&[
        "suppress",
        "add",
        "+12025550101",
        "2025550102",
        "--country",
        "US",
        "--list",
        "vip",
        "--campaign",
        "nightly",
        "--expires",
        "60d",
        "--reason",
        "asked",
    ]);
    assert_eq!(told.ok(), "vip: 1 number added until 2026-12-31 10:00:00 UTC, 1 there already\n");
    let body: Value = serde_json::from_slice(&stub.asked()[0].body).unwrap();
    assert_eq!(
        body,
        json!({"numbers": ["+12025550101", "2025550102"], "list": "vip", "campaign": "nightly",
        "expires": "60d", "reason": "asked", "country": "US"})
    );
}

#[test]
fn numbers_are_checked_and_removed() {
    let stub = Stub::start();
    stub.on(
        "GET /suppressions/check",
        json!({"numbers": [{"number": "+12025550101", "suppressed": false, "lists": []}]}),
    );
    stub.on("DELETE /suppressions", json!({"removed": 1, "unknown": 1}));
    assert_eq!(stub.redial(&["suppress", "check", "+12025550101"]).ok(), "+12025550101  free\n");
    let removed = stub.redial(&["suppress", "remove", "+12025550101", "+12025550102", "--list", "vip"]).ok();
    assert_eq!(removed, "1 number removed, 1 on no list\n");
    let asked: Vec<_> = stub.asked().into_iter().map(|asked| asked.what).collect();
    assert_eq!(
        asked,
        [
            "GET /api/v1/suppressions/check?numbers=%2B12025550101",
            "DELETE /api/v1/suppressions?numbers=%2B12025550101%2C%2B12025550102&list=vip",
        ]
    );
}

#[test]
fn a_file_is_streamed_into_the_list_of_its_name() {
    let stub = Stub::start();
    stub.on(
        "POST /suppressions/import",
        json!({"list": "registry", "campaign": null, "imported": 2, "new": 1,
        "rejected": 1, "rejects": [{"line": 3, "reason": "too short"}]}),
    );
    stub.file("Registry.csv", "+12025550101\n+12025550102\n12\n");
    let done = stub.redial(&["suppress", "import", "Registry.csv", "--append"]);
    assert_eq!((done.code, done.stdout.as_str()), (0, "registry: 2 numbers, 1 of them new, 1 rejected\n"));
    assert_eq!(done.stderr, "line 3: too short\n");
    let asked = &stub.asked()[0];
    assert_eq!(asked.what, "POST /api/v1/suppressions/import?list=registry&reason=&append=true");
    assert_eq!(&asked.body[..], b"+12025550101\n+12025550102\n12\n");
    assert_eq!(stub.redial(&["suppress", "import", "nowhere.csv"]).code, 2);
}

#[test]
fn lists_are_shown_and_json_is_passed_on() {
    let stub = Stub::start();
    stub.on("GET /suppressions", json!({"lists": []}));
    assert_eq!(stub.redial(&["suppress", "list"]).ok(), "there is no do-not-call list\n");
    assert_eq!(stub.redial(&["suppress", "list", "--json"]).ok(), "{\"lists\":[]}\n");
}
