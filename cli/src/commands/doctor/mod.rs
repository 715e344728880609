//! `redial doctor`: is everything here as it must be, and if not, what to do.

mod calendar;
mod campaigns;
mod finding;
mod machine;
mod redis;
mod storage;

use std::path::Path;

use secrecy::ExposeSecret;
use serde_json::json;

use crate::{
    embedded_redis,
    failure::Failure,
    output,
    processes::{self, Settings},
    render::Paint,
};
use finding::{Finding, Verdict};

/// Arguments of `redial doctor`.
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    /// Print the checks as JSON
    #[arg(long)]
    json: bool,
}

/// Looks at everything and prints a line a check.
///
/// # Errors
/// Exit code 1 when a check fails.
pub async fn run(args: &DoctorArgs, config: Option<&Path>) -> Result<(), Failure> {
    let findings = match processes::settings(config) {
        Ok(settings) => all(&settings).await,
        Err(failure) => vec![config_is_bad(&failure), machine::time_zone_data(), calendar::public_holidays()],
    };
    if args.json {
        output::line(&json!({ "checks": findings.iter().map(Finding::to_json).collect::<Vec<_>>() }).to_string())?;
    } else {
        let paint = Paint::for_stdout();
        output::text(&findings.iter().map(|finding| finding.to_text(paint)).collect::<String>())?;
    }
    let failed = findings.iter().filter(|finding| finding.verdict == Verdict::Fail).count();
    match failed {
        0 => Ok(()),
        1 => Err(Failure::failed("1 check failed")),
        failed => Err(Failure::failed(format_args!("{failed} checks failed"))),
    }
}

async fn all(settings: &Settings) -> Vec<Finding> {
    let mut findings = vec![config(settings)];
    findings.push(machine::data_dir(settings.data_dir()));
    match settings.redis_url() {
        Err(failure) => findings.push(config_is_bad(&failure)),
        Ok(Some(url)) => findings.extend(running(url.expose_secret(), settings).await),
        Ok(None) => findings.extend(embedded(settings).await),
    }
    findings.extend(storage::check(settings).await);
    findings.push(machine::time_zone_data());
    findings.push(calendar::public_holidays());
    findings.push(machine::open_files(settings.concurrency()));
    findings
}

/// A machine without workers may have no secrets.
fn config(settings: &Settings) -> Finding {
    if let Err(failure) = settings.check_accounts(false) {
        return config_is_bad(&failure);
    }
    if let Err(failure) = settings.check_accounts(true) {
        let error = format!("{}: no worker can run here", failure.error());
        return Finding::warn("config", error, failure.remedy().unwrap_or("give the secret to machines with workers"));
    }
    match settings.file() {
        Some(file) => Finding::ok("config", format_args!("{} is valid", file.display())),
        None => Finding::ok("config", "no file found: defaults are used"),
    }
}

/// The program must be there; the rest can be looked at while `redial up` runs.
async fn embedded(settings: &Settings) -> Vec<Finding> {
    let mut findings = vec![machine::redis_server()];
    match embedded_redis::url_of(settings.data_dir()) {
        Some(url) if embedded_redis::answers(&url).await => findings.extend(running(&url, settings).await),
        _ => findings.push(Finding::ok("redis", "embedded and not running: `redial up` starts it")),
    }
    findings
}

/// A Redis, and what it has of campaigns if it answers.
async fn running(url: &str, settings: &Settings) -> Vec<Finding> {
    let mut findings = redis::check(url, settings.durability()).await;
    if findings.iter().all(|finding| finding.verdict != Verdict::Fail) {
        findings.extend(campaigns::check(url, settings.workspace()).await);
    }
    findings
}

fn config_is_bad(failure: &Failure) -> Finding {
    Finding::fail("config", failure.error(), failure.remedy().unwrap_or("correct the file"))
}
