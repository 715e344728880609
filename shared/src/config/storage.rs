//! Where files are kept that leave Redial: a directory, or a bucket of an S3-compatible store; and `[storage]`.

use std::{fmt, path::PathBuf, str::FromStr};

use super::{Secret, http::base_url};
use crate::domain::document::{DefinitionError, Item, Table};

/// What a bucket's address begins with.
const BUCKET_SCHEME: &str = "s3://";
const KEYS: &[&str] = &["s3"];
const S3_KEYS: &[&str] = &["endpoint", "region", "access_key", "secret_key"];

/// A place for files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A directory, relative to the current one.
    Directory(PathBuf),
    /// A bucket of an S3-compatible store.
    Bucket {
        /// Its name.
        name: String,
        /// What the name of every object begins with, without a slash at either end; may be empty.
        prefix: String,
    },
}

/// `[storage.s3]`: how buckets are reached. What is absent comes from the usual `AWS_…` variables of the environment.
#[derive(Debug, Clone, Default)]
pub struct S3Config {
    /// The store's address, for others than Amazon's.
    pub endpoint: Option<String>,
    /// The region that requests are signed for.
    pub region: Option<String>,
    /// The key's id.
    pub access_key: Option<Secret>,
    /// The key.
    pub secret_key: Option<Secret>,
}

impl Location {
    /// Reads `"DIR"` or `"s3://bucket/prefix"`.
    ///
    /// # Errors
    /// When it is neither.
    pub fn read(item: &Item<'_>) -> Result<Self, DefinitionError> {
        item.text()?.parse().map_err(|bad: BadLocation| item.error(bad).with_hint(BadLocation::HINT))
    }
}

/// Why a text is no place for files.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct BadLocation(&'static str);

impl BadLocation {
    /// What to write.
    pub const HINT: &'static str = "write a directory, or \"s3://bucket/prefix\"";
}

impl FromStr for Location {
    type Err = BadLocation;

    fn from_str(text: &str) -> Result<Self, BadLocation> {
        let Some(bucket) = text.strip_prefix(BUCKET_SCHEME) else {
            return match text {
                "" => Err(BadLocation("a directory or a bucket expected")),
                text if text.contains("://") => Err(BadLocation("no store of this kind is known")),
                path => Ok(Self::Directory(PathBuf::from(path))),
            };
        };
        let (name, prefix) = bucket.split_once('/').unwrap_or((bucket, ""));
        let prefix = prefix.trim_matches('/');
        if !is_bucket(name) {
            return Err(BadLocation("a bucket's name is 3 to 63 characters of a-z, 0-9, `-` and `.`"));
        }
        if !prefix.is_empty() && prefix.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(BadLocation("a prefix has no empty part and none of dots"));
        }
        Ok(Self::Bucket { name: name.to_owned(), prefix: prefix.to_owned() })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) => path.display().fmt(f),
            Self::Bucket { name, prefix } if prefix.is_empty() => write!(f, "{BUCKET_SCHEME}{name}"),
            Self::Bucket { name, prefix } => write!(f, "{BUCKET_SCHEME}{name}/{prefix}"),
        }
    }
}

pub(super) fn read(table: &Table<'_>) -> Result<S3Config, DefinitionError> {
    table.only(KEYS)?;
    let Some(s3) = table.table("s3")? else { return Ok(S3Config::default()) };
    s3.only(S3_KEYS)?;
    let secret = |key: &str| s3.get(key).map(|item| Secret::read(&item)).transpose();
    Ok(S3Config {
        endpoint: s3.get("endpoint").map(|item| base_url(&item)).transpose()?,
        region: s3.get("region").map(|item| region(&item)).transpose()?,
        access_key: secret("access_key")?,
        secret_key: secret("secret_key")?,
    })
}

fn is_bucket(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    (3..=63).contains(&name.len()) && name.bytes().all(known) && !name.starts_with('.') && !name.contains("..")
}

fn region(item: &Item<'_>) -> Result<String, DefinitionError> {
    let text = item.text()?;
    match text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        true => Err(item.error("a region expected").with_hint("write one like \"eu-west-3\"")),
        false => Ok(text.to_owned()),
    }
}
