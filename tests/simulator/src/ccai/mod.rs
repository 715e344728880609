//! CCAI Platform's calls, flags and list of recent calls, by its page "Call API"; the list by its other documentation.

mod call;
mod flags;
mod list;

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use crate::{
    desk,
    faults::Answer,
    ledger::{Call, Ledger},
    request::{Refused, basic, is_secret, read_json},
    stamps::rfc3339,
    state::Shared,
    words::{Kind, Outcome},
};

use call::{Good, check};
pub(crate) use flags::Flags;

const KIND: Kind = Kind::Ccai;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/apps/api/v1/calls", post(create))
        .route("/apps/api/v1/calls/{id}/customer_flag", get(flags::read).patch(flags::write))
        .route("/manager/api/v1/calls", get(list::recent))
}

fn check_basic(shared: &Shared, headers: &HeaderMap) -> Result<(), Refused> {
    match basic(headers) {
        Some((user, token)) if !user.is_empty() && is_secret(&shared.plan(), KIND, &token) => Ok(()),
        _ => Err(Refused::message(StatusCode::UNAUTHORIZED, "Unauthorized")),
    }
}

async fn create(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let received_us = shared.stamps.now_us();
    let good = check_basic(&shared, &headers)
        .and_then(|()| read_json(&headers, &body))
        .and_then(|body| check(body, received_us));
    match good {
        // Only what the agent must see to: no call, and no fault.
        Ok(Good { needs_human: Some(status), .. }) => {
            let echo = serde_json::from_slice(&body).unwrap_or(Value::Null);
            let answer = if status == StatusCode::OK { Answer::ok(&echo) } else { Answer::new(status, &json!({})) };
            desk::other(&shared, KIND, received_us, Ok(answer)).into_response()
        }
        Ok(good) => {
            let Good { wanted, body, call_type, .. } = good;
            let answer = |ledger: &Ledger, ring| {
                let call = ledger.call(KIND, ring, received_us);
                let mut document = call.map_or(Value::Null, |call| document(ledger.number_id(ring), &call));
                document["call_type"] = call_type.into();
                document["lang"] = body.lang.as_deref().unwrap_or("en").into();
                document["scheduled_at"] = body.scheduled_at.clone().into();
                document["outbound_number"] = body.outbound_number.clone().into();
                Answer::new(StatusCode::CREATED, &document)
            };
            desk::place(&shared, KIND, received_us, Ok(wanted), answer).await
        }
        Err(refused) => desk::place(&shared, KIND, received_us, Err(refused), |_, _| Answer::ok(&Value::Null)).await,
    }
}

/// A call object as the page shows it.
fn document(id: u64, call: &Call) -> Value {
    let (status, fail_reason) = match (call.ended, call.connected_us) {
        (Some((_, outcome)), _) => ended(outcome),
        (None, Some(_)) => ("connected", "nothing"),
        (None, None) => ("assigned", "nothing"),
    };
    let talked_us = call.ended.zip(call.connected_us).map_or(0, |((ended_us, _), from_us)| ended_us - from_us);
    json!({
        "id": id,
        "lang": "en",
        "call_type": "Voice Outbound (API)",
        "status": status,
        "created_at": rfc3339(call.received_us),
        "queued_at": null,
        "assigned_at": rfc3339(call.received_us),
        "connected_at": call.connected_us.map(rfc3339),
        "ends_at": call.ended.map(|(ended_us, _)| rfc3339(ended_us)),
        "scheduled_at": null,
        "wait_duration": 0,
        "call_duration": talked_us / 1_000_000,
        "hold_duration": 0,
        "rating": null,
        "has_feedback": false,
        "voip_provider": "voip_provider_twilio",
        "out_ticket_id": null,
        "out_ticket_url": null,
        "verified": false,
        "recording_url": null,
        "recording_permission": "not_asked",
        "voicemail_reason": "not_voicemail",
        "deflection": "no_deflection",
        "disconnected_by": "disconnected_by_unknown",
        "fail_reason": fail_reason,
        "fail_details": null,
        "support_number": null,
        "selected_menu": null,
        "menu_path": null,
        "agent_info": null,
        "end_user": null,
        "photos": [],
        "videos": [],
        "transfers": [],
        "deflection_details": [],
        "participants": [],
        "offer_type": null,
        "offer_events": [],
        "answer_type": "manual",
        "outbound_number": null,
    })
}

/// Status and reason of a call that is over. There is none for a phone that is switched off.
const fn ended(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Answered => ("finished", "nothing"),
        Outcome::Busy => ("failed", "eu_busy"),
        Outcome::Error => ("failed", "voip_error"),
        Outcome::InvalidNumber => ("failed", "eu_wrong_number"),
        Outcome::NoAnswer => ("failed", "eu_no_answer"),
        Outcome::Rejected => ("failed", "eu_rejected"),
        Outcome::TemporarilyUnavailable => ("failed", "expired"),
    }
}
