//! Provider accounts: limits that hold over all workers, and health.

use std::time::Duration;

use super::{Store, StoreError, arguments::Arguments, limits};
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

/// How an account fares, over all workers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountHealth {
    /// Why it was paused: nothing happens until somebody resumes it.
    pub paused: Option<String>,
    /// Until when no request is sent, and why.
    pub waits: Option<(Timestamp, String)>,
    /// Its live calls.
    pub live_calls: u64,
}

impl AccountHealth {
    /// Why it starts no calls now, in words for whoever looks at one of its campaigns.
    pub fn trouble(&self, account: &str) -> Option<String> {
        let paused = |reason: &String| format!("{account} is paused: {reason}; `redial provider resume {account}`");
        let waits = |(until, reason): &(Timestamp, String)| format!("{account} waits until {until}: {reason}");
        self.paused.as_ref().map(paused).or_else(|| self.waits.as_ref().map(waits))
    }
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

    /// Starts no call of an account until it is resumed. Answers the instant from which none can start: those that were
    /// granted before have their permits until then.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn pause_account(&self, account: &str, reason: &str) -> Result<Timestamp, StoreError> {
        let mut command = redis::cmd("HSET");
        command.arg(self.connection.keys().account(account)).arg("paused").arg(reason);
        self.connection.query::<i64>(&command).await?;
        Ok(self.clock().now() + Duration::from_micros(limits::HORIZON_US + limits::SEND_LAG_US))
    }

    /// Lets a paused account go on, at once.
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

    /// How an account fares.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn account_health(&self, account: &str) -> Result<AccountHealth, StoreError> {
        let (keys, now) = (self.connection.keys(), self.clock().now());
        let mut pipeline = redis::pipe();
        pipeline.cmd("HMGET").arg(keys.account(account)).arg("paused").arg("blocked_until").arg("blocked_reason");
        pipeline.cmd("ZCOUNT").arg(keys.account_live(account)).arg(format!("({}", now.as_millis())).arg("+inf");
        type Answer = ((Option<String>, Option<i64>, Option<String>), u64);
        let ((paused, until, reason), live_calls): Answer = self.connection.query_all(&pipeline).await?;
        let until = until.map(Timestamp::from_millis).filter(|until| *until > now);
        let waits = until.map(|until| (until, reason.unwrap_or_default()));
        Ok(AccountHealth { paused, waits, live_calls })
    }
}
