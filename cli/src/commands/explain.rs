//! `redial explain CAMPAIGN CONTACT`

use std::time::SystemTime;

use redial_shared::domain::CampaignName;
use reqwest::Method;

use crate::{
    client::Client,
    failure::Failure,
    output,
    render::{self, Paint},
};

/// Arguments of `redial explain`.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// The campaign's name
    campaign: CampaignName,
    /// The contact's id; without an `id` column, its number
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    contact: String,
    /// Print the contact as JSON
    #[arg(long)]
    json: bool,
}

/// Prints the contact's story.
///
/// # Errors
/// Exit code 1 when there is no such campaign or contact, 3 without a server.
pub async fn run(args: &ExplainArgs, client: &Client) -> Result<(), Failure> {
    let campaign = args.campaign.as_str();
    let request = client.request(Method::GET, &["campaigns", campaign, "contacts", &args.contact]);
    let answer = client.text(request).await?;
    if args.json {
        return output::line(&answer);
    }
    let contact = client.read(&answer)?;
    output::text(&render::explain::story(&contact, campaign, SystemTime::now().into(), Paint::for_stdout()))
}
