//! Which rows are wanted.

use std::str::FromStr;

use redial_shared::{
    domain::{ContactState, Outcome, Timestamp},
    store::view::{AttemptView, ContactView},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::Problem;

/// Query of what is wanted: all that is given must hold.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FilterParams {
    /// States of contacts, several with commas: `completed,failed`.
    #[serde(default)]
    state: Option<String>,
    /// Outcomes, several with commas: of an attempt, for results of a contact's last concluded one.
    #[serde(default)]
    outcome: Option<String>,
    /// Not before this instant, RFC 3339: when an attempt began, for results a contact's last one.
    #[serde(default)]
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<String>,
    /// Before this instant, RFC 3339.
    #[serde(default)]
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<String>,
}

/// Which rows are wanted. Nothing given: all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    states: Vec<ContactState>,
    outcomes: Vec<Outcome>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Filter {
    /// Reads a query.
    ///
    /// # Errors
    /// 400 for a word that is none, naming those that are.
    pub fn read(params: &FilterParams) -> Result<Self, Problem> {
        Ok(Self {
            states: words("state", params.state.as_deref())?,
            outcomes: words("outcome", params.outcome.as_deref())?,
            since: instant("since", params.since.as_deref())?,
            until: instant("until", params.until.as_deref())?,
        })
    }

    /// Whether a contact's row is wanted in results.
    pub fn takes(&self, contact: &ContactView) -> bool {
        let last = contact.attempts.last().map(|attempt| attempt.started_at);
        self.has_state(contact) && self.has_outcome(contact.outcome) && self.is_within(last)
    }

    /// Whether an attempt's row is wanted.
    pub fn takes_attempt(&self, contact: &ContactView, attempt: &AttemptView) -> bool {
        self.has_state(contact) && self.has_outcome(attempt.outcome) && self.is_within(Some(attempt.started_at))
    }

    fn has_state(&self, contact: &ContactView) -> bool {
        self.states.is_empty() || self.states.contains(&contact.state)
    }

    fn has_outcome(&self, outcome: Option<Outcome>) -> bool {
        self.outcomes.is_empty() || outcome.is_some_and(|outcome| self.outcomes.contains(&outcome))
    }

    fn is_within(&self, at: Option<Timestamp>) -> bool {
        let after = self.since.is_none_or(|since| at.is_some_and(|at| at >= since));
        after && self.until.is_none_or(|until| at.is_some_and(|at| at < until))
    }
}

fn words<T: FromStr<Err: std::fmt::Display>>(key: &str, text: Option<&str>) -> Result<Vec<T>, Problem> {
    let wanted = text.into_iter().flat_map(|text| text.split(',')).map(str::trim).filter(|word| !word.is_empty());
    let read = |word: &str| {
        word.parse().map_err(|error| Problem::bad_request(format!("wrong query: {key}: {error}")).with_key(key))
    };
    wanted.map(read).collect()
}

fn instant(key: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = text else { return Ok(None) };
    Timestamp::from_rfc3339(text).map(Some).ok_or_else(|| {
        Problem::bad_request(format!("wrong query: {key}: `{text}` is no instant with its offset"))
            .with_key(key)
            .with_hint("write one like 2026-12-01T00:00:00Z; in an address, a `+` is written %2B")
    })
}
