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

/// A receiver whose secret cannot be had is looked at again after this time.
const UNUSABLE_FOR: Duration = Duration::from_secs(60);

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

    /// Sends a courier out, if there is something to tell, none is on its way, and somebody is to be told.
    async fn carry(&self, Outbox { campaign, version, waiting }: Outbox) -> Result<bool, StoreError> {
        if self.is_carried(campaign, version) || waiting == 0 {
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
                self.send_out(campaign, version, tokio::time::sleep(UNUSABLE_FOR));
                return Ok(false);
            }
        };
        let mut courier = Courier::new(self.store.clone(), info, notify, receiver);
        self.send_out(campaign, version, async move {
            if let Err(error) = courier.run().await {
                tracing::warn!(%campaign, %error, "events are sent later");
            }
        });
        Ok(true)
    }

    fn send_out(&self, campaign: CampaignId, version: u32, work: impl Future<Output = ()> + Send + 'static) {
        let running = Running { version, task: tokio::spawn(work) };
        self.out.lock().unwrap_or_else(PoisonError::into_inner).insert(campaign, running);
    }

    /// Calls back the couriers of campaigns of which nobody is told any more, or that are gone.
    fn call_back(&self, told: &[Outbox]) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.retain(|campaign, running| {
            let is_told = told.iter().any(|outbox| outbox.campaign == *campaign);
            if !is_told {
                running.task.abort();
            }
            is_told
        });
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
        let outboxes = self.store.outboxes().await?;
        self.call_back(&outboxes);
        for outbox in outboxes {
            let campaign = outbox.campaign;
            match self.carry(outbox).await {
                Ok(sent_out) => counts.sent_out += usize::from(sent_out),
                Err(error) => pass_over(campaign, error)?,
            }
        }
        Ok(counts)
    }
}
