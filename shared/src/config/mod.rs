//! The process configuration, `redial.toml`.
//!
//! `--config FILE`, else `./redial.toml`, else `config/redial.toml`, else defaults; then the environment:
//! `REDIAL__REDIS__URL` sets `redis.url`, and so on.

mod account;
mod archive;
mod error;
mod http;
mod notify;
mod redis;
mod secret;
mod storage;
mod worker;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::domain::{
    caps::{self, Caps},
    document::{DefinitionError, Document, Item, Table},
};
pub use account::{AccountConfig, KindKeys, ProviderKind, RECORDINGS};
pub use error::ConfigError;
pub use http::HttpConfig;
pub use notify::NotifyConfig;
pub use redis::{Durability, RedisConfig};
pub use secret::{Secret, SecretError};
pub use storage::{BadLocation, Location, S3Config};
pub use worker::WorkerConfig;

/// The text of a provider file that an account names by its path, relative to the current directory.
///
/// # Errors
/// What the system says.
pub fn provider_file(path: &str) -> Result<String, std::io::Error> {
    std::fs::read_to_string(path)
}

/// Where a configuration is looked for when none is named, relative to the current directory.
pub const LOOKUP: [&str; 2] = ["redial.toml", "config/redial.toml"];

/// What every overriding environment variable begins with; levels of keys are separated by `__`.
pub const VARIABLE_PREFIX: &str = "REDIAL__";

const KEYS: &[&str] =
    &["workspace", "data_dir", "redis", "http", "worker", "caps", "notify", "storage", "archive", "providers"];
const ARCHIVE_FOLDER: &str = "archive";
const WORKSPACE_MAX_CHARS: usize = 64;

/// How the processes of one workspace run.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file it came from; none: defaults and the environment only.
    pub file: Option<PathBuf>,
    /// Everything of one workspace lives in one Redis hash slot.
    pub workspace: String,
    /// Where the process keeps its own files, relative to the current directory.
    pub data_dir: PathBuf,
    /// `[redis]`
    pub redis: RedisConfig,
    /// `[http]`
    pub http: HttpConfig,
    /// `[worker]`
    pub worker: WorkerConfig,
    /// `[caps]`: they bind every campaign
    pub caps: Caps,
    /// `[storage.s3]`: how buckets are reached
    pub s3: S3Config,
    /// `[archive] to`: where campaigns go that do not say so themselves; none: a folder of `data_dir`
    pub archive_to: Option<Location>,
    /// `[notify]`
    pub notify: NotifyConfig,
    /// `[providers.NAME]`
    pub providers: BTreeMap<String, AccountConfig>,
}

impl Config {
    /// Loads the configuration from `path`, or from where it is looked for, and applies `environment`. Secrets stay
    /// references until they are used, so that a command that needs none runs without them.
    ///
    /// # Errors
    /// When a named file cannot be read, or something in the file or the environment is wrong.
    pub fn load(path: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let file = path.map(Path::to_owned).or_else(|| found_in(Path::new("")));
        let source = match &file {
            Some(path) => fs::read_to_string(path)
                .map_err(|source| ConfigError::Unreadable { file: path.display().to_string(), source })?,
            None => String::new(),
        };
        let name = file.as_ref().map_or_else(|| "redial.toml".to_owned(), |path| path.display().to_string());
        let config = Self::parse(&source, &name, environment)?;
        Ok(Self { file, ..config })
    }

    /// Reads a configuration's text and applies `environment`. `file_name` is what errors call it.
    ///
    /// # Errors
    /// When something in the text or the environment is wrong.
    pub fn parse(
        source: &str,
        file_name: &str,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, DefinitionError> {
        let mut document = Document::parse(source, file_name)?;
        override_from(&mut document, environment);
        let root = document.root();
        root.only(KEYS)?;
        Ok(Self {
            file: None,
            workspace: root.get("workspace").map_or_else(|| Ok("default".to_owned()), |item| workspace(&item))?,
            data_dir: root.get("data_dir").map_or_else(|| Ok(PathBuf::from("./data")), |item| directory(&item))?,
            redis: read(&root, "redis", redis::read)?,
            http: read(&root, "http", http::read)?,
            worker: read(&root, "worker", worker::read)?,
            caps: read(&root, "caps", caps::read)?,
            s3: read(&root, "storage", storage::read)?,
            archive_to: read(&root, "archive", archive::read)?,
            notify: read(&root, "notify", notify::read)?,
            providers: read(&root, "providers", providers)?,
        })
    }
}

impl Config {
    /// Where campaigns are archived that do not say so themselves.
    pub fn archive(&self) -> Location {
        self.archive_to.clone().unwrap_or_else(|| Location::Directory(self.data_dir.join(ARCHIVE_FOLDER)))
    }
}

fn found_in(directory: &Path) -> Option<PathBuf> {
    LOOKUP.iter().map(|place| directory.join(place)).find(|path| path.is_file())
}

/// Sets what the environment says, in the order of the names, so that the result does not depend on the system.
fn override_from(document: &mut Document, environment: impl Iterator<Item = (String, String)>) {
    let ours = environment.filter(|(name, _)| name.starts_with(VARIABLE_PREFIX));
    for (name, text) in ours.collect::<BTreeMap<_, _>>() {
        let path = name[VARIABLE_PREFIX.len()..].to_lowercase();
        document.set(&path.split("__").collect::<Vec<_>>(), &name, &text);
    }
}

/// A table's concern, or its defaults where the table is absent.
fn read<T: Default>(
    root: &Table<'_>,
    key: &str,
    reader: fn(&Table<'_>) -> Result<T, DefinitionError>,
) -> Result<T, DefinitionError> {
    root.table(key)?.map_or_else(|| Ok(T::default()), |table| reader(&table))
}

fn workspace(item: &Item<'_>) -> Result<String, DefinitionError> {
    let name = item.text()?;
    if is_name(name) {
        return Ok(name.to_owned());
    }
    Err(item.error(format!("1 to {WORKSPACE_MAX_CHARS} characters of a-z, A-Z, 0-9, `-` and `_` expected")))
}

fn directory(item: &Item<'_>) -> Result<PathBuf, DefinitionError> {
    match item.text()? {
        "" => Err(item.error("a directory expected")),
        path => Ok(PathBuf::from(path)),
    }
}

fn providers(table: &Table<'_>) -> Result<BTreeMap<String, AccountConfig>, DefinitionError> {
    let accounts = table.items().map(|(name, item)| {
        if !is_name(name) {
            return Err(item.error("an account's name is 1 to 64 characters of a-z, A-Z, 0-9, `-` and `_`"));
        }
        Ok((name.to_owned(), account::read(name, &item.table()?)?))
    });
    accounts.collect()
}

/// Names go into Redis keys and paths of URLs.
fn is_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=WORKSPACE_MAX_CHARS).contains(&text.len()) && text.bytes().all(allowed)
}
