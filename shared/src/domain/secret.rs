//! Where a secret is found. Finding it is left to whoever needs it.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};
use serde_json::json;

use super::document::{DefinitionError, Item};

/// A secret as a file names it. Neither its `Debug` nor its JSON shows it.
#[derive(Clone)]
pub enum SecretSource {
    /// Itself.
    Inline(SecretString),
    /// The name of an environment variable.
    Variable(String),
    /// The path of a file, relative to the current directory.
    File(String),
}

impl SecretSource {
    /// What is shown instead of a secret.
    pub const LEFT_OUT: &str = "…";

    /// Reads a string, `{ env = "NAME" }` or `{ file = "PATH" }`. What they name is not looked at.
    ///
    /// # Errors
    /// When it is none of them, or what is shown instead of a secret.
    pub fn read(item: &Item<'_>) -> Result<Self, DefinitionError> {
        const FORMS: &str = "a string, { env = \"NAME\" } or { file = \"PATH\" }";
        if let Ok(text) = item.text() {
            if text == Self::LEFT_OUT {
                return Err(item
                    .error("the secret was left out here")
                    .with_hint("write the secret itself, or where it is found"));
            }
            return Ok(Self::Inline(text.to_owned().into()));
        }
        let table = item.table().map_err(|_| item.expected(FORMS))?;
        table.only(&["env", "file"])?;
        match (table.get("env"), table.get("file")) {
            (Some(name), None) => Ok(Self::Variable(name.text()?.to_owned())),
            (None, Some(path)) => Ok(Self::File(path.text()?.to_owned())),
            _ => Err(item.error(format!("{FORMS} expected"))),
        }
    }
}

impl PartialEq for SecretSource {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Inline(one), Self::Inline(other)) => one.expose_secret() == other.expose_secret(),
            (Self::Variable(one), Self::Variable(other)) | (Self::File(one), Self::File(other)) => one == other,
            _ => false,
        }
    }
}

impl Eq for SecretSource {}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(_) => f.write_str("Secret(…)"),
            Self::Variable(name) => write!(f, "Secret(env {name})"),
            Self::File(path) => write!(f, "Secret(file {path})"),
        }
    }
}

impl Serialize for SecretSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Inline(_) => Self::LEFT_OUT.serialize(serializer),
            Self::Variable(name) => json!({ "env": name }).serialize(serializer),
            Self::File(path) => json!({ "file": path }).serialize(serializer),
        }
    }
}
