//! `redial provider list`, `pause` and `resume NAME`: accounts at providers.

use reqwest::Method;

use crate::{api::Providers, client::Client, failure::Failure, output, render};

/// What to do with provider accounts.
#[derive(Debug, clap::Subcommand)]
pub enum ProviderVerb {
    /// Show all accounts: whether they call, their limits, their live calls
    List {
        /// Print the answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Start no call through an account; returns when no new call can start
    Pause(NamedArgs),
    /// Let an account go on, at once
    Resume(NamedArgs),
}

/// Which account.
#[derive(Debug, clap::Args)]
pub struct NamedArgs {
    /// The account, as `[providers.NAME]` names it
    name: String,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// Does it, and says how the accounts stand.
///
/// # Errors
/// Exit code 1 when there is no such account, 3 without a server.
pub async fn run(verb: &ProviderVerb, client: &Client) -> Result<(), Failure> {
    match verb {
        ProviderVerb::List { json } => list(*json, client).await,
        ProviderVerb::Pause(args) => act("pause", args, client).await,
        ProviderVerb::Resume(args) => act("resume", args, client).await,
    }
}

async fn list(json: bool, client: &Client) -> Result<(), Failure> {
    let answer = client.text(client.request(Method::GET, &["providers"])).await?;
    if json {
        return output::line(&answer);
    }
    let Providers { providers } = client.read(&answer)?;
    output::text(&render::provider::providers(&providers))
}

async fn act(verb: &str, args: &NamedArgs, client: &Client) -> Result<(), Failure> {
    let answer = client.text(client.request(Method::POST, &["providers", &args.name, verb])).await?;
    if args.json {
        return output::line(&answer);
    }
    output::line(&render::provider::line(&client.read(&answer)?))
}
