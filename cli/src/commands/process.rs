//! `redial up`, `redial scheduler`, `redial worker`: the processes, in the foreground until a signal.

use std::path::Path;

use secrecy::ExposeSecret;

use crate::{
    embedded_redis::EmbeddedRedis,
    failure::Failure,
    processes::{self, Roles, Settings},
    signals,
};

/// Runs everything on this machine, with a private Redis if none is configured. Redis is shut down last, after the
/// scheduler and the worker have ended.
///
/// # Errors
/// When something does not start or ends by itself.
pub async fn up(config: Option<&Path>) -> Result<(), Failure> {
    let settings = processes::settings(config)?;
    settings.check_accounts(true)?;
    let stop = signals::stop_token()?;
    if let Some(url) = settings.redis_url()? {
        return processes::run(Roles::BOTH, &settings, url.expose_secret(), stop).await;
    }
    let redis = tokio::select! {
        started = EmbeddedRedis::start(settings.data_dir(), settings.durability()) => started?,
        // Loading a large file can take minutes; nothing is running yet that would have to end in order.
        () = stop.cancelled() => return Ok(()),
    };
    let ran = processes::run(Roles::BOTH, &settings, &redis.url(), stop).await;
    if ran.is_ok() {
        processes::expect_restart(&settings, &redis.url()).await;
    }
    redis.stop().await;
    ran
}

/// Runs a scheduler with the API.
///
/// # Errors
/// As [`up`]; and without a Redis to share.
pub async fn scheduler(config: Option<&Path>) -> Result<(), Failure> {
    alone(Roles::SCHEDULER, "scheduler", &processes::settings(config)?).await
}

/// Runs a worker.
///
/// # Errors
/// As [`scheduler`].
pub async fn worker(config: Option<&Path>) -> Result<(), Failure> {
    alone(Roles::WORKER, "worker", &processes::settings(config)?).await
}

/// One role, against a Redis that others use too.
async fn alone(roles: Roles, verb: &str, settings: &Settings) -> Result<(), Failure> {
    let Some(url) = settings.redis_url()? else {
        return Err(Failure::failed(format_args!("redial {verb} needs a Redis that it shares with other processes"))
            .hint("set redis.url in redial.toml or REDIAL__REDIS__URL; `redial up` brings its own Redis"));
    };
    settings.check_accounts(roles == Roles::WORKER)?;
    processes::run(roles, settings, url.expose_secret(), signals::stop_token()?).await
}
