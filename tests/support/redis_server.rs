//! A `redis-server` of a test's own.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// How long a server may take until it answers.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// A private Redis on a unix socket in a directory of its own. It ends when this is dropped, and its data with it.
pub struct RedisServer {
    directory: TempDir,
    child: Child,
    keeping: Keeping,
}

/// What of its data outlives the server's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeping {
    /// What a snapshot holds.
    Snapshots,
    /// Everything, in an append-only file that is synced once a second.
    Everything,
}

impl RedisServer {
    /// Starts an empty server and waits until it answers.
    ///
    /// # Errors
    /// When there is no `redis-server` to run, or it does not answer in time.
    pub fn start() -> io::Result<Self> {
        Self::start_keeping(Keeping::Snapshots)
    }

    /// The same, with an append-only file (`appendfsync everysec`), from which it can start again.
    ///
    /// # Errors
    /// As [`RedisServer::start`].
    pub fn start_durable() -> io::Result<Self> {
        Self::start_keeping(Keeping::Everything)
    }

    fn start_keeping(keeping: Keeping) -> io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("redial-redis-").tempdir()?;
        let child = spawn(directory.path(), keeping)?;
        let server = Self { directory, child, keeping };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Where it listens, as a URL.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// Forgets all data.
    ///
    /// # Errors
    /// When the server does not answer.
    pub fn clear(&self) -> io::Result<()> {
        redis::cmd("FLUSHALL").exec(&mut self.connect()?).map_err(io::Error::other)
    }

    /// Keeps a copy of all data as it is now.
    ///
    /// # Errors
    /// When the server does not answer or cannot write.
    pub fn snapshot(&self) -> io::Result<Snapshot> {
        let mut connection = self.connect()?;
        redis::cmd("SAVE").exec(&mut connection).map_err(io::Error::other)?;
        std::fs::read(self.data_file()).map(Snapshot)
    }

    /// Kills the server as a power cut would, and starts another one from an older copy of its data.
    ///
    /// # Errors
    /// When it does not start again.
    pub fn crash_to(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        self.stop();
        std::fs::write(self.data_file(), &snapshot.0)?;
        self.start_again()
    }

    /// Ends the server at once, as a crash of its process does.
    pub fn kill(&mut self) {
        self.stop();
    }

    /// Starts a killed server again, on the same socket and what it kept of its data.
    ///
    /// # Errors
    /// When it does not start again.
    pub fn start_again(&mut self) -> io::Result<()> {
        self.child = spawn(self.directory.path(), self.keeping)?;
        self.wait_until_ready()
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("redis.sock")
    }

    fn data_file(&self) -> PathBuf {
        self.directory.path().join("dump.rdb")
    }

    fn connect(&self) -> io::Result<redis::Connection> {
        redis::Client::open(self.url()).and_then(|client| client.get_connection()).map_err(io::Error::other)
    }

    /// A server that is still loading answers with an error, one that has not started not at all.
    fn wait_until_ready(&self) -> io::Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            let answer = self
                .connect()
                .and_then(|mut connection| redis::cmd("PING").exec(&mut connection).map_err(io::Error::other));
            match answer {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    fn stop(&mut self) {
        // Both fail only when it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// All data of a server as of one instant.
pub struct Snapshot(Vec<u8>);

fn spawn(directory: &Path, keeping: Keeping) -> io::Result<Child> {
    // A socket left by a killed server would be taken for the new one's.
    drop(std::fs::remove_file(directory.join("redis.sock")));
    let appendonly = if keeping == Keeping::Everything { "yes" } else { "no" };
    Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--appendonly", appendonly, "--unixsocket", "redis.sock", "--dir"])
        .arg(directory)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}
