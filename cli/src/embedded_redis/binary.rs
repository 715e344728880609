//! The installed `redis-server`.

use std::{io, process::Command};

use super::EmbeddedRedisError;

/// Name of the program, looked up in `PATH`.
pub(super) const PROGRAM: &str = "redis-server";

/// The oldest major version that will do: functions of Redis 7 are used throughout.
pub const SUPPORTED_FROM: u32 = 7;

/// The version of the `redis-server` in `PATH`, like `7.0.15`.
///
/// # Errors
/// [`EmbeddedRedisError::NotInstalled`] when there is none, or it cannot be run.
pub fn installed_version() -> Result<String, EmbeddedRedisError> {
    let output = Command::new(PROGRAM).arg("--version").output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => EmbeddedRedisError::NotInstalled,
        _ => EmbeddedRedisError::Io { what: "run", path: PROGRAM.into(), source: error },
    })?;
    Ok(parse_version(&String::from_utf8_lossy(&output.stdout)))
}

/// Checks that the installed `redis-server` will do.
pub(super) fn check_version() -> Result<(), EmbeddedRedisError> {
    let found = installed_version()?;
    let major = found.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major >= SUPPORTED_FROM) { Ok(()) } else { Err(EmbeddedRedisError::TooOld { found }) }
}

/// From `Redis server v=7.0.15 sha=…`; `unknown` when there is no version in it.
fn parse_version(told: &str) -> String {
    told.split_whitespace().find_map(|word| word.strip_prefix("v=")).unwrap_or("unknown").to_owned()
}

#[cfg(test)]
mod tests {
    use super::parse_version;

    #[test]
    fn the_version_is_found_in_what_redis_server_tells() {
        let told = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=ae4d7c971a948f0";
        assert_eq!(parse_version(told), "7.0.15");
        assert_eq!(parse_version("something else"), "unknown");
    }
}
