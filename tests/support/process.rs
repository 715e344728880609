//! A process of a test's own. It ends with its handle, whatever state it is in.

use std::{
    fs::{self, OpenOptions},
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::Duration,
};

use super::until;

/// How long a process may take to end in order.
const END_WITHIN: Duration = Duration::from_secs(60);
/// Lines of a failing test's logs that are shown.
const LAST_LINES: usize = 40;

/// A running process. Its standard error goes to a log file, the end of which is shown when the test fails.
pub struct Process {
    name: String,
    log: PathBuf,
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts a command.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(name: &str, command: &mut Command, log: PathBuf) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(&log).expect("a log file can be written");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let stdout = child.stdout.take().map(BufReader::new);
        Self { name: name.to_owned(), log, child, stdout }
    }

    /// The next line of its standard output.
    ///
    /// # Panics
    /// When it ends without one.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.stdout.as_mut().map_or(Ok(0), |stdout| stdout.read_line(&mut line));
        assert!(read.is_ok_and(|bytes| bytes > 0), "{} says nothing", self.name);
        line.trim_end().to_owned()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote to its log so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it at once, as a crash does.
    pub fn kill(&mut self) {
        // Both fail only when it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Freezes it as it is (SIGSTOP).
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets a frozen one go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// Asks it to end in order, and waits for that.
    ///
    /// # Panics
    /// When it does not end.
    pub fn terminate(&mut self) -> Option<i32> {
        self.signal("TERM");
        let ended = || self.child.try_wait().ok().flatten();
        until(&format!("{} ends after SIGTERM", self.name), END_WITHIN, ended).code()
    }

    fn signal(&self, signal: &str) {
        send(self.child.id(), signal);
    }

    fn show_log(&self) {
        let log = self.log();
        let lines: Vec<&str> = log.lines().filter(|line| !line.contains("request answered")).collect();
        eprintln!("--- {} said last:", self.name);
        lines[lines.len().saturating_sub(LAST_LINES)..].iter().for_each(|line| eprintln!("{line}"));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if thread::panicking() {
            self.show_log();
        }
        self.kill();
    }
}

/// Sends a process of this test a signal.
///
/// # Panics
/// When there is no such process.
pub(super) fn send(pid: u32, signal: &str) {
    let sent = Command::new("kill").arg(format!("-{signal}")).arg(pid.to_string()).status();
    assert!(sent.is_ok_and(|status| status.success()), "no process {pid} takes SIG{signal}");
}
