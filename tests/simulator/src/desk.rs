//! What becomes of a request once it was read: counted, given its fault, answered. The same for every provider.

use axum::{
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use url::form_urlencoded;

use crate::{
    faults::{self, Answer},
    ledger::{Ledger, Wanted},
    request::{Refused, is_of_type, is_secret},
    requests::{Endpoint, OfProvider},
    state::Shared,
    words::{Fault, Kind},
};

/// A request for a call: it rings or not, and is answered by the ring's index.
pub(crate) async fn place(
    shared: &Shared,
    kind: Kind,
    received_us: u64,
    wanted: Result<Wanted, Refused>,
    answer: impl FnOnce(&Ledger, usize) -> Answer,
) -> Response {
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(refused) => return refuse(shared, kind, |of| &mut of.calls, refused),
    };
    let plan = shared.plan();
    let (placed, answer) = {
        let mut ledger = shared.ledger();
        let placed = ledger.place(&plan, &wanted, received_us);
        let answer = placed.ring.map(|ring| answer(&ledger, ring));
        (placed, answer)
    };
    // What did not ring has a fault that needs no answer.
    let answer = answer.unwrap_or_else(|| Answer::ok(&json!({})));
    faults::respond(shared, &plan, placed.fault, placed.latency_ms, answer).await
}

/// A request for results.
pub(crate) async fn results<T>(
    shared: &Shared,
    kind: Kind,
    received_us: u64,
    asked: Result<T, Refused>,
    answer: impl FnOnce(&mut Ledger, T) -> Answer,
) -> Response {
    let asked = match asked {
        Ok(asked) => asked,
        Err(refused) => return refuse(shared, kind, |of| &mut of.results, refused),
    };
    let plan = shared.plan();
    let ((fault, latency_ms), answer) = {
        let mut ledger = shared.ledger();
        (ledger.ask(&plan, kind, received_us), answer(&mut ledger, asked))
    };
    faults::respond(shared, &plan, fault, latency_ms, answer).await
}

/// Any other request.
pub(crate) fn other(shared: &Shared, kind: Kind, received_us: u64, answer: Result<Answer, Refused>) -> Response {
    match answer {
        Ok(answer) => {
            shared.ledger().requests.of(kind).others.enter(received_us, Fault::None);
            answer.into_response()
        }
        Err(refused) => refuse(shared, kind, |of| &mut of.others, refused),
    }
}

fn refuse(shared: &Shared, kind: Kind, of: fn(&mut OfProvider) -> &mut Endpoint, refused: Refused) -> Response {
    of(shared.ledger().requests.of(kind)).refuse(refused.stale_token);
    refused.into_response()
}

#[derive(Deserialize)]
struct TokenForm {
    grant_type: String,
    client_id: String,
    client_secret: String,
    scope: String,
}

/// A request for an access token by OAuth2's client credentials: a form, refused as RFC 6749 has it.
pub(crate) async fn token(shared: &Shared, kind: Kind, headers: &HeaderMap, body: &[u8]) -> Response {
    let received_us = shared.stamps.now_us();
    let plan = shared.plan();
    let form = read_token_form(headers, body).and_then(|form| {
        let is_known = !form.client_id.is_empty() && is_secret(&plan, kind, &form.client_secret);
        if is_known { Ok(form) } else { Err(oauth_error(StatusCode::UNAUTHORIZED, "invalid_client")) }
    });
    let form = match form {
        Ok(form) => form,
        Err(refused) => return refuse(shared, kind, |of| &mut of.tokens, refused),
    };
    let (nth, fault, latency_ms) = shared.ledger().ask_token(&plan, kind, received_us);
    let life_ms = u64::from(plan.token_life_ms(kind, nth));
    let token = shared.tokens.issue(kind, received_us + life_ms * 1_000);
    let expires_in = life_ms / 1_000;
    let body = json!({ "access_token": token, "expires_in": expires_in, "token_type": "Bearer", "scope": form.scope });
    faults::respond(shared, &plan, fault, latency_ms, Answer::ok(&body)).await
}

fn oauth_error(status: StatusCode, error: &str) -> Refused {
    Refused::new(status, &json!({ "error": error }))
}

fn read_token_form(headers: &HeaderMap, body: &[u8]) -> Result<TokenForm, Refused> {
    let invalid = || oauth_error(StatusCode::BAD_REQUEST, "invalid_request");
    if !is_of_type(headers, "application/x-www-form-urlencoded") {
        return Err(invalid());
    }
    let mut fields = serde_json::Map::new();
    for (name, value) in form_urlencoded::parse(body) {
        if fields.insert(name.into_owned(), value.into_owned().into()).is_some() {
            return Err(invalid());
        }
    }
    let form: TokenForm = serde_json::from_value(fields.into()).map_err(|_| invalid())?;
    match (&*form.grant_type, form.scope.is_empty()) {
        ("client_credentials", false) => Ok(form),
        ("client_credentials", true) => Err(oauth_error(StatusCode::BAD_REQUEST, "invalid_scope")),
        _ => Err(oauth_error(StatusCode::BAD_REQUEST, "unsupported_grant_type")),
    }
}
