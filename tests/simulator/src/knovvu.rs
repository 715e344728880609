//! Knovvu's two endpoints, as its page "Outbound Call Trigger API" has them, checked as by a strict server: every field
//! that the page requires must be there, and no other field may be.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::post,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;
use uuid::Uuid;

use crate::{
    desk,
    faults::Answer,
    hooks,
    ledger::{Ledger, Wanted},
    number::Number,
    plan::Plan,
    request::{Refused, is_of_type, is_secret},
    state::Shared,
    words::{Kind, Outcome},
};

const KIND: Kind = Kind::Knovvu;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/v2/call", post(call)).route("/v2/callresult", post(call_result))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CallBody {
    project: Option<String>,
    tenant: Option<String>,
    conversation_id: Option<String>,
    access_token: Option<String>,
    scenario_path: Option<String>,
    orchestrator_url: Option<String>,
    #[serde(rename = "EndUser")]
    _end_user: Option<EndUser>,
    #[serde(rename = "Locale")]
    _locale: Option<String>,
    scenario_input_parameters: Option<Vec<Parameter>>,
    result_destination: Option<String>,
    #[serde(rename = "SendResultImmediately")]
    _send_result_immediately: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct EndUser {
    #[serde(rename = "Name")]
    _name: Option<String>,
    #[serde(rename = "Phone")]
    _phone: Option<String>,
    #[serde(rename = "Email")]
    _email: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Parameter {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ResultsBody {
    unique_ids: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CallResult {
    unique_id: Uuid,
    call_request_id: &'static str,
    call_state: &'static str,
}

fn malformed(message: impl Into<String>) -> Refused {
    refused(StatusCode::BAD_REQUEST, message)
}

fn refused(status: StatusCode, message: impl Into<String>) -> Refused {
    Refused::new(status, &json!({ "Message": message.into() }))
}

async fn call(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let received_us = shared.stamps.now_us();
    let (wanted, destination) = match read_call(&shared.plan(), &headers, &body) {
        Ok((wanted, destination)) => (Ok(wanted), destination),
        Err(refused) => (Err(refused), None),
    };
    let answer = |ledger: &Ledger, ring: usize| {
        let (id, placed) = (ledger.unique_id(ring), &ledger.rings[ring]);
        if let Some(destination) = destination {
            let result = json!({ "UniqueId": id, "CallState": call_state(placed.outcome) }).to_string();
            tokio::spawn(hooks::deliver(shared.clone(), destination, placed.ended_us(), result));
        }
        Answer::ok(&json!({ "UniqueId": id }))
    };
    desk::place(&shared, KIND, received_us, wanted, answer).await
}

async fn call_result(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let received_us = shared.stamps.now_us();
    let asked = read_results(&shared.plan(), &headers, &body);
    let answer = |ledger: &mut Ledger, asked: Vec<String>| {
        *ledger.batches.entry(asked.len()).or_default() += 1;
        let ids = asked.iter().filter_map(|id| Uuid::try_parse(id).ok());
        let results: Vec<CallResult> = ids.filter_map(|id| result(ledger, id, received_us)).collect();
        Answer::ok(&json!({ "CallResults": results }))
    };
    desk::results(&shared, KIND, received_us, asked, answer).await
}

/// None if the id is not known.
fn result(ledger: &Ledger, unique_id: Uuid, now_us: u64) -> Option<CallResult> {
    let call = ledger.call(KIND, ledger.index_of(unique_id)?, now_us)?;
    let call_state = call.ended.map_or("", |(_, outcome)| call_state(outcome));
    Some(CallResult { unique_id, call_request_id: "", call_state })
}

/// The page's word for an outcome.
const fn call_state(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "Answered",
        Outcome::Busy => "Busy",
        Outcome::Error => "Error",
        Outcome::InvalidNumber => "Invalid Number",
        Outcome::NoAnswer => "No Answer",
        Outcome::Rejected => "Rejected",
        Outcome::TemporarilyUnavailable => "Temporarily Unavailable",
    }
}

/// What a request for a call asks for, and where the result is to be sent, too.
fn read_call(plan: &Plan, headers: &HeaderMap, body: &[u8]) -> Result<(Wanted, Option<Url>), Refused> {
    check_content_type(headers)?;
    match headers.get("project") {
        Some(value) if value.is_empty() => {}
        Some(_) => return Err(malformed("header Project must be empty")),
        None => return Err(malformed("header Project is missing")),
    }
    let body: CallBody = read_json(body)?;
    let token = required("AccessToken", body.access_token)?;
    if !is_secret(plan, KIND, &token) {
        return Err(refused(StatusCode::UNAUTHORIZED, "AccessToken is not valid for this project"));
    }
    required("Project", body.project)?;
    required("Tenant", body.tenant)?;
    required("ScenarioPath", body.scenario_path)?;
    check_url("OrchestratorUrl", &required("OrchestratorUrl", body.orchestrator_url)?)?;
    let destination = body.result_destination.map(|url| check_url("ResultDestination", &url)).transpose()?;
    let conversation = required("ConversationId", body.conversation_id)?;
    let number = read_parameters(body.scenario_input_parameters)?;
    Ok((Wanted { kind: KIND, number, conversation, delay_ms: 0 }, destination))
}

fn read_results(plan: &Plan, headers: &HeaderMap, body: &[u8]) -> Result<Vec<String>, Refused> {
    check_content_type(headers)?;
    let body: ResultsBody = read_json(body)?;
    if body.unique_ids.len() > plan.config.batch_max {
        return Err(malformed(format!("UniqueIds: at most {} at once", plan.config.batch_max)));
    }
    Ok(body.unique_ids)
}

/// Returns the number to call.
fn read_parameters(parameters: Option<Vec<Parameter>>) -> Result<Number, Refused> {
    let parameters = parameters.ok_or_else(|| malformed("ScenarioInputParameters is required"))?;
    let mut values = BTreeMap::new();
    for Parameter { name, value } in &parameters {
        if values.insert(&**name, &**value).is_some() {
            return Err(malformed(format!("ScenarioInputParameters: {name} is given twice")));
        }
    }
    let required = |name: &str| match values.get(name) {
        Some(value) if !value.is_empty() => Ok(*value),
        _ => Err(malformed(format!("ScenarioInputParameters: {name} is required"))),
    };
    required("_DisplayNumber")?;
    let destination = required("_Destination")?;
    Number::parse(destination).ok_or_else(|| malformed("_Destination is no telephone number"))
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Refused> {
    if is_of_type(headers, "application/json") {
        return Ok(());
    }
    Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Content-Type must be application/json"))
}

fn read_json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| malformed(format!("the body is not as documented: {error}")))
}

fn required(name: &str, value: Option<String>) -> Result<String, Refused> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| malformed(format!("{name} is required")))
}

fn check_url(name: &str, value: &str) -> Result<Url, Refused> {
    match Url::parse(value) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        _ => Err(malformed(format!("{name} must be an http or https address"))),
    }
}
