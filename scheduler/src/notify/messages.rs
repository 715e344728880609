//! What the receiver gets to read.

use std::collections::{BTreeMap, BTreeSet};

use redial_shared::{
    domain::{AttemptId, CampaignId, CampaignName, ContactState, Outcome, Timestamp, notify::Topic, role::Role},
    store::{FeedId, Happened, view::ContactView},
};
use serde::Serialize;

use crate::api::AttemptRow;

/// One event, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// The same whenever it is sent, also when it is replayed.
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) body: String,
}

#[derive(Serialize)]
struct Body<'a, T> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: Data<'a, T>,
}

#[derive(Serialize)]
struct Data<'a, T> {
    campaign: &'a str,
    #[serde(flatten)]
    own: T,
}

#[derive(Serialize)]
struct Withdrawn {
    attempt_id: String,
    contact_id: String,
}

#[derive(Serialize)]
struct Contact<'a> {
    contact_id: &'a str,
    phones: Vec<&'a str>,
    state: &'static str,
    outcome: Option<&'static str>,
    reason: &'a str,
    attempts: Vec<AttemptRow>,
    attributes: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct State<'a> {
    state: &'static str,
    reason: &'a str,
}

/// Of which campaign it is told, and of what.
pub(super) struct Teller<'a> {
    pub(super) campaign: CampaignId,
    pub(super) name: &'a CampaignName,
    pub(super) topics: &'a BTreeSet<Topic>,
}

impl Teller<'_> {
    /// What an entry has to tell, in order. `contact`: its contact as it is now.
    pub(super) fn messages(&self, entry: FeedId, happened: &Happened, contact: Option<&ContactView>) -> Vec<Message> {
        let at = entry.at();
        match happened {
            Happened::Begun | Happened::Definition { .. } => Vec::new(),
            Happened::State { state, reason } if self.topics.contains(&Topic::Campaign) => {
                let id = format!("{}-{entry}", self.campaign);
                vec![self.message(id, "state", at, State { state: state.as_str(), reason })]
            }
            Happened::State { .. } => Vec::new(),
            Happened::Contact { attempt, outcome, moved, revision } => {
                let Some(contact) = contact else { return Vec::new() };
                let outcome = outcome.filter(|_| self.topics.contains(&Topic::Attempt));
                let ended = outcome.and_then(|outcome| self.attempt(*attempt, outcome, contact, at));
                let moved = moved.filter(|_| self.topics.contains(&Topic::Contact)).map(|state| {
                    let id = AttemptId { revision: *revision, ..*attempt };
                    self.message(
                        format!("{id}-{state}"),
                        "contact",
                        decided_at(contact).unwrap_or(at),
                        told_of(contact),
                    )
                });
                ended.into_iter().chain(moved).collect()
            }
        }
    }

    /// None where the attempt is none any more: then a later entry says so.
    fn attempt(
        &self,
        attempt: AttemptId,
        outcome: Option<Outcome>,
        contact: &ContactView,
        at: Timestamp,
    ) -> Option<Message> {
        let Some(outcome) = outcome else {
            let gone = Withdrawn { attempt_id: attempt.to_string(), contact_id: contact.id.clone() };
            return Some(self.message(format!("{attempt}-withdrawn"), "attempt_withdrawn", at, gone));
        };
        let view = contact.attempts.iter().find(|view| view.id == attempt)?;
        let row = AttemptRow::of(contact, view, Role::Admin);
        Some(self.message(format!("{attempt}-{outcome}"), "attempt", view.ended_at.unwrap_or(at), row))
    }

    fn message(&self, id: String, kind: &'static str, at: Timestamp, own: impl Serialize) -> Message {
        let data = Data { campaign: self.name.as_str(), own };
        let body = Body { kind, timestamp: at.to_string(), data };
        Message { id, kind, body: serde_json::to_string(&body).expect("texts and numbers serialise") }
    }
}

/// When the call ended that decided of a contact: an event keeps its time when it is told again later.
fn decided_at(contact: &ContactView) -> Option<Timestamp> {
    let by_call = matches!(contact.state, ContactState::Completed | ContactState::Failed);
    contact.attempts.last().filter(|_| by_call)?.ended_at
}

fn told_of(contact: &ContactView) -> Contact<'_> {
    Contact {
        contact_id: &contact.id,
        phones: contact.numbers.iter().map(|number| number.as_e164()).collect(),
        state: contact.state.as_str(),
        outcome: contact.outcome.map(|outcome| outcome.as_str()),
        reason: &contact.reason,
        attempts: contact.attempts.iter().map(|attempt| AttemptRow::of(contact, attempt, Role::Admin)).collect(),
        attributes: contact.attributes.iter().map(|(name, value)| (&**name, &**value)).collect(),
    }
}
