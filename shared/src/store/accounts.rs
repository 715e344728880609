//! Provider accounts: limits that hold over all workers, and health.

use super::{Store, StoreError};
use crate::domain::Timestamp;

impl Store {
    /// Sets an account's limits: the spacing of its permits in microseconds (0 = none) and its live calls (0 = no limit).
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn set_limits(&self, account: &str, every_us: u64, max_live: u32) -> Result<(), StoreError> {
        let mut pipeline = redis::pipe();
        let keys = self.connection.keys();
        pipeline.cmd("HSET").arg(keys.account(account)).arg("every_us").arg(every_us).arg("max_live").arg(max_live);
        pipeline.cmd("SADD").arg(keys.accounts()).arg(account);
        self.connection.query_all::<redis::Value>(&pipeline).await.map(drop)
    }

    /// Starts no call of an account before `until`, for all workers.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn block_account(&self, account: &str, until: Timestamp, reason: &str) -> Result<(), StoreError> {
        let mut command = redis::cmd("HSET");
        command.arg(self.connection.keys().account(account));
        command.arg("blocked_until").arg(until.as_millis()).arg("blocked_reason").arg(reason);
        self.connection.query::<i64>(&command).await.map(drop)
    }

    /// Starts no call of an account until it is resumed.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn pause_account(&self, account: &str, reason: &str) -> Result<(), StoreError> {
        let mut command = redis::cmd("HSET");
        command.arg(self.connection.keys().account(account)).arg("paused").arg(reason);
        self.connection.query::<i64>(&command).await.map(drop)
    }

    /// Lets a paused account go on. A process that starts does this for its accounts: their credentials may be mended.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn resume_account(&self, account: &str) -> Result<(), StoreError> {
        let keys = self.connection.keys();
        let mut pipeline = redis::pipe();
        pipeline.cmd("HDEL").arg(keys.account(account)).arg("paused").arg("blocked_until").arg("blocked_reason");
        pipeline.cmd("PUBLISH").arg(keys.wake()).arg(account);
        self.connection.query_all::<redis::Value>(&pipeline).await.map(drop)
    }

    /// Why an account starts no calls now; none when it does.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn account_trouble(&self, account: &str) -> Result<Option<String>, StoreError> {
        let mut command = redis::cmd("HMGET");
        command.arg(self.connection.keys().account(account)).arg("paused").arg("blocked_until").arg("blocked_reason");
        let (paused, until, reason): (Option<String>, Option<i64>, Option<String>) =
            self.connection.query(&command).await?;
        let blocked = until.is_some_and(|until| Timestamp::from_millis(until) > self.clock().now());
        Ok(paused.or_else(|| reason.filter(|_| blocked)))
    }
}
