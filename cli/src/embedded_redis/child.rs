//! Starting the child so that it never outlives us and never hears our Ctrl-C.

use std::{
    fs::OpenOptions,
    io,
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
};

use super::{binary::PROGRAM, paths::Paths};

/// Starts `redis-server`.
///
/// `PR_SET_PDEATHSIG` makes the kernel send the child SIGTERM when the *thread* that started it ends (prctl(2)), so
/// this must be called from a thread that lives as long as the process: the supervisor's. SIGTERM rather than SIGKILL,
/// because Redis then syncs its append-only file.
pub(super) fn spawn(paths: &Paths) -> io::Result<Child> {
    let log = OpenOptions::new().create(true).append(true).open(&paths.log)?;
    let mut command = Command::new(PROGRAM);
    command.arg(&paths.conf).current_dir(&paths.dir).stdin(Stdio::null());
    // A wrong configuration is told on stderr, before the log file is known.
    command.stdout(log.try_clone()?).stderr(log);
    // A group of its own: the terminal's SIGINT goes to the foreground group, and Redis must be there while we drain.
    command.process_group(0);
    let parent = std::process::id();
    // SAFETY: between fork and exec only prctl and getppid are called, which are async-signal-safe.
    unsafe { command.pre_exec(move || die_with(parent)) };
    command.spawn()
}

/// Runs in the child. If the parent has died before the request was made, nobody would ever send the signal.
fn die_with(parent: u32) -> io::Result<()> {
    // SAFETY: PR_SET_PDEATHSIG takes a signal number and touches no memory.
    if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: getppid has no preconditions and cannot fail.
    let orphaned = u32::try_from(unsafe { libc::getppid() }) != Ok(parent);
    if orphaned { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
}
