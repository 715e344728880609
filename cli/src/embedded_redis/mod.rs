//! A private `redis-server` child for `redial up` and `redial demo`: on a unix socket, with its append-only file in the
//! data directory, and nobody else's.
//!
//! One process owns a data directory ([`lock`]). The child is watched by a thread that restarts it ([`supervisor`]),
//! dies with us whatever kills us ([`child`]), and one that outlived its owner all the same is taken down before a new
//! one starts ([`stale`]). It is in a process group of its own, so that Ctrl-C reaches Redial alone and Redis is there
//! until the last result is written.

mod binary;
mod child;
mod conf;
mod error;
mod lock;
mod paths;
mod probe;
mod stale;
mod supervisor;
#[cfg(test)]
mod tests;

use std::{path::Path, time::Duration};

pub use binary::{SUPPORTED_FROM, installed_version};
pub use conf::Durability;
pub use error::EmbeddedRedisError;
use lock::DataDirLock;
use paths::Paths;
pub use probe::answers;
use supervisor::Supervisor;

/// How long `stop` waits for Redis to end by itself before it is killed. What it acknowledged is in the append-only
/// file by then, so killing loses nothing; it only skips the last fsync.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// The URL at which a data directory's private Redis is reached while one runs; none if the directory was never used.
pub fn url_of(data_dir: &Path) -> Option<String> {
    Paths::find(data_dir).ok().map(|paths| paths.url())
}

/// A running private Redis. Dropping it without [`EmbeddedRedis::stop`] asks the child to end and does not wait.
pub struct EmbeddedRedis {
    supervisor: Supervisor,
    paths: Paths,
    /// Held until the child is gone, hence the last field.
    _lock: DataDirLock,
}

impl EmbeddedRedis {
    /// Starts Redis on `data_dir` (made if it is missing) and returns once it has loaded its data and answers.
    ///
    /// # Errors
    /// When `redis-server` is missing or older than 7, another Redial uses the directory, the directory cannot be
    /// written, or Redis ends before it answers.
    pub async fn start(data_dir: &Path, durability: Durability) -> Result<Self, EmbeddedRedisError> {
        binary::check_version()?;
        let paths = Paths::prepare(data_dir)?;
        let lock = DataDirLock::take(data_dir)?;
        stale::take_down(&paths).await?;
        conf::write(&paths, durability)?;
        let supervisor = Supervisor::start(&paths)?;
        let redis = Self { supervisor, paths, _lock: lock };
        redis.wait_until_ready().await?;
        tracing::info!(pid = redis.pid(), socket = %redis.paths.socket.display(), "embedded Redis is ready");
        Ok(redis)
    }

    /// `redis+unix:///…`, for any Redis client on this machine.
    pub fn url(&self) -> String {
        self.paths.url()
    }

    /// Process id of the present child; 0 in the moments between its death and its restart.
    pub fn pid(&self) -> u32 {
        self.supervisor.pid()
    }

    /// Shuts Redis down, synced to disk, and waits for its end; kills it if it takes longer than ten seconds.
    /// Call it last, when nothing uses Redis any more.
    pub async fn stop(mut self) {
        self.supervisor.stop_restarting();
        if let Err(error) = probe::shutdown(&self.url()).await {
            tracing::warn!(%error, "embedded Redis did not take SHUTDOWN, sending SIGTERM");
            self.supervisor.signal(libc::SIGTERM);
        }
        if !self.supervisor.ended_within(STOP_WITHIN).await {
            tracing::warn!("embedded Redis did not end within {} s, killing it", STOP_WITHIN.as_secs());
            self.supervisor.signal(libc::SIGKILL);
            self.supervisor.ended_within(STOP_WITHIN).await;
        }
        self.paths.clean_up();
    }

    /// Loading a large append-only file takes minutes, so there is no limit while Redis says that it loads.
    async fn wait_until_ready(&self) -> Result<(), EmbeddedRedisError> {
        let mut silent = Duration::ZERO;
        loop {
            match probe::ping(&self.url()).await {
                probe::Answer::Ready => return Ok(()),
                probe::Answer::Loading => silent = Duration::ZERO,
                probe::Answer::None => silent += probe::PAUSE,
            }
            if self.supervisor.deaths() > 0 || silent > Duration::from_secs(10) {
                self.supervisor.stop_restarting();
                return Err(EmbeddedRedisError::Ended {
                    last_words: self.paths.last_log_line(),
                    log: self.paths.log.clone(),
                });
            }
            tokio::time::sleep(probe::PAUSE).await;
        }
    }
}
