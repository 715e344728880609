//! This machine: its disk, its programs, its limits.

use std::path::Path;

use super::finding::Finding;
use crate::embedded_redis::{self, SUPPORTED_FROM};

/// Files a process needs beside one connection a call: Redis, polls, the API, logs.
const OTHER_FILES: u64 = 256;

/// Version of the time zone rules that calling hours are computed with.
pub(super) fn time_zone_data() -> Finding {
    Finding::ok("time zones", format_args!("IANA data {}", chrono_tz::IANA_TZDB_VERSION))
}

/// Whether the data directory, or the directory it will be made in, can be written.
pub(super) fn data_dir(data_dir: &Path) -> Finding {
    let shown = data_dir.display();
    let Some(existing) = nearest_existing(data_dir) else {
        return Finding::fail(
            "data_dir",
            format_args!("{shown} cannot be made"),
            "set data_dir to a path that can exist",
        );
    };
    match tempfile::tempfile_in(existing) {
        Ok(_) if existing == data_dir => Finding::ok("data_dir", format_args!("{shown} is writable")),
        Ok(_) => Finding::ok("data_dir", format_args!("{shown} does not exist yet and can be made")),
        Err(error) => Finding::fail(
            "data_dir",
            format_args!("{} cannot be written: {error}", existing.display()),
            "give this user the directory, or set data_dir to one of its own",
        ),
    }
}

fn nearest_existing(path: &Path) -> Option<&Path> {
    let found = path.ancestors().find(|path| path.is_dir() || path.as_os_str().is_empty())?;
    Some(if found.as_os_str().is_empty() { Path::new(".") } else { found })
}

/// Whether a private Redis can be started.
pub(super) fn redis_server() -> Finding {
    match embedded_redis::installed_version() {
        Ok(version) if major(&version) >= Some(SUPPORTED_FROM) => {
            Finding::ok("redis-server", format_args!("{version} is installed"))
        }
        Ok(version) => Finding::fail(
            "redis-server",
            format_args!("{version} is too old"),
            format_args!("install Redis {SUPPORTED_FROM} or newer, or set redis.url"),
        ),
        Err(error) => Finding::fail("redis-server", &error, error.hint()),
    }
}

/// The first part of a version.
pub(super) fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

/// Whether the process may open a connection for every call of `worker.concurrency`.
pub(super) fn open_files(concurrency: u64) -> Finding {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: getrlimit writes an rlimit, and `limit` is one that outlives the call.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return Finding::warn("open files", "the limit cannot be read", "check `ulimit -n`");
    }
    judge_open_files(limit.rlim_cur, concurrency)
}

fn judge_open_files(limit: u64, concurrency: u64) -> Finding {
    let needed = concurrency.saturating_add(OTHER_FILES);
    let detail = format!("{limit} allowed, {needed} needed for worker.concurrency = {concurrency}");
    if limit >= needed {
        Finding::ok("open files", detail)
    } else {
        Finding::fail(
            "open files",
            detail,
            format_args!("`ulimit -n {needed}`, LimitNOFILE= in systemd, or lower worker.concurrency"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Verdict, *};

    #[test]
    fn a_data_directory_that_can_be_made_is_fine_and_one_below_a_file_is_not() {
        let temp = tempfile::tempdir().unwrap();
        assert_eq!(data_dir(temp.path()).verdict, Verdict::Ok);
        assert_eq!(data_dir(&temp.path().join("a/b")).verdict, Verdict::Ok);
        assert_eq!(nearest_existing(Path::new("no-such/data")), Some(Path::new(".")));
        assert!(!temp.path().join("a").exists());
    }

    #[test]
    fn the_limit_of_open_files_must_cover_the_calls() {
        assert_eq!(judge_open_files(1024, 512).verdict, Verdict::Ok);
        let short = judge_open_files(1024, 1000);
        assert_eq!(short.verdict, Verdict::Fail);
        assert!(short.remedy.unwrap().contains("ulimit -n 1256"));
    }
}
