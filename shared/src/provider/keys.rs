//! Reading tables of keys with errors that name the key, the cause and the remedy.

use secrecy::SecretString;
use serde_json::Value;

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

    /// What is wrong, without the key.
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// What the user can do about it.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

/// A key that nobody knows, with the nearest that is known. `prefix` stands before it: empty or `end_user.`.
pub(super) fn unknown_key<'a>(prefix: &str, key: &str, known: impl Iterator<Item = &'a str>) -> BadKey {
    const NEAR_ENOUGH: f64 = 0.7;
    let known: Vec<&str> = known.collect();
    let likeness = |known: &&&str| strsim::jaro_winkler(key, known);
    let nearest =
        known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).filter(|near| likeness(near) > NEAR_ENOUGH);
    let mean = nearest.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    BadKey::new(format!("{prefix}{key}"), "is not known here", format!("{mean}known keys: {}", known.join(", ")))
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
    use super::*;

    #[test]
    fn a_key_that_nobody_knows_is_named_with_the_nearest_and_all_known_ones() {
        let error = unknown_key("", "tennant", ["project", "tenant"].into_iter());
        assert_eq!(error.key(), "tennant");
        assert_eq!(error.remedy(), "did you mean `tenant`? known keys: project, tenant");
        assert_eq!(unknown_key("a.", "colour", ["tenant"].into_iter()).remedy(), "known keys: tenant");
    }
}
