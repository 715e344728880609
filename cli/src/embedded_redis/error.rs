//! What can keep the private Redis from starting.

use std::{io, path::PathBuf};

/// Why the private Redis did not start.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedRedisError {
    /// No `redis-server` in `PATH`.
    #[error("redis-server is not installed")]
    NotInstalled,
    /// `redis-server` is too old.
    #[error("redis-server {found} is too old: 7.0 or newer is needed")]
    TooOld {
        /// The version it told.
        found: String,
    },
    /// Another Redial owns the data directory.
    #[error("another redial (pid {pid}) is using {}", data_dir.display())]
    InUse {
        /// Process id of the owner, `unknown` if it has not written it yet.
        pid: String,
        /// The directory, as it was given.
        data_dir: PathBuf,
    },
    /// A Redis that outlived its Redial cannot be taken down.
    #[error("a redis-server left over from an earlier redial (pid {pid}) does not end")]
    Stale {
        /// Its process id.
        pid: u32,
    },
    /// Something in the data directory cannot be read or written.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was attempted, a verb: `write`, `lock` …
        what: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Redis ended, or stayed silent, before it was ready.
    #[error("the embedded redis-server did not come up: {last_words}")]
    Ended {
        /// The last line of its log.
        last_words: String,
        /// Its log file.
        log: PathBuf,
    },
}

impl EmbeddedRedisError {
    /// What the user can do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NotInstalled => "apt-get install redis-server (or set redis.url to use a Redis you run)".into(),
            Self::TooOld { .. } => "install Redis 7 or newer (or set redis.url to use one you run)".into(),
            Self::InUse { .. } => "stop it first, or give this one its own data_dir in redial.toml".into(),
            Self::Stale { pid } => format!("look at it with `ps -p {pid}`, end it, and start again"),
            Self::Io { .. } => {
                "data_dir must be a directory that this user can write, on a disk with free space".into()
            }
            Self::Ended { log, .. } => format!("its log is {}", log.display()),
        }
    }

    /// For `map_err`: an I/O failure with what was attempted and where.
    pub(super) fn io(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what, path, source }
    }
}
