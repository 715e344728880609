//! Workers' leases, and recovery after a restart of Redis.

use std::time::Duration;

use super::{Store, StoreError, arguments::Arguments};
use crate::domain::Timestamp;

impl Store {
    /// Opens a lease; answers the worker's number, unique for ever. `name` is what `/workers` shows.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn open_lease(&self, lease: Duration, name: &str) -> Result<u32, StoreError> {
        let arguments = Arguments::default().text(0).text(lease.as_millis()).text(name);
        self.connection.run("lease", arguments.as_slice()).await
    }

    /// Renews a lease; false when it has run out, which is final for this number.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn renew_lease(&self, worker: u32, lease: Duration) -> Result<bool, StoreError> {
        let arguments = Arguments::default().text(worker).text(lease.as_millis()).text("");
        Ok(self.connection.run::<i64>("lease", arguments.as_slice()).await? > 0)
    }

    /// Forgets workers whose lease has run out, and `leaving`; their open intents become due for reaping.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn end_leases(&self, leaving: Option<u32>) -> Result<u64, StoreError> {
        let arguments = Arguments::default().text(leaving.unwrap_or(0));
        self.connection.run("end_leases", arguments.as_slice()).await
    }

    /// Live workers: number, name, end of lease.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn workers(&self) -> Result<Vec<(u32, String, Timestamp)>, StoreError> {
        let keys = self.connection.keys();
        let mut pipeline = redis::pipe();
        pipeline.cmd("ZRANGE").arg(keys.workers()).arg(0).arg(-1).arg("WITHSCORES");
        pipeline.cmd("HGETALL").arg(keys.worker_names());
        let (leases, names): (Vec<(u32, i64)>, std::collections::HashMap<u32, String>) =
            self.connection.query_all(&pipeline).await?;
        Ok(leases
            .into_iter()
            .map(|(worker, until)| {
                (worker, names.get(&worker).cloned().unwrap_or_default(), Timestamp::from_millis(until))
            })
            .collect())
    }

    /// Says that a worker has replayed what it had written before Redis was restarted.
    ///
    /// # Errors
    /// When Redis does not answer: claims go on after one lease all the same.
    pub async fn replayed(&self, worker: u32) -> Result<(), StoreError> {
        self.connection.run::<i64>("replayed", Arguments::default().text(worker).as_slice()).await.map(drop)
    }

    /// Says that Redis is about to be shut down in order, with every write on disk, and that no other process uses it:
    /// whoever starts it again need not wait for workers to replay.
    ///
    /// # Errors
    /// When Redis does not answer: the next start waits for one lease.
    pub async fn expect_restart(&self) -> Result<(), StoreError> {
        self.connection.query::<i64>(redis::cmd("DEL").arg(self.connection.keys().run_id())).await.map(drop)
    }
}
