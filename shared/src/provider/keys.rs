//! Reading tables of keys with errors that name the key, the cause and the remedy.

use std::{collections::BTreeSet, ops::RangeInclusive};

use secrecy::SecretString;
use serde_json::{Map, Value};

/// Turns a secret written as `{ env = … }` or `{ file = … }` into its text, or says why it cannot.
pub type ResolveSecret<'a> = &'a dyn Fn(&Value) -> Result<SecretString, String>;

/// A key of `[providers.NAME]` or `[call]` that cannot be used. It never holds the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}`: {cause}")]
pub struct BadKey {
    key: String,
    cause: String,
    remedy: String,
}

impl BadKey {
    pub(super) fn new(key: impl Into<String>, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { key: key.into(), cause: cause.into(), remedy: remedy.into() }
    }

    /// The key, with the tables around it: `end_user.name`.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What the user can do about it.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

/// One table, whose keys are asked for one by one; [`Keys::finish`] refuses those that nobody asked for.
pub(super) struct Keys<'a> {
    table: &'a Map<String, Value>,
    /// What stands before a key in errors: empty or `end_user.`.
    prefix: &'static str,
    known: BTreeSet<&'static str>,
}

impl<'a> Keys<'a> {
    pub fn new(table: &'a Map<String, Value>, prefix: &'static str) -> Self {
        Self { table, prefix, known: BTreeSet::new() }
    }

    /// A value as it stands. JSON's null counts as absent.
    pub fn get(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.insert(key);
        self.table.get(key).filter(|value| !value.is_null())
    }

    /// A text that is not empty.
    pub fn text(&mut self, key: &'static str) -> Result<Option<&'a str>, BadKey> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(value) => {
                Err(self.bad(key, format!("is {}", kind_of(value)), "write a text in quotes that is not empty"))
            }
        }
    }

    /// A secret: a text, or a table that `resolve` understands.
    pub fn secret(&mut self, key: &'static str, resolve: ResolveSecret<'_>) -> Result<Option<SecretString>, BadKey> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(SecretString::from(text.as_str()))),
            Some(value @ Value::Object(_)) => {
                let remedy = "write { env = \"NAME\" } or { file = \"PATH\" }, and check that it exists";
                resolve(value).map(Some).map_err(|cause| self.bad(key, cause, remedy))
            }
            Some(_) => Err(self.bad(key, "is no secret", "write a text, { env = \"NAME\" } or { file = \"PATH\" }")),
        }
    }

    /// A whole number within bounds.
    pub fn integer(&mut self, key: &'static str, bounds: RangeInclusive<u64>) -> Result<Option<u64>, BadKey> {
        match self.get(key) {
            None => Ok(None),
            Some(value) => match value.as_u64().filter(|number| bounds.contains(number)) {
                Some(number) => Ok(Some(number)),
                None => {
                    let remedy = format!("write a whole number from {} to {}", bounds.start(), bounds.end());
                    Err(self.bad(key, "is out of range or no whole number", remedy))
                }
            },
        }
    }

    /// One of some words.
    pub fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Result<Option<T>, BadKey> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let found = words.iter().find(|(word, _)| *word == text);
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let unknown = || self.bad(key, format!("`{text}` is not known"), format!("one of: {}", names.join(", ")));
        found.map(|(_, value)| Some(*value)).ok_or_else(unknown)
    }

    /// A table within.
    pub fn table(&mut self, key: &'static str) -> Result<Option<&'a Map<String, Value>>, BadKey> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Object(table)) => Ok(Some(table)),
            Some(value) => Err(self.bad(key, format!("is {}", kind_of(value)), "write a table: { name = \"value\" }")),
        }
    }

    /// Refuses keys that nobody asked for.
    pub fn finish(self) -> Result<(), BadKey> {
        match self.table.keys().find(|key| !self.known.contains(key.as_str())) {
            None => Ok(()),
            Some(key) => {
                let known: Vec<&str> = self.known.iter().copied().collect();
                Err(self.bad(key, "is not known here", format!("known keys: {}", known.join(", "))))
            }
        }
    }

    pub fn bad(&self, key: &str, cause: impl Into<String>, remedy: impl Into<String>) -> BadKey {
        BadKey::new(format!("{}{key}", self.prefix), cause, remedy)
    }
}

pub(super) const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(text) if text.is_empty() => "an empty text",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;

    fn table(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_key_that_nobody_asked_for_is_named_with_the_known_ones() {
        let table = table(json!({ "project": "x", "tennant": "y" }));
        let mut keys = Keys::new(&table, "");
        keys.text("project").unwrap();
        keys.text("tenant").unwrap();
        let error = keys.finish().unwrap_err();
        assert_eq!((error.key(), error.remedy()), ("tennant", "known keys: project, tenant"));
    }

    #[test]
    fn a_secret_is_a_text_or_resolved_and_never_in_an_error() {
        let table = table(json!({ "a": "s3cret", "b": { "env": "TOKEN" }, "c": { "env": "GONE" }, "d": 12345 }));
        let mut keys = Keys::new(&table, "");
        let resolve: ResolveSecret<'_> = &|value| match value["env"].as_str() {
            Some("TOKEN") => Ok("from the environment".into()),
            _ => Err("environment variable GONE is not set".into()),
        };
        assert_eq!(keys.secret("a", resolve).unwrap().unwrap().expose_secret(), "s3cret");
        assert_eq!(keys.secret("b", resolve).unwrap().unwrap().expose_secret(), "from the environment");
        assert_eq!(keys.secret("c", resolve).unwrap_err().to_string(), "`c`: environment variable GONE is not set");
        assert!(!format!("{:?}", keys.secret("d", resolve).unwrap_err()).contains("12345"));
    }

    #[test]
    fn values_of_the_wrong_kind_or_range_are_errors() {
        let table = table(json!({ "text": 5, "number": 0, "word": "blue", "table": [] }));
        let mut keys = Keys::new(&table, "end_user.");
        assert_eq!(keys.text("text").unwrap_err().to_string(), "`end_user.text`: is a number");
        assert!(keys.integer("number", 1..=9).is_err());
        assert_eq!(keys.word("word", &[("red", 1), ("green", 2)]).unwrap_err().remedy(), "one of: red, green");
        assert!(keys.table("table").is_err());
    }
}
