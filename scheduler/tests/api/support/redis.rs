//! A private Redis in a directory of its own.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// A running `redis-server`; it ends with this value.
pub struct Redis {
    process: Child,
    directory: TempDir,
}

impl Redis {
    /// Starts one on a unix socket, and returns when it takes connections.
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let process = spawn(&directory);
        Self { process, directory }
    }

    /// How to reach it.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", socket(&self.directory).display())
    }

    /// Ends it.
    pub fn stop(&mut self) {
        // It may have ended already.
        self.process.kill().ok();
        self.process.wait().unwrap();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

fn socket(directory: &TempDir) -> PathBuf {
    directory.path().join("redis.sock")
}

fn spawn(directory: &TempDir) -> Child {
    let mut process = Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
        .arg(socket(directory))
        .arg("--dir")
        .arg(directory.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("redis-server is installed");
    let log = process.stdout.take().unwrap();
    let mut lines = BufReader::new(log).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("eady to accept connections")), "redis-server did not start");
    // Whatever it logs later is taken in, so that it never waits for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    process
}
