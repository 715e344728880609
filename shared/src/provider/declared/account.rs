//! An account's values: its keys as configured, their defaults, and its secrets.

use std::{borrow::Cow, collections::BTreeMap};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::typed::{check_written, convert};
use crate::provider::{
    keys::{BadKey, ResolveSecret, unknown_key},
    pattern::{Pattern, Scope},
    spec::{Field, FieldType, Spec},
};

/// The values of one account.
pub(super) struct Account {
    values: BTreeMap<String, Value>,
    secrets: BTreeMap<String, SecretString>,
}

impl Account {
    /// Reads and checks an account's own keys.
    ///
    /// # Errors
    /// Names the key that is unknown, missing or wrong.
    pub fn read(spec: &Spec, keys: &Map<String, Value>, resolve: ResolveSecret<'_>) -> Result<Self, BadKey> {
        if let Some(key) = keys.keys().find(|key| !spec.account.contains_key(*key)) {
            return Err(unknown_key("", key, spec.account.keys().map(String::as_str)));
        }
        let mut account = Self { values: BTreeMap::new(), secrets: BTreeMap::new() };
        for (key, field) in &spec.account {
            match keys.get(key).filter(|value| !value.is_null()) {
                Some(value) => account.take(key, field, value, resolve)?,
                None if field.required && !field.in_call && field.default.is_none() => {
                    return Err(BadKey::new(key, format!("is required by {}", spec.name), account_remedy(key, field)));
                }
                None => {}
            }
        }
        account.take_defaults(spec);
        Ok(account)
    }

    fn take(&mut self, key: &str, field: &Field, value: &Value, resolve: ResolveSecret<'_>) -> Result<(), BadKey> {
        if field.kind == FieldType::Secret {
            self.secrets.insert(key.to_owned(), secret(key, value, resolve)?);
            return Ok(());
        }
        let bad = |(within, cause): (String, String)| {
            BadKey::new(format!("{key}{within}"), cause, account_remedy(key, field))
        };
        check_written(field, value, true).map_err(bad)?;
        let cause = |cause| bad((String::new(), cause));
        let converted = convert(field, value.clone()).map_err(cause)?;
        self.values.insert(key.to_owned(), converted.ok_or_else(|| cause("is an empty text".to_owned()))?);
        Ok(())
    }

    /// Defaults may be made of other keys; of a key that may stand in `[call]`, they are read there.
    fn take_defaults(&mut self, spec: &Spec) {
        for (key, field) in spec.account.iter().filter(|(_, field)| !field.in_call) {
            let Some(default) = field.default.as_ref().filter(|_| self.get(key).is_none()) else { continue };
            let pattern = Pattern::parse(default).expect("provider files are checked when read");
            if let Some(value) = pattern.render(self) {
                self.values.insert(key.clone(), value);
            }
        }
    }

    /// A secret as it is.
    pub fn secret(&self, key: &str) -> Option<&SecretString> {
        self.secrets.get(key)
    }

    /// A value that is no secret.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// What must not show in a message.
    pub fn secrets(&self) -> Vec<String> {
        self.secrets.values().map(|secret| secret.expose_secret().to_owned()).collect()
    }
}

impl Scope for Account {
    fn get(&self, name: &str) -> Option<Cow<'_, Value>> {
        if let Some(value) = lookup(|key| self.values.get(key), name) {
            return Some(Cow::Borrowed(value));
        }
        self.secrets.get(name).map(|secret| Cow::Owned(Value::String(secret.expose_secret().to_owned())))
    }
}

/// A key's value, or one within it: `end_user.name`.
pub(super) fn lookup<'a>(get: impl Fn(&str) -> Option<&'a Value>, name: &str) -> Option<&'a Value> {
    get(name).or_else(|| {
        let (key, within) = name.split_once('.')?;
        get(key)?.get(within)
    })
}

fn secret(key: &str, value: &Value, resolve: ResolveSecret<'_>) -> Result<SecretString, BadKey> {
    match value {
        Value::String(text) if !text.is_empty() => Ok(text.as_str().into()),
        Value::Object(_) => {
            let remedy = "write { env = \"NAME\" } or { file = \"PATH\" }, and check that it exists";
            resolve(value).map_err(|cause| BadKey::new(key, cause, remedy))
        }
        _ => Err(BadKey::new(key, "is no secret", "write a text, { env = \"NAME\" } or { file = \"PATH\" }")),
    }
}

fn account_remedy(key: &str, field: &Field) -> String {
    field.remedy.clone().unwrap_or_else(|| format!("write {key} = {} in [providers.NAME]", field.example()))
}
