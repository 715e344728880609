//! What is kept of a call's customer: three flags.

use std::{
    collections::BTreeMap,
    sync::{Arc, MutexGuard, PoisonError},
};

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{KIND, check_basic};
use crate::{
    desk,
    faults::Answer,
    request::{Refused, read_json},
    state::Shared,
};

/// What is kept of a call's customer.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Flags {
    verified_customer: bool,
    bad_actor: bool,
    repeat_customer: bool,
}

/// The page says `repeat_customer` where it reads and `repeat_customers` where it writes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FlagsBody {
    verified_customer: Option<bool>,
    bad_actor: Option<bool>,
    repeat_customers: Option<bool>,
}

pub(super) async fn read(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let now_us = shared.stamps.now_us();
    let answer = known(&shared, &headers, &id, now_us)
        .map(|id| Answer::ok(&json!(all_flags(&shared).get(&id).copied().unwrap_or_default())));
    desk::other(&shared, KIND, now_us, answer)
}

pub(super) async fn write(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now_us = shared.stamps.now_us();
    let answer = known(&shared, &headers, &id, now_us).and_then(|id| {
        let body: FlagsBody = read_json(&headers, &body)?;
        let mut all = all_flags(&shared);
        let flags = all.entry(id).or_default();
        flags.verified_customer = body.verified_customer.unwrap_or(flags.verified_customer);
        flags.bad_actor = body.bad_actor.unwrap_or(flags.bad_actor);
        flags.repeat_customer = body.repeat_customers.unwrap_or(flags.repeat_customer);
        Ok(Answer::ok(&json!(flags)))
    });
    desk::other(&shared, KIND, now_us, answer)
}

fn all_flags(shared: &Shared) -> MutexGuard<'_, BTreeMap<u64, Flags>> {
    shared.flags.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The id of a call that there is.
fn known(shared: &Shared, headers: &HeaderMap, id: &str, now_us: u64) -> Result<u64, Refused> {
    check_basic(shared, headers)?;
    let not_found = || Refused::message(StatusCode::NOT_FOUND, "Resource not found");
    let id: u64 = id.parse().map_err(|_| not_found())?;
    let ledger = shared.ledger();
    let index = ledger.index_of_number(id).ok_or_else(not_found)?;
    ledger.call(KIND, index, now_us).map(|_| id).ok_or_else(not_found)
}
