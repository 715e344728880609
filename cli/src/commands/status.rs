//! `redial status [CAMPAIGN]`

use std::time::{Duration, Instant, SystemTime};

use redial_shared::domain::CampaignName;
use reqwest::Method;

use crate::{
    api::{Campaigns, Status},
    client::Client,
    failure::{Exit, Failure},
    output,
    render::{
        self, Paint,
        live::{Live, can_redraw, terminal_size},
        status as view,
        watch::{self as watched, Look},
    },
};

/// Between two frames on a terminal, and between two lines in a pipe.
const FRAME: Duration = Duration::from_millis(250);
const LINE: Duration = Duration::from_secs(1);
/// Between two looks behind and ahead, which cost the server more.
const LOOK: Duration = Duration::from_secs(2);
/// A watched server may be away this long, for a restart say.
const PATIENCE: Duration = Duration::from_secs(10);

/// Arguments of `redial status`.
#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    /// The campaign's name; without it, all campaigns
    campaign: Option<CampaignName>,
    /// Follow it until the campaign has ended, or Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Print JSON; with --watch an object for each change
    #[arg(long)]
    json: bool,
}

/// Shows how one campaign or all of them stand.
///
/// # Errors
/// Exit code 1 when there is no such campaign, 3 without a server.
pub async fn run(args: &StatusArgs, client: &Client) -> Result<(), Failure> {
    let name = args.campaign.as_ref().map(CampaignName::as_str);
    if args.watch {
        return tokio::select! {
            watched = watch(client, name, args.json) => watched,
            _ = tokio::signal::ctrl_c() => Ok(()),
        };
    }
    let snapshot = Snapshot::take(client, name).await?;
    if args.json { output::line(&snapshot.text) } else { output::text(&snapshot.view(None, Paint::for_stdout())) }
}

/// Follows one campaign, or all, until nothing is left to follow: drawn in place on a terminal, a line for each change
/// elsewhere.
///
/// # Errors
/// As [`run`]; a server that was there may be away for ten seconds.
pub async fn watch(client: &Client, name: Option<&str>, json: bool) -> Result<(), Failure> {
    let (in_place, paint) = (!json && can_redraw(), Paint::for_stdout());
    let (mut live, mut last) = (Live::default(), Snapshot::take(client, name).await?);
    let mut shown: Option<Snapshot> = None;
    let (mut look, mut looked_at) = (Look::default(), None::<Instant>);
    loop {
        if let Some(name) = name.filter(|_| in_place && looked_at.is_none_or(|at| at.elapsed() >= LOOK)) {
            (look, looked_at) = (look_around(client, name).await, Some(Instant::now()));
        }
        if in_place {
            live.draw(&last.view(Some(&look), paint))?;
        } else if shown.as_ref().is_none_or(|shown| last.differs_from(shown)) {
            last.print_changes(shown.as_ref(), json)?;
        }
        if last.is_over() {
            return Ok(());
        }
        tokio::time::sleep(if in_place { FRAME } else { LINE }).await;
        shown = Some(std::mem::replace(&mut last, patiently(client, name).await?));
    }
}

/// What is not told this time is told the next time, or is none of this server's talents.
async fn look_around(client: &Client, name: &str) -> Look {
    let of = |what| client.request(Method::GET, &["campaigns", name, what]);
    let (behind, ahead) = tokio::join!(client.json(of("timeline")), client.json(of("ahead")));
    Look { behind: behind.ok(), ahead: ahead.ok() }
}

/// Asks again while the server is away, within limits.
async fn patiently(client: &Client, name: Option<&str>) -> Result<Snapshot, Failure> {
    let since = Instant::now();
    loop {
        match Snapshot::take(client, name).await {
            Err(failure) if failure.exit() == Exit::Unreachable && since.elapsed() < PATIENCE => {
                tokio::time::sleep(FRAME).await;
            }
            taken => return taken,
        }
    }
}

/// Asks how one campaign stands.
///
/// # Errors
/// As [`Client::text`].
pub async fn of(client: &Client, name: &str) -> Result<Status, Failure> {
    client.json(client.request(Method::GET, &["campaigns", name])).await
}

/// What the server said at one moment.
struct Snapshot {
    text: String,
    campaigns: Vec<Status>,
    one: bool,
}

impl Snapshot {
    async fn take(client: &Client, name: Option<&str>) -> Result<Self, Failure> {
        let path: Vec<_> = ["campaigns"].into_iter().chain(name).collect();
        let text = client.text(client.request(Method::GET, &path)).await?;
        let campaigns = match name {
            Some(_) => vec![client.read(&text)?],
            None => client.read::<Campaigns>(&text)?.campaigns,
        };
        Ok(Self { text, campaigns, one: name.is_some() })
    }

    fn is_over(&self) -> bool {
        !self.campaigns.is_empty() && self.campaigns.iter().all(Status::is_over)
    }

    fn view(&self, look: Option<&Look>, paint: Paint) -> String {
        let now = SystemTime::now().into();
        match (self.campaigns.as_slice(), look) {
            ([campaign], Some(look)) if self.one => watched::campaign(campaign, look, terminal_size().1, now, paint),
            ([campaign], None) if self.one => view::campaign(campaign, &view::Facts::default(), now, paint),
            ([], _) => "There are no campaigns yet: `redial apply FILE` makes one.\n".to_owned(),
            (all, _) => view::campaigns(all, now),
        }
    }

    /// The pace and the estimate move all the time; a line is worth it when something happened.
    fn differs_from(&self, other: &Self) -> bool {
        let events = |snapshot: &Self| {
            let event = |status: &Status| {
                (status.campaign.clone(), status.state, status.reason.clone(), status.contacts.clone(), status.attempts)
            };
            snapshot.campaigns.iter().map(event).collect::<Vec<_>>()
        };
        events(self) != events(other)
    }

    fn print_changes(&self, before: Option<&Self>, json: bool) -> Result<(), Failure> {
        if json {
            return output::line(&self.text);
        }
        let at = render::rfc3339(SystemTime::now().into());
        let known = |status: &Status| before.is_some_and(|before| before.campaigns.contains(status));
        for status in self.campaigns.iter().filter(|status| !known(status)) {
            output::line(&format!("{at} {}", view::line(status)))?;
        }
        Ok(())
    }
}
