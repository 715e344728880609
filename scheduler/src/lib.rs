//! The scheduler: begins and ends runs, keeps calling hours written ahead, ends campaigns, and clears up behind dead
//! processes. Any number of schedulers run against one Redis; one of them leads, and only the leader works.
//!
//! A stay in office is a *term*, under a fencing token that every change bears: what a former leader still sends is
//! refused. Each service is a file: a `run_once` that takes the time as an argument and answers counts, in a loop.

pub mod api;
mod archive;
mod dashboard;
mod endings;
mod guards;
mod hours;
mod leader;
mod notify;
mod prune;
mod reaper;
mod runs;
mod service;
mod table;
mod timeline;
mod uncap;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use redial_shared::{
    config::Config,
    store::{Leadership, Store},
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use archive::{Archiver, Shelf};
use endings::Endings;
use guards::Guards;
use hours::Hours;
use leader::Candidate;
use notify::Couriers;
use prune::Prune;
use reaper::Reaper;
use runs::Runs;
use timeline::Timelines;
use uncap::Uncap;

/// Does the scheduler's background work until `stop`: waits to lead, and while it leads, runs every service. Whatever goes
/// wrong is logged and tried again.
pub async fn run(config: Arc<Config>, store: Store, stop: CancellationToken) {
    let metrics = store.metrics();
    metrics.leads(false);
    let candidate = Candidate::new(store.clone(), config.worker.lease.duration());
    while let Some(leadership) = candidate.elected(&stop).await {
        tracing::info!(token = leadership.token, "this scheduler leads");
        metrics.leads(true);
        let term = stop.child_token();
        let mut services = begin_services(&config, &store, leadership, &term);
        tokio::select! {
            // Told to stop, the services end too, and that is no error.
            biased;
            () = candidate.hold(leadership, &term) => {}
            ended = services.join_next() => tracing::error!(?ended, "a service ended by itself; the term ends with it"),
        }
        metrics.leads(false);
        term.cancel();
        while services.join_next().await.is_some() {}
        tracing::info!(token = leadership.token, "this scheduler no longer leads");
        candidate.resign().await;
    }
}

fn begin_services(config: &Config, store: &Store, leadership: Leadership, term: &CancellationToken) -> JoinSet<()> {
    let mut services = JoinSet::new();
    services.spawn(service::run(Runs::new(store.clone(), leadership), store.clone(), term.clone()));
    services.spawn(service::run(Guards::new(store.clone(), leadership), store.clone(), term.clone()));
    services.spawn(service::run(Endings::new(store.clone(), leadership), store.clone(), term.clone()));
    services.spawn(service::run(Hours::new(store.clone(), leadership), store.clone(), term.clone()));
    services.spawn(service::run(Reaper::new(store.clone()), store.clone(), term.clone()));
    services.spawn(service::run(Timelines::new(store.clone()), store.clone(), term.clone()));
    services.spawn(service::run(Uncap::new(store.clone()), store.clone(), term.clone()));
    services.spawn(service::run(Prune::new(store.clone(), leadership), store.clone(), term.clone()));
    let archiver = Archiver::new(store.clone(), Shelf::new(config), leadership);
    services.spawn(service::run(archiver, store.clone(), term.clone()));
    services.spawn(service::run(Couriers::new(store.clone(), config.notify), store.clone(), term.clone()));
    services
}
