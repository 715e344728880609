//! `redial upload CAMPAIGN FILE`

mod rejects;
pub(super) mod source;

use std::path::{Path, PathBuf};

use redial_shared::domain::{
    CampaignName,
    contact_list::{ColumnMap, Encoding, Mapping, NUMBERS_MAX},
};
use reqwest::{Body, Method, RequestBuilder, header};

use crate::{api::Uploaded, client::Client, failure::Failure, output, render};
use rejects::RejectsFile;
use source::Source;

/// How many bad rows are told on stderr when no rejects file was asked for.
const TOLD_MAX: usize = 5;

/// Arguments of `redial upload`.
#[derive(Debug, clap::Args)]
pub struct UploadArgs {
    /// The campaign's name
    campaign: CampaignName,
    /// The contact list (CSV, TSV or JSON Lines, gzip too, or a spreadsheet); `-` reads standard input
    file: PathBuf,
    /// Check the list and count, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Take a column for another name than its own: phone=Mobile, id=CustomerNo; may be repeated
    #[arg(long = "map", value_name = "NAME=COLUMN")]
    maps: Vec<Mapping>,
    /// Columns of the numbers, in the order in which they are tried: Mobile,Home,Work
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    numbers: Vec<String>,
    /// The list's encoding, where its first bytes do not show it: utf-8, utf-16le, utf-16be or windows-1252
    #[arg(long, value_name = "ENCODING")]
    encoding: Option<Encoding>,
    /// What a row does that is in the campaign already: nothing, or change its contact
    #[arg(long, value_name = "POLICY", value_parser = ["skip", "update"], default_value = "skip")]
    on_duplicate: String,
    /// Write every rejected row there, with its line and the reason
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Print the counts as JSON
    #[arg(long)]
    json: bool,
}

/// Streams the list to the server and prints the counts.
///
/// # Errors
/// Exit code 2 when the file cannot be used as a contact list, 1 when there is no such campaign, 3 without a server.
pub async fn run(args: &UploadArgs, client: &Client) -> Result<(), Failure> {
    let query = query(args)?;
    let source = Source::open(&args.file).await?;
    let request = client.request(Method::POST, &["campaigns", args.campaign.as_str(), "contacts"]);
    let request = request.query(&[("file", source.name())]).header(header::CONTENT_TYPE, source.content_type());
    let request = request.query(&query);
    match &args.rejects {
        None => brief(request.body(source.into_body()), client, args).await,
        Some(path) => {
            if is_same_file(path, &args.file) {
                return Err(Failure::usage("the rejects file must not be the contact list itself"));
            }
            let file = RejectsFile::create(path)?;
            let request = request.header(header::ACCEPT, "application/jsonl").body(source.into_body());
            let counts = file.receive(client.send(request).await?, client).await?;
            tell_encoding(&counts, args.encoding);
            print(&counts, args.json)
        }
    }
}

/// Uploads a list that is in memory already.
///
/// # Errors
/// As [`Client::text`].
pub async fn upload_text(client: &Client, campaign: &str, csv: String) -> Result<Uploaded, Failure> {
    let request = client.request(Method::POST, &["campaigns", campaign, "contacts"]);
    client.json(request.header(header::CONTENT_TYPE, "text/csv").body(Body::from(csv))).await
}

/// What is asked beside the list itself.
fn query(args: &UploadArgs) -> Result<Vec<(&'static str, String)>, Failure> {
    let numbers = number_columns(&args.numbers)?;
    let wrong = |option: &'static str| move |error| Failure::usage(format_args!("{option}: {error}"));
    ColumnMap::new(args.maps.clone()).map_err(wrong("--map"))?;
    let maps = [args.maps.clone(), numbers].concat();
    ColumnMap::new(maps.clone()).map_err(wrong("--map and --numbers"))?;
    let maps = maps.into_iter().map(|Mapping { name, column }| ("map", format!("{name}={column}")));
    let encoding = args.encoding.map(|encoding| ("encoding", encoding.to_string()));
    let dry_run = args.dry_run.then(|| ("dry_run", "true".to_owned()));
    let update = (args.on_duplicate == "update").then(|| ("on_duplicate", "update".to_owned()));
    Ok(dry_run.into_iter().chain(encoding).chain(update).chain(maps).collect())
}

/// The columns of `--numbers`, as mappings.
fn number_columns(columns: &[String]) -> Result<Vec<Mapping>, Failure> {
    if columns.len() > NUMBERS_MAX {
        let told = format_args!("--numbers: {} columns, at most {NUMBERS_MAX} are taken", columns.len());
        return Err(Failure::usage(told));
    }
    let mut mappings: Vec<Mapping> = Vec::with_capacity(columns.len());
    for (rank, column) in (1..).zip(columns.iter().map(|column| column.trim())) {
        let wrong =
            |why: &str| Err(Failure::usage(format_args!("--numbers: {why}")).hint("--numbers Mobile,Home,Work"));
        if column.is_empty() {
            return wrong("the name of a column is empty");
        }
        if mappings.iter().any(|other| other.column.to_lowercase() == column.to_lowercase()) {
            return wrong(&format!("`{column}` is named twice"));
        }
        mappings.push(Mapping { name: format!("phone{rank}"), column: column.to_owned() });
    }
    Ok(mappings)
}

/// What the server took the list's encoding for, if it was not told.
fn tell_encoding(counts: &Uploaded, said: Option<Encoding>) {
    if let (Some(encoding), None) = (&counts.encoding, said) {
        eprintln!("the list was read as {}", render::printable(encoding));
    }
}

/// Without a rejects file: the first bad rows are told on stderr, for it is no secret what went wrong.
async fn brief(request: RequestBuilder, client: &Client, args: &UploadArgs) -> Result<(), Failure> {
    let response = client.send(request).await?;
    let text = response.text().await.map_err(|error| client.broken(&error))?;
    let counts: Uploaded = client.read(&text)?;
    tell_encoding(&counts, args.encoding);
    if args.json {
        return output::line(&text);
    }
    print(&counts, false)?;
    for reject in counts.rejects.iter().take(TOLD_MAX) {
        eprintln!("line {}: {}", reject.line, render::printable(&reject.reason));
    }
    if counts.rejected > 0 {
        eprintln!("hint: --rejects FILE writes every rejected row with its line and the reason");
    }
    Ok(())
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn print(counts: &Uploaded, json: bool) -> Result<(), Failure> {
    let Uploaded { accepted, updated, duplicate, rejected, .. } = counts;
    if json {
        let updated = updated.map(|updated| format!(r#""updated":{updated},"#)).unwrap_or_default();
        output::line(&format!(r#"{{"accepted":{accepted},{updated}"duplicate":{duplicate},"rejected":{rejected}}}"#))
    } else {
        let updated = updated.map(|updated| format!("{updated} updated, ")).unwrap_or_default();
        output::line(&format!("{accepted} accepted, {updated}{duplicate} duplicate, {rejected} rejected"))
    }
}
