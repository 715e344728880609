//! `redial provider …`: accounts at providers, and what those offer beyond calls.

mod direct;

use reqwest::Method;

use crate::{api::Providers, args::Globals, client::Client, failure::Failure, output, processes, render};
use direct::DirectVerb;

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
    /// What is asked of the provider itself.
    #[command(flatten)]
    Direct(DirectVerb),
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

/// Does it, and says how the accounts stand, or what the provider answers.
///
/// # Errors
/// Exit code 1 when there is no such account or its provider refuses, 3 without a server.
pub async fn run(verb: &ProviderVerb, globals: &Globals) -> Result<(), Failure> {
    match verb {
        ProviderVerb::List { json } => list(*json, &processes::client(globals)?).await,
        ProviderVerb::Pause(args) => act("pause", args, &processes::client(globals)?).await,
        ProviderVerb::Resume(args) => act("resume", args, &processes::client(globals)?).await,
        ProviderVerb::Direct(verb) => direct::run(verb, &processes::settings(globals.config.as_deref())?).await,
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
