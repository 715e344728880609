//! Why an archive cannot be written or read.

use parquet::errors::ParquetError;
use redial_shared::{storage::StorageError, store::StoreError};

/// Why an archive cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    /// The place of the files.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Redis.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file is not as it was written, or not there.
    #[error("{place}: {cause}")]
    Damaged {
        /// Which file.
        place: String,
        /// What is wrong.
        cause: String,
    },
    /// The files are on another machine, or nowhere.
    #[error("the archive is not here: {place}{machine}")]
    Elsewhere {
        /// The directory.
        place: String,
        /// ` of …`, the machine that has it; empty where it is this one.
        machine: String,
    },
    /// The campaign is not as it was when the work began.
    #[error("the campaign has changed meanwhile")]
    Changed,
    /// It is not ready to be archived.
    #[error("{0}")]
    Waits(String),
    /// Told to stop.
    #[error("the work broke off: {0}")]
    BrokenOff(String),
}

impl ArchiveError {
    /// A table that cannot be read. What its storage says is told as that.
    pub(crate) fn of_table(place: &str, error: ParquetError) -> Self {
        match error {
            ParquetError::External(cause) => match cause.downcast::<Self>() {
                Ok(own) => *own,
                Err(other) => Self::Damaged { place: place.to_owned(), cause: other.to_string() },
            },
            error => Self::Damaged { place: place.to_owned(), cause: error.to_string() },
        }
    }

    /// What to do.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Storage(error) => error.hint(),
            Self::Store(_) => "start Redis, or correct `redis.url` in redial.toml".to_owned(),
            Self::Damaged { .. } => "put the file back from a backup, or see to its disk".to_owned(),
            Self::Elsewhere { .. } => {
                "ask the scheduler of that machine, or mount the directory here; archives in a bucket are read by all"
                    .to_owned()
            }
            Self::Waits(_) => "`redial notify log` tells how they fare".to_owned(),
            Self::Changed | Self::BrokenOff(_) => "try again".to_owned(),
        }
    }
}
