//! `redial remove CAMPAIGN`

use redial_shared::domain::CampaignName;
use reqwest::Method;

use crate::{api::Removed, client::Client, failure::Failure, output, render};

/// Arguments of `redial remove`.
#[derive(Debug, clap::Args)]
pub struct RemoveArgs {
    /// The campaign's name; it must be a draft, completed, stopped or archived. An archive's files are deleted
    campaign: CampaignName,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// Removes a campaign for good.
///
/// # Errors
/// Exit code 1 when there is no such campaign or it is not over, 3 without a server.
pub async fn run(args: &RemoveArgs, client: &Client) -> Result<(), Failure> {
    let answer = client.text(client.request(Method::DELETE, &["campaigns", args.campaign.as_str()])).await?;
    if args.json {
        return output::line(&answer);
    }
    let Removed { contacts, attempts } = client.read(&answer)?;
    let (contacts, attempts) = (render::plural(contacts, "contact"), render::plural(attempts, "attempt"));
    output::line(&format!("{} is removed, with {contacts} and {attempts}", args.campaign))
}
