//! `redial results CAMPAIGN` and `redial attempts CAMPAIGN`: rows streamed from the server.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
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
}

/// Formats of this release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A header and a row a line (RFC 4180).
    Csv,
    /// A JSON object a line.
    Jsonl,
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
    let format = if args.json { Format::Jsonl } else { args.format };
    let response = fetch(client, rows, args.campaign.as_str(), format).await?;
    match args.output.as_deref().filter(|path| *path != Path::new("-")) {
        None => to_stdout(response, client).await,
        Some(path) => to_file(response, client, path).await,
    }
}

/// Asks for the rows.
///
/// # Errors
/// As [`Client::send`].
pub async fn fetch(client: &Client, rows: Rows, campaign: &str, format: Format) -> Result<Response, Failure> {
    let what = match rows {
        Rows::Results => "results",
        Rows::Attempts => "attempts",
    };
    let format = match format {
        Format::Csv => "csv",
        Format::Jsonl => "jsonl",
    };
    client.send(client.request(Method::GET, &["campaigns", campaign, what]).query(&[("format", format)])).await
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
