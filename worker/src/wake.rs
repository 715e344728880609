//! Wake-ups: Redis tells which account has something to do sooner than its last claim had said.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use redial_shared::store::Store;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::account::Account;

/// Pause before subscribing again.
const AWAY_PAUSE: Duration = Duration::from_millis(500);

/// Passes wake-ups on until told to stop. After every (re)connection all accounts are woken: one may have been missed.
pub(crate) async fn run(store: Store, accounts: Vec<Arc<Account>>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = listen(&store, &accounts) => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(AWAY_PAUSE) => {}
        }
    }
}

async fn listen(store: &Store, accounts: &[Arc<Account>]) {
    let mut subscription = match store.wake_ups().await {
        Ok(subscription) => subscription,
        Err(error) => return tracing::debug!(%error, "no wake-ups for now"),
    };
    for account in accounts {
        account.claimable.notify_one();
    }
    let mut messages = subscription.on_message();
    while let Some(message) = messages.next().await {
        let Ok(name) = message.get_payload::<String>() else { continue };
        let (name, notify): (_, fn(&Account) -> &Notify) = match name.strip_prefix("polls:") {
            Some(name) => (name, |account| &account.pollable),
            None => (&name, |account| &account.claimable),
        };
        if let Some(account) = accounts.iter().find(|account| account.name == name) {
            notify(account).notify_one();
        }
    }
}
