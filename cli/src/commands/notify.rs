//! `redial notify log|replay CAMPAIGN`

use redial_shared::domain::CampaignName;
use reqwest::Method;
use serde_json::json;

use crate::{
    api::{DeliveryLine, Notifications, Replayed},
    client::Client,
    failure::Failure,
    output, render,
    render::table::{Align, table},
};

/// Verbs of `redial notify`.
#[derive(Debug, clap::Subcommand)]
pub enum NotifyVerb {
    /// Tell what the receiver has still to be told, and what came of telling it, newest first
    Log(LogArgs),
    /// Tell the receiver again what happened in a range of time, under the same ids
    Replay(ReplayArgs),
}

/// Arguments of `redial notify log`.
#[derive(Debug, clap::Args)]
pub struct LogArgs {
    /// The campaign's name
    campaign: CampaignName,
    /// How many deliveries are listed
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// Arguments of `redial notify replay`.
#[derive(Debug, clap::Args)]
pub struct ReplayArgs {
    /// The campaign's name
    campaign: CampaignName,
    /// Attempts that ended from then on, like 2026-12-01T00:00:00Z [default: from the beginning]
    #[arg(long, value_name = "INSTANT")]
    since: Option<String>,
    /// Attempts that ended before then [default: until now]
    #[arg(long, value_name = "INSTANT")]
    until: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// Shows or repeats what a campaign's receiver is told.
///
/// # Errors
/// Exit code 1 when there is no such campaign, or nobody is told of it; 3 without a server.
pub async fn run(verb: &NotifyVerb, client: &Client) -> Result<(), Failure> {
    match verb {
        NotifyVerb::Log(args) => log(args, client).await,
        NotifyVerb::Replay(args) => replay(args, client).await,
    }
}

async fn log(args: &LogArgs, client: &Client) -> Result<(), Failure> {
    let request = client.request(Method::GET, &["campaigns", args.campaign.as_str(), "notifications"]);
    let answer = client.text(request.query(&[("limit", args.limit)])).await?;
    if args.json {
        return output::line(&answer);
    }
    let notifications: Notifications = client.read(&answer)?;
    output::text(&shown(&notifications))
}

async fn replay(args: &ReplayArgs, client: &Client) -> Result<(), Failure> {
    let request = client.request(Method::POST, &["campaigns", args.campaign.as_str(), "notifications", "replay"]);
    let answer = client.text(request.json(&json!({ "since": args.since, "until": args.until }))).await?;
    if args.json {
        return output::line(&answer);
    }
    let Replayed { replayed } = client.read(&answer)?;
    output::line(&format!("{}: {} told again", args.campaign, render::plural(replayed, "event")))
}

fn shown(notifications: &Notifications) -> String {
    let Some(webhook) = &notifications.webhook else {
        return format!("{}: nobody is told; [notify] in its definition names a receiver\n", notifications.campaign);
    };
    let since = notifications.oldest_at.map(|oldest| format!(", the oldest since {}", render::instant(oldest)));
    let waiting = format!("{}{}", render::count(notifications.waiting), since.unwrap_or_default());
    let head = format!("{} tells {}\n  waiting  {waiting}\n", notifications.campaign, render::printable(webhook));
    if notifications.deliveries.is_empty() {
        return head;
    }
    let columns = ["SENT", "RESULT", "STATUS", "TYPE", "EVENT", "ERROR"].map(|title| (title, Align::Left));
    let row = |line: &DeliveryLine| {
        vec![
            render::instant(line.sent_at),
            line.result.clone(),
            line.status.map_or_else(String::new, |status| status.to_string()),
            line.kind.clone(),
            line.event.clone(),
            render::printable(&line.error),
        ]
    };
    format!("{head}\n{}", table(&columns, &notifications.deliveries.iter().map(row).collect::<Vec<_>>()))
}
