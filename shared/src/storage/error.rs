//! Why a file cannot be kept or read.

use crate::config::SecretError;

/// Why a file cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// How the store is reached is not known.
    #[error("{cause}")]
    Config {
        /// What is wrong.
        cause: String,
        /// What to do.
        hint: String,
    },
    /// A secret cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The file system.
    #[error("{place}: {source}")]
    File {
        /// Which file or directory.
        place: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The store cannot be reached, or broke off.
    #[error("{place}: {cause}")]
    Unreachable {
        /// Which object.
        place: String,
        /// What happened.
        cause: String,
    },
    /// The store refused.
    #[error("{place}: the store answered {status} {word}")]
    Refused {
        /// Which object.
        place: String,
        /// The HTTP status.
        status: u16,
        /// Its own word, `NoSuchBucket`; may be empty.
        word: String,
    },
}

impl StorageError {
    /// What the user may do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Config { hint, .. } => hint.clone(),
            Self::Secret(error) => error.hint(),
            Self::File { .. } => "give this user the directory, and see that its disk has room".to_owned(),
            Self::Unreachable { .. } => "check storage.s3.endpoint and the network".to_owned(),
            Self::Refused { .. } => {
                "check the bucket's name, storage.s3.region and what the access key may do: put, get, delete".to_owned()
            }
        }
    }

    /// What the system says of a file.
    pub(super) fn file(place: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File { place: place.to_string(), source }
    }
}
