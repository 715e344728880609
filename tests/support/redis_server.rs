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
}

impl RedisServer {
    /// Starts an empty server and waits until it answers.
    ///
    /// # Errors
    /// When there is no `redis-server` to run, or it does not answer in time.
    pub fn start() -> io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("redial-redis-").tempdir()?;
        let child = spawn(directory.path())?;
        let server = Self { directory, child };
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
        self.child = spawn(self.directory.path())?;
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

fn spawn(directory: &Path) -> io::Result<Child> {
    // A socket left by a killed server would be taken for the new one's.
    drop(std::fs::remove_file(directory.join("redis.sock")));
    Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket", "redis.sock", "--dir"])
        .arg(directory)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}
