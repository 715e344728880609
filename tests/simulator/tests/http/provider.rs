//! Redial's own Knovvu provider against the strict server.

use hyper::Uri;
use redial_shared::{
    domain::{AttemptId, CampaignId, Outcome, PhoneNumber, Timestamp, contact::Contact},
    provider::{CallRequest, DialAnswer, HttpAnswer, HttpRequest, Provider, Report, build},
};
use redial_simulator::Simulator;
use serde_json::{Map, Value, json};
use std::sync::Arc;

use crate::client::{Answer, Client, simulator};

fn provider(simulator: &Simulator) -> Arc<dyn Provider> {
    let keys = json!({
        "project": "renewals",
        "tenant": "Default",
        "access_token": "secret",
        "scenario_path": "/renewal",
        "orchestrator_url": "https://orchestrator.example.com",
        "destination_format": "national",
    });
    build("knovvu", Some(&simulator.url()), &map(keys), &|_| Err("nothing to resolve".into())).unwrap()
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

async fn send(client: &mut Client, request: HttpRequest) -> Answer {
    let headers: Vec<_> =
        request.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    let path = Uri::path(&request.uri);
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

#[tokio::test]
async fn our_requests_satisfy_the_strict_server_and_we_read_its_answers() {
    let config =
        "access_token = \"secret\"\nring = \"0ms\"\nscript = { \"2025550101\" = [\"temporarily_unavailable\"] }";
    let simulator = simulator(config).await;
    let mut client = Client::connect(&simulator).await;
    let provider = provider(&simulator);
    let number = PhoneNumber::from_e164("+12025550101").unwrap();
    let contact = Contact {
        id: "C1".into(),
        numbers: vec![number.clone()],
        zone: None,
        priority: 5,
        not_before: None,
        attributes: vec!["Ada".into()],
    };
    let columns = ["first_name".to_owned()];
    let table = json!({
        "display_number": "200",
        "locale": "en",
        "variables": { "first_name": "{{first_name}}" },
        "end_user": { "name": "{{first_name}}", "phone": "{{phone}}" },
        "send_result_immediately": true,
    });
    let call = provider.compile(&map(table), Some(&columns)).unwrap();
    let attempt = AttemptId { campaign: CampaignId(1), position: 2, revision: 3 };
    let hook_url = Some("https://calls.example.com/hooks/acme/hush");
    let request = CallRequest {
        attempt,
        number: &number,
        contact: &contact,
        columns: &columns,
        hook_url,
        now: Timestamp::default(),
    };
    let answer = send(&mut client, call.request(&request, None).unwrap()).await;
    let DialAnswer::Accepted { call_id } = call.answer(&received(&answer)) else {
        panic!("refused: {:?}", answer.body);
    };
    assert_eq!(simulator.ledger().rings_of("2025550101")[0].conversation_id, attempt.to_string());

    let answer = send(&mut client, provider.poll(&[&call_id, "unknown"], None).unwrap()).await;
    let reports = provider.poll_answer(&[&call_id], &received(&answer)).unwrap();
    assert_eq!(reports.len(), 1);
    assert_eq!((&reports[0].call_id, reports[0].provider_status.as_str()), (&call_id, "Temporarily Unavailable"));
    let ended = Report::Ended { outcome: Outcome::TemporarilyUnavailable, duration_s: None, charged: true };
    assert_eq!(reports[0].report, ended);
}
