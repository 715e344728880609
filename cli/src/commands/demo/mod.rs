//! `redial demo`: a whole small campaign against the built-in simulator, by the same steps a user takes.

mod files;
mod kinds;
mod report;

use std::{
    collections::HashSet,
    fmt,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use redial_shared::domain::units::Rate;
use tokio_util::sync::CancellationToken;

use super::{
    apply,
    export::{self, Format, Rows},
    lifecycle::{Step, act},
    status, upload,
};
use crate::{
    client::Client,
    embedded_redis::EmbeddedRedis,
    failure::Failure,
    output,
    processes::{self, Kind, Roles, Settings, Simulator, SimulatorOptions},
    render::{self, Paint},
    signals,
};
pub use report::Rang;
use report::{Report, Written};

/// The campaign's name.
const CAMPAIGN: &str = "demo";
/// How long the API may take to come up.
const UP_WITHIN: Duration = Duration::from_secs(30);
/// Beside the time that the calls take at their rate: retries, talks, polls. A bug must not keep the demo for ever.
const SPARE: Duration = Duration::from_secs(5 * 60);

/// Arguments of `redial demo`.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// Whose API the simulator plays: knovvu, uhlive, livecall, ccai or mylibby
    #[arg(long, value_name = "KIND", default_value = "knovvu")]
    provider: Kind,
    /// How many contacts to call [default: 2000, livecall 500, ccai 240]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    contacts: Option<u32>,
    /// How many calls to start in a second, a minute or an hour [default: 100/s, livecall 15/s, ccai 6/s]
    #[arg(long, value_name = "RATE")]
    rate: Option<Rate>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the campaign to its report and leaves nothing behind.
///
/// # Errors
/// Exit code 1 when something does not start, the campaign does not end, or what rang is not what was recorded.
pub async fn run(args: &DemoArgs) -> Result<(), Failure> {
    let stop = signals::stop_token()?;
    let dir = tempfile::Builder::new().prefix("redial-demo-").tempdir().map_err(cannot("make a directory"))?;
    let simulator = Simulator::start(free_address()?, SimulatorOptions::default()).await?;
    let files = files(args)?;
    let config =
        files.write_config(dir.path(), free_address()?, &simulator.url()).map_err(cannot("write its files"))?;
    let settings = processes::settings(Some(&config))?;
    let redis = EmbeddedRedis::start(settings.data_dir(), settings.durability()).await?;
    let report = with_engine(args, &files, &settings, &redis.url(), &simulator, &stop).await;
    redis.stop().await;
    simulator.stop().await;
    finish(&report?, args.json)
}

/// What the user left open is as the kind has it.
fn files(args: &DemoArgs) -> Result<files::Files, Failure> {
    let kind = args.provider;
    let (contacts, rate) = kinds::defaults(kind);
    let rate = args.rate.map_or_else(|| rate.parse().map_err(cannot("read its own rate")), Ok)?;
    Ok(files::Files { kind, rate, contacts: args.contacts.unwrap_or(contacts) })
}

fn finish(report: &Report, json: bool) -> Result<(), Failure> {
    if json {
        output::line(&report.to_json().to_string())?;
    } else {
        output::text(&report.to_text(Paint::for_stdout()))?;
    }
    report.verdict()
}

/// Runs scheduler, worker and API beside the campaign, and ends them whatever comes of it.
async fn with_engine(
    args: &DemoArgs,
    files: &files::Files,
    settings: &Settings,
    redis_url: &str,
    simulator: &Simulator,
    stop: &CancellationToken,
) -> Result<Report, Failure> {
    let stop_engine = CancellationToken::new();
    let mut engine = std::pin::pin!(processes::run(Roles::BOTH, settings, redis_url, stop_engine.clone()));
    let told = tokio::select! {
        told = campaign(args, files, settings, simulator) => told,
        ended = &mut engine => return Err(ended.err().unwrap_or_else(|| Failure::failed("the engine ended by itself"))),
        () = stop.cancelled() => Err(Failure::failed("the demo was interrupted")),
        () = tokio::time::sleep(files.longest() + SPARE) => Err(Failure::failed("the demo campaign does not end")),
    };
    stop_engine.cancel();
    let ended = engine.await;
    let report = told?;
    ended.map(|()| report)
}

/// What a user does: apply, upload, start, watch, fetch.
async fn campaign(
    args: &DemoArgs,
    files: &files::Files,
    settings: &Settings,
    simulator: &Simulator,
) -> Result<Report, Failure> {
    let client = connect(settings).await?;
    apply::apply(&client, CAMPAIGN, files.definition()).await?;
    let list = processes::contacts(files.contacts, kinds::prefix(files.kind))?;
    let zones = files::zones(&list);
    let uploaded = upload::upload_text(&client, CAMPAIGN, list).await?;
    if !args.json {
        let (contacts, zones) =
            (render::plural(uploaded.accepted, "contact"), render::plural(zones as u64, "time zone"));
        output::line(&format!("{contacts} in {zones}, at most {} calls\n", files.rate))?;
    }
    let started = Instant::now();
    act(&client, Step::Start, CAMPAIGN).await?;
    if args.json {
        wait(&client).await?
    } else {
        status::watch(&client, Some(CAMPAIGN), false).await?
    }
    let took = started.elapsed();
    let status = status::of(&client, CAMPAIGN).await?;
    let (attempts, call_ids) = attempts(&client).await?;
    Ok(Report { status, zones, took, attempts, rang: simulator.rang(&call_ids), rate: files.rate })
}

/// The API answers once the scheduler is up; the token is there by then.
async fn connect(settings: &Settings) -> Result<Client, Failure> {
    let since = Instant::now();
    loop {
        let client = Client::new(&format!("http://{}", settings.listen()), settings.admin_token())?;
        match client.text(client.request(reqwest::Method::GET, &["campaigns"])).await {
            Ok(_) => return Ok(client),
            Err(failure) if since.elapsed() > UP_WITHIN => return Err(failure),
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
}

async fn wait(client: &Client) -> Result<(), Failure> {
    while !status::of(client, CAMPAIGN).await?.is_over() {
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Ok(())
}

/// What the report wants of a row of `redial attempts`.
#[derive(serde::Deserialize)]
struct AttemptRow {
    contact_id: String,
    call_id: String,
    started_at: DateTime<Utc>,
}

/// The most of these instants, in milliseconds, that lie within a second of each other.
fn busiest_second(mut sent_ms: Vec<i64>) -> u64 {
    sent_ms.sort_unstable();
    let within = |(first, at): (usize, &i64)| sent_ms[first..].partition_point(|later| later - at < 1_000);
    sent_ms.iter().enumerate().map(within).max().unwrap_or(0) as u64
}

/// Counts the rows of `redial attempts` and the contacts they are of, and gathers the providers' ids of their calls.
async fn attempts(client: &Client) -> Result<(Written, HashSet<String>), Failure> {
    let response = export::fetch(client, Rows::Attempts, CAMPAIGN, Format::Csv, &[]).await?;
    let text = response.text().await.map_err(|error| client.broken(&error))?;
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let cannot = |error: csv::Error| Failure::failed(format_args!("the attempts cannot be read: {error}"));
    let (mut sent, mut contacts, mut call_ids) = (Vec::new(), HashSet::new(), HashSet::new());
    for row in rows.deserialize::<AttemptRow>() {
        let AttemptRow { contact_id, call_id, started_at } = row.map_err(cannot)?;
        sent.push(started_at.timestamp_millis());
        contacts.insert(contact_id);
        call_ids.insert(call_id);
    }
    let (attempts, contacts) = (sent.len() as u64, contacts.len() as u64);
    Ok((Written { attempts, contacts, busiest_second: busiest_second(sent) }, call_ids))
}

/// A port that nobody uses. Somebody could take it before we do; then starting says so.
fn free_address() -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(cannot("find a free port"))?;
    listener.local_addr().map_err(cannot("find a free port"))
}

fn cannot<E: fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Failure {
    move |error| Failure::failed(format_args!("the demo cannot {what}: {error}"))
}
