//! `redial cancel CAMPAIGN CONTACT…`

use redial_shared::domain::CampaignName;
use reqwest::Method;

use crate::{api::Cancelled, client::Client, failure::Failure, output, render};

/// Arguments of `redial cancel`.
#[derive(Debug, clap::Args)]
pub struct CancelArgs {
    /// The campaign's name
    campaign: CampaignName,
    /// Contacts by id or number
    #[arg(required = true, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    contacts: Vec<String>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// Takes contacts out and says what became of them.
///
/// # Errors
/// Exit code 1 when there is no such campaign or contact, 3 without a server.
pub async fn run(args: &CancelArgs, client: &Client) -> Result<(), Failure> {
    let campaign = args.campaign.as_str();
    let request = client.request(Method::POST, &["campaigns", campaign, "cancel"]);
    let answer = client.text(request.json(&serde_json::json!({ "contacts": args.contacts }))).await?;
    if args.json {
        return output::line(&answer);
    }
    output::line(&told(campaign, &client.read(&answer)?))
}

fn told(campaign: &str, done: &Cancelled) -> String {
    let mut told = format!("{campaign}: {} cancelled", render::plural(done.cancelled, "contact"));
    if done.on_call > 0 {
        told += &format!(", {} on a call and not called again after it", done.on_call);
    }
    if done.finished > 0 {
        told += &format!(", {} finished before", done.finished);
    }
    if done.cancelled_before > 0 {
        told += &format!(", {} cancelled before", done.cancelled_before);
    }
    if done.repeated > 0 {
        let names = if done.repeated == 1 { "1 name repeats another" } else { "names repeat others" };
        let count = if done.repeated == 1 { String::new() } else { format!("{} ", render::count(done.repeated)) };
        told += &format!(" ({count}{names})");
    }
    told
}
