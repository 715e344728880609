//! `redial call CAMPAIGN --to NUMBER`

use std::time::{Duration, Instant, SystemTime};

use redial_shared::domain::{CampaignName, ContactState, units::Span};
use reqwest::Method;
use serde_json::{Map, Value};

use super::lifecycle::{self, Step};
use crate::{
    api::{ContactStory, TestCall},
    client::Client,
    failure::Failure,
    output,
    render::{self, Paint},
};

/// How often what became of the call is asked for.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// Arguments of `redial call`.
#[derive(Debug, clap::Args)]
pub struct CallArgs {
    /// The campaign whose settings are used
    campaign: CampaignName,
    /// The number to call, in E.164: +12025550123
    #[arg(long, value_name = "NUMBER")]
    to: String,
    /// What a column of a list would hold, for `{{NAME}}` in the campaign's `[call]`; can be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = name_and_value)]
    attributes: Vec<(String, String)>,
    /// How long it may take until the phone rings; then it is called off
    #[arg(long, value_name = "DURATION", default_value = "1m")]
    wait: Span,
    /// Print the contact with its attempt as JSON
    #[arg(long)]
    json: bool,
}

/// Makes one call, waits for its end and tells the story.
///
/// # Errors
/// Exit code 1 when the call was not made, or there is no such campaign; 2 for a number or an attribute that the server
/// refuses; 3 without a server.
pub async fn run(args: &CallArgs, client: &Client) -> Result<(), Failure> {
    let attributes: Map<String, Value> =
        args.attributes.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    let request = client.request(Method::POST, &["campaigns", args.campaign.as_str(), "call"]);
    let body = serde_json::json!({ "to": args.to, "attributes": attributes });
    let call: TestCall = client.read(&client.text(request.json(&body)).await?)?;
    let followed = tokio::select! {
        followed = follow(client, &call, args.wait.duration()) => followed,
        _ = tokio::signal::ctrl_c() => Err(Failure::failed("interrupted")),
    };
    if followed.is_err() {
        // Nobody waits for it any more: it must not ring later on.
        lifecycle::act(client, Step::Stop, &call.campaign).await?;
    }
    let (answer, contact) = followed?;
    if args.json {
        return output::line(&answer);
    }
    output::text(&render::explain::story(&contact, &call.campaign, SystemTime::now().into(), Paint::for_stdout()))
}

/// Waits for the end of the call.
async fn follow(client: &Client, call: &TestCall, wait: Duration) -> Result<(String, ContactStory), Failure> {
    let begun = Instant::now();
    loop {
        let path = ["campaigns", call.campaign.as_str(), "contacts", call.contact_id.as_str()];
        let answer = client.text(client.request(Method::GET, &path)).await?;
        let contact: ContactStory = client.read(&answer)?;
        let is_late = contact.state != ContactState::Active && begun.elapsed() >= wait;
        if contact.state != ContactState::Held && !contact.state.is_open() {
            return Ok((answer, contact));
        }
        if contact.state == ContactState::Held || is_late {
            return Err(Failure::failed(format_args!("it was not called: {}", render::printable(&contact.why)))
                .hint("`--wait` says how long a call may take to begin; it was called off"));
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// `NAME=VALUE`; the value may be empty.
pub(super) fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("NAME=VALUE expected".to_owned()),
    }
}
