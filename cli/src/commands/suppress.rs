//! `redial suppress …`: the do-not-call lists.

use std::path::PathBuf;

use redial_shared::domain::{CampaignName, contact_list::Country, suppression::ListName, units::Span};
use reqwest::{Method, RequestBuilder, header};
use serde_json::json;

use super::upload::source::Source;
use crate::{
    api::{Checked, ImportedNumbers, Suppressed, SuppressionLists, Unsuppressed},
    client::Client,
    failure::Failure,
    output, render,
};

/// How many bad lines are told on stderr.
const TOLD_MAX: usize = 20;
/// Numbers of one request.
const NUMBERS_MAX: usize = 500;

/// What to do with the do-not-call lists.
#[derive(Debug, clap::Subcommand)]
pub enum SuppressVerb {
    /// Put numbers on a list; returns when no new call to them can start
    Add(AddArgs),
    /// Take numbers off a list, or off all of them
    Remove(NumbersArgs),
    /// Tell on which lists numbers are, since when and until when
    Check(NumbersArgs),
    /// Import a file, one number a line; it replaces what was imported into the same list before
    Import(ImportArgs),
    /// Show all lists
    List {
        /// Print the answer as JSON
        #[arg(long)]
        json: bool,
    },
}

/// Whose list.
#[derive(Debug, clap::Args)]
pub struct WhoseArgs {
    /// This campaign's own lists [default: the workspace's, which bind every campaign]
    #[arg(long, value_name = "NAME")]
    campaign: Option<CampaignName>,
    /// Country of national numbers, such as US
    #[arg(long, value_name = "CODE", value_parser = country)]
    country: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// How long and why.
#[derive(Debug, clap::Args)]
pub struct TermArgs {
    /// How long, such as 60d [default: for good]
    #[arg(long, value_name = "DURATION")]
    expires: Option<Span>,
    /// Why, in one line
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
}

/// Arguments of `redial suppress add`.
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// Numbers in E.164, or national with --country
    #[arg(required = true, value_name = "NUMBER")]
    numbers: Vec<String>,
    /// The list
    #[arg(long, value_name = "NAME", default_value_t)]
    list: ListName,
    #[command(flatten)]
    term: TermArgs,
    #[command(flatten)]
    whose: WhoseArgs,
}

/// Arguments of `redial suppress remove` and `check`.
#[derive(Debug, clap::Args)]
pub struct NumbersArgs {
    /// Numbers in E.164, or national with --country
    #[arg(required = true, value_name = "NUMBER")]
    numbers: Vec<String>,
    /// Only this list [default: all]
    #[arg(long, value_name = "NAME")]
    list: Option<ListName>,
    #[command(flatten)]
    whose: WhoseArgs,
}

/// Arguments of `redial suppress import`.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// Text or CSV, gzip too, one number a line; `-` reads standard input
    file: PathBuf,
    /// The list [default: the file's name without its ending; do-not-call for standard input]
    #[arg(long, value_name = "NAME")]
    list: Option<ListName>,
    /// Add to what was imported before, instead of replacing it
    #[arg(long)]
    append: bool,
    #[command(flatten)]
    term: TermArgs,
    #[command(flatten)]
    whose: WhoseArgs,
}

/// Does it and says what became of the numbers.
///
/// # Errors
/// Exit code 2 for what is no number or a file without any, 1 when there is no such campaign, 3 without a server.
pub async fn run(verb: &SuppressVerb, client: &Client) -> Result<(), Failure> {
    match verb {
        SuppressVerb::Add(args) => add(args, client).await,
        SuppressVerb::Remove(args) => remove(args, client).await,
        SuppressVerb::Check(args) => check(args, client).await,
        SuppressVerb::Import(args) => import(args, client).await,
        SuppressVerb::List { json } => list(*json, client).await,
    }
}

async fn add(args: &AddArgs, client: &Client) -> Result<(), Failure> {
    let AddArgs { list, term, whose, .. } = args;
    for numbers in args.numbers.chunks(NUMBERS_MAX) {
        let request = json!({
            "numbers": numbers, "list": list.as_str(), "campaign": whose.campaign.as_ref().map(CampaignName::as_str),
            "expires": term.expires, "reason": term.reason, "country": whose.country,
        });
        let answer = client.text(client.request(Method::POST, &["suppressions"]).json(&request)).await?;
        if whose.json {
            output::line(&answer)?;
            continue;
        }
        let Suppressed { added, known, until } = client.read(&answer)?;
        let until = until.map(|until| format!(" until {}", render::instant(until))).unwrap_or_default();
        let known = if known > 0 { format!(", {} there already", render::count(known)) } else { String::new() };
        output::line(&format!("{list}: {} added{until}{known}", render::plural(added, "number")))?;
    }
    Ok(())
}

async fn remove(args: &NumbersArgs, client: &Client) -> Result<(), Failure> {
    for numbers in args.numbers.chunks(NUMBERS_MAX) {
        let answer = client.text(args.request(client, Method::DELETE, &["suppressions"], numbers)).await?;
        if args.whose.json {
            output::line(&answer)?;
            continue;
        }
        let Unsuppressed { removed, unknown } = client.read(&answer)?;
        let unknown = if unknown > 0 { format!(", {} on no list", render::count(unknown)) } else { String::new() };
        output::line(&format!("{} removed{unknown}", render::plural(removed, "number")))?;
    }
    Ok(())
}

async fn check(args: &NumbersArgs, client: &Client) -> Result<(), Failure> {
    for numbers in args.numbers.chunks(NUMBERS_MAX) {
        let answer = client.text(args.request(client, Method::GET, &["suppressions", "check"], numbers)).await?;
        if args.whose.json {
            output::line(&answer)?;
        } else {
            let Checked { numbers } = client.read(&answer)?;
            output::text(&render::suppress::checked(&numbers))?;
        }
    }
    Ok(())
}

impl NumbersArgs {
    fn request(&self, client: &Client, method: Method, path: &[&str], numbers: &[String]) -> RequestBuilder {
        let request = client.request(method, path).query(&[("numbers", numbers.join(","))]);
        let request = self.whose.narrow(request);
        self.list.iter().fold(request, |request, list| request.query(&[("list", list.as_str())]))
    }
}

impl WhoseArgs {
    fn narrow(&self, request: RequestBuilder) -> RequestBuilder {
        let campaign = self.campaign.iter().map(|campaign| ("campaign", campaign.as_str()));
        let country = self.country.iter().map(|country| ("country", country.as_str()));
        campaign.chain(country).fold(request, |request, pair| request.query(&[pair]))
    }
}

async fn import(args: &ImportArgs, client: &Client) -> Result<(), Failure> {
    let source = Source::open(&args.file).await?;
    let of_file = || if source.is_stdin() { ListName::default() } else { ListName::of_file(&source.name()) };
    let list = args.list.clone().unwrap_or_else(of_file);
    let request = client.request(Method::POST, &["suppressions", "import"]);
    let request = args.whose.narrow(request).query(&[("list", list.as_str()), ("reason", &args.term.reason)]);
    let request = if args.append { request.query(&[("append", "true")]) } else { request };
    let request =
        args.term.expires.iter().fold(request, |request, expires| request.query(&[("expires", expires.to_string())]));
    let request = request.header(header::CONTENT_TYPE, "application/octet-stream").body(source.into_body());
    let response = client.send(request).await?;
    let answer = response.text().await.map_err(|error| client.broken(&error))?;
    if args.whose.json {
        return output::line(&answer);
    }
    let ImportedNumbers { imported, new, rejected, rejects } = client.read(&answer)?;
    let (imported, rejected_shown) = (render::plural(imported, "number"), render::count(rejected));
    output::line(&format!("{list}: {imported}, {} of them new, {rejected_shown} rejected", render::count(new)))?;
    for reject in rejects.iter().take(TOLD_MAX) {
        eprintln!("line {}: {}", reject.line, render::printable(&reject.reason));
    }
    if rejected > TOLD_MAX as u64 {
        eprintln!("hint: --json tells the first thousand of them");
    }
    Ok(())
}

async fn list(json: bool, client: &Client) -> Result<(), Failure> {
    let answer = client.text(client.request(Method::GET, &["suppressions"])).await?;
    if json {
        return output::line(&answer);
    }
    let SuppressionLists { lists } = client.read(&answer)?;
    output::text(&render::suppress::lists(&lists))
}

/// A country's code, if there is such a country.
fn country(text: &str) -> Result<String, String> {
    text.parse::<Country>().map(|_| text.to_owned()).map_err(|error| error.to_string())
}
