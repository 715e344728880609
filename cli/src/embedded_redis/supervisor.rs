//! The thread that owns the child: starts it, waits for its end, starts it again.

use std::{
    io,
    process::Child,
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{EmbeddedRedisError, child, paths::Paths};

/// The pause before the first restart; it doubles with each further one up to `BACK_OFF_MAX`.
const BACK_OFF_MIN: Duration = Duration::from_millis(100);
const BACK_OFF_MAX: Duration = Duration::from_secs(5);
/// A child that lived this long was well: the next restart is quick again.
const WELL_AFTER: Duration = Duration::from_secs(60);

/// Handle on the supervising thread. Dropping it ends the child without waiting.
pub(super) struct Supervisor {
    shared: Arc<Shared>,
    ended: watch::Receiver<bool>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    deaths: AtomicU32,
}

#[derive(Default)]
struct State {
    /// The living (or not yet reaped) child. While it is set the process id cannot be anybody else's.
    pid: Option<libc::pid_t>,
    stopping: bool,
}

impl Supervisor {
    /// Starts the thread and the first child.
    pub(super) fn start(paths: &Paths) -> Result<Self, EmbeddedRedisError> {
        let shared = Arc::<Shared>::default();
        let (ended_sender, ended) = watch::channel(false);
        let (started_sender, started) = std::sync::mpsc::channel();
        let (for_thread, paths) = (Arc::clone(&shared), paths.clone());
        let body = move || {
            let first = child::spawn(&paths).map(|child| for_thread.adopt(child));
            if let Some(child) = report(first, &started_sender) {
                for_thread.supervise(child, &paths);
            }
            ended_sender.send_replace(true);
        };
        let thread = thread::Builder::new().name("redis-supervisor".into()).spawn(body);
        thread.map_err(EmbeddedRedisError::io("start", "a thread"))?;
        let first = started.recv().unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()));
        first.map_err(EmbeddedRedisError::io("start", super::binary::PROGRAM))?;
        Ok(Self { shared, ended })
    }

    /// Process id of the present child, or 0.
    pub(super) fn pid(&self) -> u32 {
        self.shared.lock().pid.and_then(|pid| u32::try_from(pid).ok()).unwrap_or(0)
    }

    /// How many children have ended so far.
    pub(super) fn deaths(&self) -> u32 {
        self.shared.deaths.load(Ordering::Acquire)
    }

    /// From now on the child's end is the end.
    pub(super) fn stop_restarting(&self) {
        self.shared.lock().stopping = true;
        self.shared.changed.notify_all();
    }

    /// Sends the child a signal, if there is one.
    pub(super) fn signal(&self, signal: libc::c_int) {
        if let Some(pid) = self.shared.lock().pid {
            // SAFETY: kill takes two integers; the lock keeps the child unreaped, so the id is still its own.
            unsafe { libc::kill(pid, signal) };
        }
    }

    /// Waits for the child and the thread to end; whether they did in time.
    pub(super) async fn ended_within(&mut self, limit: Duration) -> bool {
        tokio::time::timeout(limit, self.ended.wait_for(|ended| *ended)).await.is_ok()
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop_restarting();
        self.signal(libc::SIGTERM);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Makes the child known, and ends it again if `stop` came while it was being started.
    fn adopt(&self, child: Child) -> Child {
        let mut state = self.lock();
        state.pid = libc::pid_t::try_from(child.id()).ok();
        if let (Some(pid), true) = (state.pid, state.stopping) {
            // SAFETY: kill takes two integers; the child is not reaped yet, so the id is its own.
            unsafe { libc::kill(pid, libc::SIGTERM) };
        }
        child
    }

    /// Waits for the child's end and starts it again, until told to stop.
    fn supervise(&self, mut child: Child, paths: &Paths) {
        let mut back_off = BACK_OFF_MIN;
        loop {
            let born = Instant::now();
            self.wait(&mut child);
            if born.elapsed() > WELL_AFTER {
                back_off = BACK_OFF_MIN;
            }
            child = loop {
                if self.told_to_stop_within(back_off) {
                    return;
                }
                back_off = (back_off * 2).min(BACK_OFF_MAX);
                match child::spawn(paths) {
                    Ok(child) => break self.adopt(child),
                    Err(error) => tracing::error!(%error, "embedded Redis does not start again"),
                }
            };
            tracing::warn!(pid = child.id(), "embedded Redis was started again");
        }
    }

    /// Waits in two steps, so that nobody signals a process id that has been given away: first for the end, leaving
    /// the zombie, then, under the lock, reaping it.
    fn wait(&self, child: &mut Child) {
        wait_for_end(child.id());
        let mut state = self.lock();
        let status = child.wait();
        state.pid = None;
        self.deaths.fetch_add(1, Ordering::Release);
        if !state.stopping {
            let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
            tracing::error!(pid = child.id(), status, "embedded Redis ended unexpectedly");
        }
    }

    fn told_to_stop_within(&self, limit: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), limit, |state| !state.stopping);
        waited.unwrap_or_else(std::sync::PoisonError::into_inner).0.stopping
    }
}

/// Blocks until the process has ended, without reaping it.
fn wait_for_end(pid: u32) {
    loop {
        // SAFETY: an all-zero siginfo_t is valid, and waitid only writes to it.
        let mut info = unsafe { std::mem::zeroed::<libc::siginfo_t>() };
        // SAFETY: `info` outlives the call.
        let result = unsafe { libc::waitid(libc::P_PID, pid, &mut info, libc::WEXITED | libc::WNOWAIT) };
        if result == 0 || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            return;
        }
    }
}

/// Tells the caller of `start` how the first child went, and keeps the child.
fn report(first: io::Result<Child>, to: &std::sync::mpsc::Sender<io::Result<()>>) -> Option<Child> {
    let (child, told) = match first {
        Ok(child) => (Some(child), Ok(())),
        Err(error) => (None, Err(error)),
    };
    // The caller waits for this; it cannot be gone.
    let _ = to.send(told);
    child
}
