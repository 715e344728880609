//! Provider accounts: limits that hold over all workers, and health.

use super::{Store, StoreError, arguments::Arguments};
use crate::domain::Timestamp;

/// What an account may do, over all workers together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AccountLimits {
    /// Spacing of its calls, in microseconds; 0: no limit.
    pub call_every_us: u64,
    /// Spacing of all its requests, calls, polls and tokens, in microseconds; 0: no limit.
    pub request_every_us: u64,
    /// Live calls at once; 0: no limit.
    pub max_live: u32,
}

impl Store {
    /// Sets an account's limits.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn set_limits(&self, account: &str, limits: AccountLimits) -> Result<(), StoreError> {
        let mut pipeline = redis::pipe();
        let keys = self.connection.keys();
        pipeline.cmd("HSET").arg(keys.account(account));
        pipeline.arg("every_us").arg(limits.call_every_us).arg("request_us").arg(limits.request_every_us);
        pipeline.arg("max_live").arg(limits.max_live);
        pipeline.cmd("SADD").arg(keys.accounts()).arg(account);
        self.connection.query_all::<redis::Value>(&pipeline).await.map(drop)
    }

    /// Sends no request of an account before `until`, or before a later instant that was set before; for all workers.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn block_account(&self, account: &str, until: Timestamp, reason: &str) -> Result<(), StoreError> {
        let arguments = Arguments::default().text(account).text(until.as_millis()).text(reason);
        self.connection.run::<i64>("block_account", arguments.as_slice()).await.map(drop)
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
