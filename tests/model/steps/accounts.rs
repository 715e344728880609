//! Accounts: limits, pauses, blocks.

use std::time::Duration;

use rand::Rng;
use redial_shared::{
    domain::units::Rate,
    store::{AccountLimits, limits::SEND_LAG_US},
};

use crate::world::{ACCOUNTS, Step, World, failed};

impl World {
    /// Gives an account other limits.
    pub async fn set_limits(&mut self, account: &str) -> Step {
        let rate: Option<Rate> =
            self.pick(&[None, Some("5/s"), Some("20/s"), Some("90/m")]).map(|r| r.parse().unwrap());
        let max_live = self.pick(&[0, 2, 5, 20]);
        self.note(format!("{account}: {} a second, {max_live} live", rate.map_or(0.0, |rate| rate.per_second())));
        let every_us = rate.map_or(0, |rate| rate.interval_us(SEND_LAG_US));
        let limits = self.model.accounts.get_mut(account).expect("it is one of ours");
        limits.pace.rate = rate;
        limits.max_live = max_live;
        let limits = AccountLimits { call_every_us: every_us, request_every_us: 0, max_live };
        self.store.set_limits(account, limits).await.map_err(failed)
    }

    /// An account gets into trouble, or out of it.
    pub async fn trouble(&mut self) -> Step {
        let account = self.pick(&ACCOUNTS);
        match self.random.random_range(0..6) {
            0 => self.set_limits(account).await,
            1 => {
                self.note(format!("pause account {account}"));
                self.account(account).paused = true;
                self.store.pause_account(account, "bad credentials").await.map(drop).map_err(failed)
            }
            2 => {
                let until = self.model.now() + Duration::from_millis(self.random.random_range(1..5_000));
                self.note(format!("block account {account} until {until}"));
                self.account(account).blocked_until_ms = until.as_millis();
                self.store.block_account(account, until, "too fast").await.map_err(failed)
            }
            _ => self.resume_account(account).await,
        }
    }

    pub async fn resume_account(&mut self, account: &str) -> Step {
        self.note(format!("resume account {account}"));
        let limits = self.account(account);
        (limits.paused, limits.blocked_until_ms) = (false, 0);
        self.store.resume_account(account).await.map_err(failed)
    }

    fn account(&mut self, account: &str) -> &mut crate::model::Account {
        self.model.accounts.get_mut(account).expect("it is one of ours")
    }
}
