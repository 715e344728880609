//! A Redis that outlived the Redial it belonged to.
//!
//! The kernel ends the child with its owner, so this is rare (a Redis that hung, say). Two servers on one append-only
//! file would ruin it, so the old one must be gone before a new one starts.

use std::{fs, time::Duration};

use super::{EmbeddedRedisError, paths::Paths, probe};

/// How long the old one may take to sync and end before it is killed, and after that to be gone.
const PATIENCE: Duration = Duration::from_secs(10);

/// Ends the left-over Redis of this data directory, if there is one. The caller holds the directory's lock, so its
/// owner is gone for certain.
pub(super) async fn take_down(paths: &Paths) -> Result<(), EmbeddedRedisError> {
    if let Some(pid) = left_over(paths) {
        tracing::warn!(pid, "a redis-server outlived an earlier redial: shutting it down");
        if probe::shutdown(&paths.url()).await.is_err() {
            signal(pid, libc::SIGTERM);
        }
        if !gone_within(pid, paths).await {
            signal(pid, libc::SIGKILL);
            if !gone_within(pid, paths).await {
                return Err(EmbeddedRedisError::Stale { pid });
            }
        }
    }
    for leftover in [&paths.pid, &paths.socket] {
        if leftover.exists() {
            fs::remove_file(leftover).map_err(EmbeddedRedisError::io("remove", leftover))?;
        }
    }
    Ok(())
}

/// The process in the pid file, if it still is a Redis of this directory.
fn left_over(paths: &Paths) -> Option<u32> {
    let pid = fs::read_to_string(&paths.pid).ok()?.trim().parse().ok()?;
    is_ours(pid, paths).then_some(pid)
}

/// Process ids are reused: only a `redis-server` that works in our directory is ours. Another user's process hides its
/// working directory, and is not ours either.
fn is_ours(pid: u32, paths: &Paths) -> bool {
    let named = fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.starts_with("redis-server"));
    named && fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == paths.dir)
}

async fn gone_within(pid: u32, paths: &Paths) -> bool {
    let mut waited = Duration::ZERO;
    while is_ours(pid, paths) && waited < PATIENCE {
        tokio::time::sleep(probe::PAUSE).await;
        waited += probe::PAUSE;
    }
    !is_ours(pid, paths)
}

fn signal(pid: u32, signal: libc::c_int) {
    let Ok(pid) = libc::pid_t::try_from(pid) else { return };
    // SAFETY: kill takes two integers. A process that ended meanwhile makes it fail, which is as good.
    unsafe { libc::kill(pid, signal) };
}
