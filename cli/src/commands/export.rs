//! `redial results CAMPAIGN` and `redial attempts CAMPAIGN`: rows streamed from the server.

use std::{
    fs::{self, File},
    io::{self, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use redial_shared::domain::CampaignName;
use reqwest::{Method, Response};

use crate::{client::Client, failure::Failure, output};

/// Arguments of `redial results` and `redial attempts`.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// The campaign's name
    campaign: CampaignName,
    /// What a row looks like
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Write to FILE instead of standard output; it appears only when it is whole
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The same as `--format jsonl`
    #[arg(long, conflicts_with = "format")]
    json: bool,
    #[command(flatten)]
    filter: FilterArgs,
}

/// Arguments of `redial results`.
#[derive(Debug, clap::Args)]
pub struct ResultsArgs {
    #[command(flatten)]
    export: ExportArgs,
    /// Print each contact's row when it is finished, until the campaign is completed or stopped
    #[arg(long, conflicts_with = "output")]
    follow: bool,
}

/// Which rows: all that is given must hold.
#[derive(Debug, Default, clap::Args)]
struct FilterArgs {
    /// Contacts in these states: completed,failed
    #[arg(long, value_name = "STATE,…")]
    state: Option<String>,
    /// Attempts that ended so; for results the contact's last one: answered,voicemail
    #[arg(long, value_name = "OUTCOME,…")]
    outcome: Option<String>,
    /// Attempts that began then or later; for results the contact's last one. RFC 3339: 2026-12-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// The same, before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

/// Formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A header and a row a line (RFC 4180).
    Csv,
    /// A JSON object a line.
    Jsonl,
    /// Typed columns, for programs; to a file or a pipe.
    Parquet,
}

/// What a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// A contact.
    Results,
    /// An attempt.
    Attempts,
}

/// Streams the rows to standard output or a file.
///
/// # Errors
/// Exit code 1 when the campaign does not exist, the answer breaks off or the file cannot be written, 3 without a
/// server.
pub async fn run(rows: Rows, args: &ExportArgs, client: &Client) -> Result<(), Failure> {
    let file = args.output.as_deref().filter(|path| *path != Path::new("-"));
    if file.is_none() && args.format == Format::Parquet && io::stdout().is_terminal() {
        return Err(Failure::usage("Parquet is nothing for a terminal").hint("-o FILE, or pipe it into a program"));
    }
    let response = ask(client, rows, args, &args.filter.query()).await?;
    match file {
        None => to_stdout(response, client).await,
        Some(path) => to_file(response, client, path).await,
    }
}

/// Streams the results, or follows them.
///
/// # Errors
/// As [`run`].
pub async fn results(args: &ResultsArgs, client: &Client) -> Result<(), Failure> {
    if !args.follow {
        return run(Rows::Results, &args.export, client).await;
    }
    let mut query = args.export.filter.query();
    query.push(("follow", "true"));
    let mut response = ask(client, Rows::Results, &args.export, &query).await?;
    while let Some(chunk) = response.chunk().await.map_err(|error| client.broken(&error))? {
        output::bytes(&chunk)?;
        output::flush()?;
    }
    Ok(())
}

impl FilterArgs {
    fn query(&self) -> Vec<(&'static str, &str)> {
        let given =
            [("state", &self.state), ("outcome", &self.outcome), ("since", &self.since), ("until", &self.until)];
        given.into_iter().filter_map(|(key, value)| Some((key, value.as_deref()?))).collect()
    }
}

async fn ask(client: &Client, rows: Rows, args: &ExportArgs, query: &[(&str, &str)]) -> Result<Response, Failure> {
    let format = if args.json { Format::Jsonl } else { args.format };
    fetch(client, rows, args.campaign.as_str(), format, query).await
}

/// Asks for the rows.
///
/// # Errors
/// As [`Client::send`].
pub async fn fetch(
    client: &Client,
    rows: Rows,
    campaign: &str,
    format: Format,
    query: &[(&str, &str)],
) -> Result<Response, Failure> {
    let what = match rows {
        Rows::Results => "results",
        Rows::Attempts => "attempts",
    };
    let format = match format {
        Format::Csv => "csv",
        Format::Jsonl => "jsonl",
        Format::Parquet => "parquet",
    };
    let request = client.request(Method::GET, &["campaigns", campaign, what]).query(&[("format", format)]);
    client.send(request.query(query)).await
}

async fn to_stdout(mut response: Response, client: &Client) -> Result<(), Failure> {
    while let Some(chunk) = response.chunk().await.map_err(|error| client.broken(&error))? {
        output::bytes(&chunk)?;
    }
    output::flush()
}

/// Writes beside the file and renames at the end, so that a broken answer never looks like a result. Something that is
/// no regular file, a pipe say, is written straight away.
async fn to_file(mut response: Response, client: &Client, path: &Path) -> Result<(), Failure> {
    let cannot = |error: io::Error| Failure::failed(format_args!("cannot write {}: {error}", path.display()));
    let special = fs::metadata(path).is_ok_and(|found| !found.is_file());
    let part = if special { path.to_owned() } else { part_of(path) };
    let mut file = BufWriter::new(File::create(&part).map_err(cannot)?);
    let written = async {
        while let Some(chunk) = response.chunk().await.map_err(|error| client.broken(&error))? {
            file.write_all(&chunk).map_err(cannot)?;
        }
        file.flush().map_err(cannot)?;
        if special { Ok(()) } else { fs::rename(&part, path).map_err(cannot) }
    };
    let written = written.await;
    if written.is_err() && !special {
        // The error that led here is the one to report.
        let _ = fs::remove_file(&part);
    }
    written
}

fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}
