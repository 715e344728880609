//! What an answer to a request to call means: the file's own rules first, then what is accepted, then what is common to
//! all providers.

use serde_json::Value;

use super::{
    Core,
    body::{at, id, spaced},
};
use crate::{
    domain::Outcome,
    provider::{
        answer::{DialAnswer, Patience, Refusal},
        message::describe,
        spec::{Class, Rule},
        wire::HttpAnswer,
    },
};

impl Core {
    /// Reads the answer to `[dial]`; `secrets` are blanked out of messages.
    pub(super) fn dial_answer(&self, answer: &HttpAnswer<'_>, secrets: &[String]) -> DialAnswer {
        let body: Option<Value> = answer.json();
        let said = describe(answer.status, answer.body, secrets);
        if let Some(rule) = self.spec.rules.iter().find(|rule| fits(rule, answer, body.as_ref())) {
            return by_rule(rule, answer, said);
        }
        let accepted = &self.spec.accepted;
        let is_good =
            if accepted.status.0.is_empty() { answer.status / 100 == 2 } else { accepted.status.has(answer.status) };
        if !is_good {
            return self.otherwise(answer, said);
        }
        if accepted.call_id.is_empty() {
            return DialAnswer::Submitted;
        }
        match body.as_ref().and_then(|body| id(body, &accepted.call_id)) {
            Some(call_id) => DialAnswer::Accepted { call_id },
            None => {
                let name = accepted.call_id[0].rsplit('/').next().unwrap_or_default();
                DialAnswer::InDoubt { status: format!("HTTP {} without {name}", answer.status) }
            }
        }
    }

    /// What is safe whatever the provider: only what certainly did not ring is repeated.
    fn otherwise(&self, answer: &HttpAnswer<'_>, message: String) -> DialAnswer {
        let retry_after = answer.retry_after();
        match answer.status {
            429 => DialAnswer::Throttled { retry_after },
            503 if retry_after.is_some() => DialAnswer::Throttled { retry_after },
            401 | 403 if self.token.is_some() => DialAnswer::AuthRefused { message },
            401 | 403 => DialAnswer::Refused(Refusal::Account { message }),
            // Not the address of the API: whatever redirects does not dial.
            301 | 302 | 307 | 308 => DialAnswer::Refused(Refusal::Account {
                message: format!(
                    "HTTP {}: base_url is redirected elsewhere; write the address it leads to",
                    answer.status
                ),
            }),
            // A gateway's 408 says as little about the call as its 504.
            408 => DialAnswer::InDoubt { status: message },
            400..=499 => DialAnswer::Refused(Refusal::Campaign { message }),
            _ => DialAnswer::InDoubt { status: message },
        }
    }
}

fn fits(rule: &Rule, answer: &HttpAnswer<'_>, body: Option<&Value>) -> bool {
    if !rule.status.has(answer.status) {
        return false;
    }
    if let Some(lacks) = &rule.lacks
        && body.and_then(|body| at(body, lacks)).is_some_and(|value| !value.is_null())
    {
        return false;
    }
    if rule.says.is_empty() {
        return true;
    }
    let text = match (&rule.at, body) {
        (Some(pointer), Some(body)) => at(body, pointer).map_or(String::new(), Value::to_string),
        (Some(_), None) => String::new(),
        (None, _) => String::from_utf8_lossy(answer.body).into_owned(),
    };
    let text = format!(" {} ", spaced(&text));
    rule.says.iter().any(|says| text.contains(&format!(" {} ", spaced(says))))
}

fn by_rule(rule: &Rule, answer: &HttpAnswer<'_>, said: String) -> DialAnswer {
    let message = match &rule.message {
        Some(ours) => format!("{ours} ({said})"),
        None => said,
    };
    let provider_status = rule.provider_status.clone();
    let refusal = match rule.class {
        Class::Contact => {
            Refusal::Contact { outcome: rule.outcome.unwrap_or(Outcome::Error), provider_status, message }
        }
        Class::Campaign => Refusal::Campaign { message },
        Class::Account => Refusal::Account { message },
        Class::Soon => Refusal::Nobody { retry: Patience::Soon, message },
        Class::Later => Refusal::Nobody { retry: Patience::Later, message },
        Class::NeedsHuman => Refusal::NeedsHuman { provider_status, message },
        Class::Auth => return DialAnswer::AuthRefused { message },
        Class::Throttled => return DialAnswer::Throttled { retry_after: answer.retry_after() },
        Class::InDoubt => return DialAnswer::InDoubt { status: message },
    };
    DialAnswer::Refused(refusal)
}
