//! Claiming: as many contacts of an account as this process has room for, as soon as there are any.

use std::{sync::Arc, time::Duration};

use redial_shared::{
    domain::Timestamp,
    store::{Claim, Claimed, StoreError, limits},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::{account::Account, calls::Job};

/// Asking again without a wake-up: should one be lost, this is how late we are.
const ASK_AGAIN_MAX: Duration = Duration::from_secs(5);
/// Pause after Redis failed, or while a lost lease is being replaced.
const AWAY_PAUSE: Duration = Duration::from_millis(200);

/// Claims for one account until told to stop.
pub(crate) async fn run(
    account: Arc<Account>,
    places: Arc<Semaphore>,
    jobs: mpsc::UnboundedSender<Job>,
    stop: CancellationToken,
) {
    loop {
        let pause = tokio::select! {
            () = stop.cancelled() => return,
            pause = claim_once(&account, &places, &jobs) => pause,
        };
        if pause.is_zero() {
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = account.claimable.notified() => {}
            () = tokio::time::sleep(pause.min(ASK_AGAIN_MAX)) => {}
        }
    }
}

/// Claims once; answers how long there is nothing more to claim, unless a wake-up says otherwise.
async fn claim_once(account: &Arc<Account>, places: &Arc<Semaphore>, jobs: &mpsc::UnboundedSender<Job>) -> Duration {
    let Ok(mut free) = places.clone().acquire_owned().await else { return ASK_AGAIN_MAX };
    let more = places.available_permits().min(limits::CLAIM_BATCH_MAX as usize - 1);
    if let Ok(some) = places.clone().try_acquire_many_owned(more as u32) {
        free.merge(some);
    }
    let engine = &account.engine;
    let clock = engine.store.clock();
    let until = |at: Timestamp| at.since(clock.now());
    match engine.store.claim(engine.worker(), &account.name, free.num_permits(), account.health.can_probe).await {
        Ok(Claim::Granted(contacts, wait)) => {
            let granted = contacts.len();
            account.metrics.claims.inc_by(granted as u64);
            if let Err(error) = hand_over(account, contacts, free, jobs).await {
                tracing::warn!(%error, granted, "claimed contacts return to their lanes");
                return AWAY_PAUSE;
            }
            wait.map_or(ASK_AGAIN_MAX, until)
        }
        Ok(Claim::Recovering(at)) => until(at),
        Ok(Claim::LeaseLost) => AWAY_PAUSE,
        Ok(Claim::Paused) => ASK_AGAIN_MAX,
        Ok(Claim::Probe) => {
            drop(free);
            account.probe().await;
            Duration::ZERO
        }
        Err(error) => {
            tracing::warn!(%error, account = account.name, "claim failed");
            AWAY_PAUSE
        }
    }
}

/// Reads the rows of claimed contacts and queues their calls.
async fn hand_over(
    account: &Arc<Account>,
    contacts: Vec<Claimed>,
    mut free: OwnedSemaphorePermit,
    jobs: &mpsc::UnboundedSender<Job>,
) -> Result<(), StoreError> {
    let store = &account.engine.store;
    for of_campaign in contacts.chunk_by(|a, b| a.campaign == b.campaign) {
        let (info, mut rows) = store.rows(of_campaign[0].campaign, of_campaign[0].version, of_campaign).await?;
        for claimed in of_campaign {
            let (Some(mut row), Some(place)) = (rows.remove(&claimed.position), free.split(1)) else { continue };
            let before = match &claimed.record {
                Some(record) => record.clone(),
                None => store.fresh_record(&info, claimed.lane, &row).await?,
            };
            row.contact.zone = info.zone(claimed.lane);
            let (account, info, claimed) = (account.clone(), info.clone(), claimed.clone());
            let job = Job { account, info, claimed, before, row, _place: place };
            if jobs.send(job).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}
