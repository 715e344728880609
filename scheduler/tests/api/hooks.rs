//! What providers tell our hooks, and what comes of it.

use std::time::Duration;

use axum::{body::Body, http::Request};
use base64::{Engine, engine::general_purpose::STANDARD};
use redial_shared::{
    domain::{AttemptId, Outcome, record::AttemptRecord},
    store::Settled,
};
use ring::hmac;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Answer, Api, Begun, begin, end};

/// Far behind the end of a test: polls that come sooner are the hook's doing.
const LATER: Duration = Duration::from_secs(3600);
const SIGNING_KEY: &str = "signing-key";

/// A provider that can be asked for nothing.
const TELLS: &str = r#"
name = "tells"
title = "Tells"
[dial]
url = "/calls"
json = { to = "{{number}}", callback = "{{hook.url}}" }
[accepted]
call_id = ["/id"]
[webhook]
id = ["/id"]
status = ["/state"]
[[states]]
status = ["busy"]
outcome = "busy"
"#;

/// The same, where it sends user and password.
const BASIC: &str = r#"
[account]
password = { type = "secret" }
[webhook.signature]
kind = "basic"
username = "redial"
secret = "{{password}}"
"#;

/// One campaign, whose account has a hook.
struct World {
    api: Api,
    account: &'static str,
    _directory: TempDir,
}

impl World {
    /// `asked` (Knovvu) sends no proof and can be asked; `signs` (Bland) signs; `tells` can be asked for nothing; `unusable`
    /// signs with a secret that is not there; `covers` (Twilio) signs the address too.
    async fn start(account: &'static str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let spec = directory.path().join("tells.toml");
        std::fs::write(&spec, TELLS).unwrap();
        let basic = directory.path().join("basic.toml");
        std::fs::write(&basic, format!("{TELLS}{BASIC}")).unwrap();
        let config = format!(
            r#"
            [http]
            public_url = "https://calls.example.com/redial"
            [providers.asked]
            kind = "knovvu"
            base_url = "http://127.0.0.1:9"
            hook_secret = "ours"
            project = "p"
            tenant = "Default"
            access_token = {{ env = "A_SECRET_ONLY_WORKERS_HAVE" }}
            scenario_path = "s"
            orchestrator_url = "http://127.0.0.1:9"
            [providers.signs]
            kind = "http"
            spec = "bland"
            hook_secret = "ours"
            api_key = {{ env = "A_SECRET_ONLY_WORKERS_HAVE" }}
            webhook_secret = "{SIGNING_KEY}"
            [providers.covers]
            kind = "http"
            spec = "twilio"
            hook_secret = "ours"
            account_sid = "AC1"
            auth_token = "{SIGNING_KEY}"
            [providers.unusable]
            kind = "http"
            spec = "bland"
            hook_secret = "ours"
            api_key = "k"
            webhook_secret = {{ env = "A_SECRET_THAT_IS_NOT_THERE" }}
            [providers.tells]
            kind = "http"
            spec = "{}"
            base_url = "http://127.0.0.1:9"
            hook_secret = "ours"
            [providers.basic]
            kind = "http"
            spec = "{}"
            base_url = "http://127.0.0.1:9"
            hook_secret = "ours"
            password = "open sesame"
            [providers.hookless]
            kind = "http"
            spec = "bland"
            api_key = "k"
            "#,
            spec.display(),
            basic.display()
        );
        let api = Api::configured(&config).await;
        let call = match account {
            "asked" => "display_number = \"200\"",
            "tells" | "basic" => "",
            "covers" => "from = \"+12025550100\"\nurl = \"https://example.com/twiml\"",
            _ => "task = \"remind\"",
        };
        let definition = format!("name = \"nightly\"\nprovider = \"{account}\"\n[call]\n{call}\n");
        api.put_definition(&definition).await;
        api.upload("phone\n+12025550101\n+12025550102\n").await.ok();
        api.post("/campaigns/nightly/start").await.ok();
        Self { api, account, _directory: directory }
    }

    async fn begin(&self) -> Begun {
        begin(&self.api.store, self.account).await
    }

    /// A call under this id, found by it, and polled much later.
    async fn placed(&self, call_id: &str) -> AttemptId {
        let begun = self.begin().await;
        assert_eq!(begun.place(&self.api.store, call_id, Some(LATER)).await, Settled::Written);
        begun.attempt()
    }

    async fn deliver_to(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::post(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.api.send(request.body(body.into()).unwrap()).await
    }

    /// Delivers to the account's own hook; `query` begins with `?` if there is one.
    async fn deliver(&self, query: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        self.deliver_to(&format!("/hooks/{}/ours{query}", self.account), headers, body).await
    }

    /// Delivers what the provider signed, which is understood.
    async fn deliver_signed(&self, query: &str, body: &str) {
        let answer =
            self.deliver(query, &[("x-webhook-signature", &signature(SIGNING_KEY, body))], body.to_owned()).await;
        assert_eq!((answer.status.as_u16(), &*answer.body), (200, ""));
    }

    async fn attempt(&self, attempt: AttemptId) -> AttemptRecord {
        let record = self.api.store.record(attempt.campaign, attempt.position).await.unwrap().unwrap();
        record.attempts.into_iter().find(|past| past.revision == attempt.revision).unwrap()
    }

    async fn outcome(&self, attempt: AttemptId) -> Option<Outcome> {
        self.attempt(attempt).await.outcome
    }

    /// Whether a call of the account is polled, and whether that is much sooner than planned.
    async fn polled_soon(&self) -> Option<bool> {
        let store = &self.api.store;
        let taken = store.take_polls(self.account, 10, LATER, Duration::ZERO).await.unwrap();
        let due = taken.next_due.filter(|_| taken.entries.is_empty());
        let soon = due.map(|due| due <= store.clock().now() + LATER / 2);
        if taken.entries.is_empty() { soon } else { Some(true) }
    }

    async fn counted(&self, result: &str) -> bool {
        let metrics = self.api.send(Request::get("/metrics").body(Body::empty()).unwrap()).await.body;
        let line = format!("redial_hooks_total{{provider=\"{}\",result=\"{result}\"}} ", self.account);
        let count = metrics.lines().find_map(|known| known.strip_prefix(&line));
        count.expect("each result is there from the start") != "0"
    }
}

fn signature(key: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    hmac::sign(&key, body.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn answered(call_id: &str) -> String {
    json!({ "call_id": call_id, "status": "completed", "answered_by": "human" }).to_string()
}

#[tokio::test]
async fn a_wrong_address_is_not_found_whatever_is_wrong_with_it() {
    let world = World::start("asked").await;
    let told = |answer: Answer| {
        let mut problem = answer.problem(404);
        problem.as_object_mut().unwrap().remove("request_id");
        problem
    };
    let nothing = told(world.deliver_to("/nothing/here", &[], "{}").await);
    for path in
        ["/hooks/nobody/ours", "/hooks/asked/another", "/hooks/asked/our", "/hooks/hookless/ours", "/hooks/asked"]
    {
        assert_eq!(told(world.deliver_to(path, &[], "{}").await), nothing, "{path}");
    }
    assert!(world.counted("not_found").await);
}

#[tokio::test]
async fn a_signed_end_settles_the_call_at_once_and_it_is_not_polled_any_more() {
    let world = World::start("signs").await;
    let attempt = world.placed("call-1").await;
    assert_eq!(world.polled_soon().await, Some(false));
    world.deliver_signed("", &answered("call-1")).await;
    assert_eq!(world.outcome(attempt).await, Some(Outcome::Answered));
    assert_eq!(world.polled_soon().await, None);
    assert!(world.counted("settled").await);
    // It comes again, and then with another word: the first one stays.
    world.deliver_signed("", &answered("call-1")).await;
    world.deliver_signed(&format!("?attempt={attempt}"), r#"{"call_id":"call-1","status":"busy"}"#).await;
    assert_eq!(world.outcome(attempt).await, Some(Outcome::Answered));
    assert!(world.counted("nothing_new").await);
}

#[tokio::test]
async fn a_signature_that_covers_our_public_address_settles_the_call() {
    let world = World::start("covers").await;
    let attempt = world.placed("CA1").await;
    let body = "CallSid=CA1&CallStatus=busy";
    let address = format!("https://calls.example.com/redial/hooks/covers/ours?attempt={attempt}");
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SIGNING_KEY.as_bytes());
    let signature = hmac::sign(&key, format!("{address}CallSidCA1CallStatusbusy").as_bytes());
    let headers = [("x-twilio-signature", &*STANDARD.encode(signature))];
    world.deliver("", &headers, body).await.problem(403);
    assert_eq!(world.outcome(attempt).await, None);
    let answer = world.deliver(&format!("?attempt={attempt}"), &headers, body).await;
    assert_eq!((answer.status.as_u16(), world.outcome(attempt).await), (200, Some(Outcome::Busy)));
}

#[tokio::test]
async fn a_signature_by_another_key_changes_nothing() {
    let world = World::start("signs").await;
    let attempt = world.placed("call-1").await;
    let body = answered("call-1");
    for headers in [&[("x-webhook-signature", &*signature("another-key", &body))][..], &[]] {
        let problem = world.deliver(&format!("?attempt={attempt}"), headers, body.clone()).await.problem(403);
        assert!(problem["detail"].as_str().unwrap().starts_with("not proved to come from the provider"), "{problem}");
    }
    assert_eq!((world.outcome(attempt).await, world.polled_soon().await), (None, Some(false)));
    assert!(world.counted("forged").await);
}

#[tokio::test]
async fn an_unsigned_end_is_a_hint_and_the_call_is_polled_soon() {
    let world = World::start("asked").await;
    let attempt = world.placed("call-1").await;
    let answer = world.deliver("", &[], r#"{"UniqueId":"call-1","CallState":"Busy"}"#).await;
    assert_eq!(answer.status, 200);
    assert_eq!((world.outcome(attempt).await, world.polled_soon().await), (None, Some(true)));
    assert!(world.counted("poll_due").await);
}

#[tokio::test]
async fn an_address_with_an_attempt_is_a_hint_whatever_the_body_says() {
    let world = World::start("asked").await;
    let attempt = world.placed("call-1").await;
    assert_eq!(world.deliver(&format!("?attempt={attempt}"), &[], "<done/>").await.status, 200);
    assert_eq!((world.outcome(attempt).await, world.polled_soon().await), (None, Some(true)));
}

#[tokio::test]
async fn a_call_whose_own_response_was_lost_is_polled_by_the_id_that_its_hook_tells() {
    let world = World::start("asked").await;
    let attempt = world.begin().await.attempt();
    end(&world.api.store, attempt, Outcome::Unknown, "").await;
    world.deliver(&format!("?attempt={attempt}"), &[], r#"{"UniqueId":"call-1"}"#).await;
    let past = world.attempt(attempt).await;
    assert_eq!(
        (&*past.call_id, past.outcome, world.polled_soon().await),
        ("call-1", Some(Outcome::Unknown), Some(true))
    );
    // Late truth wins.
    end(&world.api.store, attempt, Outcome::Answered, "Answered").await;
    assert_eq!((world.outcome(attempt).await, world.polled_soon().await), (Some(Outcome::Answered), None));
}

#[tokio::test]
async fn a_signed_end_settles_a_call_that_was_in_doubt() {
    let world = World::start("signs").await;
    let attempt = world.placed("call-1").await;
    end(&world.api.store, attempt, Outcome::Unknown, "").await;
    world.deliver_signed("", &answered("call-1")).await;
    assert_eq!(world.outcome(attempt).await, Some(Outcome::Answered));
}

#[tokio::test]
async fn a_signed_end_that_comes_before_the_calls_own_response_settles_it_when_the_id_is_known() {
    let world = World::start("signs").await;
    let begun = world.begin().await;
    world.deliver_signed("", &answered("call-1")).await;
    assert!(world.counted("unknown").await);
    assert_eq!(world.outcome(begun.attempt()).await, None);
    begun.place(&world.api.store, "call-1", Some(LATER)).await;
    let past = world.attempt(begun.attempt()).await;
    assert_eq!((&*past.call_id, past.outcome), ("call-1", Some(Outcome::Answered)));
    assert_eq!(world.polled_soon().await, None);
}

#[tokio::test]
async fn a_signed_end_that_names_our_attempt_settles_it_before_the_calls_own_response() {
    let world = World::start("signs").await;
    let begun = world.begin().await;
    world.deliver_signed(&format!("?attempt={}", begun.attempt()), &answered("call-1")).await;
    let past = world.attempt(begun.attempt()).await;
    assert_eq!((&*past.call_id, past.outcome), ("call-1", Some(Outcome::Answered)));
    assert!(matches!(begun.place(&world.api.store, "call-1", Some(LATER)).await, Settled::Stale(_)));
    assert_eq!((world.outcome(begun.attempt()).await, world.polled_soon().await), (Some(Outcome::Answered), None));
}

#[tokio::test]
async fn a_hint_that_comes_before_the_calls_own_response_has_it_polled_at_once() {
    let world = World::start("asked").await;
    let begun = world.begin().await;
    world.deliver("", &[], r#"{"UniqueId":"call-1","CallState":"Busy"}"#).await;
    begun.place(&world.api.store, "call-1", Some(LATER)).await;
    assert_eq!((world.outcome(begun.attempt()).await, world.polled_soon().await), (None, Some(true)));
}

#[tokio::test]
async fn where_nothing_can_be_asked_the_address_is_the_proof() {
    let world = World::start("tells").await;
    let attempt = world.placed("7").await;
    assert_eq!(world.deliver("", &[], r#"{"id":7,"state":"busy"}"#).await.status, 200);
    assert_eq!(world.outcome(attempt).await, Some(Outcome::Busy));
}

#[tokio::test]
async fn user_and_password_are_asked_for() {
    let world = World::start("basic").await;
    let attempt = world.placed("7").await;
    let body = r#"{"id":7,"state":"busy"}"#;
    let asked = world.deliver("", &[], body).await;
    assert_eq!(asked.headers["www-authenticate"], "Basic realm=\"hooks\"");
    asked.problem(401);
    let credentials = |text: &str| format!("Basic {}", STANDARD.encode(text));
    world.deliver("", &[("authorization", &credentials("redial:another"))], body).await.problem(403);
    assert_eq!(world.outcome(attempt).await, None);
    let answer = world.deliver("", &[("authorization", &credentials("redial:open sesame"))], body).await;
    assert_eq!((answer.status.as_u16(), world.outcome(attempt).await), (200, Some(Outcome::Busy)));
}

#[tokio::test]
async fn calls_and_attempts_of_others_are_understood_and_change_nothing() {
    let world = World::start("signs").await;
    let attempt = world.placed("call-1").await;
    for query in ["", "?attempt=", "?attempt=nonsense", "?attempt=7f-0-1"] {
        world.deliver_signed(query, &answered("call-2")).await;
    }
    // Another call's word at this attempt's address is no more than a hint.
    world.deliver_signed(&format!("?attempt={attempt}"), &answered("call-2")).await;
    // Another account's provider has no say here.
    let another = format!("/hooks/tells/ours?attempt={attempt}");
    assert_eq!(world.deliver_to(&another, &[], r#"{"id":"call-1","state":"busy"}"#).await.status, 200);
    assert_eq!(world.outcome(attempt).await, None);
    assert_eq!(world.deliver("", &[("x-webhook-signature", &signature(SIGNING_KEY, "?"))], "?").await.status, 200);
    assert!(world.counted("no_call").await && world.counted("unknown").await);
}

#[tokio::test]
async fn a_body_is_read_to_256_kib() {
    let world = World::start("asked").await;
    assert_eq!(world.deliver("", &[], " ".repeat(256 * 1024)).await.status, 200);
    world.deliver("", &[], " ".repeat(256 * 1024 + 1)).await.problem(413);
}

#[tokio::test]
async fn a_hook_that_lacks_a_secret_asks_to_try_again() {
    let world = World::start("asked").await;
    world.deliver_to("/hooks/unusable/ours", &[], "{}").await.problem(503);
    world.deliver_to("/hooks/unusable/another", &[], "{}").await.problem(404);
}

#[tokio::test]
async fn without_redis_it_asks_to_try_again() {
    let mut world = World::start("asked").await;
    let attempt = world.placed("call-1").await;
    world.api.redis.stop();
    world.deliver(&format!("?attempt={attempt}"), &[], "{}").await.problem(503);
}

#[tokio::test]
async fn a_hook_is_described_as_one_that_needs_no_token() {
    let world = World::start("asked").await;
    let request = Request::get("/api/v1/openapi.json").body(Body::empty()).unwrap();
    let document = world.api.send(request).await.ok();
    let hook = &document["paths"]["/hooks/{provider}/{secret}"]["post"];
    assert_eq!(hook["operationId"], "hook");
    assert_eq!(hook["security"], json!([{}]));
}
