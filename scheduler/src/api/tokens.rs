//! API tokens: how they look, how they are kept, and the first one.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::Rng;
use redial_shared::{
    domain::role::Role,
    store::{Store, StoreError},
};
use sha2::{Digest, Sha256};

/// What every token begins with, so that scanners for leaked secrets know it.
pub const TOKEN_PREFIX: &str = "redial_";
/// The file in the data directory that holds the admin token.
pub const ADMIN_TOKEN_FILE: &str = "admin.token";
const TOKEN_BYTES: usize = 32;

/// Why there is no admin token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file cannot be read or written.
    #[error("cannot use the admin token's file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{} holds no token: remove it, and the next start writes a new one", path.display())]
    NoToken {
        /// The file.
        path: PathBuf,
    },
    /// The store does not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The admin token of a data directory: read from its `admin.token`, or drawn and written there with mode 0600. Redis
/// knows it afterwards, also when the directory is older than the data in Redis.
///
/// # Errors
/// When the file cannot be used, or Redis does not answer.
pub async fn ensure_admin_token(store: &Store, data_dir: &Path) -> Result<String, TokenError> {
    let path = data_dir.join(ADMIN_TOKEN_FILE);
    let token = read_or_write(&path).map_err(|source| TokenError::File { path: path.clone(), source })?;
    if !is_token(&token) {
        return Err(TokenError::NoToken { path });
    }
    store.keep_token(&hash_of(&token), Role::Admin, "admin", None).await?;
    Ok(token)
}

/// A new random token.
pub fn draw_token() -> String {
    let bytes: [u8; TOKEN_BYTES] = rand::rng().random();
    format!("{TOKEN_PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// What Redis knows a token by: its SHA-256 in hexadecimal.
pub fn hash_of(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// A digest in hexadecimal.
pub(crate) fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_token(text: &str) -> bool {
    let random = text.strip_prefix(TOKEN_PREFIX).and_then(|random| BASE64_URL_SAFE_NO_PAD.decode(random).ok());
    random.is_some_and(|random| random.len() >= TOKEN_BYTES)
}

/// Two processes that start at once agree: the token is written aside and linked into place, which only one can do.
fn read_or_write(path: &Path) -> io::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read.map(|text| text.trim().to_owned()),
    }
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let aside = directory.join(format!(".{ADMIN_TOKEN_FILE}.{:016x}", rand::random::<u64>()));
    let linked = write_new(&aside).and_then(|()| fs::hard_link(&aside, path));
    fs::remove_file(&aside).or_else(|error| if linked.is_err() { Ok(()) } else { Err(error) })?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => fs::read_to_string(path).map(|text| text.trim().to_owned()),
    }
}

fn write_new(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{}", draw_token())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn tokens_are_long_random_and_recognisable() {
        let (one, other) = (draw_token(), draw_token());
        assert_ne!(one, other);
        assert!(is_token(&one) && one.starts_with("redial_") && one.len() == 7 + 43);
        assert!(!is_token("redial_short") && !is_token("") && !is_token("secret"));
    }

    #[test]
    fn a_token_is_known_by_its_sha_256() {
        assert_eq!(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn the_first_start_writes_the_token_for_its_owner_only_and_later_ones_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("data").join(ADMIN_TOKEN_FILE);
        let first = read_or_write(&path).unwrap();
        assert!(is_token(&first));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read_or_write(&path).unwrap(), first);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left aside");
    }
}
