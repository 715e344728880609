//! The calls of one campaign: its `[call]` table, read and checked, and the request of each attempt.

use std::{borrow::Cow, sync::Arc};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::{Core, account::lookup, fields::CallField, typed::time};
use crate::{
    domain::{Outcome, Timestamp},
    provider::{
        CompiledCall,
        answer::{DialAnswer, Refusal},
        call::{CallRequest, Values, hook_url_for},
        keys::{BadKey, unknown_key},
        pattern::{Scope, holds},
        spec::{Condition, known},
        wire::{HttpAnswer, HttpRequest},
    },
};

/// A larger body means that a column holds something that no call needs.
const BODY_MAX_BYTES: usize = 256 * 1024;

/// A campaign's calls through one account.
pub(super) struct DeclaredCall {
    core: Arc<Core>,
    fields: Vec<CallField>,
    /// What must not show in a message.
    secrets: Vec<String>,
}

/// The values of one attempt, before those of the account.
struct DialScope<'a> {
    core: &'a Core,
    fields: &'a [CallField],
    values: Map<String, Value>,
}

impl DeclaredCall {
    /// Reads and checks a `[call]` table.
    ///
    /// # Errors
    /// Names the key, the cause and the remedy.
    pub fn read(core: Arc<Core>, call: &Map<String, Value>, columns: Option<&[String]>) -> Result<Self, BadKey> {
        let known = || core.spec.call_fields().map(|(key, _)| key);
        if let Some(key) = call.keys().find(|key| !known().any(|known| known == *key)) {
            return Err(unknown_key("", key, known()));
        }
        let read = |(key, field)| CallField::read(key, field, call, &core.account, columns);
        let fields = core.spec.call_fields().map(read).collect::<Result<Vec<_>, _>>()?;
        let mut secrets = core.secrets.clone();
        secrets.extend(fields.iter().filter_map(CallField::secret).map(|secret| secret.expose_secret().to_owned()));
        let compiled = Self { core, fields, secrets };
        compiled.check_constants(call)?;
        Ok(compiled)
    }

    /// What is the same for all contacts is checked before any is called.
    fn check_constants(&self, call: &Map<String, Value>) -> Result<(), BadKey> {
        let constant = |field: &CallField| Some((field.key.clone(), field.constant()?.cloned()?));
        let values = self.fields.iter().filter_map(constant).collect();
        let scope = DialScope { core: &self.core, fields: &self.fields, values };
        for field in &self.fields {
            let bad = |cause: String| BadKey::new(&field.key, cause, self.remedy(field));
            let empty = field.secret().is_none() && field.constant() == Some(None);
            if field.field.required && empty {
                let written = call.contains_key(&field.key);
                let missing = format!("is required by {}", self.core.spec.name);
                return Err(bad(if written { "is empty".to_owned() } else { missing }));
            }
            if let Some(cause) = self.broken_condition(field, &scope) {
                return Err(bad(cause));
            }
        }
        Ok(())
    }

    /// Why a field must be there, or must not; looks only at conditions whose keys `scope` has or that are empty for all.
    fn broken_condition(&self, field: &CallField, scope: &DialScope<'_>) -> Option<String> {
        let decided = |key: &str| {
            let of_call = self.fields.iter().find(|field| field.key == key);
            of_call.is_none_or(|field| field.constant().is_some() || scope.values.contains_key(key))
        };
        let is_true = |condition: &&Condition| condition.keys().all(|key| decided(key)) && holds(condition, scope);
        let because = |condition: &Condition| {
            let parts = condition.keys().map(|key| match scope.get(key) {
                Some(value) => format!("{key} is {value}"),
                None => format!("{key} is absent"),
            });
            parts.collect::<Vec<_>>().join(" and ")
        };
        let has_value = scope.values.contains_key(&field.key);
        if let Some(condition) = field.field.required_if.as_ref().filter(is_true)
            && !has_value
            && decided(&field.key)
        {
            return Some(format!("is required when {}", because(condition)));
        }
        let condition = field.field.forbidden_if.as_ref().filter(is_true).filter(|_| has_value)?;
        Some(format!("must be absent when {}", because(condition)))
    }

    fn remedy(&self, field: &CallField) -> String {
        let key = &field.key;
        field.field.remedy.clone().unwrap_or_else(|| match self.core.spec.account.contains_key(key) {
            true => format!(
                "add {key} = {} to [providers.NAME], or to [call] for this campaign only",
                field.field.example()
            ),
            false => format!("add {key} = {} to [call]", field.field.example()),
        })
    }

    /// The values of one attempt's placeholders.
    fn values(&self, request: &CallRequest<'_>) -> Result<Map<String, Value>, Refusal> {
        let values = Values::of(request);
        let mut filled = Map::new();
        for field in &self.fields {
            if let Some(value) = field.render(&values, request.now)? {
                filled.insert(field.key.clone(), value);
            }
        }
        let scope = DialScope { core: &self.core, fields: &self.fields, values: filled };
        // What is the same for all contacts was checked before; what differs can break a condition for one of them.
        for field in &self.fields {
            let is_true = |condition: &Option<Condition>| condition.as_ref().is_some_and(|all| holds(all, &scope));
            match scope.values.contains_key(&field.key) {
                false if is_true(&field.field.required_if) => {
                    return Err(field.refuse("is empty for this contact, and needed"));
                }
                true if is_true(&field.field.forbidden_if) => {
                    return Err(field.refuse("must be empty for this contact"));
                }
                _ => {}
            }
        }
        Ok(scope.values)
    }
}

impl CompiledCall for DeclaredCall {
    fn request(&self, request: &CallRequest<'_>, token: Option<&SecretString>) -> Result<HttpRequest, Refusal> {
        let refused = |outcome, message: String| Refusal::Contact { outcome, provider_status: String::new(), message };
        self.core.numbers.check(request.number).map_err(|reason| refused(Outcome::InvalidNumber, reason))?;
        let number = self.core.numbers.write(request.number);
        let number = number.ok_or_else(|| refused(Outcome::InvalidNumber, "the number has no national form".into()))?;
        let mut values = self.values(request)?;
        values.insert(known::NUMBER.to_owned(), number.into());
        values.insert(known::ATTEMPT.to_owned(), request.attempt.to_string().into());
        values.insert(known::CONTACT.to_owned(), request.contact.id.clone().into());
        if let Some(hook_url) = request.hook_url {
            values.insert(known::HOOK_URL.to_owned(), hook_url_for(hook_url, request.attempt).into());
        }
        if let Some(token) = token {
            values.insert(known::TOKEN.to_owned(), token.expose_secret().into());
        }
        let scope = DialScope { core: &self.core, fields: &self.fields, values };
        let made = self.core.dial.render(&scope);
        let made =
            made.ok_or_else(|| refused(Outcome::Error, "the address of the request lacks a value".to_owned()))?;
        match made.body.len() <= BODY_MAX_BYTES {
            true => Ok(made),
            false => Err(refused(Outcome::Error, format!("the call's data exceed {BODY_MAX_BYTES} bytes"))),
        }
    }

    fn scheduled_at(&self, request: &CallRequest<'_>) -> Result<Option<Timestamp>, Refusal> {
        let wanted = self.core.spec.scheduled_by.as_deref();
        let Some(field) = self.fields.iter().find(|field| Some(field.key.as_str()) == wanted) else { return Ok(None) };
        let value = field.render(&Values::of(request), request.now)?;
        Ok(value.as_ref().and_then(Value::as_str).and_then(time))
    }

    fn answer(&self, answer: &HttpAnswer<'_>) -> DialAnswer {
        self.core.dial_answer(answer, &self.secrets)
    }
}

impl Scope for DialScope<'_> {
    fn get(&self, name: &str) -> Option<Cow<'_, Value>> {
        if let Some(value) = lookup(|key| self.values.get(key), name) {
            return Some(Cow::Borrowed(value));
        }
        match self.fields.iter().find(|field| field.key == name) {
            Some(field) => field.secret().map(|secret| Cow::Owned(secret.expose_secret().into())),
            // A key of [call] is never looked for in the account: there it would be what [call] overruled.
            None if self.fields.iter().any(|field| name.split('.').next() == Some(&field.key)) => None,
            None => self.core.account.get(name),
        }
    }
}
