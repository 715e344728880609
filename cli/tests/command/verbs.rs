//! The verbs against a stub of the API: what they send, what they print, how they end.

use crate::support::{Done, Stub};
use serde_json::{Value, json};

fn status(state: &str, completed: u64) -> Value {
    json!({
        "campaign": "nightly", "state": state, "reason": "",
        "contacts": {"total": 10, "pending": 10 - completed, "active": 0, "waiting": 0, "held": 0,
            "completed": completed, "failed": 0, "suppressed": 0, "expired": 0, "cancelled": 0},
        "attempts": completed, "outcomes": {"answered": completed}, "live_calls": 0, "rate_now": 5.0,
        "next_run_at": null, "finish_estimate": null
    })
}

#[test]
fn apply_sends_the_file_as_it_is_and_prints_what_became_of_it() {
    let stub = Stub::start();
    let definition = "name = \"nightly\"\nprovider = \"acme\"\n";
    stub.file("nightly.toml", definition)
        .on("PUT /campaigns/nightly", json!({"campaign": "nightly", "result": "created"}));
    assert_eq!(stub.redial(&["apply", "nightly.toml"]).ok(), "nightly: created\n");
    let asked = &stub.asked()[0];
    assert_eq!(asked.what, "PUT /api/v1/campaigns/nightly");
    assert_eq!(asked.headers["content-type"], "application/toml");
    assert_eq!(asked.headers["authorization"], "Bearer secret-token");
    assert_eq!(asked.body, definition);
    let json = stub.redial(&["apply", "--json", "nightly.toml"]).ok();
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["result"], "created");
}

#[test]
fn what_only_the_server_can_refuse_is_placed_in_the_file_too() {
    let stub = Stub::start();
    let problem = |key: &str, detail: &str| json!({"status": 422, "detail": detail, "errors": [{"key": key, "detail": detail}], "hint": "mend it"});
    stub.file("nightly.toml", "name = \"nightly\"\nprovider = \"acme\"\n[call]\ncolour = \"red\"\n")
        .refuse("PUT /campaigns/nightly", 422, problem("call.colour", "[call] `colour`: is not known here"))
        .refuse("PUT /campaigns/nightly", 422, problem("call.display_number", "[call] `display_number`: is required"));
    let unknown = stub.redial(&["apply", "nightly.toml"]);
    let expected = "error: nightly.toml:4: [call] `colour`: is not known here\nhint: mend it\n";
    assert_eq!((unknown.code, unknown.stderr.as_str()), (2, expected));
    let missing = stub.redial(&["apply", "nightly.toml"]);
    assert!(missing.stderr.starts_with("error: nightly.toml:3: [call] `display_number`"), "{}", missing.stderr);
}

#[test]
fn apply_sends_nothing_when_one_of_the_files_is_no_good() {
    let stub = Stub::start();
    stub.file("good.toml", "name = \"nightly\"\nprovider = \"acme\"\n")
        .file("bad.toml", "name = \"x\"\nprovider = \"acme\"\n[retry]\nmax_atempts = 3\n");
    let bad = stub.redial(&["apply", "good.toml", "bad.toml"]);
    assert_eq!((bad.code, bad.stdout.as_str()), (2, ""));
    assert!(bad.stderr.starts_with("error: bad.toml:4: "), "{}", bad.stderr);
    assert!(bad.stderr.contains("max_atempts"), "{}", bad.stderr);
    let missing = stub.redial(&["apply", "good.toml", "missing.toml"]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.starts_with("error: cannot read missing.toml: "), "{}", missing.stderr);
    assert!(stub.asked().is_empty());
}

#[test]
fn refusals_become_an_error_a_hint_and_the_right_exit_code() {
    let stub = Stub::start();
    stub.file("nightly.toml", "name = \"nightly\"\nprovider = \"acme\"\n");
    let problem = json!({"title": "Unprocessable", "status": 422, "detail": "no provider `acme`", "hint": "add it",
        "errors": ["provider: unknown"]});
    stub.refuse("PUT /campaigns/nightly", 422, problem);
    let bad = stub.redial(&["apply", "nightly.toml"]);
    assert_eq!((bad.code, bad.stdout.as_str()), (2, ""));
    assert_eq!(bad.stderr, "error: no provider `acme`; provider: unknown\nhint: add it\n");
    stub.refuse("POST /campaigns/nightly/start", 409, json!({"status": 409, "detail": "it is stopped"}));
    let conflict = stub.redial(&["start", "nightly"]);
    assert_eq!((conflict.code, conflict.stderr.as_str()), (1, "error: it is stopped\n"));
    stub.refuse("GET /campaigns", 401, json!({"status": 401, "title": "Unauthorized", "detail": "unknown token"}));
    let stranger = stub.redial(&["status"]);
    assert_eq!(stranger.code, 1);
    assert!(stranger.stderr.starts_with("error: unknown token\nhint: pass --token"), "{}", stranger.stderr);
}

#[test]
fn something_that_is_no_redial_is_told_apart() {
    let stub = Stub::start();
    stub.on_text("GET /campaigns", "text/html", "<html>");
    let wrong = stub.redial(&["status"]);
    assert_eq!(wrong.code, 1);
    assert!(
        wrong.stderr.contains("cannot be read") && wrong.stderr.contains("hint: is it a Redial server"),
        "{}",
        wrong.stderr
    );
    stub.refuse("GET /campaigns/nightly", 502, "<html>bad gateway</html>");
    let gateway = stub.redial(&["status", "nightly"]);
    assert!(gateway.stderr.contains("answered 502 Bad Gateway"), "{}", gateway.stderr);
}

#[test]
fn a_server_that_is_not_there_ends_with_exit_code_3() {
    let stub = Stub::start();
    let away = Done::of(stub.command(&["status", "--server", "http://127.0.0.1:9"]).output().unwrap());
    assert_eq!((away.code, away.stdout.as_str()), (3, ""));
    let mut lines = away.stderr.lines();
    assert_eq!(lines.next(), Some("error: cannot reach the server at http://127.0.0.1:9"));
    assert!(lines.next().unwrap().starts_with("hint: "), "{}", away.stderr);
    assert_eq!(lines.next(), None);
}

#[test]
fn wrong_usage_ends_with_exit_code_2() {
    let stub = Stub::start();
    for args in [
        &["status", "No Such Name"][..],
        &["start"],
        &["no-such-verb"],
        &["status", "--no-such-flag"],
        &["results", "nightly", "--format", "xml"],
        &["status", "--server", "not a url"],
        &["status", "--server", "ftp://example.com"],
    ] {
        let wrong = stub.redial(args);
        assert_eq!((wrong.code, wrong.stdout.as_str()), (2, ""), "{args:?}");
        let lines: Vec<&str> = wrong.stderr.lines().collect();
        assert!(lines[0].starts_with("error: "), "{args:?}: {}", wrong.stderr);
        assert!(lines[1..].iter().all(|line| line.starts_with("hint: ")) && lines.len() <= 2, "{}", wrong.stderr);
    }
    assert!(stub.asked().is_empty());
}

#[test]
fn the_token_of_the_data_directory_is_used_when_none_is_given() {
    let stub = Stub::start();
    std::fs::create_dir(stub.dir().join("store")).unwrap();
    stub.file("redial.toml", "data_dir = \"store\"\n").file("store/admin.token", "of-the-first-up\n");
    stub.on("GET /campaigns", json!({"campaigns": []}));
    let listed = Done::of(stub.command(&["status", "--server", &stub.url]).output().unwrap());
    assert_eq!(listed.ok(), "There are no campaigns yet: `redial apply FILE` makes one.\n");
    assert_eq!(stub.asked()[0].headers["authorization"], "Bearer of-the-first-up");
}

#[test]
fn the_life_cycle_is_posted_and_told() {
    let stub = Stub::start();
    let answer = json!({"campaign": "nightly", "state": "paused", "live_calls": 3, "next_run_at": null, "message": ""});
    stub.on("POST /campaigns/nightly/pause", &answer);
    assert_eq!(stub.redial(&["pause", "nightly"]).ok(), "nightly is paused, 3 calls still live\n");
    assert_eq!(stub.asked()[0].what, "POST /api/v1/campaigns/nightly/pause");
    let json = stub.redial(&["pause", "nightly", "--json"]).ok();
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), answer);
}

#[test]
fn status_lists_all_campaigns_or_shows_one_without_colours_in_a_pipe() {
    let stub = Stub::start();
    stub.on("GET /campaigns", json!({"campaigns": [status("running", 4)]}));
    stub.on("GET /campaigns/nightly", status("running", 4));
    let all = stub.redial(&["status"]).ok();
    assert!(all.starts_with("CAMPAIGN") && all.contains("\nnightly   running"), "{all}");
    let one = stub.redial(&["status", "nightly"]).ok();
    assert!(one.starts_with("nightly  running\n") && one.contains("4 of 10 contacts done"), "{one}");
    assert!(!one.contains('\x1b'));
    let json = stub.redial(&["status", "nightly", "--json"]).ok();
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), status("running", 4));
}

#[test]
fn a_watch_in_a_pipe_prints_a_line_a_change_and_ends_with_the_campaign() {
    let stub = Stub::start();
    for seen in [status("running", 4), status("running", 4), status("completed", 10)] {
        stub.on("GET /campaigns/nightly", seen);
    }
    let watched = stub.redial(&["status", "nightly", "--watch"]).ok();
    let told: Vec<_> = watched.lines().map(|line| line.split_once(' ').unwrap().1).collect();
    assert_eq!(told.len(), 2, "{watched}");
    assert!(told[0].starts_with("nightly running 4/10 done"), "{watched}");
    assert!(told[1].starts_with("nightly completed 10/10 done"), "{watched}");
}

#[test]
fn results_and_attempts_go_to_standard_output_or_a_file() {
    let stub = Stub::start();
    stub.on_text("GET /campaigns/nightly/results", "text/csv", "contact_id,phone\n1,+12025550101\n");
    stub.on_text("GET /campaigns/nightly/attempts", "application/jsonl", "{\"attempt_id\":\"1-0-1\"}\n");
    assert_eq!(stub.redial(&["results", "nightly"]).ok(), "contact_id,phone\n1,+12025550101\n");
    assert_eq!(stub.redial(&["attempts", "nightly", "--format", "jsonl", "-o", "a.jsonl"]).ok(), "");
    assert_eq!(std::fs::read_to_string(stub.dir().join("a.jsonl")).unwrap(), "{\"attempt_id\":\"1-0-1\"}\n");
    assert!(!stub.dir().join("a.jsonl.part").exists());
    let asked: Vec<_> = stub.asked().into_iter().map(|asked| asked.what).collect();
    let expected =
        ["results?format=csv", "attempts?format=jsonl"].map(|tail| format!("GET /api/v1/campaigns/nightly/{tail}"));
    assert_eq!(asked, expected);
    let nowhere = stub.redial(&["results", "nightly", "-o", "no/such/dir/r.csv"]);
    assert_eq!(nowhere.code, 1);
    assert!(nowhere.stderr.starts_with("error: cannot write no/such/dir/r.csv"), "{}", nowhere.stderr);
}

#[test]
fn explain_tells_the_story_and_encodes_the_contact_in_the_path() {
    let stub = Stub::start();
    let contact = json!({"contact_id": "a/b c", "numbers": ["+12025550101"], "attributes": {}, "timezone": null,
        "priority": 5, "state": "pending", "outcome": null, "reason": "", "next_attempt_at": null,
        "why": "It waits for its turn.", "attempts": []});
    stub.on("GET /campaigns/nightly/contacts/a%2Fb%20c", contact);
    let told = stub.redial(&["explain", "nightly", "a/b c"]).ok();
    assert!(told.starts_with("Contact a/b c of nightly is pending.\n"), "{told}");
    assert!(told.contains("Now: It waits for its turn.\n"), "{told}");
}

#[test]
fn release_names_the_contacts_and_tells_how_many_were_held() {
    let stub = Stub::start();
    let released = json!({"campaign": "nightly", "released": 2, "stay_held": {"nobody knows its time zone": 3}});
    stub.on("POST /campaigns/nightly/release", released);
    assert_eq!(
        stub.redial(&["release", "nightly", "1", "+12025550102"]).ok(),
        "nightly: 2 held contacts released\n  3 stay held: nobody knows its time zone\n"
    );
    let body: Value = serde_json::from_slice(&stub.asked()[0].body).unwrap();
    assert_eq!(body, json!({"contacts": ["1", "+12025550102"]}));
}

#[test]
fn provider_accounts_are_listed_paused_and_resumed() {
    let stub = Stub::start();
    let account = |state: &str, reason: &str| {
        json!({"provider": "acme", "kind": "knovvu", "state": state, "reason": reason, "until": null, "rate": 20.0,
            "max_concurrent": 30, "live_calls": 2})
    };
    stub.on("GET /providers", json!({"providers": [account("ok", "")]}))
        .on("POST /providers/acme/pause", account("paused", "by request"))
        .on("POST /providers/acme/resume", account("ok", ""))
        .refuse("POST /providers/nobody/resume", 404, json!({"status": 404, "detail": "no such account"}));
    let list = stub.redial(&["provider", "list"]).ok();
    assert_eq!(list.lines().nth(1).unwrap(), "acme      knovvu     2     30  20/s  ok");
    assert_eq!(stub.redial(&["provider", "pause", "acme"]).ok(), "acme is paused: by request, 2 calls live\n");
    assert_eq!(stub.redial(&["provider", "resume", "acme"]).ok(), "acme is ok, 2 calls live\n");
    let nobody = stub.redial(&["provider", "resume", "nobody"]);
    assert_eq!((nobody.code, nobody.stderr.as_str()), (1, "error: no such account\n"));
}

#[test]
fn cancel_names_the_contacts_and_tells_what_became_of_them() {
    let stub = Stub::start();
    stub.on(
        "POST /campaigns/nightly/cancel",
        json!({"campaign": "nightly", "cancelled": 1, "on_call": 1, "finished": 0}),
    );
    stub.on(
        "POST /campaigns/nightly/cancel",
        json!({"campaign": "nightly", "cancelled": 0, "on_call": 0, "finished": 0, "cancelled_before": 1, "repeated": 2}),
    );
    let said = stub.redial(&["cancel", "nightly", "1", "+12025550102"]).ok();
    assert_eq!(said, "nightly: 1 contact cancelled, 1 on a call and not called again after it\n");
    let sent: Value = serde_json::from_slice(&stub.asked()[0].body).unwrap();
    assert_eq!(sent, json!({"contacts": ["1", "+12025550102"]}));
    assert_eq!(stub.redial(&["cancel", "nightly"]).code, 2, "nobody is named");
    let said = stub.redial(&["cancel", "nightly", "1", "1", "1"]).ok();
    assert_eq!(said, "nightly: 0 contacts cancelled, 1 cancelled before (2 names repeat others)\n");
}

#[test]
fn a_request_that_the_server_calls_wrong_is_wrong_usage_and_other_refusals_are_failures() {
    let stub = Stub::start();
    let told = |status: u16| json!({"status": status, "detail": "wrong query: state: `gone` is none of pending"});
    let expected = [(400, 2), (422, 2), (404, 1), (409, 1), (412, 1), (403, 1)];
    for (status, _) in expected {
        stub.refuse("GET /campaigns/nightly/results", status, told(status));
    }
    for (status, code) in expected {
        let done = stub.redial(&["results", "nightly", "--state", "gone"]);
        assert_eq!((done.code, done.stdout.as_str()), (code, ""), "{status}: {}", done.stderr);
        assert!(done.stderr.contains("`gone` is none of pending"), "{}", done.stderr);
    }
    stub.refuse("POST /campaigns/nightly/notifications/replay", 400, told(400));
    assert_eq!(stub.redial(&["notify", "replay", "nightly", "--since", "nope"]).code, 2);
}

#[test]
fn a_new_token_alone_goes_to_stdout() {
    let stub = Stub::start();
    let known = json!({"id": "a1b2c3", "role": "operator", "name": "upload", "created_at": "2026-06-01T12:00:00Z", "expires_at": null});
    let mut new = known.clone();
    new["token"] = "redial_secret".into();
    stub.on("POST /tokens", new).on("GET /tokens", json!({"tokens": [known]}));
    let made = stub.redial(&["token", "create", "--role", "operator", "--name", "upload", "--expires", "30d"]);
    assert_eq!(made.ok(), "redial_secret\n");
    let sent: Value = serde_json::from_slice(&stub.asked()[0].body).unwrap();
    assert_eq!(sent, json!({"role": "operator", "name": "upload", "expires": "30d"}));
    let listed = stub.redial(&["token", "list"]).ok();
    assert!(listed.contains("a1b2c3  operator  upload") && listed.contains("never"), "{listed}");
    assert_eq!(stub.redial(&["token", "create", "--role", "root"]).code, 2);
}

#[test]
fn edit_sends_what_changes_and_tells_what_follows() {
    let stub = Stub::start();
    let answer = json!({"campaign": "nightly", "contact_id": "c-1", "changed": true, "state": "pending",
        "note": "it counts from the next attempt"});
    stub.on("PATCH /campaigns/nightly/contacts/c-1", answer);
    let args = [
        "edit",
        "nightly",
        "c-1",
        "--set",
        "first_name=Ann",
        "--set",
        "note=",
        "--phone",
        "+12025550101",
        "--timezone",
        "-",
        "--priority",
        "2",
    ];
    assert_eq!(stub.redial(&args).ok(), "nightly: c-1 changed: it counts from the next attempt\n");
    let sent: Value = serde_json::from_slice(&stub.asked()[0].body).unwrap();
    let expected = json!({"phones": ["+12025550101"], "timezone": null, "priority": 2,
        "attributes": {"first_name": "Ann", "note": ""}});
    assert_eq!(sent, expected);
    assert_eq!(stub.redial(&["edit", "nightly", "c-1"]).code, 2, "nothing is to change");
    assert_eq!(stub.redial(&["edit", "nightly", "c-1", "--priority", "10"]).code, 2);
}

#[test]
fn forget_tells_what_was_erased_and_fails_while_somebody_is_on_a_call() {
    let stub = Stub::start();
    let number = |number: &str, erased: u64, on_call: u64, suppressions: u64| {
        json!({"number": number, "suppressions": suppressions,
            "campaigns": [{"campaign": "nightly", "erased": erased, "on_call": on_call}]})
    };
    let done = json!({"forgotten": [number("+12025550101", 1, 0, 1)]});
    stub.on("POST /forget", done);
    assert_eq!(
        stub.redial(&["forget", "+12025550101"]).ok(),
        "+12025550101  nightly: 1 contact erased\n+12025550101  still on 1 do-not-call list (--suppressions takes it off)\n"
    );
    let sent: Value = serde_json::from_slice(&stub.asked()[0].body).unwrap();
    assert_eq!(sent, json!({"numbers": ["+12025550101"], "suppressions": false}));
    let former = Stub::start();
    let campaigns = json!([{"campaign": "nightly", "erased": 0, "calls_erased": 1, "on_call": 0},
        {"campaign": "weekly", "erased": 1, "calls_erased": 2, "on_call": 0}]);
    let number_and = json!({"number": "+12025550101", "suppressions": 0, "campaigns": campaigns});
    former.on("POST /forget", json!({"forgotten": [number_and]}));
    assert_eq!(
        former.redial(&["forget", "+12025550101"]).ok(),
        "+12025550101  nightly: of 1 contact only the calls to it erased: it has other numbers now\n\
         +12025550101  weekly: 1 contact erased; of 2 contacts only the calls to it erased: they have other numbers now\n"
    );
    let busy = Stub::start();
    busy.on("POST /forget", json!({"forgotten": [number("+12025550101", 0, 1, 0)]}));
    let refused = busy.redial(&["forget", "+12025550101"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("1 contact not erased: a call goes on, or may"), "{}", refused.stderr);
    assert_eq!(stub.redial(&["forget"]).code, 2);
}
