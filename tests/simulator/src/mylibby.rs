//! MyLibby's token and call endpoints, by its page "Outbound Call API". No results are reported.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::post,
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    desk,
    faults::Answer,
    ledger::Wanted,
    number::Number,
    request::{Refused, attempt_id, check_bearer, read_json, required},
    state::Shared,
    words::Kind,
};

const KIND: Kind = Kind::Mylibby;
/// `fromPhoneNumber` ends so where no agent has it.
const NO_AGENT: &str = "0199";
/// A pair of `formInfo` with this name holds the caller's own id of the call.
const ATTEMPT: &str = "attempt";

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/oauth2/token", post(token)).route("/outbound", post(outbound))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CallBody {
    name: Option<String>,
    to_phone_number: Option<String>,
    from_phone_number: Option<String>,
    #[serde(rename = "introNotes")]
    _intro_notes: Option<String>,
    #[serde(rename = "introMessage")]
    _intro_message: Option<String>,
    #[serde(rename = "introVoicemail")]
    _intro_voicemail: Option<String>,
    #[serde(rename = "customQuestions")]
    _custom_questions: Option<Vec<String>>,
    #[serde(rename = "customRules")]
    _custom_rules: Option<Vec<String>>,
    form_info: Option<Vec<BTreeMap<String, String>>>,
}

async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    desk::token(&shared, KIND, &headers, &body).await
}

async fn outbound(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let received_us = shared.stamps.now_us();
    let wanted = read_call(&shared, &headers, &body, received_us);
    let answer = Answer::ok(&json!({ "message": "Outbound call processed" }));
    desk::place(&shared, KIND, received_us, wanted, |_, _| answer).await
}

fn read_call(shared: &Shared, headers: &HeaderMap, body: &[u8], now_us: u64) -> Result<Wanted, Refused> {
    let forbidden = || Refused::message(StatusCode::FORBIDDEN, "Forbidden: Incorrect scopes");
    check_bearer(&shared.tokens, KIND, headers, now_us).map_err(|token| forbidden().for_token(token))?;
    let body: CallBody = read_json(headers, body)?;
    required("name", body.name)?;
    let form_info = body.form_info.ok_or_else(|| Refused::bad("formInfo is required"))?;
    if form_info.iter().any(|pair| pair.len() != 1) {
        return Err(Refused::bad("formInfo: each object is one pair"));
    }
    let from = required("fromPhoneNumber", body.from_phone_number)?;
    e164("fromPhoneNumber", &from)?;
    if from.ends_with(NO_AGENT) {
        return Err(Refused::message(StatusCode::NOT_FOUND, "Agent not found for this number"));
    }
    let number = e164("toPhoneNumber", &required("toPhoneNumber", body.to_phone_number)?)?;
    let attempt = form_info.iter().find_map(|pair| pair.get(ATTEMPT)).map_or(String::new(), |id| attempt_id(id));
    Ok(Wanted { kind: KIND, number, conversation: attempt, delay_ms: 0 })
}

fn e164(name: &str, text: &str) -> Result<Number, Refused> {
    let digits = text.strip_prefix('+').filter(|digits| (8..=15).contains(&digits.len()));
    let number = digits.and_then(|_| Number::parse(text));
    number.ok_or_else(|| Refused::bad(format!("{name} must be in E.164")))
}
