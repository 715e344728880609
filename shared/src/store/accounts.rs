//! Provider accounts: limits that hold over all workers, and health.

use std::{collections::HashMap, time::Duration};

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
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountHealth {
    /// Why it was paused: nothing happens until somebody resumes it.
    pub paused: Option<String>,
    /// Until when no request is sent, and why.
    pub waits: Option<(Timestamp, String)>,
    /// The provider does not answer, or only that it fails: when that is tried again, and what was seen.
    pub down: Option<(Timestamp, String)>,
    /// The part of its rate at which it calls after trouble, over 0 and under 1; none: at all of it.
    pub pace: Option<f64>,
    /// Its live calls.
    pub live_calls: u64,
}

impl AccountHealth {
    /// Why it starts no calls now, in words for whoever looks at one of its campaigns.
    pub fn trouble(&self, account: &str) -> Option<String> {
        let paused = |reason: &String| format!("{account} is paused: {reason}; `redial provider resume {account}`");
        let down = |(until, cause): &(Timestamp, String)| format!("{account} is down, tried again at {until}: {cause}");
        let waits = |(until, reason): &(Timestamp, String)| format!("{account} waits until {until}: {reason}");
        let paused = self.paused.as_ref().map(paused);
        paused.or_else(|| self.down.as_ref().map(down)).or_else(|| self.waits.as_ref().map(waits))
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

    /// Starts no call of an account before `until`; results are asked for all the same.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn close_account(&self, account: &str, until: Timestamp, reason: &str) -> Result<(), StoreError> {
        let mut command = redis::cmd("HSET");
        command.arg(self.connection.keys().account(account)).arg("closed_until").arg(until.as_millis());
        command.arg("closed_reason").arg(reason);
        self.connection.query::<i64>(&command).await.map(drop)
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

    /// Lets an account go on, at once and at all of its rate.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn resume_account(&self, account: &str) -> Result<(), StoreError> {
        let keys = self.connection.keys();
        let mut pipeline = redis::pipe();
        pipeline.cmd("HDEL").arg(keys.account(account)).arg("paused").arg("blocked_until").arg("blocked_reason");
        pipeline
            .arg("closed_until")
            .arg("closed_reason")
            .arg("down_until")
            .arg("down_reason")
            .arg("probe_until")
            .arg("downs");
        pipeline.arg("slow_us").arg("slow_full_us").arg("slow_ms");
        pipeline.cmd("PUBLISH").arg(keys.wake()).arg(account);
        self.connection.query_all::<redis::Value>(&pipeline).await.map(drop)
    }

    /// An account is in trouble: for all workers together its calls come at two thirds of the rate, and then ever faster
    /// until it has all of it again. Trouble within a second counts once. False: it counted already.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn slow_account(&self, account: &str) -> Result<bool, StoreError> {
        self.connection.run("slow_account", Arguments::default().text(account).as_slice()).await
    }

    /// An account's provider is down: for all workers, no call starts for a second, then for twice as long each time it is
    /// found down again, a minute at most. Answers until when.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn account_down(&self, account: &str, cause: &str) -> Result<Timestamp, StoreError> {
        let arguments = Arguments::default().text(account).text(cause);
        self.connection.run("account_down", arguments.as_slice()).await.map(Timestamp::from_millis)
    }

    /// An account's provider answers: if it was down, calls go on, few at first. False: it was not.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn account_up(&self, account: &str) -> Result<bool, StoreError> {
        self.connection.run("account_up", Arguments::default().text(account).as_slice()).await
    }

    /// How an account fares.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn account_health(&self, account: &str) -> Result<AccountHealth, StoreError> {
        let (keys, now) = (self.connection.keys(), self.clock().now());
        let mut pipeline = redis::pipe();
        pipeline.cmd("HGETALL").arg(keys.account(account));
        pipeline.cmd("ZCOUNT").arg(keys.account_live(account)).arg(format!("({}", now.as_millis())).arg("+inf");
        let (mut fields, live_calls): (HashMap<String, String>, u64) = self.connection.query_all(&pipeline).await?;
        let number = |field: &str| fields.get(field).and_then(|text| text.parse::<f64>().ok());
        let instant = |field: &str| number(field).map(|ms| Timestamp::from_millis(ms as i64));
        let part = |slow_us: f64| {
            let grown = now.since(instant("slow_ms")?).as_millis() as f64 / limits::SLOW_RECOVERY_MS as f64;
            Some(number("slow_full_us")? / slow_us + grown).filter(|part| *part < 1.0)
        };
        let pace = number("slow_us").and_then(part);
        let ahead = |field: &str| instant(field).filter(|until| *until > now);
        let (blocked, closed, down) = (ahead("blocked_until"), ahead("closed_until"), instant("down_until"));
        let mut text = |field: &str| fields.remove(field);
        let mut waits = |until: Option<Timestamp>, reason| until.map(|until| (until, text(reason).unwrap_or_default()));
        let waits = waits(closed, "closed_reason").max(waits(blocked, "blocked_reason"));
        Ok(AccountHealth {
            paused: text("paused"),
            waits,
            down: down.map(|until| (until, text("down_reason").unwrap_or_default())),
            pace,
            live_calls,
        })
    }
}
