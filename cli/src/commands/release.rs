//! `redial release CAMPAIGN [CONTACT…]`

use redial_shared::domain::CampaignName;
use reqwest::Method;

use crate::{api::Released, client::Client, failure::Failure, output, render};

/// Arguments of `redial release`.
#[derive(Debug, clap::Args)]
pub struct ReleaseArgs {
    /// The campaign's name
    campaign: CampaignName,
    /// Contacts by id or number [default: all that are held]
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    contacts: Vec<String>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// Puts held contacts back and says how many.
///
/// # Errors
/// Exit code 1 when there is no such campaign or contact, 3 without a server.
pub async fn run(args: &ReleaseArgs, client: &Client) -> Result<(), Failure> {
    let campaign = args.campaign.as_str();
    let request = client.request(Method::POST, &["campaigns", campaign, "release"]);
    let answer = client.text(request.json(&serde_json::json!({ "contacts": args.contacts }))).await?;
    if args.json {
        return output::line(&answer);
    }
    let Released { released, stay_held } = client.read(&answer)?;
    let mut told = format!("{campaign}: {} released\n", render::plural(released, "held contact"));
    for (why, contacts) in stay_held {
        told += &format!(
            "  {} held: {why}\n",
            if contacts == 1 { "1 stays".to_owned() } else { format!("{contacts} stay") }
        );
    }
    output::text(&told)
}
