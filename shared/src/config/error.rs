//! Why a configuration cannot be used.

use std::io;

use crate::domain::document::DefinitionError;

/// Why a configuration cannot be used. Shown as one line.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{file}: cannot be read: {source}")]
    Unreadable {
        /// Its path as given.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// Something in it, or in an overriding variable, is wrong.
    #[error(transparent)]
    Invalid(#[from] DefinitionError),
}

impl ConfigError {
    /// What the user may do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("name an existing file, or leave --config out to use ./redial.toml or the defaults")
            }
            Self::Unreadable { .. } => None,
            Self::Invalid(error) => error.hint(),
        }
    }
}
