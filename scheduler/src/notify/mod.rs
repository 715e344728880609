//! Tells receivers what happens in campaigns (`[notify]`), signed as Standard Webhooks.
//!
//! The scripts note what happens in an outbox per campaign, in the same step in which it happens (`note` in
//! `scripts/include/campaign.lua`). One courier a campaign carries it from there: at least once, in order for each contact, each
//! event under one id however often it is sent. What is taken leaves the outbox; nothing else is stored, so a leader that
//! takes over goes on with what is left. A receiver that is slow or down keeps only its own campaign's events waiting.

mod address;
mod courier;
mod messages;
mod queue;
mod receiver;
mod signature;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use redial_shared::{
    config::NotifyConfig,
    domain::{CampaignId, Timestamp},
    store::{Outbox, Store, StoreError},
};
use tokio::task::JoinHandle;

use crate::service::{Service, pass_over};
use courier::Courier;
use receiver::Receiver;

/// Keeps a courier for each campaign that has something to tell.
pub(crate) struct Couriers {
    store: Store,
    config: NotifyConfig,
    out: Mutex<HashMap<CampaignId, Running>>,
}

/// A courier, for one version of the definition.
struct Running {
    version: u32,
    task: JoinHandle<()>,
}

/// How many couriers a round sent out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CourierCounts {
    pub(crate) sent_out: usize,
}

impl Couriers {
    pub(crate) fn new(store: Store, config: NotifyConfig) -> Self {
        Self { store, config, out: Mutex::default() }
    }

    /// Whether a courier for this version is on its way; one for another is called back.
    fn is_carried(&self, campaign: CampaignId, version: u32) -> bool {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.retain(|_, running| !running.task.is_finished());
        let running = out.get(&campaign).is_some_and(|running| running.version == version);
        if !running && let Some(outdated) = out.remove(&campaign) {
            outdated.task.abort();
        }
        running
    }

    /// Sends a courier out, if none is on its way and somebody is to be told.
    async fn carry(&self, Outbox { campaign, version, .. }: Outbox) -> Result<bool, StoreError> {
        if self.is_carried(campaign, version) {
            return Ok(false);
        }
        let info = self.store.info(campaign, version).await?;
        let Some(notify) = info.definition.notify.clone() else {
            self.store.drop_outbox(campaign).await?;
            return Ok(false);
        };
        let receiver = match Receiver::new(&notify, self.config) {
            Ok(receiver) => receiver,
            Err(error) => {
                tracing::error!(campaign = %info.name, %error, "nobody can be told of this campaign");
                return Ok(false);
            }
        };
        let version = info.version;
        let mut courier = Courier::new(self.store.clone(), info, notify, receiver);
        let task = tokio::spawn(async move {
            if let Err(error) = courier.run().await {
                tracing::warn!(%campaign, %error, "events are sent later");
            }
        });
        self.out.lock().unwrap_or_else(PoisonError::into_inner).insert(campaign, Running { version, task });
        Ok(true)
    }
}

impl Drop for Couriers {
    /// Who no longer leads sends nothing more.
    fn drop(&mut self) {
        let out = self.out.get_mut().unwrap_or_else(PoisonError::into_inner);
        out.values().for_each(|running| running.task.abort());
    }
}

impl Service for Couriers {
    const NAME: &'static str = "notify";
    const PAUSE: Duration = Duration::from_millis(500);
    type Counts = CourierCounts;

    async fn run_once(&self, _: Timestamp) -> Result<CourierCounts, StoreError> {
        let mut counts = CourierCounts::default();
        for outbox in self.store.outboxes().await? {
            let campaign = outbox.campaign;
            match self.carry(outbox).await {
                Ok(sent_out) => counts.sent_out += usize::from(sent_out),
                Err(error) => pass_over(campaign, error)?,
            }
        }
        Ok(counts)
    }
}
