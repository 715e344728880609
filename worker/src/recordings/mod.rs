//! Recordings of calls, fetched by themselves and kept as files, for accounts that say where.
//!
//! One comes up soon after its call's end, and again and again until it is kept or nobody can hope for it any more. Who takes
//! one holds it under a lease that is renewed; a file of a fetch that broke off never appears.

mod fetch;

use std::{convert::Infallible, sync::Arc, time::Duration};

use redial_shared::{
    domain::Timestamp,
    storage::Storage,
    store::{Recording, RecordingFate, StoreError},
};
use tokio_util::sync::CancellationToken;

use crate::account::Account;
use fetch::{Trouble, client};

/// Recordings of one account that a process fetches at once.
pub(crate) const AT_ONCE: usize = 4;
/// Looking again where there was nothing.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Where files cannot be kept, fetching more is in vain for a while.
const FULL_PAUSE: Duration = Duration::from_secs(30);
/// Pauses between two tries: a call's age, within these bounds.
const PAUSE_MIN: Duration = Duration::from_secs(10);
const PAUSE_MAX: Duration = Duration::from_secs(6 * 3_600);
/// A recording that is not there so long after its call was never made.
const MISSING_AFTER: Duration = Duration::from_secs(24 * 3_600);
/// One that cannot be fetched for so long is given up.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(3 * 24 * 3_600);

/// Fetches the recordings of one account.
pub(crate) struct Keeper {
    account: Arc<Account>,
    storage: Storage,
    http: reqwest::Client,
    lease: Duration,
}

/// Fetches until told to stop. What is under way then is another worker's after the lease.
pub(crate) async fn run(keeper: Arc<Keeper>, stop: CancellationToken) {
    while let Some(pause) = stop.run_until_cancelled(keeper.run_once()).await {
        if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return;
        }
    }
}

/// How long to wait with a recording whose call ended so long ago; none: there is no hope any more.
fn pause_before_next(age: Duration, hope: Duration) -> Option<Duration> {
    (age <= hope).then(|| age.clamp(PAUSE_MIN, PAUSE_MAX))
}

impl Keeper {
    /// For an account, into a place, under a lease.
    ///
    /// # Errors
    /// When the system has no usable TLS setup.
    pub(crate) fn new(
        account: Arc<Account>,
        storage: Storage,
        lease: Duration,
        tls: rustls::ClientConfig,
    ) -> Result<Self, reqwest::Error> {
        let http = client(account.timeout, tls)?;
        Ok(Self { account, storage, http, lease })
    }

    /// Fetches one that is due; answers how long there is nothing to do.
    async fn run_once(&self) -> Duration {
        let store = &self.account.engine.store;
        match store.take_recordings(&self.account.name, 1, self.lease).await {
            Ok((taken, next_due)) => match taken.first() {
                Some(recording) => self.keep(recording).await,
                None => next_due.map_or(LOOK_EVERY, |due| due.since(store.clock().now())).min(LOOK_EVERY),
            },
            Err(error) => {
                tracing::warn!(%error, account = self.account.name, "recordings to fetch could not be taken");
                LOOK_EVERY
            }
        }
    }

    async fn keep(&self, recording: &Recording) -> Duration {
        let fetched = tokio::select! {
            fetched = self.fetch(recording) => fetched,
            never = self.renew(recording) => match never {},
        };
        let (written, pause) = match fetched {
            Ok(place) => (self.end(recording, Some(RecordingFate::Kept(place))).await, Duration::ZERO),
            Err(trouble) => {
                let pause = if matches!(trouble, Trouble::Full(_)) { FULL_PAUSE } else { Duration::ZERO };
                (self.trouble(recording, trouble).await, pause)
            }
        };
        if let Err(error) = written {
            tracing::warn!(%error, account = self.account.name, "what became of a recording was not written; it comes again");
        }
        pause
    }

    /// What could not be fetched comes again, or is given up.
    async fn trouble(&self, recording: &Recording, trouble: Trouble) -> Result<(), StoreError> {
        let (attempt, account) = (recording.attempt, &self.account.name);
        let (since, reason, hope, at_least) = match trouble {
            Trouble::Nobodys => return self.end(recording, None).await,
            Trouble::Refused(reason) => return self.lost(recording, reason).await,
            Trouble::Away(error) => return Err(error),
            Trouble::Missing { since } => {
                (since, "the provider has no recording of it".to_owned(), MISSING_AFTER, Duration::ZERO)
            }
            Trouble::Failed { since, reason, at_least } => (since, reason, GIVEN_UP_AFTER, at_least),
            Trouble::Full((since, error)) => (since, error.to_string(), GIVEN_UP_AFTER, Duration::ZERO),
        };
        let now = self.now();
        let Some(pause) = pause_before_next(now.since(since), hope) else {
            return self.lost(recording, reason).await;
        };
        let again = now + pause.max(at_least);
        tracing::info!(account, attempt_id = %attempt, reason, %again, "a recording was not fetched");
        self.account.engine.store.put_off_recording(account, recording, again).await
    }

    async fn lost(&self, recording: &Recording, reason: String) -> Result<(), StoreError> {
        let attempt = recording.attempt;
        tracing::warn!(account = self.account.name, attempt_id = %attempt, reason, "a recording is not to be had");
        self.end(recording, Some(RecordingFate::Lost(reason))).await
    }

    async fn end(&self, recording: &Recording, fate: Option<RecordingFate>) -> Result<(), StoreError> {
        self.account.engine.store.end_recording(&self.account.name, recording, fate.as_ref()).await.map(drop)
    }

    /// Keeps the recording ours for as long as its fetch takes.
    async fn renew(&self, recording: &Recording) -> Infallible {
        loop {
            tokio::time::sleep(self.lease / 3).await;
            let until = self.now() + self.lease;
            if let Err(error) = self.account.engine.store.put_off_recording(&self.account.name, recording, until).await
            {
                tracing::debug!(%error, "the lease of a recording was not renewed");
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.account.engine.store.clock().now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_asked_for_ever_more_rarely_and_not_for_ever() {
        let tries = |hope: Duration| {
            let (mut age, mut tries) = (Duration::from_secs(2), 1);
            while let Some(pause) = pause_before_next(age, hope) {
                assert!((PAUSE_MIN..=PAUSE_MAX).contains(&pause));
                age += pause;
                tries += 1;
            }
            (tries, age)
        };
        let (asked_when_missing, until) = tries(MISSING_AFTER);
        assert!((10..=20).contains(&asked_when_missing) && until <= MISSING_AFTER + PAUSE_MAX, "{asked_when_missing}");
        let (tried, _) = tries(GIVEN_UP_AFTER);
        assert!((asked_when_missing + 5..=30).contains(&tried), "{tried}");
    }
}
