//! One multiplexed connection to Redis, made anew when it breaks. A connection is bound to one Redis process: what is sent
//! on it never reaches a restarted server before that server has been greeted (`recover`).

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use redis::{Client, Cmd, FromRedisValue, Pipeline, Value, aio::MultiplexedConnection};
use tokio::sync::{Mutex, watch};

use super::{StoreError, keys::Keys, scripts};
use crate::{
    domain::Timestamp,
    telemetry::{metrics::Metrics, traces::Tracer},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(20);
/// How fast two clocks part at worst, in parts of a million.
const DRIFT_PPM: i64 = 50;

/// Where the operations of one workspace go. Cheap to clone through an `Arc`.
pub(super) struct Connection {
    client: Client,
    shown_url: String,
    keys: Keys,
    lease: Duration,
    current: Mutex<Option<Live>>,
    clock: ServerClock,
    restarts: watch::Sender<u64>,
    metrics: Arc<Metrics>,
    /// Where spans go, once somebody wants them.
    pub(super) tracer: OnceLock<Tracer>,
    /// Connections made so far.
    connections: AtomicU64,
    /// Whether only a Redis will do that has a write on disk before it answers.
    pub(super) strict: AtomicBool,
}

/// A connection that works, as far as is known.
#[derive(Clone)]
struct Live {
    connection: MultiplexedConnection,
    /// Tells it from those before and after it.
    number: u64,
}

impl Connection {
    pub(super) async fn open(url: &str, workspace: &str, lease: Duration) -> Result<Arc<Self>, StoreError> {
        let shown_url = without_credentials(url);
        let client = Client::open(url)
            .map_err(|error| StoreError::Unreachable { url: shown_url.clone(), cause: error.to_string() })?;
        let connection = Arc::new(Self {
            client,
            shown_url,
            keys: Keys::new(workspace),
            lease,
            current: Mutex::new(None),
            clock: ServerClock::new(),
            restarts: watch::Sender::new(0),
            metrics: Arc::default(),
            tracer: OnceLock::new(),
            connections: AtomicU64::new(0),
            strict: AtomicBool::new(false),
        });
        connection.live().await?;
        Ok(connection)
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(super) fn clock(&self) -> &ServerClock {
        &self.clock
    }

    /// Counts the restarts of Redis that this process has met.
    pub(super) fn restarts(&self) -> watch::Receiver<u64> {
        self.restarts.subscribe()
    }

    /// The restarts of Redis that this process has met so far.
    pub(super) fn restarts_met(&self) -> u64 {
        *self.restarts.borrow()
    }

    /// What this process counts.
    pub(super) fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Runs a script: `arguments` follow KEYS 1 (the prefix) and ARGV 1 (now).
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        name: &'static str,
        arguments: &[Vec<u8>],
    ) -> Result<T, StoreError> {
        let value = self.invoke(self.live().await?, name, arguments).await?;
        redis::from_redis_value(value).map_err(|error| StoreError::Corrupt(format!("answer of {name}: {error}")))
    }

    async fn invoke(&self, mut live: Live, name: &'static str, arguments: &[Vec<u8>]) -> Result<Value, StoreError> {
        let script = scripts::script(name);
        let command = |verb: &str, what: &str| {
            let mut command = redis::cmd(verb);
            command.arg(what).arg(1).arg(self.keys.prefix()).arg(self.clock.held_us());
            for argument in arguments {
                command.arg(argument.as_slice());
            }
            command
        };
        let sent = Instant::now();
        let answer = live.connection.send_packed_command(&command("EVALSHA", script.sha1())).await;
        let answer = match answer.and_then(Value::extract_error) {
            Err(error) if error.kind() == redis::ErrorKind::Server(redis::ServerErrorKind::NoScript) => {
                live.connection.send_packed_command(&command("EVAL", script.source())).await
            }
            answer => answer,
        };
        self.metrics.redis_answered(name, sent.elapsed());
        self.checked(&live, answer).await
    }

    /// Sends one plain command.
    pub(super) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        let mut live = self.live().await?;
        let sent = Instant::now();
        let answer = live.connection.send_packed_command(command).await;
        self.metrics.redis_answered("command", sent.elapsed());
        let value = self.checked(&live, answer).await?;
        redis::from_redis_value(value).map_err(|error| StoreError::Corrupt(error.to_string()))
    }

    /// Sends several plain commands at once.
    pub(super) async fn query_all<T: FromRedisValue>(&self, pipeline: &Pipeline) -> Result<T, StoreError> {
        let mut live = self.live().await?;
        let sent = Instant::now();
        let answer = match pipeline.is_empty() {
            true => Ok(Value::Array(Vec::new())),
            false => pipeline.query_async::<Value>(&mut live.connection).await,
        };
        self.metrics.redis_answered("pipeline", sent.elapsed());
        let value = self.checked(&live, answer).await?;
        redis::from_redis_value(value).map_err(|error| StoreError::Corrupt(error.to_string()))
    }

    /// A subscription of its own to the workspace's wake-ups.
    pub(super) async fn wake_ups(&self) -> Result<redis::aio::PubSub, StoreError> {
        let mut subscription = self.client.get_async_pubsub().await.map_err(|error| self.unreachable(&error))?;
        subscription.subscribe(self.keys.wake()).await.map_err(|error| self.unreachable(&error))?;
        Ok(subscription)
    }

    /// Takes a measure of the server's clock.
    pub(super) async fn measure_clock(&self) -> Result<(), StoreError> {
        let mut live = self.live().await?;
        let read = self.read_clock(&mut live.connection).await;
        self.checked(&live, read.map(|()| Value::Nil)).await.map(drop)
    }

    async fn checked(&self, live: &Live, answer: redis::RedisResult<Value>) -> Result<Value, StoreError> {
        let answer = answer.and_then(Value::extract_error);
        if answer.is_err() {
            self.metrics.redis_failed();
        }
        match answer {
            Ok(value) => Ok(value),
            Err(error) if is_broken(&error) => {
                // Others may have made a new connection meanwhile.
                self.current.lock().await.take_if(|current| current.number == live.number);
                Err(self.unreachable(&error))
            }
            Err(error) if is_unwilling(&error) => Err(StoreError::Unwilling(error.to_string())),
            Err(error) => Err(StoreError::Refused(error.to_string())),
        }
    }

    /// Leaves the present connection for a new one.
    pub(super) async fn reconnect(&self) -> Result<(), StoreError> {
        self.current.lock().await.take();
        self.live().await.map(drop)
    }

    async fn live(&self) -> Result<Live, StoreError> {
        let mut current = self.current.lock().await;
        if let Some(live) = &*current {
            return Ok(live.clone());
        }
        let connection = self.greet().await.inspect_err(|_| self.metrics.redis_failed())?;
        let live = Live { connection, number: self.connections.fetch_add(1, Ordering::Relaxed) };
        *current = Some(live.clone());
        Ok(live)
    }

    /// Connects, and finds out whether another Redis process answers than the last time.
    async fn greet(&self) -> Result<MultiplexedConnection, StoreError> {
        let config = redis::AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        let mut connection = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .map_err(|error| self.unreachable(&error))?;
        self.check_durable(&mut connection).await?;
        let info: String = redis::cmd("INFO")
            .arg("server")
            .query_async(&mut connection)
            .await
            .map_err(|error| self.unreachable(&error))?;
        let run_id = info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap_or_default().trim().to_owned();
        let lease_ms = self.lease.as_millis().to_string();
        let script = scripts::script("recover");
        let restarted: i64 = redis::cmd("EVAL")
            .arg(script.source())
            .arg(1)
            .arg(self.keys.prefix())
            .arg(self.clock.held_us())
            .arg(&run_id)
            .arg(lease_ms)
            .query_async(&mut connection)
            .await
            .map_err(|error| self.unreachable(&error))?;
        self.read_clock(&mut connection).await.map_err(|error| self.unreachable(&error))?;
        let known = self.run_id_changes_from(&run_id);
        if restarted == 1 || known {
            tracing::warn!(redis = %self.shown_url, "Redis was restarted");
            self.restarts.send_modify(|count| *count += 1);
        }
        Ok(connection)
    }

    /// Whether this process has talked to another Redis process before.
    fn run_id_changes_from(&self, run_id: &str) -> bool {
        let mut last = self.clock.last_run_id.lock().expect("no panic while held");
        let changed = last.as_deref().is_some_and(|last| last != run_id);
        *last = Some(run_id.to_owned());
        changed
    }

    async fn read_clock(&self, connection: &mut MultiplexedConnection) -> redis::RedisResult<()> {
        let sent = Instant::now();
        let (seconds, micros): (i64, i64) = redis::cmd("TIME").query_async(connection).await?;
        self.clock.learn(sent, Instant::now(), seconds * 1_000_000 + micros);
        Ok(())
    }

    fn unreachable(&self, error: &redis::RedisError) -> StoreError {
        StoreError::Unreachable { url: self.shown_url.clone(), cause: error.to_string() }
    }
}

/// Errors after which nothing is known of a command, and the connection is of no further use. A server that is loading
/// its data, or a replica that is being promoted, counts as away.
fn is_broken(error: &redis::RedisError) -> bool {
    use redis::{ErrorKind, ServerErrorKind};
    error.is_io_error()
        || error.is_connection_dropped()
        || error.is_timeout()
        || matches!(
            error.kind(),
            ErrorKind::Server(
                ServerErrorKind::BusyLoading
                    | ServerErrorKind::MasterDown
                    | ServerErrorKind::ReadOnly
                    | ServerErrorKind::TryAgain
            )
        )
}

/// Errors of a server that cannot write for now. A script checks before its first write, so nothing of it was done.
fn is_unwilling(error: &redis::RedisError) -> bool {
    const CODES: [&str; 5] = ["OOM", "MISCONF", "BUSY", "CLUSTERDOWN", "NOREPLICAS"];
    error.code().is_some_and(|code| CODES.contains(&code))
}

fn without_credentials(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}://{}", &url[..scheme], &url[at + 1..]),
        _ => url.to_owned(),
    }
}

/// Redis's clock as seen from this process: an offset to the monotonic clock, measured by round trips.
pub struct ServerClock {
    origin: Instant,
    offset_us: AtomicI64,
    /// Half the round trip of the measure in use: how wrong it was when it was taken.
    error_us: AtomicI64,
    /// When that was, since the origin.
    measured_us: AtomicI64,
    /// For tests: the time at which the clock stands, in microseconds; 0: it runs.
    held_us: AtomicI64,
    last_run_id: std::sync::Mutex<Option<String>>,
}

impl ServerClock {
    fn new() -> Self {
        Self {
            origin: Instant::now(),
            offset_us: AtomicI64::new(0),
            error_us: AtomicI64::new(i64::MAX),
            measured_us: AtomicI64::new(0),
            held_us: AtomicI64::new(0),
            last_run_id: std::sync::Mutex::new(None),
        }
    }

    /// Takes the better of the old measure and the new one. The old one ages by the drift since it was taken, however many
    /// were worse meanwhile: whoever asks often must not make it worse.
    fn learn(&self, sent: Instant, received: Instant, server_us: i64) {
        let error = (received - sent).as_micros() as i64 / 2;
        let received_us = (received - self.origin).as_micros() as i64;
        let age_us = (received_us - self.measured_us.load(Ordering::Relaxed)).max(0);
        let aged = self.error_us.load(Ordering::Relaxed).saturating_add(age_us * DRIFT_PPM / 1_000_000);
        let middle = (sent - self.origin).as_micros() as i64 + error;
        let offset = server_us - middle;
        let jumped = (offset - self.offset_us.load(Ordering::Relaxed)).abs() > 10_000;
        if error <= aged || jumped {
            self.error_us.store(error, Ordering::Relaxed);
            self.offset_us.store(offset, Ordering::Relaxed);
            self.measured_us.store(received_us, Ordering::Relaxed);
        }
    }

    /// Stops the clock at an instant. For tests.
    pub(super) fn hold(&self, now: Timestamp) {
        self.held_us.store(now.as_millis() * 1000, Ordering::Relaxed);
    }

    /// Whether it was stopped.
    pub(super) fn is_held(&self) -> bool {
        self.held_us() != 0
    }

    /// What scripts are told of the time, in microseconds; 0: theirs is the server's.
    fn held_us(&self) -> i64 {
        self.held_us.load(Ordering::Relaxed)
    }

    /// The server's time now, in microseconds since the epoch.
    pub fn now_us(&self) -> i64 {
        match self.held_us() {
            0 => self.at_us(Instant::now()),
            held_us => held_us,
        }
    }

    /// The server's time at a local instant, in microseconds since the epoch.
    pub fn at_us(&self, instant: Instant) -> i64 {
        let since = instant.checked_duration_since(self.origin).map_or(0, |since| since.as_micros() as i64);
        since + self.offset_us.load(Ordering::Relaxed)
    }

    /// The local instant at which the server's clock shows `server_us`.
    pub fn instant_of(&self, server_us: i64) -> Instant {
        let since = server_us - self.offset_us.load(Ordering::Relaxed);
        self.origin + Duration::from_micros(u64::try_from(since).unwrap_or(0))
    }

    /// The server's time now.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now_us() / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The clock learns after `at` from an answer that took `took` and told a time that is `offset_us` ahead.
    fn learn(clock: &ServerClock, at: Duration, took: Duration, offset_us: i64) {
        let sent = clock.origin + at;
        clock.learn(sent, sent + took, (at + took / 2).as_micros() as i64 + offset_us);
    }

    #[test]
    fn a_measure_ages_by_the_time_that_passes_and_not_by_how_often_others_are_taken() {
        let clock = ServerClock::new();
        let offset_us = || clock.offset_us.load(Ordering::Relaxed);
        let (start, slow) = (Duration::from_secs(1), Duration::from_millis(4));
        learn(&clock, start, Duration::from_micros(200), 1_000_000);
        for scrape in 0..1_000 {
            learn(&clock, start + Duration::from_millis(scrape), slow, 1_001_500);
        }
        assert_eq!(offset_us(), 1_000_000, "a thousand worse measures within a second change nothing");
        // 100 us, and 50 us a second: after 37 s it may be wrong by 1950 us, after 39 s by 2050 us.
        learn(&clock, start + Duration::from_secs(37), slow, 1_001_500);
        assert_eq!(offset_us(), 1_000_000);
        learn(&clock, start + Duration::from_secs(39), slow, 1_001_500);
        assert_eq!(offset_us(), 1_001_500);
    }

    #[test]
    fn a_clock_that_jumps_is_followed_at_once() {
        let clock = ServerClock::new();
        learn(&clock, Duration::from_secs(1), Duration::from_micros(200), 1_000_000);
        learn(&clock, Duration::from_secs(2), Duration::from_millis(4), 1_020_000);
        assert_eq!(clock.offset_us.load(Ordering::Relaxed), 1_020_000);
    }
}
