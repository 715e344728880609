//! Events as clients get them.

use axum::response::sse;
use redial_shared::{
    domain::{AttemptId, role::Role},
    store::{Happened, view::ContactView},
};
use serde::Serialize;

use crate::api::contact::{AttemptRow, contact_id};

/// The campaign has another state, or another reason for it.
#[derive(Debug, Serialize)]
pub struct StateEvent<'a> {
    pub campaign: &'a str,
    pub state: &'static str,
    pub reason: &'a str,
}

/// The campaign has another definition.
#[derive(Debug, Serialize)]
pub struct DefinitionEvent<'a> {
    pub campaign: &'a str,
    pub version: u32,
}

/// A contact is finished or held, or is not any more.
#[derive(Debug, Serialize)]
struct ContactEvent<'a> {
    contact_id: String,
    state: &'static str,
    outcome: Option<&'static str>,
    attempts: usize,
    reason: &'a str,
}

/// An attempt is none any more.
#[derive(Debug, Serialize)]
struct WithdrawnEvent {
    attempt_id: String,
    contact_id: String,
}

/// Something may be missing.
#[derive(Debug, Serialize)]
pub struct ResetEvent {
    pub reason: &'static str,
}

/// There is nothing to say but that it is so.
#[derive(Debug, Serialize)]
pub struct Nothing {}

/// An event of this kind.
pub fn event(kind: &str, data: &impl Serialize) -> sse::Event {
    let data = serde_json::to_string(data).expect("texts and numbers serialise");
    sse::Event::default().event(kind).data(data)
}

/// What an entry tells of a contact, as this role may see it.
pub fn of_contact(contact: &ContactView, happened: &Happened, role: Role) -> Vec<sse::Event> {
    let &Happened::Contact { attempt, outcome, moved, .. } = happened else { return Vec::new() };
    let ended = outcome.and_then(|outcome| match outcome {
        Some(_) => of_attempt(contact, attempt, role),
        None => {
            let gone = WithdrawnEvent { attempt_id: attempt.to_string(), contact_id: contact_id(contact, role) };
            Some(event("attempt_withdrawn", &gone))
        }
    });
    let moved = moved.map(|_| {
        let contact = ContactEvent {
            contact_id: contact_id(contact, role),
            state: contact.state.as_str(),
            outcome: contact.outcome.map(|outcome| outcome.as_str()),
            attempts: contact.attempts.len(),
            reason: &contact.reason,
        };
        event("contact", &contact)
    });
    ended.into_iter().chain(moved).collect()
}

/// None where it is none any more: then an entry that follows says so.
fn of_attempt(contact: &ContactView, attempt: AttemptId, role: Role) -> Option<sse::Event> {
    let view = contact.attempts.iter().find(|view| view.id == attempt)?;
    Some(event("attempt", &AttemptRow::of(contact, view, role)))
}
