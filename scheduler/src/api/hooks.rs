//! `POST /hooks/{provider}/{secret}`: what providers tell us of calls.
//!
//! What is proved settles the attempt; what is not is a hint, and the call is asked for. Where the provider can be asked for
//! nothing, the secret in the address is the proof. Whoever knows that secret gets 200 for all that is well-formed, ours or
//! not, so that nobody repeats it for ever.

mod account;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use axum::{
    Extension,
    body::{Body, to_bytes},
    extract::{FromRequestParts, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use redial_shared::{
    domain::{AttemptId, Timestamp},
    provider::{Delivery, Forged, Hook},
    store::{Heard, Told},
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    ApiState, Problem,
    extract::{Params, no_such_path, path_part},
};
use account::HookAccount;
pub use account::Hooks;

/// No provider's report of a call is longer.
const BODY_MAX_BYTES: usize = 256 * 1024;
/// A body that takes longer is not waited for.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// How the metric tells what came of a delivery.
const RESULTS: [&str; 12] = [
    Heard::Settled.as_str(),
    Heard::Learned.as_str(),
    Heard::PollDue.as_str(),
    Heard::NothingNew.as_str(),
    Heard::Unknown.as_str(),
    "no_call",
    "not_found",
    "unusable",
    "incomplete",
    "too_large",
    "forged",
    "failed",
];

/// What this process counts of the configuration's accounts is there from the start, at 0.
pub fn expect(state: &ApiState) {
    let metrics = state.store.metrics();
    for (name, account) in &state.config.providers {
        metrics.expect_calls(name);
        let results = if account.hook_secret.is_some() { &RESULTS[..] } else { &["not_found"] };
        metrics.expect_hooks(name, results);
    }
}

/// What our hook's address may carry.
#[derive(Debug, Deserialize)]
pub struct HookParams {
    /// The attempt that the request for the call named.
    attempt: Option<String>,
}

/// The account whose hook the path names, by its secret.
pub struct Addressed(HookAccount);

impl FromRequestParts<ApiState> for Addressed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let (name, secret) = (path_part(parts, "provider").await?, path_part(parts, "secret").await?);
        let Extension(hooks) =
            Extension::<Arc<Hooks>>::from_request_parts(parts, state).await.map_err(Problem::internal)?;
        match hooks.account(&name, &secret) {
            Ok(Some(account)) => Ok(Self(account)),
            Ok(None) => {
                if state.config.providers.contains_key(&name) {
                    state.store.metrics().hook(&name, "not_found");
                }
                Err(no_such_path().await)
            }
            Err(cause) => {
                state.store.metrics().hook(&name, "unusable");
                Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, cause)
                    .with_hint("the server's log tells what is missing; send it again later"))
            }
        }
    }
}

/// Take in what a provider tells of calls.
#[utoipa::path(
    post, path = "/hooks/{provider}/{secret}", operation_id = "hook", tag = "providers",
    description = "For providers. What is signed, where the account has the secret for that, settles the call; anything else is \
                   a hint, and the provider is asked for the call.",
    params(
        ("provider" = String, Path, description = "The account"),
        ("secret" = String, Path, description = "Its `hook_secret`"),
        ("attempt" = Option<String>, Query, description = "Our id of the attempt, as the request for the call named it"),
    ),
    request_body(description = "Whatever the provider sends: JSON or a form, at most 256 KiB", content_type = "application/json"),
    security(()),
    responses(
        (status = 200, description = "Understood; also what is not ours, and what was known already"),
        (status = 401, description = "The account's provider sends user and password, and these are missing", body = Problem),
        (status = 403, description = "The proof that the account asks for is missing or false", body = Problem),
        (status = 404, description = "No such account, no hook, or another secret", body = Problem),
        (status = 413, description = "Longer than 256 KiB", body = Problem),
        (status = 503, description = "It cannot be written now: send it again", body = Problem),
    ),
)]
pub async fn receive(
    State(state): State<ApiState>,
    Addressed(account): Addressed,
    Params(params): Params<HookParams>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let now = state.store.clock().now();
    let address = state.config.http.public_url.as_ref().zip(uri.path_and_query());
    let address = address.map(|(public_url, path)| format!("{public_url}{path}"));
    let (word, answer) = match read(&account, &headers, address.as_deref(), body, now).await {
        Err(refused) => refused,
        Ok(hook) => match heard(&state, &account, hook, params.attempt.as_deref(), now).await {
            Ok(word) => (word, StatusCode::OK.into_response()),
            Err(problem) => ("failed", problem.into_response()),
        },
    };
    state.store.metrics().hook(account.name(), word);
    tracing::debug!(account = account.name(), result = word, "hook");
    answer
}

/// A result as the metric counts it, with the answer.
type Refused = (&'static str, Response);

async fn read(
    account: &HookAccount,
    headers: &HeaderMap,
    address: Option<&str>,
    body: Body,
    received_at: Timestamp,
) -> Result<Hook, Refused> {
    let too_late = |_| {
        let problem = Problem::new(StatusCode::REQUEST_TIMEOUT, "the body did not come in time");
        ("incomplete", problem.into_response())
    };
    let body = tokio::time::timeout(BODY_WITHIN, to_bytes(body, BODY_MAX_BYTES)).await.map_err(too_late)?;
    let body = body.map_err(|_| {
        let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is incomplete, or longer than 256 KiB");
        ("too_large", problem.into_response())
    })?;
    let delivery = Delivery { headers, body: &body, address, received_at };
    account.provider().hook(&delivery).map_err(|forged| {
        tracing::warn!(account = account.name(), cause = forged.0, "a hook was refused: it is not proved who sent it");
        ("forged", refuse(forged))
    })
}

fn refuse(forged: Forged) -> Response {
    let asks = forged == Forged::NO_CREDENTIALS;
    let status = if asks { StatusCode::UNAUTHORIZED } else { StatusCode::FORBIDDEN };
    let problem = Problem::new(status, forged.to_string());
    let mut response = problem.with_hint("compare the secret of the account with the provider's").into_response();
    if asks {
        let challenge = HeaderValue::from_static("Basic realm=\"hooks\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// Takes in all calls of a delivery. Answers the word for what came of the one of which most came.
async fn heard(
    state: &ApiState,
    account: &HookAccount,
    hook: Hook,
    attempt: Option<&str>,
    now: Timestamp,
) -> Result<&'static str, Problem> {
    // Where nothing can be asked for, the secret in the address has to do.
    let proved = hook.signed || !account.is_asked();
    let attempt: Option<AttemptId> = attempt.and_then(|attempt| attempt.parse().ok());
    let ids: BTreeSet<_> = hook.reports.iter().map(|report| &report.call_id).collect();
    // The attempt of the address is that of one call.
    let of_address = attempt.filter(|_| ids.len() <= 1);
    let mut told: Vec<Told> = hook
        .reports
        .iter()
        .map(|report| Told {
            call_id: report.call_id.clone(),
            attempt: report.attempt.or(of_address),
            ending: report.ending(now),
            report: report.document.clone(),
            proved,
        })
        .collect();
    if told.is_empty() {
        // Whatever it says, it says it of this attempt.
        told.extend(attempt.map(|attempt| Told {
            call_id: String::new(),
            attempt: Some(attempt),
            ending: None,
            report: Value::Null,
            proved: false,
        }));
    }
    let mut best = None;
    for one in &told {
        best = best.max(Some(worth(state.store.hear(account.name(), one, account.terms()).await?)));
    }
    Ok(best.map_or("no_call", |(_, word)| word))
}

const fn worth(heard: Heard) -> (u8, &'static str) {
    let worth = match heard {
        Heard::Unknown => 0,
        Heard::NothingNew => 1,
        Heard::Learned => 2,
        Heard::PollDue => 3,
        Heard::Settled => 4,
    };
    (worth, heard.as_str())
}
