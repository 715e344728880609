//! Knovvu's two endpoints, as its page "Outbound Call Trigger API" has them, checked as by a strict server: every field
//! that the page requires must be there, and no other field may be.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;
use uuid::Uuid;

use crate::{faults, hooks, number::Number, plan::Plan, state::Shared, words::Outcome};

/// No request needs more.
const BODY_MAX_BYTES: usize = 256 * 1024;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/v2/call", post(call))
        .route("/v2/callresult", post(call_result))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
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

/// Why a request is not processed: a 4xx with a message.
struct Refused(StatusCode, String);

impl Refused {
    fn malformed(message: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, message.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "Message": self.1 }))).into_response()
    }
}

async fn call(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let received_us = shared.stamps.now_us();
    let plan = shared.plan();
    let Wanted { number, conversation, destination } = match read_call(&plan, &headers, &body) {
        Ok(call) => call,
        Err(refused) => {
            shared.ledger().calls.refused += 1;
            return refused.into_response();
        }
    };
    let (placed, end) = {
        let mut ledger = shared.ledger();
        let placed = ledger.place(&plan, number, &conversation, received_us);
        let ring = placed.unique_id.and_then(|_| ledger.rings.last());
        let end = ring.map(|ring| (ring.ended_us(), call_state(ring.outcome)));
        (placed, end)
    };
    if let (Some(destination), Some(id), Some((ended_us, state))) = (destination, placed.unique_id, end) {
        let result = json!({ "UniqueId": id, "CallState": state }).to_string();
        tokio::spawn(hooks::deliver(shared.clone(), destination, ended_us, result));
    }
    let answer = placed.unique_id.map(|id| json!({ "UniqueId": id }).to_string()).unwrap_or_default();
    faults::respond(&shared, &plan, placed.fault, placed.latency_ms, answer).await
}

async fn call_result(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let received_us = shared.stamps.now_us();
    let plan = shared.plan();
    let asked = match read_results(&plan, &headers, &body) {
        Ok(asked) => asked,
        Err(refused) => {
            shared.ledger().results.refused += 1;
            return refused.into_response();
        }
    };
    let ids: Vec<Uuid> = asked.iter().filter_map(|id| Uuid::try_parse(id).ok()).collect();
    let polled = shared.ledger().poll(&plan, &ids, asked.len(), received_us);
    let result = |(unique_id, outcome): (Uuid, Option<Outcome>)| CallResult {
        unique_id,
        call_request_id: "",
        call_state: outcome.map_or("", call_state),
    };
    let results: Vec<CallResult> = polled.states.into_iter().map(result).collect();
    let answer = json!({ "CallResults": results }).to_string();
    faults::respond(&shared, &plan, polled.fault, polled.latency_ms, answer).await
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

/// What a request for a call asks for.
struct Wanted {
    number: Number,
    conversation: String,
    /// Where the result is sent, too.
    destination: Option<Url>,
}

fn read_call(plan: &Plan, headers: &HeaderMap, body: &[u8]) -> Result<Wanted, Refused> {
    check_content_type(headers)?;
    match headers.get("project") {
        Some(value) if value.is_empty() => {}
        Some(_) => return Err(Refused::malformed("header Project must be empty")),
        None => return Err(Refused::malformed("header Project is missing")),
    }
    let body: CallBody = read_json(body)?;
    let token = required("AccessToken", body.access_token)?;
    if plan.config.access_token.as_ref().is_some_and(|expected| *expected != token) {
        return Err(Refused(StatusCode::UNAUTHORIZED, "AccessToken is not valid for this project".into()));
    }
    required("Project", body.project)?;
    required("Tenant", body.tenant)?;
    required("ScenarioPath", body.scenario_path)?;
    check_url("OrchestratorUrl", &required("OrchestratorUrl", body.orchestrator_url)?)?;
    let destination = body.result_destination.map(|url| check_url("ResultDestination", &url)).transpose()?;
    let conversation = required("ConversationId", body.conversation_id)?;
    let number = read_parameters(body.scenario_input_parameters)?;
    Ok(Wanted { number, conversation, destination })
}

fn read_results(plan: &Plan, headers: &HeaderMap, body: &[u8]) -> Result<Vec<String>, Refused> {
    check_content_type(headers)?;
    let body: ResultsBody = read_json(body)?;
    if body.unique_ids.len() > plan.config.batch_max {
        return Err(Refused::malformed(format!("UniqueIds: at most {} at once", plan.config.batch_max)));
    }
    Ok(body.unique_ids)
}

/// Returns the number to call.
fn read_parameters(parameters: Option<Vec<Parameter>>) -> Result<Number, Refused> {
    let parameters = parameters.ok_or_else(|| Refused::malformed("ScenarioInputParameters is required"))?;
    let mut values = BTreeMap::new();
    for Parameter { name, value } in &parameters {
        if values.insert(&**name, &**value).is_some() {
            return Err(Refused::malformed(format!("ScenarioInputParameters: {name} is given twice")));
        }
    }
    let required = |name: &str| match values.get(name) {
        Some(value) if !value.is_empty() => Ok(*value),
        _ => Err(Refused::malformed(format!("ScenarioInputParameters: {name} is required"))),
    };
    required("_DisplayNumber")?;
    let destination = required("_Destination")?;
    Number::parse(destination).ok_or_else(|| Refused::malformed("_Destination is no telephone number"))
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Refused> {
    let json = |value: &str| value.split(';').next().is_some_and(|kind| kind.trim() == "application/json");
    if headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(json) {
        return Ok(());
    }
    Err(Refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Content-Type must be application/json".into()))
}

fn read_json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| Refused::malformed(format!("the body is not as documented: {error}")))
}

fn required(name: &str, value: Option<String>) -> Result<String, Refused> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| Refused::malformed(format!("{name} is required")))
}

fn check_url(name: &str, value: &str) -> Result<Url, Refused> {
    match Url::parse(value) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        _ => Err(Refused::malformed(format!("{name} must be an http or https address"))),
    }
}
