//! `redial start`, `pause`, `resume` and `stop CAMPAIGN`.

use redial_shared::domain::{CampaignName, CampaignState};
use reqwest::Method;

use crate::{api::Acted, client::Client, failure::Failure, output, render};

/// Arguments of the life cycle's verbs.
#[derive(Debug, clap::Args)]
pub struct LifecycleArgs {
    /// The campaign's name
    campaign: CampaignName,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// A step in a campaign's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Run now, or arm the schedule.
    Start,
    /// Start no new call.
    Pause,
    /// Go on.
    Resume,
    /// End for good.
    Stop,
}

impl Step {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Stop => "stop",
        }
    }
}

/// Takes the step and says where the campaign stands.
///
/// # Errors
/// Exit code 1 when the campaign does not exist or its state does not allow the step, 3 without a server.
pub async fn run(step: Step, args: &LifecycleArgs, client: &Client) -> Result<(), Failure> {
    let answer = act(client, step, args.campaign.as_str()).await?;
    if args.json {
        return output::line(&answer);
    }
    output::line(&told(&client.read(&answer)?))
}

/// Takes the step and gives the answer's text.
///
/// # Errors
/// As [`Client::text`].
pub async fn act(client: &Client, step: Step, campaign: &str) -> Result<String, Failure> {
    client.text(client.request(Method::POST, &["campaigns", campaign, step.as_str()])).await
}

/// Where the campaign stands and the server's own words on it, on one line; how many calls are still live and the next
/// run are added where the words leave them out.
fn told(acted: &Acted) -> String {
    let message = render::printable(&acted.message);
    let mut told = format!("{} is {}", acted.campaign, acted.state);
    if !message.is_empty() {
        told += &format!(": {message}");
    }
    let ending = matches!(acted.state, CampaignState::Paused | CampaignState::Stopping | CampaignState::Stopped);
    if ending && !message.contains("live") {
        told += &format!(", {} still live", render::plural(acted.live_calls, "call"));
    }
    match acted.next_run_at {
        Some(at) if !message.contains("next run") => told += &format!(", next run {}", render::instant(at)),
        _ => {}
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acted(state: &str, live_calls: u64, next_run_at: Option<&str>, message: &str) -> String {
        let json = serde_json::json!({"campaign": "n", "state": state, "live_calls": live_calls,
            "next_run_at": next_run_at, "message": message});
        told(&serde_json::from_value(json).unwrap())
    }

    #[test]
    fn a_pause_says_how_many_calls_are_still_live() {
        assert_eq!(acted("paused", 1, None, ""), "n is paused, 1 call still live");
        let message = "no new call starts; no calls are live";
        assert_eq!(acted("paused", 0, None, message), format!("n is paused: {message}"));
        assert_eq!(
            acted("paused", 7, None, "it was paused already"),
            "n is paused: it was paused already, 7 calls still live"
        );
    }

    #[test]
    fn a_start_with_a_schedule_says_when_the_next_run_is() {
        let at = Some("2026-12-01T19:00:00.000Z");
        assert_eq!(
            acted("scheduled", 0, at, "it is armed"),
            "n is scheduled: it is armed, next run 2026-12-01 19:00:00 UTC"
        );
    }
}
