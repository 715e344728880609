//! This process's lease: renewed while it lives, replaced under a new number when it was lost. After a restart of Redis
//! the journal is replayed first.

use std::{sync::Arc, time::Duration};

use redial_shared::store::StoreError;
use tokio_util::sync::CancellationToken;

use crate::{account::Account, engine::Engine};

/// Pause before a replay is tried again.
const REPLAY_PAUSE: Duration = Duration::from_millis(100);
/// Renewals within one lease.
const RENEWALS: u32 = 5;

/// Keeps the lease until told to stop.
pub(crate) async fn run(
    engine: Arc<Engine>,
    accounts: Vec<Arc<Account>>,
    lease: Duration,
    name: String,
    stop: CancellationToken,
) {
    let mut restarts = engine.store.restarts();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            changed = restarts.changed() => {
                if changed.is_ok() {
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = replay(&engine) => {}
                    }
                }
            }
            () = tokio::time::sleep(lease / RENEWALS) => {}
        }
        match renew(&engine, lease, &name).await {
            Ok(true) => {}
            Ok(false) => {
                for account in &accounts {
                    account.claimable.notify_one();
                }
            }
            Err(error) => tracing::warn!(%error, "the lease was not renewed"),
        }
    }
}

/// Renews; false when a new lease had to be opened.
async fn renew(engine: &Engine, lease: Duration, name: &str) -> Result<bool, StoreError> {
    engine.store.measure_clock().await?;
    if engine.store.renew_lease(engine.worker(), lease).await? {
        return Ok(true);
    }
    let worker = engine.store.open_lease(lease, name).await?;
    tracing::warn!(lost = engine.worker(), worker, "the lease was lost; this process goes on under a new number");
    engine.store.metrics().lease_lost();
    engine.set_worker(worker);
    Ok(false)
}

/// Writes the journal again, until all of it is written: claims wait for it, a lease at most.
async fn replay(engine: &Engine) {
    loop {
        match engine.journal.replay(&engine.store).await {
            Ok(entries) => break tracing::info!(entries, "replayed after a restart of Redis"),
            Err(error) => tracing::warn!(%error, "the replay after a restart of Redis is repeated"),
        }
        tokio::time::sleep(REPLAY_PAUSE).await;
    }
    if let Err(error) = engine.store.replayed(engine.worker()).await {
        tracing::warn!(%error, "claims go on after one lease");
    }
}
