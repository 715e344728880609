//! What is wrong in a file, and where.

use std::fmt;

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A line of the file, from 1.
    Line(usize),
    /// An environment variable.
    Variable(String),
}

/// One thing wrong in a definition or configuration file. Shown as one line, `FILE:LINE: key: cause`, or
/// `VARIABLE: key: cause` for what an environment variable set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionError {
    at: String,
    key: String,
    cause: String,
    hint: Option<String>,
}

impl DefinitionError {
    /// An error at `place` of `file`; `key` is dotted, or empty where none is meant.
    pub fn new(file: &str, place: &Place, key: &str, cause: impl fmt::Display) -> Self {
        Self { at: place.in_file(file), key: key.to_owned(), cause: cause.to_string(), hint: None }
    }

    /// Adds the remedy.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What the user may do about it.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// What is wrong, without the place.
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// The dotted key, `retry.busy.delays`; empty where the file as a whole is meant.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl Place {
    /// `FILE:LINE`, or the variable.
    pub fn in_file(&self, file: &str) -> String {
        match self {
            Self::Line(line) => format!("{file}:{line}"),
            Self::Variable(name) => name.clone(),
        }
    }
}

impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, key, cause, .. } = self;
        if key.is_empty() { write!(f, "{at}: {cause}") } else { write!(f, "{at}: {key}: {cause}") }
    }
}

impl std::error::Error for DefinitionError {}
