//! `redial upload CAMPAIGN FILE`

mod rejects;
pub(super) mod source;

use std::path::{Path, PathBuf};

use redial_shared::domain::CampaignName;
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
    let source = Source::open(&args.file).await?;
    let request = request(client, args.campaign.as_str(), args.dry_run, &source);
    match &args.rejects {
        None => brief(request.body(source.into_body()), client, args.json).await,
        Some(path) => {
            if is_same_file(path, &args.file) {
                return Err(Failure::usage("the rejects file must not be the contact list itself"));
            }
            let file = RejectsFile::create(path)?;
            let request = request.header(header::ACCEPT, "application/jsonl").body(source.into_body());
            let counts = file.receive(client.send(request).await?, client).await?;
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

fn request(client: &Client, campaign: &str, dry_run: bool, source: &Source) -> RequestBuilder {
    let request = client.request(Method::POST, &["campaigns", campaign, "contacts"]);
    let request = request.query(&[("file", source.name())]).header(header::CONTENT_TYPE, source.content_type());
    if dry_run { request.query(&[("dry_run", "true")]) } else { request }
}

/// Without a rejects file: the first bad rows are told on stderr, for it is no secret what went wrong.
async fn brief(request: RequestBuilder, client: &Client, json: bool) -> Result<(), Failure> {
    let response = client.send(request).await?;
    let text = response.text().await.map_err(|error| client.broken(&error))?;
    if json {
        return output::line(&text);
    }
    let counts: Uploaded = client.read(&text)?;
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
    let Uploaded { accepted, duplicate, rejected, .. } = counts;
    if json {
        output::line(&format!(r#"{{"accepted":{accepted},"duplicate":{duplicate},"rejected":{rejected}}}"#))
    } else {
        output::line(&format!("{accepted} accepted, {duplicate} duplicate, {rejected} rejected"))
    }
}
