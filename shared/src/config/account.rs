//! `[providers.NAME]`

use std::{fmt, str::FromStr};

use secrecy::ExposeSecret;

use super::{Location, Secret, SecretError, http::base_url};
use crate::domain::{
    document::{DefinitionError, Entry, Place, Table},
    units::{Rate, Span},
};

/// The keys of every kind.
const COMMON_KEYS: &[&str] =
    &["kind", "base_url", "rate", "requests", "max_concurrent", "timeout", "hook_secret", RECORDINGS];

/// Where recordings go. Whether the provider has any is for the kind to check, so it stands among its own keys too.
pub const RECORDINGS: &str = "recordings";

const MAX_CONCURRENT_MAX: u32 = 1_000_000;
const TIMEOUT_MIN: Span = Span::from_millis(100);
const TIMEOUT_MAX: Span = Span::from_mins(10);
const TIMEOUT_DEFAULT: Span = Span::from_secs(10);

/// Which provider's API an account speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProviderKind {
    /// uh!live by Allo-Media.
    Uhlive,
    /// Knovvu by Sestek.
    Knovvu,
    /// LiveCall.io.
    Livecall,
    /// Google Cloud CCAI Platform, formerly UJET.
    Ccai,
    /// MyLibby.
    Mylibby,
    /// Any HTTP API that a file describes.
    Http,
}

/// One account at one provider. Its limits are global over all workers and campaigns.
#[derive(Debug, Clone)]
pub struct AccountConfig {
    /// Its name, `NAME` of `[providers.NAME]`.
    pub name: String,
    /// Which API it speaks.
    pub kind: ProviderKind,
    /// Replaces the provider's own host, without a slash at its end.
    pub base_url: Option<String>,
    /// Calls started by all workers together; none: no limit of its own.
    pub rate: Option<Rate>,
    /// All requests to the provider, polls too; none: the limit that the provider documents, if any.
    pub requests: Option<Rate>,
    /// Live calls at once, 1 to 1,000,000; none: no limit of its own.
    pub max_concurrent: Option<u32>,
    /// How long a request may take, 100 ms to 10 min.
    pub timeout: Span,
    /// The last part of its hook URL; none: no hook is served.
    pub hook_secret: Option<Secret>,
    /// Where its calls' recordings are kept; none: they are left with the provider.
    pub recordings: Option<Location>,
    /// The kind's own keys, for the kind to read and check.
    pub own: KindKeys,
}

impl AccountConfig {
    /// Where the provider reaches this account's hook, under our own public address; none without `hook_secret`.
    ///
    /// # Errors
    /// When the secret cannot be had.
    pub fn hook_url(&self, public_url: &str) -> Result<Option<String>, SecretError> {
        let Some(secret) = &self.hook_secret else { return Ok(None) };
        let secret = secret.resolve()?;
        let mut url = url::Url::parse(public_url).expect("public_url is checked when it is read");
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["hooks", &self.name, secret.expose_secret()]);
        }
        Ok(Some(url.into()))
    }
}

/// The keys that only one kind knows. Its `Debug` shows their names alone, for any value may be a secret.
#[derive(Clone)]
pub struct KindKeys {
    file: String,
    path: String,
    place: Place,
    entries: Vec<Entry>,
}

impl KindKeys {
    /// The keys as a table whose errors name file, line and key. Secrets are read from it by [`Secret::read`].
    pub fn table(&self) -> Table<'_> {
        Table::new(&self.file, self.path.clone(), &self.place, &self.entries)
    }

    /// An error about the account's `recordings`.
    pub fn recordings_error(&self, cause: impl fmt::Display) -> DefinitionError {
        let table = self.table();
        table.get(RECORDINGS).map_or_else(|| table.error(&cause), |item| item.error(&cause))
    }

    /// Refuses keys that the kind does not know.
    ///
    /// # Errors
    /// For the first one, naming the nearest known, common keys included.
    pub fn only(&self, known: &[&str]) -> Result<(), DefinitionError> {
        self.table().only(&[known, COMMON_KEYS].concat())
    }
}

impl fmt::Debug for KindKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.entries.iter().map(|entry| &entry.key)).finish()
    }
}

pub(super) fn read(name: &str, table: &Table<'_>) -> Result<AccountConfig, DefinitionError> {
    let kind = table.required("kind")?.parsed()?;
    let rate = |key: &str| table.get(key).map(|item| item.parsed()).transpose();
    Ok(AccountConfig {
        name: name.to_owned(),
        kind,
        base_url: table.get("base_url").map(|item| base_url(&item)).transpose()?,
        rate: rate("rate")?,
        requests: rate("requests")?,
        max_concurrent: table.get("max_concurrent").map(|item| item.integer(1..=MAX_CONCURRENT_MAX)).transpose()?,
        timeout: timeout(table)?,
        hook_secret: table.get("hook_secret").map(|item| Secret::read(&item)).transpose()?,
        recordings: table.get(RECORDINGS).map(|item| Location::read(&item)).transpose()?,
        own: own_keys(table),
    })
}

fn timeout(table: &Table<'_>) -> Result<Span, DefinitionError> {
    let Some(item) = table.get("timeout") else { return Ok(TIMEOUT_DEFAULT) };
    let timeout: Span = item.parsed()?;
    if (TIMEOUT_MIN..=TIMEOUT_MAX).contains(&timeout) {
        return Ok(timeout);
    }
    Err(item.error(format!("{TIMEOUT_MIN} to {TIMEOUT_MAX} expected, found {timeout}")))
}

fn own_keys(table: &Table<'_>) -> KindKeys {
    let is_own = |key: &str| key == RECORDINGS || !COMMON_KEYS.contains(&key);
    let own = table.entries().iter().filter(|entry| is_own(&entry.key));
    KindKeys {
        file: table.file().to_owned(),
        path: table.path().to_owned(),
        place: table.place().clone(),
        entries: own.cloned().collect(),
    }
}

impl ProviderKind {
    /// Every kind with the word users write.
    pub const ALL: [(&str, Self); 6] = [
        ("uhlive", Self::Uhlive),
        ("knovvu", Self::Knovvu),
        ("livecall", Self::Livecall),
        ("ccai", Self::Ccai),
        ("mylibby", Self::Mylibby),
        ("http", Self::Http),
    ];

    /// The word users write.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uhlive => "uhlive",
            Self::Knovvu => "knovvu",
            Self::Livecall => "livecall",
            Self::Ccai => "ccai",
            Self::Mylibby => "mylibby",
            Self::Http => "http",
        }
    }
}

/// Not one of the kinds.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no such kind of provider: uhlive, knovvu, livecall, ccai, mylibby or http expected")]
pub struct UnknownKind;

impl FromStr for ProviderKind {
    type Err = UnknownKind;
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.iter().find(|(word, _)| *word == text).map(|(_, kind)| *kind).ok_or(UnknownKind)
    }
}

impl fmt::Display for ProviderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
