//! What every service of the leader has in common: a loop around one round.

use std::{fmt, time::Duration};

use redial_shared::{
    domain::{CampaignId, Timestamp},
    store::{Store, StoreError},
};
use tokio_util::sync::CancellationToken;

/// One kind of background work.
pub(crate) trait Service: Send + Sync + 'static {
    /// What logs call it.
    const NAME: &'static str;
    /// Pause between two rounds.
    const PAUSE: Duration;
    /// What a round did.
    type Counts: fmt::Debug + Default + PartialEq + Send;

    /// One round, bounded in what it does. It may be cut off anywhere: the next one, here or elsewhere, goes on.
    fn run_once(&self, now: Timestamp) -> impl Future<Output = Result<Self::Counts, StoreError>> + Send;

    /// Whether a round's bounds left work that should not wait for the pause.
    fn has_more(_: &Self::Counts) -> bool {
        false
    }

    /// When something is due, if that is known: the next round is then, if it would come later.
    fn due(&self) -> Option<Timestamp> {
        None
    }
}

/// Rounds until `stop`, by Redis's clock. Errors are logged: the next round tries again.
pub(crate) async fn run<S: Service>(service: S, store: Store, stop: CancellationToken) {
    loop {
        let Some(round) = stop.run_until_cancelled(service.run_once(store.clock().now())).await else { return };
        let more = match round {
            Ok(counts) => {
                if counts != S::Counts::default() {
                    tracing::debug!(service = S::NAME, ?counts, "round");
                }
                S::has_more(&counts)
            }
            Err(error) => {
                tracing::warn!(service = S::NAME, %error, "the round failed");
                false
            }
        };
        let until_due = service.due().map(|due| due.since(store.clock().now()));
        let pause = if more { Duration::ZERO } else { until_due.map_or(S::PAUSE, |pause| pause.min(S::PAUSE)) };
        if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return;
        }
    }
}

/// Passes over what concerns a single campaign, so that it does not keep the others from their turn.
///
/// # Errors
/// For what ends the round: Redis is away, or another scheduler leads by now.
pub(crate) fn pass_over(campaign: CampaignId, error: StoreError) -> Result<(), StoreError> {
    match error {
        StoreError::Unreachable { .. }
        | StoreError::NotDurable { .. }
        | StoreError::Unwilling(_)
        | StoreError::Conflict(_) => Err(error),
        StoreError::NoCampaign(_) | StoreError::Archived { .. } | StoreError::Outdated(_) => Ok(()),
        StoreError::Refused(_) | StoreError::Corrupt(_) => {
            tracing::warn!(%campaign, %error, "the campaign is passed over");
            Ok(())
        }
    }
}
