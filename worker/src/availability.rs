//! Whether people are there to take an account's calls, where it respects that: while nobody is, no call starts, and nobody is
//! charged.

use std::{sync::Arc, time::Duration};

use redial_shared::{
    provider::{Availability, PollError},
    telemetry::metrics::Request,
};
use tokio_util::sync::CancellationToken;

use crate::account::Account;

/// How often a provider is asked. What it said counts twice as long, so that no call slips through between two answers.
const ASK_EVERY: Duration = Duration::from_secs(30);

/// Asks again and again until told to stop, first after a pause.
pub(crate) async fn run(account: Arc<Account>, mut pause: Duration, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
        pause = account.look_for_people().await;
    }
}

impl Account {
    /// Whether its calls wait for people to be there.
    pub(crate) fn respects_availability(&self) -> bool {
        self.provider.availability(None).is_some()
    }

    /// Asks whether people are there, and closes the account if not. Answers how long to wait with the next question.
    pub(crate) async fn look_for_people(&self) -> Duration {
        match self.ask_availability().await {
            Ok(Availability { open: true, .. }) => ASK_EVERY,
            Ok(Availability { next, .. }) => {
                let store = &self.engine.store;
                let now = store.clock().now();
                let again = now + 2 * ASK_EVERY;
                let until = next.filter(|next| *next < again).unwrap_or(again);
                if let Err(error) = store.close_account(&self.name, until, "nobody is there to take calls").await {
                    tracing::warn!(%error, account = self.name, "that nobody is there was not written");
                }
                ASK_EVERY.min(until.since(now))
            }
            Err(error) => {
                tracing::warn!(%error, account = self.name, "whether people are there is not known");
                self.failed(error).await
            }
        }
    }

    async fn ask_availability(&self) -> Result<Availability, PollError> {
        let token = self.token().await?;
        let Some(request) = self.provider.availability(token.as_ref()) else {
            return Ok(Availability { open: true, next: None });
        };
        self.in_line().await?;
        let answer = self.ask(Request::Check, request, |answer| self.provider.availability_answer(answer)).await?;
        self.answered().await;
        Ok(answer)
    }
}
