//! What providers say of calls: in answers to polls, in tails, in what they send to our hook.

use serde_json::Value;

use super::{
    Core,
    body::{at, id, number, plain, text},
};
use crate::{
    domain::Outcome,
    provider::{
        answer::{CallReport, PollError, Report},
        message::{STATUS_MAX_CHARS, describe, shorten},
        spec::{Reading, State},
        wire::HttpAnswer,
    },
};

impl Core {
    /// The calls in an answer to a poll or tail. `asked`: the id of a call without one, where only one was asked for.
    pub(super) fn reports(&self, answer: &HttpAnswer<'_>, asked: Option<&str>) -> Result<Vec<CallReport>, PollError> {
        if answer.status == 404 && asked.is_some() {
            // The call is not known (yet): pending, until it is given up.
            return Ok(Vec::new());
        }
        let body = self.good_body(answer)?;
        let report = &self.spec.report;
        let missing = || {
            let name = report.items.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("calls");
            PollError::Failed { message: format!("HTTP {} without {name}", answer.status) }
        };
        let items = at(&body, &report.items).ok_or_else(missing)?;
        let calls = match items {
            Value::Array(items) => items.as_slice(),
            Value::Object(_) => std::slice::from_ref(items),
            _ => return Err(missing()),
        };
        Ok(calls.iter().filter_map(|call| self.report(call, report.reading(), asked)).collect())
    }

    /// The body of an answer that is no refusal.
    pub(super) fn good_body(&self, answer: &HttpAnswer<'_>) -> Result<Value, PollError> {
        let message = || describe(answer.status, answer.body, &self.secrets);
        let retry_after = answer.retry_after();
        match answer.status {
            200..=299 if answer.body.is_empty() => Ok(Value::Null),
            200..=299 => answer.json().ok_or_else(|| PollError::Failed { message: message() }),
            429 => Err(PollError::Throttled { retry_after }),
            503 if retry_after.is_some() => Err(PollError::Throttled { retry_after }),
            401 | 403 => Err(PollError::Account { message: message() }),
            _ => Err(PollError::Failed { message: message() }),
        }
    }

    /// What is said of one call; none if it is not told which.
    pub(super) fn report(&self, call: &Value, reading: Reading<'_>, asked: Option<&str>) -> Option<CallReport> {
        let attempt = id(call, reading.attempt).and_then(|attempt| attempt.parse().ok());
        let call_id = id(call, reading.id).or_else(|| asked.map(str::to_owned));
        if call_id.is_none() && attempt.is_none() {
            return None;
        }
        let (status, reason) = (text(call, reading.status), text(call, reading.reason));
        let known = self.spec.states.iter().filter(|state| is_one_of(&status, &state.status));
        let by_reason = known.clone().any(|state| !state.reason.is_empty() || state.mapped_by.is_some());
        let report = known
            .clone()
            .find(|state| state.reason.is_empty() || is_one_of(&reason, &state.reason))
            .and_then(|state| Some((self.outcome(state, &reason)?, state.charged)));
        let report = match report {
            None => Report::Pending,
            Some((outcome, charged)) => {
                let duration_s = number(call, reading.duration).map(|duration| duration / reading.duration_per_s);
                Report::Ended { outcome, duration_s, charged }
            }
        };
        let told = if by_reason && !reason.is_empty() { format!("{status}: {reason}") } else { status };
        Some(CallReport {
            call_id: call_id.unwrap_or_default(),
            attempt,
            provider_status: shorten(&told, STATUS_MAX_CHARS),
            report,
            document: call.clone(),
        })
    }

    fn outcome(&self, state: &State, reason: &str) -> Option<Outcome> {
        let map = state.mapped_by.as_ref().and_then(|key| self.account.value(key)).and_then(Value::as_object);
        let mapped = map.into_iter().flatten().find(|(word, _)| plain(word) == plain(reason));
        mapped.and_then(|(_, outcome)| outcome.as_str()?.parse().ok()).or(state.outcome)
    }
}

/// Whether the answer to a tail names a next page. Its address is not followed: only its being there counts.
pub(super) fn has_next_page(answer: &HttpAnswer<'_>) -> bool {
    let links = answer.headers.get_all(http::header::LINK).iter().filter_map(|link| link.to_str().ok());
    let is_next = |link: &str| link.split(';').skip(1).any(|part| matches!(part.trim(), "rel=next" | "rel=\"next\""));
    links.flat_map(|links| links.split(',')).any(is_next)
}

/// `voicemail*` is every word that begins so.
fn is_one_of(word: &str, words: &[String]) -> bool {
    let word = plain(word);
    words.iter().any(|known| match known.strip_suffix('*') {
        Some(beginning) => word.starts_with(&plain(beginning)),
        None => word == plain(known),
    })
}
