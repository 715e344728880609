//! LiveCall's calls, recordings and filters, by its page "API". Its people are next door.

mod users;

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, patch, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    desk,
    faults::Answer,
    ledger::{Call, Ledger, Wanted},
    request::{Refused, authorization, check_json, international, is_secret, read_json, required},
    stamps::{SECOND_US, ms_until, rfc3339},
    state::Shared,
    words::{Kind, Outcome},
};

pub(crate) use users::Users;

const KIND: Kind = Kind::Livecall;
/// The filter that nobody's working hours cover.
const CLOSED_FILTER: &str = "0";
/// How long a recording's address is good.
const RECORDING_LIFE_US: u64 = 60 * SECOND_US;
const HALF_HOUR_US: u64 = 1_800 * SECOND_US;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/v1/calls", post(create))
        .route("/v1/calls/{id}", get(read))
        .route("/v1/calls/{id}/recording", get(recording))
        .route("/downloads/recordings/{id}", get(download))
        .route("/v1/filters/{id}", get(filter))
        .route("/v1/users", get(users::list).post(users::add))
        .route("/v1/users/{id}", patch(users::update).delete(users::remove))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallBody {
    call: CallFields,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallFields {
    filter_id: Option<String>,
    phone_number: Option<String>,
    scheduled_for: Option<String>,
    user_id: Option<String>,
}

/// "You must include an authorization header. Also remember about a correct JSON Content-Type header": GETs too.
fn check_headers(shared: &Shared, headers: &HeaderMap) -> Result<(), Refused> {
    let key = authorization(headers, "Token").and_then(|key| key.strip_prefix("token="));
    if !key.is_some_and(|key| is_secret(&shared.plan(), KIND, key)) {
        return Err(Refused::message(StatusCode::UNAUTHORIZED, "HTTP Token: Access denied."));
    }
    check_json(headers)
}

fn not_found() -> Refused {
    Refused::message(StatusCode::NOT_FOUND, "Not found")
}

async fn create(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let received_us = shared.stamps.now_us();
    let mut echo = Value::Null;
    let wanted = read_call(&shared, &headers, &body, received_us).map(|(wanted, fields)| {
        echo = fields;
        wanted
    });
    let answer = |ledger: &Ledger, ring| {
        echo["id"] = ledger.number_id(ring).to_string().into();
        Answer::new(StatusCode::CREATED, &json!({ "call": echo }))
    };
    desk::place(&shared, KIND, received_us, wanted, answer).await
}

/// The call, and the fields that its answer repeats.
fn read_call(shared: &Shared, headers: &HeaderMap, body: &[u8], now_us: u64) -> Result<(Wanted, Value), Refused> {
    check_headers(shared, headers)?;
    let CallBody { call } = read_json(headers, body)?;
    let filter_id = required("filter_id", call.filter_id)?;
    let phone_number = required("phone_number", call.phone_number)?;
    let number = international(&phone_number).ok_or_else(|| Refused::bad("phone_number is invalid"))?;
    let wrong_time = || Refused::bad("scheduled_for must be an ISO 8601 time");
    let delay = call.scheduled_for.as_ref().map(|time| ms_until(time, now_us).ok_or_else(wrong_time)).transpose()?;
    let user_id = call.user_id.unwrap_or_else(|| users::FIRST_ID.to_string());
    let fields = json!({
        "filter_id": filter_id,
        "user_id": user_id,
        "phone_number": phone_number,
        "scheduled_for": call.scheduled_for,
    });
    let delay_ms = delay.unwrap_or(0);
    Ok((Wanted { kind: KIND, number, conversation: String::new(), delay_ms }, fields))
}

async fn read(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let received_us = shared.stamps.now_us();
    let asked = check_headers(&shared, &headers).and_then(|()| find(&shared, &id, received_us));
    let answer = |_: &mut Ledger, (id, call): (u64, Call)| Answer::ok(&json!({ "call": document(id, &call) }));
    desk::results(&shared, KIND, received_us, asked, answer).await
}

fn find(shared: &Shared, id: &str, now_us: u64) -> Result<(u64, Call), Refused> {
    let id: u64 = id.parse().map_err(|_| not_found())?;
    let ledger = shared.ledger();
    let index = ledger.index_of_number(id).ok_or_else(not_found)?;
    ledger.call(KIND, index, now_us).map(|call| (id, call)).ok_or_else(not_found)
}

/// A call as the page shows it. It names one outcome only, `successful`; for the others our words stand.
fn document(id: u64, call: &Call) -> Value {
    let outcome = call.ended.map(|(_, outcome)| match outcome {
        Outcome::Answered => "successful",
        other => other.as_str(),
    });
    let status = match (call.ended, call.connected_us) {
        (Some(_), _) => "ended",
        (None, Some(_)) => "started",
        (None, None) => "initiated",
    };
    let talked_us = call.ended.zip(call.connected_us).map(|((ended_us, _), connected_us)| ended_us - connected_us);
    json!({
        "id": id,
        "outcome": outcome,
        "status": status,
        "user_id": users::FIRST_ID,
        "phone_number": call.number.to_string(),
        "scheduled_for": null,
        "created_at": rfc3339(call.received_us),
        "initiated_at": rfc3339(call.received_us),
        "started_at": call.connected_us.map(rfc3339),
        "ended_at": call.ended.map(|(ended_us, _)| rfc3339(ended_us)),
        "duration": talked_us.map(|us| us as f64 / 1e6),
        "custom_fields_data": {},
    })
}

async fn recording(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let now_us = shared.stamps.now_us();
    let answer = check_headers(&shared, &headers).and_then(|()| {
        let (id, _) = find(&shared, &id, now_us)
            .and_then(|(id, call)| call.connected_us.zip(call.ended).map(|_| (id, ())).ok_or_else(not_found))?;
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let token = shared.tokens.issue(KIND, now_us + RECORDING_LIFE_US);
        let url = format!("http://{host}/downloads/recordings/{id}?token={token}");
        Ok(Answer::ok(&json!({ "recording": { "id": id, "call_id": id, "url": url } })))
    });
    desk::other(&shared, KIND, now_us, answer)
}

#[derive(Deserialize)]
struct DownloadQuery {
    #[serde(default)]
    token: String,
}

/// What the recording of a call holds: a WAV file of a second, whose samples no other call has.
pub fn recording_of(id: u64) -> Vec<u8> {
    const SAMPLES: u32 = 8_000;
    const SAMPLES_AT: u32 = 44;
    let mut file = Vec::with_capacity((SAMPLES_AT + SAMPLES) as usize);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(SAMPLES_AT - 8 + SAMPLES).to_le_bytes());
    // 16 bytes of format: PCM, one channel, 8,000 samples a second, a byte each.
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data");
    file.extend_from_slice(&SAMPLES.to_le_bytes());
    let noise = id.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    file.extend((0..SAMPLES).map(|place| (noise.rotate_left(place) ^ u64::from(place)) as u8));
    file
}

async fn download(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<u64>,
    Query(query): Query<DownloadQuery>,
) -> Response {
    match shared.tokens.check(KIND, &query.token, shared.stamps.now_us()) {
        Ok(()) => ([(header::CONTENT_TYPE, "audio/wav")], recording_of(id)).into_response(),
        Err(_) => StatusCode::FORBIDDEN.into_response(),
    }
}

async fn filter(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let now_us = shared.stamps.now_us();
    let answer = check_headers(&shared, &headers).map(|()| {
        let status = if id == CLOSED_FILTER { "unavailable" } else { "available" };
        let next_us = (now_us / HALF_HOUR_US + 1) * HALF_HOUR_US;
        let times = [next_us, next_us + HALF_HOUR_US].map(rfc3339);
        Answer::ok(&json!({ "filter": { "id": id, "status": status, "available_call_times": times } }))
    });
    desk::other(&shared, KIND, now_us, answer)
}
