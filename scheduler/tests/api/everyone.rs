//! Every operation that the description has, by everybody: who may do it, and what nobody may see.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Request, header},
};
use futures_util::StreamExt;
use redial_scheduler::api::{ApiState, router, tokens};
use redial_shared::{
    config::Config,
    domain::{Outcome, learned::Captured, role::Role, transition::Ending},
    store::Store,
};
use serde_json::Value;
use tower::ServiceExt;

use crate::support::{Api, CONFIG, begin_one};

/// Who may do it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Who {
    Everybody,
    Operators,
    Admins,
    /// Providers, who have no token.
    Providers,
}

/// One operation with a request of it.
struct Rule {
    operation: &'static str,
    who: Who,
    path: &'static str,
    body: &'static str,
}

const fn rule(operation: &'static str, who: Who, path: &'static str, body: &'static str) -> Rule {
    Rule { operation, who, path, body }
}

/// A new operation needs its rule here.
const RULES: &[Rule] = &[
    rule("ahead", Who::Everybody, "/api/v1/campaigns/nightly/ahead", ""),
    rule("apply", Who::Operators, "/api/v1/campaigns/nightly", DEFINITION),
    rule("attempts", Who::Everybody, "/api/v1/campaigns/nightly/attempts", ""),
    rule("campaigns", Who::Everybody, "/api/v1/campaigns", ""),
    rule("cancel", Who::Operators, "/api/v1/campaigns/nightly/cancel", "{\"contacts\": [\"+12025550199\"]}"),
    rule("cancel_contact", Who::Operators, "/api/v1/campaigns/nightly/contacts/+12025550199", ""),
    rule("check_suppressions", Who::Everybody, "/api/v1/suppressions/check?numbers=%2B12025550105,%2B12025550106", ""),
    rule("contact", Who::Everybody, "/api/v1/campaigns/nightly/contacts/+12025550101", ""),
    rule("create_token", Who::Admins, "/api/v1/tokens", "{\"role\": \"viewer\"}"),
    rule("definition", Who::Operators, "/api/v1/campaigns/nightly/definition", ""),
    rule("edit_contact", Who::Operators, "/api/v1/campaigns/nightly/contacts/+12025550199", "{\"priority\": 2}"),
    rule("events", Who::Everybody, "/api/v1/campaigns/nightly/events", ""),
    rule("forget", Who::Admins, "/api/v1/forget", "{\"numbers\": [\"+12025550199\"]}"),
    rule("hook", Who::Providers, "/hooks/acme/secret", "{}"),
    rule("import_suppressions", Who::Operators, "/api/v1/suppressions/import?list=file", "+12025550107\n"),
    rule("me", Who::Everybody, "/api/v1/me", ""),
    rule("notifications", Who::Everybody, "/api/v1/campaigns/nightly/notifications", ""),
    rule("pause", Who::Operators, "/api/v1/campaigns/nightly/pause", ""),
    rule("pause_provider", Who::Operators, "/api/v1/providers/other/pause", ""),
    rule("plan", Who::Everybody, "/api/v1/campaigns/nightly/plan", ""),
    rule("providers", Who::Everybody, "/api/v1/providers", ""),
    rule("release", Who::Operators, "/api/v1/campaigns/nightly/release", ""),
    rule("remove", Who::Operators, "/api/v1/campaigns/nightly", ""),
    rule("replay_notifications", Who::Operators, "/api/v1/campaigns/nightly/notifications/replay", ""),
    rule("results", Who::Everybody, "/api/v1/campaigns/nightly/results", ""),
    rule("resume", Who::Operators, "/api/v1/campaigns/nightly/resume", ""),
    rule("resume_provider", Who::Operators, "/api/v1/providers/other/resume", ""),
    rule("revoke_token", Who::Admins, "/api/v1/tokens/none", ""),
    rule("search", Who::Everybody, "/api/v1/contacts?q=%2B12025550101", ""),
    rule("start", Who::Operators, "/api/v1/campaigns/nightly/start", ""),
    rule("status", Who::Everybody, "/api/v1/campaigns/nightly", ""),
    rule("stop", Who::Operators, "/api/v1/campaigns/nightly/stop", ""),
    rule("suppress", Who::Operators, "/api/v1/suppressions", "{\"numbers\": [\"+12025550108\"]}"),
    rule("suppressions", Who::Everybody, "/api/v1/suppressions", ""),
    rule("test_call", Who::Operators, "/api/v1/campaigns/nightly/call", "{\"to\": \"+12025550109\"}"),
    rule("timeline", Who::Everybody, "/api/v1/campaigns/nightly/timeline", ""),
    rule("tokens", Who::Admins, "/api/v1/tokens", ""),
    rule("unsuppress", Who::Operators, "/api/v1/suppressions?numbers=%2B12025550110", ""),
    rule("upload", Who::Operators, "/api/v1/campaigns/nightly/contacts", LIST),
    rule("workers", Who::Everybody, "/api/v1/workers", ""),
];

/// What else viewers ask for.
const FURTHER_LOOKS: &[&str] = &[
    "/api/v1/campaigns/nightly/results?format=jsonl",
    "/api/v1/campaigns/nightly/results?format=parquet",
    "/api/v1/campaigns/nightly/attempts?format=jsonl",
    "/api/v1/campaigns/nightly/contacts/+12025550199",
    "/api/v1/campaigns/+12025550199",
    "/api/v1/campaigns/none/contacts/%2B12025550101",
    "/api/v1/contacts?q=%2B12025550199",
    "/api/v1/contacts?q=(202)%20555-0101",
    "/api/v1/suppressions/check?numbers=%2B12025550105&list=%2B12025550106",
    "/api/v1/suppressions/check?numbers=12025550105",
    "/api/v1/suppressions/check?numbers=%2B12025550105&campaign=%2B12025550106",
    "/api/v1/providers/+12025550199/nothing",
    "/api/v1/campaigns?cursor=+12025550199",
    "/metrics",
    "/api/v1/openapi.json",
];

const DEFINITION: &str = "name = \"nightly\"\nprovider = \"acme\"\n[call]\ndisplay_number = \"+12025550198\"\n\
                          [results]\ncapture = { callback = \"/callback\" }\n";

/// Numbers wherever a list can have them: the ids are the numbers too.
const LIST: &str = "phone1,phone2,office,note\n+12025550101,+442079460101,(202) 555-0102,call +1 202 555 0103 after 5\n\
                    +12025550104,,202.555.0102,\n";

/// Local parts of all numbers that are anywhere, without what may stand between digits.
const NUMBERS: [&str; 12] = [
    "5550101", "5550102", "5550103", "5550104", "5550105", "5550106", "5550107", "5550108", "5550109", "5550110",
    "5550198", "9460101",
];

async fn operations(api: &Api) -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(&api.ask("GET", "/api/v1/openapi.json", &[], "").await.body).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let items = paths.values().flat_map(|item| item.as_object().unwrap());
    let operations = items.filter(|(method, _)| ["get", "put", "post", "patch", "delete"].contains(&method.as_str()));
    let mut found: Vec<_> = operations
        .map(|(method, operation)| (operation["operationId"].as_str().unwrap().to_owned(), method.to_uppercase()))
        .collect();
    found.sort();
    found
}

/// Each rule with its method; every operation has one.
async fn rules(api: &Api) -> Vec<(&'static Rule, String)> {
    let operations = operations(api).await;
    let names: Vec<&str> = operations.iter().map(|(name, _)| name.as_str()).collect();
    let ruled: Vec<&str> = RULES.iter().map(|rule| rule.operation).collect();
    assert_eq!(names, ruled, "every operation has its rule, and every rule an operation");
    RULES.iter().zip(operations).map(|(rule, (_, method))| (rule, method)).collect()
}

fn request(method: &str, path: &str, body: &'static str, token: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    request.body(Body::from(body)).unwrap()
}

/// One campaign of which everything is known that has a number in it.
async fn told_everything() -> Api {
    let api = Api::start().await;
    api.put_definition(DEFINITION).await.ok();
    api.upload(LIST).await.ok();
    let of_whom = "{\"numbers\": [\"+12025550105\"], \"reason\": \"asked from (202) 555-0106\"}";
    api.ask("POST", "/api/v1/suppressions", &[], of_whom).await.ok();
    api.ask("POST", "/api/v1/suppressions/import?list=file&reason=of%20%2B12025550106", &[], "+12025550107\n")
        .await
        .ok();
    api.post("/campaigns/nightly/start").await.ok();
    let attempt = begin_one(&api.store, "call-1").await;
    let ending = Ending {
        outcome: Outcome::Busy,
        provider_status: "forwarded to +12025550103".to_owned(),
        duration_s: None,
        reason: "the callee is at 202-555-0103 now".to_owned(),
        hold: false,
        is_over: false,
        captured: [("callback".to_owned(), "+1 (202) 555-0103".to_owned())].into_iter().collect::<Captured>(),
        charged: true,
        at: api.store.clock().now(),
    };
    assert_eq!(api.store.end_attempts(vec![(attempt, ending)]).await.unwrap(), 1);
    api
}

#[tokio::test]
async fn nothing_is_done_for_anybody_without_a_known_token() {
    let api = told_everything().await;
    let unknown = tokens::draw_token();
    for (rule, method) in rules(&api).await {
        for token in [None, Some(unknown.as_str())] {
            let answer = api.send(request(&method, rule.path, rule.body, token)).await;
            match rule.who {
                // No account has a hook.
                Who::Providers => drop(answer.problem(404)),
                _ => drop(answer.problem(401)),
            }
        }
    }
    let view = api.get("/campaigns/nightly").await.ok();
    assert_eq!((view["state"].as_str(), view["contacts"]["total"].as_u64()), (Some("running"), Some(2)));
}

#[tokio::test]
async fn each_role_may_do_what_its_rule_says_and_nothing_else() {
    let api = told_everything().await;
    for role in Role::ALL {
        let token = api.token(*role).await;
        for (rule, method) in rules(&api).await {
            let needed = match rule.who {
                Who::Everybody => Role::Viewer,
                Who::Operators => Role::Operator,
                Who::Admins => Role::Admin,
                Who::Providers => continue,
            };
            let status = api.open(request(&method, rule.path, rule.body, Some(&token))).await.status().as_u16();
            assert_eq!(status == 403, *role < needed, "{role} {}: {status}", rule.operation);
            assert!(status < 500 && status != 401, "{role} {}: {status}", rule.operation);
        }
    }
}

/// Fails where a text shows a number, in whatever way it is written.
fn assert_shows_no_number(text: &str, of: &str) {
    let together: String = text.chars().filter(|sign| !" -().".contains(*sign)).collect();
    for number in NUMBERS {
        assert!(!together.contains(number), "{of} shows …{number}: {text}");
    }
}

#[tokio::test]
async fn viewers_see_no_number_anywhere() {
    let api = told_everything().await;
    let campaign = api.store.campaign_id(&"nightly".parse().unwrap()).await.unwrap();
    let begin = api.store.listen(campaign).await.unwrap().last;
    let token = api.token(Role::Viewer).await;
    let rules = rules(&api).await;
    let asked = rules.iter().map(|(rule, method)| (method.as_str(), rule.path, rule.body));
    let further = FURTHER_LOOKS.iter().map(|path| ("GET", *path, ""));
    let mut looks = 0;
    for (method, path, body) in asked.chain(further).filter(|(_, path, _)| !path.ends_with("/events")) {
        let response = api.open(request(method, path, body, Some(&token))).await;
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let shown = format!("{:?}\n{}", parts.headers, String::from_utf8_lossy(&body));
        assert_shows_no_number(&shown, &format!("{method} {path}"));
        looks += usize::from(parts.status.is_success());
    }
    assert!(looks > 20, "only {looks} answers told anything");
    // What happens is told without numbers too.
    let attempt = begin_one(&api.store, "call-2").await;
    crate::support::end(&api.store, attempt, Outcome::Answered, "by +12025550103").await;
    let mut listening = request("GET", "/api/v1/campaigns/nightly/events", "", Some(&token));
    listening.headers_mut().insert("last-event-id", begin.to_string().parse().unwrap());
    let mut events = api.open(listening).await.into_body().into_data_stream();
    let mut told = String::new();
    while !told.contains("event: contact") {
        told.push_str(std::str::from_utf8(&events.next().await.unwrap().unwrap()).unwrap());
    }
    assert!(told.contains("event: attempt"), "{told}");
    assert_shows_no_number(&told, "events");
}

/// Another workspace in the same Redis, with its own API.
struct Neighbour {
    router: Router,
    admin: String,
}

impl Neighbour {
    async fn of(api: &Api) -> Self {
        let store = Store::connect(&api.redis.url(), "neighbour", std::time::Duration::from_secs(15)).await.unwrap();
        let admin = tokens::draw_token();
        store.keep_token(&tokens::hash_of(&admin), Role::Admin, "admin", None).await.unwrap();
        let config = Config::parse(CONFIG, "redial.toml", std::iter::empty()).unwrap();
        Self { router: router(ApiState::new(store, Arc::new(config))), admin }
    }

    async fn ask(&self, request: Request<Body>) -> (u16, String) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    }
}

#[tokio::test]
async fn workspaces_on_one_redis_see_nothing_of_each_other() {
    let api = told_everything().await;
    let neighbour = Neighbour::of(&api).await;
    let ours = api.token(Role::Admin).await;
    for (rule, method) in rules(&api).await {
        if rule.who == Who::Providers {
            continue;
        }
        let (status, _) = neighbour.ask(request(&method, rule.path, rule.body, Some(&ours))).await;
        assert_eq!(status, 401, "{}", rule.operation);
        api.send(request(&method, rule.path, rule.body, Some(&neighbour.admin))).await.problem(401);
        // Whatever it does there, with all rights, tells and changes nothing of ours.
        if ["apply", "suppress", "import_suppressions"].contains(&rule.operation) {
            continue;
        }
        let (status, told) = neighbour.ask(request(&method, rule.path, rule.body, Some(&neighbour.admin))).await;
        let names_campaign = rule.path.contains("nightly");
        assert_eq!(
            status == 404,
            names_campaign || rule.operation == "revoke_token",
            "{}: {status} {told}",
            rule.operation
        );
        let asked_for = ["check_suppressions", "test_call", "search"].contains(&rule.operation);
        if !asked_for && !names_campaign {
            assert_shows_no_number(&told, rule.operation);
            assert!(!told.contains("nightly"), "{}: {told}", rule.operation);
        }
        assert!(!told.contains("\"suppressed\":true"), "{}: {told}", rule.operation);
    }
    let view = api.get("/campaigns/nightly").await.ok();
    assert_eq!((view["state"].as_str(), view["contacts"]["total"].as_u64()), (Some("running"), Some(2)));
    assert_eq!(api.get("/suppressions").await.ok()["lists"].as_array().unwrap().len(), 2);
}
