//! Short questions to a Redis behind a URL.

use std::time::Duration;

use redis::{AsyncConnectionConfig, RedisError, ServerErrorKind, aio::MultiplexedConnection};

/// Between two questions while waiting for something.
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// A local Redis that takes longer for a PING is not there.
const WITHIN: Duration = Duration::from_secs(2);

/// What came back on PING.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It serves.
    Ready,
    /// It is reading its data from disk.
    Loading,
    /// Nothing, or nothing sensible.
    None,
}

/// Whether a Redis answers at `url`.
pub async fn answers(url: &str) -> bool {
    ping(url).await == Answer::Ready
}

/// Sends PING.
pub(super) async fn ping(url: &str) -> Answer {
    let asked = async { redis::cmd("PING").query_async::<String>(&mut connect(url).await?).await };
    match asked.await {
        Ok(_) => Answer::Ready,
        Err(error) if error.kind() == redis::ErrorKind::Server(ServerErrorKind::BusyLoading) => Answer::Loading,
        Err(_) => Answer::None,
    }
}

/// Sends SHUTDOWN. Redis syncs, and closes the connection instead of answering: that is success.
pub(super) async fn shutdown(url: &str) -> Result<(), RedisError> {
    let mut connection = connect(url).await?;
    match redis::cmd("SHUTDOWN").query_async::<String>(&mut connection).await {
        Err(error) if error.is_connection_dropped() || error.is_io_error() => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    }
}

async fn connect(url: &str) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(Some(WITHIN)).set_response_timeout(Some(WITHIN));
    redis::Client::open(url)?.get_multiplexed_async_connection_with_config(&config).await
}
