//! `POST /v2/callresult`, and what a callback to `ResultDestination` may hold.

use serde::Serialize;
use serde_json::Value;

use crate::{
    domain::Outcome,
    provider::{
        CallReport, HttpAnswer, PollError, Report,
        message::{STATUS_MAX_CHARS, describe, shorten},
        wire::parse_json,
    },
};

/// No id is longer; something else than an id is none.
const ID_MAX_BYTES: usize = 200;

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "UniqueIds")]
    unique_ids: &'a [&'a str],
}

/// The page's states without case, space and punctuation.
const STATES: [(&str, Outcome); 7] = [
    ("answered", Outcome::Answered),
    ("busy", Outcome::Busy),
    ("error", Outcome::Error),
    ("invalidnumber", Outcome::InvalidNumber),
    ("noanswer", Outcome::NoAnswer),
    ("rejected", Outcome::Rejected),
    ("temporarilyunavailable", Outcome::TemporarilyUnavailable),
];

pub(super) fn body(call_ids: &[&str]) -> Vec<u8> {
    serde_json::to_vec(&Body { unique_ids: call_ids }).expect("texts are always JSON")
}

pub(super) fn read(answer: &HttpAnswer<'_>, secrets: &[&str]) -> Result<Vec<CallReport>, PollError> {
    let message = || describe(answer.status, answer.body, secrets);
    match answer.status {
        200..=299 => {
            let unreadable = || PollError::Failed { message: format!("HTTP {} without CallResults", answer.status) };
            let body: Value = answer.json().ok_or_else(unreadable)?;
            let results = field(&body, "CallResults").and_then(Value::as_array).ok_or_else(unreadable)?;
            Ok(results.iter().filter_map(report).collect())
        }
        429 => Err(PollError::Throttled { retry_after: answer.retry_after() }),
        503 if answer.retry_after().is_some() => Err(PollError::Throttled { retry_after: answer.retry_after() }),
        401 | 403 => Err(PollError::Account { message: message() }),
        _ => Err(PollError::Failed { message: message() }),
    }
}

/// The page says only that `ResultDestination` gets the id or the result: both are looked for at the top and inside
/// `CallResults`.
pub(super) fn read_hook(body: &[u8]) -> Vec<CallReport> {
    let Some(body) = parse_json::<Value>(body) else { return Vec::new() };
    let within = field(&body, "CallResults").and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
    std::iter::once(&body).chain(within).filter_map(report).collect()
}

/// `UniqueId`, a text or an integer; none if there is none that can be used.
pub(super) fn find_id(object: &Value) -> Option<String> {
    let id = match field(object, "UniqueId")? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) if !number.is_f64() => number.to_string(),
        _ => return None,
    };
    (1..=ID_MAX_BYTES).contains(&id.len()).then_some(id)
}

fn report(object: &Value) -> Option<CallReport> {
    let call_id = find_id(object)?;
    let state = match field(object, "CallState") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let report = outcome(&state).map_or(Report::Pending, |outcome| Report::Ended { outcome, duration_s: None });
    Some(CallReport { call_id, provider_status: shorten(&state, STATUS_MAX_CHARS), report, document: object.clone() })
}

fn outcome(state: &str) -> Option<Outcome> {
    let plain: String = state.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    STATES.iter().find(|(word, _)| *word == plain).map(|(_, outcome)| *outcome)
}

/// A field by its name without case: .NET services are configured to write either `UniqueId` or `uniqueId`.
fn field<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let fields = object.as_object()?;
    fields.get(name).or_else(|| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}
