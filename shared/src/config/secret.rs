//! Values that nobody may see.

use std::{env, fmt, fs};

use secrecy::SecretString;

use crate::domain::{
    document::{DefinitionError, Item},
    secret::SecretSource,
};

/// No secret is longer.
const FILE_MAX_BYTES: u64 = 64 * 1024;

/// A secret as the configuration gives it: itself, or where it is found. Neither its `Debug` nor any error shows it, and
/// it cannot be serialised.
#[derive(Clone)]
pub struct Secret {
    source: SecretSource,
    /// `FILE:LINE: key`, so that an error on use says where to mend it.
    place: String,
}

/// Why a secret cannot be had.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SecretError {
    /// The variable is not set.
    #[error("{place}: environment variable {variable} is not set, or not text")]
    NoVariable {
        /// `FILE:LINE: key`.
        place: String,
        /// Its name.
        variable: String,
    },
    /// The file cannot be read.
    #[error("{place}: secret file {file} cannot be read: {cause}")]
    NoFile {
        /// `FILE:LINE: key`.
        place: String,
        /// Its path as written, relative to the current directory.
        file: String,
        /// What the system says.
        cause: String,
    },
    /// There is nothing in it.
    #[error("{place}: the secret is empty")]
    Empty {
        /// `FILE:LINE: key`.
        place: String,
    },
}

impl SecretError {
    /// The same without the place, for whoever names that.
    pub fn cause(&self) -> String {
        let (Self::NoVariable { place, .. } | Self::NoFile { place, .. } | Self::Empty { place }) = self;
        let whole = self.to_string();
        whole.strip_prefix(&format!("{place}: ")).unwrap_or(&whole).to_owned()
    }

    /// What the user may do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NoVariable { variable, .. } => format!("set {variable} in the environment of this process"),
            Self::NoFile { file, .. } => format!("write the secret to {file}, readable by this process"),
            Self::Empty { .. } => "write the secret, { env = \"NAME\" } or { file = \"PATH\" }".to_owned(),
        }
    }
}

impl Secret {
    /// A secret given as itself; `place` is what errors call it.
    pub fn inline(text: impl Into<String>, place: impl Into<String>) -> Self {
        Self { source: SecretSource::Inline(text.into().into()), place: place.into() }
    }

    /// A secret that a definition names; `place` is what errors call it.
    pub fn named(source: SecretSource, place: impl Into<String>) -> Self {
        Self { source, place: place.into() }
    }

    /// Reads a string, `{ env = "NAME" }` or `{ file = "PATH" }`. What they name is not looked at yet.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn read(item: &Item<'_>) -> Result<Self, DefinitionError> {
        Ok(Self { source: SecretSource::read(item)?, place: item.place() })
    }

    /// The same from a value that was read as JSON; none when it is none of them.
    pub fn from_json(value: &serde_json::Value, place: &str) -> Option<Self> {
        let named =
            |key: &str| value.as_object().filter(|table| table.len() == 1)?.get(key)?.as_str().map(str::to_owned);
        let source = match value.as_str() {
            Some(text) => SecretSource::Inline(text.to_owned().into()),
            None => named("env").map(SecretSource::Variable).or_else(|| named("file").map(SecretSource::File))?,
        };
        Some(Self { source, place: place.to_owned() })
    }

    /// The secret itself, from the process's environment or file where it is kept there. Line ends after it are cut off.
    ///
    /// # Errors
    /// When it cannot be had, or is empty.
    pub fn resolve(&self) -> Result<SecretString, SecretError> {
        self.resolve_with(|name| env::var(name).ok())
    }

    /// The same with an environment of the caller's.
    ///
    /// # Errors
    /// When it cannot be had, or is empty.
    pub fn resolve_with(&self, variable: impl Fn(&str) -> Option<String>) -> Result<SecretString, SecretError> {
        let place = || self.place.clone();
        let text = match &self.source {
            SecretSource::Inline(secret) => return self.not_empty(secret.clone()),
            SecretSource::Variable(name) => {
                variable(name).ok_or_else(|| SecretError::NoVariable { place: place(), variable: name.clone() })?
            }
            SecretSource::File(path) => {
                read_file(path).map_err(|cause| SecretError::NoFile { place: place(), file: path.clone(), cause })?
            }
        };
        self.not_empty(text.trim_end_matches(['\r', '\n']).to_owned().into())
    }

    fn not_empty(&self, secret: SecretString) -> Result<SecretString, SecretError> {
        use secrecy::ExposeSecret;
        if secret.expose_secret().is_empty() {
            return Err(SecretError::Empty { place: self.place.clone() });
        }
        Ok(secret)
    }
}

/// Whoever writes a campaign may name any file: one that never ends must not be read.
fn read_file(path: &str) -> Result<String, String> {
    let about = fs::metadata(path).map_err(|error| error.to_string())?;
    if !about.is_file() || about.len() > FILE_MAX_BYTES {
        return Err(format!("a file of at most {FILE_MAX_BYTES} bytes expected"));
    }
    fs::read_to_string(path).map_err(|error| error.to_string())
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}
