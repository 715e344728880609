//! `redial plan CAMPAIGN`

use std::time::SystemTime;

use redial_shared::domain::CampaignName;
use reqwest::Method;

use crate::{
    client::Client,
    failure::Failure,
    output,
    render::{self, Paint},
};

/// Arguments of `redial plan`.
#[derive(Debug, clap::Args)]
pub struct PlanArgs {
    /// The campaign's name
    campaign: CampaignName,
    /// Print the plan as JSON
    #[arg(long)]
    json: bool,
}

/// Tells when whom can be called, and when all are done.
///
/// # Errors
/// Exit code 1 when there is no such campaign, 3 without a server.
pub async fn run(args: &PlanArgs, client: &Client) -> Result<(), Failure> {
    let request = client.request(Method::GET, &["campaigns", args.campaign.as_str(), "plan"]);
    let answer = client.text(request).await?;
    if args.json {
        return output::line(&answer);
    }
    output::text(&render::plan::plan(&client.read(&answer)?, SystemTime::now().into(), Paint::for_stdout()))
}
