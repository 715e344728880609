//! `durability = "strict"`: Redis must answer a write only after it is on disk.
//!
//! With `appendfsync always` it does, for every command and without another round trip. `WAITAOF` would prove the same of
//! a Redis that syncs every second, but a second later: long after the permit of the call that waits for it.

use std::{collections::HashMap, sync::atomic::Ordering};

use redis::aio::MultiplexedConnection;

use super::{Store, StoreError, connection::Connection};

impl Store {
    /// From now on speaks only to a Redis that has every write on disk before it answers; also after a restart of Redis.
    ///
    /// # Errors
    /// [`StoreError::NotDurable`] when this one has not, or Redis does not answer.
    pub async fn require_durable(&self) -> Result<(), StoreError> {
        self.connection.strict.store(true, Ordering::Relaxed);
        self.connection.reconnect().await
    }
}

impl Connection {
    /// Refuses a Redis whose answers do not mean what `strict` needs them to.
    pub(super) async fn check_durable(&self, connection: &mut MultiplexedConnection) -> Result<(), StoreError> {
        if !self.strict.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut command = redis::cmd("CONFIG");
        command.arg("GET").arg("append*");
        let settings: Result<HashMap<String, String>, _> = command.query_async(connection).await;
        let setting = |name: &str| match &settings {
            Ok(settings) => settings.get(name).cloned().unwrap_or_default(),
            Err(error) => format!("not told: {error}"),
        };
        let (appendonly, appendfsync) = (setting("appendonly"), setting("appendfsync"));
        if appendonly == "yes" && appendfsync == "always" {
            return Ok(());
        }
        Err(StoreError::NotDurable { appendonly, appendfsync })
    }
}
