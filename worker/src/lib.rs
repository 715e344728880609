//! The worker: claims contacts, begins attempts, places the calls, polls for their results, and reaps what dead processes
//! left. Any number of them run against one Redis.
//!
//! A call goes claim → begin → send → placed → polls → conclude. Each arrow is one small module: `claiming`, `calls` (with
//! `dial` for the request itself), `polling` (with `pace` for its times and `tail` for lists of recent calls). `engine` holds the group commits, `journal` what is replayed after a restart
//! of Redis, `lease` the proof of being alive; `recordings` fetches those of calls that have ended.

mod account;
mod ask;
mod availability;
mod batch;
mod calls;
mod claiming;
mod dial;
pub mod direct;
mod engine;
mod health;
mod journal;
mod lateness;
mod lease;
mod pace;
mod polling;
mod recordings;
mod tail;
mod token;
mod wake;

use std::{sync::Arc, time::Duration};

use apalis::prelude::{ParallelizeExt, WorkerBuilder, WorkerBuilderExt};
use futures_util::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use redial_shared::{
    config::{AccountConfig, Config, SecretError},
    provider,
    storage::Storage,
    store::{Store, StoreError, queue::Queue},
};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use account::{Account, AccountHook};
use calls::Job;
use engine::Engine;
use recordings::Keeper;

/// Pause between two rounds of reaping.
const REAP_PAUSE: Duration = Duration::from_secs(1);

/// Why a worker could not start.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// Redis.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A provider account.
    #[error("provider account `{account}`: {cause}")]
    Account {
        /// Which one.
        account: String,
        /// What is wrong with it.
        cause: String,
    },
}

/// Runs a worker until `stop`, then drains: no further claim, calls that are being placed are finished, their results
/// written. `tls` is used for all providers.
///
/// # Errors
/// Only at the start: a provider account that cannot work, or Redis away.
pub async fn run(config: Arc<Config>, store: Store, stop: CancellationToken) -> Result<(), WorkerError> {
    let lease = config.worker.lease.duration();
    let name = format!("{}:{}", hostname(), std::process::id());
    let worker = store.open_lease(lease, &name).await?;
    let engine = Engine::new(store.clone(), worker);
    let accounts = open_accounts(&config, &engine).await?;
    tracing::info!(worker, accounts = accounts.len(), concurrency = config.worker.concurrency, "worker ready");

    let (background, claiming) = (TaskTracker::new(), TaskTracker::new());
    let settled = CancellationToken::new();
    background.spawn(lease::run(engine.clone(), accounts.clone(), lease, name, settled.clone()));
    background.spawn(wake::run(store.clone(), accounts.clone(), settled.clone()));
    background.spawn(reap(store.clone(), settled.clone()));

    let places = Arc::new(Semaphore::new(config.worker.concurrency as usize));
    let (all, watched) = (config.worker.concurrency as usize, places.clone());
    store.metrics().works(move || (all, watched.available_permits()));
    let (jobs, queue) = Queue::<Job>::new();
    for account in &accounts {
        if account.respects_availability() {
            // The first call waits for the first answer.
            let pause = account.look_for_people().await;
            background.spawn(availability::run(account.clone(), pause, settled.clone()));
        }
        claiming.spawn(claiming::run(account.clone(), places.clone(), jobs.clone(), stop.clone()));
        for _ in 0..polling::at_once(account) {
            background.spawn(polling::run(account.clone(), settled.clone()));
        }
    }
    for keeper in open_keepers(&config, &accounts)? {
        for _ in 0..recordings::AT_ONCE {
            background.spawn(recordings::run(keeper.clone(), settled.clone()));
        }
    }
    // Without an account there is nothing to claim, and the queue lasts all the same.
    claiming.spawn(async move {
        stop.cancelled().await;
        drop(jobs);
    });
    claiming.close();

    // The queue ends when claiming does; apalis then finishes the calls it has. What one call panics of is its own.
    if let Err(error) = call_worker(worker, queue, config.worker.concurrency as usize).await {
        tracing::error!(%error, "the call worker ended");
    }
    claiming.wait().await;
    settled.cancel();
    background.close();
    background.wait().await;
    if let Err(error) = store.end_leases(Some(engine.worker())).await {
        tracing::warn!(%error, "the lease runs out by itself");
    }
    Ok(())
}

/// The apalis worker that places the calls of a queue until the queue ends. (Boxed here, where all its types are known:
/// inside an `async fn` the compiler cannot see that they are `Send`.)
fn call_worker(
    worker: u32,
    queue: Queue<Job>,
    concurrency: usize,
) -> BoxFuture<'static, Result<(), apalis::prelude::WorkerError>> {
    let calls = WorkerBuilder::new(format!("calls-{worker}"))
        .backend(queue)
        .concurrency(concurrency)
        .catch_panic()
        .parallelize(tokio::spawn)
        .build(calls::place);
    calls.run().boxed()
}

async fn open_accounts(config: &Config, engine: &Arc<Engine>) -> Result<Vec<Arc<Account>>, WorkerError> {
    let tls = Arc::new(tls_config());
    let open = config.providers.iter().map(|(name, account)| {
        let (engine, tls) = (engine.clone(), tls.clone());
        async move {
            let failed = |cause: String| WorkerError::Account { account: name.clone(), cause };
            let provider = provider::of_account(account).map_err(|error| failed(error.to_string()))?;
            let public_url = config.http.public_url.as_deref();
            let hook =
                account_hook(account, public_url).map_err(|error| failed(format!("{error}; {}", error.hint())))?;
            Account::open(name, account, provider, engine, &tls, hook).await.map_err(failed)
        }
    });
    join_all(open).await.into_iter().collect()
}

/// What fetches the recordings of accounts that say where they go.
fn open_keepers(config: &Config, accounts: &[Arc<Account>]) -> Result<Vec<Arc<Keeper>>, WorkerError> {
    let wanted = accounts.iter().filter_map(|account| {
        let location = config.providers.get(&account.name)?.recordings.as_ref()?;
        Some((account, location))
    });
    let open = wanted.map(|(account, location)| {
        let failed = |cause: String| WorkerError::Account { account: account.name.clone(), cause };
        let storage = Storage::open(location, &config.s3)
            .map_err(|error| failed(format!("recordings: {error}; {}", error.hint())))?;
        let keeper = Keeper::new(account.clone(), storage, config.worker.lease.duration(), tls_config());
        Ok(Arc::new(keeper.map_err(|error| failed(error.to_string()))?))
    });
    open.collect()
}

/// An account's hook. Its address is known only where `http.public_url` is; without, whoever knows it may have told the
/// provider.
fn account_hook(account: &AccountConfig, public_url: Option<&str>) -> Result<AccountHook, SecretError> {
    let url = public_url.map(|public_url| account.hook_url(public_url)).transpose()?.flatten();
    Ok(AccountHook { is_served: account.hook_secret.is_some(), url })
}

/// TLS with the system's certificates.
fn tls_config() -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        if let Err(error) = roots.add(certificate) {
            tracing::debug!(%error, "a system certificate is left out");
        }
    }
    rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}

async fn reap(store: Store, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(REAP_PAUSE) => {}
        }
        match store.reap().await {
            Ok(reaped) if reaped != Default::default() => tracing::info!(?reaped, "reaped"),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "reaping failed"),
        }
    }
}

fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "worker".to_owned(), |name| name.trim().to_owned())
}
