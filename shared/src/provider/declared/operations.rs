//! What a provider offers beyond calls, and whether its people are there to take them.

use std::{borrow::Cow, collections::BTreeMap};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::{
    Core,
    account::lookup,
    body::{at, plain, text},
    request::Filled,
    typed::{check_written, convert, time},
};
use crate::provider::{
    answer::{Availability, PollError},
    keys::{BadKey, unknown_key},
    pattern::Scope,
    spec::{Spec, known},
    wire::{HttpAnswer, HttpRequest},
};

/// How `[operations.availability]` is called.
const AVAILABILITY: &str = "availability";

/// Some values before those of the account.
pub(super) struct With<'a> {
    pub core: &'a Core,
    pub values: Map<String, Value>,
}

impl<'a> With<'a> {
    /// The account's values and a token.
    pub fn token(core: &'a Core, token: Option<&SecretString>) -> Self {
        let mut values = Map::new();
        if let Some(token) = token {
            values.insert(known::TOKEN.to_owned(), token.expose_secret().into());
        }
        Self { core, values }
    }

    /// One value more.
    pub fn and(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }
}

impl Scope for With<'_> {
    fn get(&self, name: &str) -> Option<Cow<'_, Value>> {
        match lookup(|key| self.values.get(key), name) {
            Some(value) => Some(Cow::Borrowed(value)),
            None => self.core.account.get(name),
        }
    }
}

/// All operations of an account, made ready.
pub(super) fn ready(spec: &Spec, base: &str, account: &super::Account) -> Result<BTreeMap<String, Filled>, BadKey> {
    let operations = spec.operations.iter();
    operations
        .map(|(name, request)| Ok((name.clone(), Filled::new(request, base, Some((&spec.auth, account)))?)))
        .collect()
}

impl Core {
    pub(super) fn operation_request(
        &self,
        name: &str,
        args: &Map<String, Value>,
        token: Option<&SecretString>,
    ) -> Result<HttpRequest, BadKey> {
        let Some((operation, filled)) = self.spec.operations.get(name).zip(self.operations.get(name)) else {
            let known = self.operations.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let remedy = if known.is_empty() { "it offers calls only".to_owned() } else { format!("one of: {known}") };
            return Err(BadKey::new(name, format!("is nothing that {} offers", self.spec.name), remedy));
        };
        if let Some(key) = args.keys().find(|key| !operation.args.contains_key(*key)) {
            return Err(unknown_key("", key, operation.args.keys().map(String::as_str)));
        }
        let mut scope = With::token(self, token);
        for (key, field) in &operation.args {
            let bad = |within: &str, cause| {
                BadKey::new(format!("{key}{within}"), cause, format!("write {}", field.example()))
            };
            let Some(value) = args.get(key).filter(|value| !value.is_null()) else {
                match field.required {
                    true => return Err(bad("", format!("is required by {name}"))),
                    false => continue,
                }
            };
            check_written(field, value, false).map_err(|(within, cause)| bad(&within, cause))?;
            if let Some(value) = convert(field, value.clone()).map_err(|cause| bad("", cause))? {
                scope.values.insert(key.clone(), value);
            }
        }
        let lacks =
            || BadKey::new(name, "its address lacks a value", "give every key that it needs in [providers.NAME]");
        filled.render(&scope).ok_or_else(lacks)
    }

    /// What an answer holds at the place that the operation names, or all of it.
    pub(super) fn operation_result(&self, name: &str, answer: &HttpAnswer<'_>) -> Result<Value, PollError> {
        let body = self.good_body(answer)?;
        let Some(result) = self.spec.operations.get(name).and_then(|operation| operation.result.as_deref()) else {
            return Ok(body);
        };
        let missing = || PollError::Failed { message: format!("HTTP {} without {result}", answer.status) };
        at(&body, result).cloned().ok_or_else(missing)
    }

    pub(super) fn availability_request(&self, token: Option<&SecretString>) -> Option<HttpRequest> {
        let respected_by = &self.spec.availability.as_ref()?.respected_by;
        let respected = self.account.value(respected_by).and_then(Value::as_bool).unwrap_or(false);
        if !respected { None } else { self.operations.get(AVAILABILITY)?.render(&With::token(self, token)) }
    }

    pub(super) fn read_availability(&self, answer: &HttpAnswer<'_>) -> Result<Availability, PollError> {
        let body = self.good_body(answer)?;
        let unreadable = || PollError::Failed { message: format!("HTTP {} without a status", answer.status) };
        let spec = self.spec.availability.as_ref().ok_or_else(unreadable)?;
        let status = text(&body, std::slice::from_ref(&spec.status));
        if status.is_empty() {
            return Err(unreadable());
        }
        let times = at(&body, &spec.times).and_then(Value::as_array).into_iter().flatten();
        let times = times.filter_map(Value::as_str).filter_map(time);
        Ok(Availability {
            open: spec.open.iter().any(|open| plain(open) == plain(&status)),
            next: times.filter(|time| *time > answer.received_at).min(),
        })
    }
}
