//! Redial's own providers against the strict server: what they send is taken, and what it answers they read.

use hyper::{Uri, http::uri::PathAndQuery};
use redial_shared::{
    domain::{AttemptId, CampaignId, Outcome, PhoneNumber, Timestamp, contact::Contact},
    provider::{
        CallRequest, DialAnswer, HttpAnswer, HttpRequest, PollError, Provider, Refusal, Report, Results, build,
    },
};
use redial_simulator::{Kind, Simulator, SimulatorConfig, Span};
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use crate::client::{Answer, Client};

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

async fn send(client: &mut Client, request: HttpRequest) -> Answer {
    let headers: Vec<_> =
        request.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    let path = Uri::path_and_query(&request.uri).map_or("/", PathAndQuery::as_str);
    client.send(request.method.as_str(), path, &headers, std::str::from_utf8(&request.body).unwrap()).await.unwrap()
}

fn received(answer: &Answer) -> HttpAnswer<'_> {
    HttpAnswer {
        status: answer.status.as_u16(),
        headers: &answer.headers,
        body: &answer.body,
        received_at: Timestamp::default(),
    }
}

/// Every field that a kind has, as an account and a campaign would set it.
struct Case {
    kind: Kind,
    account: Value,
    call: Value,
    number: &'static str,
    /// What a call that nobody took is to Redial; none where no results are reported.
    busy: Option<&'static str>,
    carries_attempt: bool,
}

const FRENCH: &str = "+33199001234";
const AMERICAN: &str = "+12025550101";

fn cases(url: &str) -> Vec<Case> {
    let case = |kind, number, account, call| Case { kind, account, call, number, busy: None, carries_attempt: false };
    vec![
        Case {
            busy: Some("Busy"),
            carries_attempt: true,
            ..case(Kind::Knovvu, AMERICAN, knovvu_account(), knovvu_call())
        },
        Case {
            carries_attempt: true,
            ..case(
                Kind::Uhlive,
                FRENCH,
                json!({
                    "token_url": format!("{url}/realms/uhlive/protocol/openid-connect/token"),
                    "client_id": "redial", "client_secret": "secret",
                }),
                json!({ "originate": "renewals", "email": "{{attempt.id}}" }),
            )
        },
        Case {
            busy: Some("ended: busy"),
            ..case(
                Kind::Livecall,
                AMERICAN,
                json!({ "api_key": "secret", "outcome_map": { "busy": "busy" } }),
                json!({ "filter_id": "43321", "user_id": "124", "scheduled_for": "" }),
            )
        },
        Case {
            busy: Some("failed: eu_busy"),
            ..case(
                Kind::Ccai,
                AMERICAN,
                json!({ "username": "acme", "api_token": "secret" }),
                json!({
                    "call_type": "Voice Outbound (API)", "agent_email": "agent@somedomain.com",
                    "outbound_number": "+1 202-555-0100", "lang": "en",
                }),
            )
        },
        Case {
            carries_attempt: true,
            ..case(
                Kind::Mylibby,
                AMERICAN,
                json!({
                    "token_url": format!("{url}/oauth2/token"), "client_id": "redial", "client_secret": "secret",
                    "scope": "external-api-resource-server-1/call.out",
                }),
                json!({
                    "from_phone_number": "+12025550100", "name": "{{first_name}}", "intro_notes": "an offer",
                    "custom_questions": ["When?"], "custom_rules": ["Be friendly"],
                    "form_info": [{ "attempt": "{{attempt.id}}" }],
                }),
            )
        },
    ]
}

fn knovvu_account() -> Value {
    json!({
        "project": "renewals",
        "tenant": "Default",
        "access_token": "secret",
        "scenario_path": "/renewal",
        "orchestrator_url": "https://orchestrator.example.com",
        "destination_format": "national",
    })
}

fn knovvu_call() -> Value {
    json!({
        "display_number": "200",
        "locale": "en",
        "variables": { "first_name": "{{first_name}}" },
        "end_user": { "name": "{{first_name}}", "phone": "{{phone}}" },
        "send_result_immediately": true,
    })
}

/// A simulator that wants the secret, and where every phone is busy at once.
async fn busy_simulator() -> Simulator {
    let providers: String = Kind::ALL.map(|kind| format!("{}.secret = \"secret\"\n", kind.as_str())).concat();
    let text = format!("ring = \"0ms\"\noutcomes = {{ busy = 1 }}\n[providers]\n{providers}");
    let config: SimulatorConfig = toml::from_str(&text).unwrap();
    redial_simulator::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap()
}

const ATTEMPT: AttemptId = AttemptId { campaign: CampaignId(1), position: 2, revision: 3 };

/// Places one call as a worker would.
async fn dial(client: &mut Client, provider: &dyn Provider, case: &Case, token: Option<&SecretString>) -> DialAnswer {
    let number = PhoneNumber::from_e164(case.number).unwrap();
    let contact = Contact {
        id: "C1".into(),
        numbers: vec![number.clone()],
        zone: None,
        priority: 5,
        not_before: None,
        attributes: vec!["Ada".into()],
    };
    let columns = ["first_name".to_owned()];
    let call = provider.compile(&map(case.call.clone()), Some(&columns)).unwrap();
    let hook_url = Some("https://calls.example.com/hooks/acme/hush");
    let now = Timestamp::default();
    let request =
        CallRequest { attempt: ATTEMPT, number: &number, contact: &contact, columns: &columns, hook_url, now };
    let answer = send(client, call.request(&request, token).unwrap()).await;
    call.answer(&received(&answer))
}

async fn token(client: &mut Client, provider: &dyn Provider) -> Option<SecretString> {
    let answer = send(client, provider.token_request()?).await;
    Some(provider.token_answer(&received(&answer)).unwrap().secret)
}

fn build_case(case: &Case, base_url: &str) -> std::sync::Arc<dyn Provider> {
    let base_url = if case.kind == Kind::Livecall { format!("{base_url}/v1") } else { base_url.to_owned() };
    let unresolved = |_: &Value| Err("nothing to resolve".into());
    build(case.kind.as_str(), Some(&base_url), &map(case.account.clone()), &unresolved).unwrap()
}

#[tokio::test]
async fn our_requests_satisfy_the_strict_server_and_we_read_its_answers() {
    let simulator = busy_simulator().await;
    let mut client = Client::connect(&simulator).await;
    for case in cases(&simulator.url()) {
        let provider = build_case(&case, &simulator.url());
        let token = token(&mut client, &*provider).await;
        let answer = dial(&mut client, &*provider, &case, token.as_ref()).await;
        let ring = simulator.ledger().rings().pop().unwrap();
        assert_eq!(ring.provider, case.kind);
        assert_eq!(ring.conversation_id == ATTEMPT.to_string(), case.carries_attempt, "{ring:?}");
        let Some(busy) = case.busy else {
            assert_eq!(answer, DialAnswer::Submitted);
            continue;
        };
        assert_eq!(answer, DialAnswer::Accepted { call_id: ring.unique_id.clone() });
        let reports = match provider.results() {
            Results::Poll { .. } => {
                let answer = send(&mut client, provider.poll(&[&ring.unique_id], None).unwrap()).await;
                provider.poll_answer(&[&ring.unique_id], &received(&answer)).unwrap()
            }
            _ => {
                let answer = send(&mut client, provider.tail(Timestamp::default(), 1, None).unwrap()).await;
                provider.tail_answer(&received(&answer)).unwrap().reports
            }
        };
        assert_eq!(reports.len(), 1, "{reports:?}");
        assert_eq!((&reports[0].call_id, reports[0].provider_status.as_str()), (&ring.unique_id, busy));
        assert!(matches!(reports[0].report, Report::Ended { outcome: Outcome::Busy, charged: true, .. }));
    }
    let summary = simulator.ledger().summary();
    assert_eq!(summary.providers.len(), 5);
    for (kind, of) in &summary.providers {
        let tokens = u64::from(matches!(kind, Kind::Uhlive | Kind::Mylibby));
        assert_eq!((of.rings, of.calls.accepted, of.tokens.accepted), (1, 1, tokens), "{kind:?}");
        assert_eq!((of.calls.refused, of.results.refused, of.tokens.refused), (0, 0, 0), "{kind:?}");
    }
}

#[tokio::test]
async fn a_token_that_is_over_or_revoked_is_refused_as_the_page_says_and_rings_nowhere() {
    let simulator = busy_simulator().await;
    let mut client = Client::connect(&simulator).await;
    let cases = cases(&simulator.url());
    for case in cases.iter().filter(|case| matches!(case.kind, Kind::Uhlive | Kind::Mylibby)) {
        let provider = build_case(case, &simulator.url());
        let revoked = token(&mut client, &*provider).await;
        let path = format!("/tokens?provider={}", case.kind.as_str());
        client.send("DELETE", &path, &[], "").await.unwrap();
        let refused = dial(&mut client, &*provider, case, revoked.as_ref()).await;
        assert!(matches!(refused, DialAnswer::AuthRefused { .. }), "{refused:?}");
        let of = &simulator.ledger().summary().providers[&case.kind];
        assert_eq!((of.rings, of.calls.refused, of.calls.stale_tokens), (0, 1, 1));
        let refused = dial(&mut client, &*provider, case, Some(&"never issued".to_owned().into())).await;
        assert!(matches!(refused, DialAnswer::AuthRefused { .. }), "{refused:?}");
        let fresh = token(&mut client, &*provider).await;
        assert_eq!(dial(&mut client, &*provider, case, fresh.as_ref()).await, DialAnswer::Submitted);
    }
    let short = SimulatorConfig { token_life: Some(Span::millis(0, 0)), ..SimulatorConfig::default() };
    simulator.reconfigure(short).unwrap();
    let uhlive = &cases[1];
    let provider = build_case(uhlive, &simulator.url());
    let over = token(&mut client, &*provider).await;
    assert!(matches!(dial(&mut client, &*provider, uhlive, over.as_ref()).await, DialAnswer::AuthRefused { .. }));
}

#[tokio::test]
async fn credentials_that_are_not_those_it_was_told_are_refused_by_every_provider() {
    let simulator = busy_simulator().await;
    let mut client = Client::connect(&simulator).await;
    for mut case in cases(&simulator.url()) {
        for key in ["access_token", "client_secret", "api_key", "api_token"] {
            case.account.as_object_mut().unwrap().entry(key).and_modify(|secret| *secret = "wrong".into());
        }
        let provider = build_case(&case, &simulator.url());
        if let Some(request) = provider.token_request() {
            let answer = send(&mut client, request).await;
            assert_eq!(answer.json()["error"], "invalid_client");
            assert!(matches!(provider.token_answer(&received(&answer)), Err(PollError::Account { .. })));
            continue;
        }
        let refused = dial(&mut client, &*provider, &case, None).await;
        assert!(matches!(refused, DialAnswer::Refused(Refusal::Account { .. })), "{refused:?}");
    }
    assert_eq!(simulator.ledger().totals().calls, 0);
}
