//! LiveCall's people: a list in memory that begins as the page's example.

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
use serde::Deserialize;
use serde_json::{Value, json};

use super::{KIND, check_headers, not_found};
use crate::{
    desk,
    faults::Answer,
    request::{Refused, international, read_json, required},
    state::Shared,
};

/// Who takes calls that name nobody.
pub(super) const FIRST_ID: u64 = 123;

/// Names and numbers by id.
pub(crate) struct Users(BTreeMap<u64, (String, String)>);

impl Default for Users {
    fn default() -> Self {
        let example = [(FIRST_ID, "Andrew", "+1 202 555 0123"), (FIRST_ID + 1, "Matt", "+1 202 555 0124")];
        Self(example.into_iter().map(|(id, name, number)| (id, (name.to_owned(), number.to_owned()))).collect())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserBody {
    user: UserFields,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserFields {
    name: Option<String>,
    phone_number: Option<String>,
}

fn document((id, (name, phone_number)): (&u64, &(String, String))) -> Value {
    json!({ "id": id, "name": name, "phone_number": phone_number })
}

fn all(shared: &Shared) -> MutexGuard<'_, Users> {
    shared.users.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) async fn list(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let answer = check_headers(&shared, &headers).map(|()| {
        let users: Vec<Value> = all(&shared).0.iter().map(document).collect();
        Answer::ok(&json!({ "users": users }))
    });
    desk::other(&shared, KIND, shared.stamps.now_us(), answer)
}

pub(super) async fn add(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let added = check_headers(&shared, &headers).and_then(|()| {
        let UserBody { user } = read_json(&headers, &body)?;
        let user = (required("name", user.name)?, number(required("phone_number", user.phone_number)?)?);
        let mut users = all(&shared);
        let id = users.0.last_key_value().map_or(FIRST_ID, |(id, _)| id + 1);
        let answer = Answer::new(StatusCode::CREATED, &json!({ "user": document((&id, &user)) }));
        users.0.insert(id, user);
        Ok(answer)
    });
    desk::other(&shared, KIND, shared.stamps.now_us(), added)
}

pub(super) async fn update(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let updated = check_headers(&shared, &headers).and_then(|()| {
        let UserBody { user } = read_json(&headers, &body)?;
        let phone_number = user.phone_number.map(number).transpose()?;
        let mut users = all(&shared);
        let id: u64 = id.parse().map_err(|_| not_found())?;
        let known = users.0.get_mut(&id).ok_or_else(not_found)?;
        known.0 = user.name.unwrap_or_else(|| known.0.clone());
        known.1 = phone_number.unwrap_or_else(|| known.1.clone());
        Ok(Answer::ok(&json!({ "user": document((&id, known)) })))
    });
    desk::other(&shared, KIND, shared.stamps.now_us(), updated)
}

pub(super) async fn remove(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let removed = check_headers(&shared, &headers).and_then(|()| {
        let id: u64 = id.parse().map_err(|_| not_found())?;
        all(&shared).0.remove(&id).ok_or_else(not_found)?;
        Ok(Answer::ok(&json!({})))
    });
    desk::other(&shared, KIND, shared.stamps.now_us(), removed)
}

fn number(text: String) -> Result<String, Refused> {
    international(&text).map(|_| text).ok_or_else(|| Refused::bad("phone_number is invalid"))
}
