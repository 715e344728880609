//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum, error::ErrorKind};
use secrecy::SecretString;

use crate::{
    commands::{
        apply::ApplyArgs,
        call::CallArgs,
        cancel::CancelArgs,
        demo::DemoArgs,
        doctor::DoctorArgs,
        edit::EditArgs,
        explain::ExplainArgs,
        export::{ExportArgs, ResultsArgs},
        forget::ForgetArgs,
        lifecycle::LifecycleArgs,
        notify::NotifyVerb,
        plan::PlanArgs,
        presets::PresetsArgs,
        provider::ProviderVerb,
        release::ReleaseArgs,
        remove::RemoveArgs,
        simulator::SimulatorArgs,
        status::StatusArgs,
        suppress::SuppressVerb,
        token::TokenVerb,
        upload::UploadArgs,
    },
    failure::Failure,
};

/// Outbound call campaigns: durable, paced, inside calling hours.
#[derive(Debug, Parser)]
#[command(name = "redial", version, max_term_width = 100)]
pub struct Args {
    /// What every verb takes.
    #[command(flatten)]
    pub globals: Globals,
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The arguments of this process. Help and the version are printed at once.
///
/// # Errors
/// Exit code 2 for wrong usage. Without any verb, help is the answer.
pub fn parse() -> Result<Args, Failure> {
    Args::try_parse().map_err(|error| {
        if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            error.exit();
        }
        let text = error.render().to_string();
        let mut parts = text.split("\n\n").map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
        let what = parts.next().unwrap_or_default();
        let remedies: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
        Failure::usage(what.trim_start_matches("error: ")).hint(remedies.join(" · "))
    })
}

/// What every verb takes.
#[derive(Debug, clap::Args)]
pub struct Globals {
    /// Process configuration [default: ./redial.toml, else config/redial.toml, else defaults]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the API is
    #[arg(long, global = true, value_name = "URL", env = "REDIAL_SERVER", default_value = "http://127.0.0.1:7171")]
    pub server: String,
    /// API token [default: the admin token in the data directory]
    #[arg(long, global = true, value_name = "TOKEN", env = "REDIAL_TOKEN", hide_env_values = true)]
    pub token: Option<SecretString>,
    /// How processes log to stderr
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value = "text")]
    pub log_format: LogFormat,
}

/// How processes log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

/// The verbs of this release.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run everything on one machine: scheduler, one worker, API; with no Redis configured, a private one
    Up,
    /// Run a scheduler with the API; any number of them against one Redis
    Scheduler,
    /// Run a worker; any number of them against one Redis
    Worker,
    /// Run a whole small campaign against the built-in simulator, to its final report
    Demo(DemoArgs),
    /// Serve the providers' APIs on one port, with configurable answers, latency and faults
    Simulator(SimulatorArgs),
    /// Create or update campaigns from definition files
    Apply(ApplyArgs),
    /// Stream a contact list into a campaign
    Upload(UploadArgs),
    /// Start a campaign; one with a cron expression is armed and starts at its next run
    Start(LifecycleArgs),
    /// Pause a campaign; returns when no new call can start
    Pause(LifecycleArgs),
    /// Let a paused campaign go on
    Resume(LifecycleArgs),
    /// End a campaign; what is not finished becomes cancelled
    Stop(LifecycleArgs),
    /// Take contacts out of a campaign while it runs
    Cancel(CancelArgs),
    /// Change a contact; what is changed counts from its next attempt
    Edit(EditArgs),
    /// Erase a person everywhere: whoever has these numbers, in all campaigns
    Forget(ForgetArgs),
    /// Make one test call with a campaign's settings, and wait for its result
    Call(CallArgs),
    /// Put held contacts back, to be called as their turn comes
    Release(ReleaseArgs),
    /// Remove a campaign that is a draft or over, with its contacts and all that is known of them
    Remove(RemoveArgs),
    /// Show state and counts of all campaigns, or of one
    Status(StatusArgs),
    /// Foresee when whom can be called, and when all are done
    Plan(PlanArgs),
    /// Write one row a contact
    Results(ResultsArgs),
    /// Write one row an attempt
    Attempts(ExportArgs),
    /// Tell a contact's story: every attempt, why it is not being dialed now and when it will be
    Explain(ExplainArgs),
    /// Do-not-call lists: add, remove and check numbers, import files
    #[command(subcommand)]
    Suppress(SuppressVerb),
    /// Provider accounts: how they fare, pause and resume
    #[command(subcommand)]
    Provider(ProviderVerb),
    /// What a campaign's receiver is told: what waits, the log, and telling it again
    #[command(subcommand)]
    Notify(NotifyVerb),
    /// API tokens: make, list and revoke them
    #[command(subcommand)]
    Token(TokenVerb),
    /// Show the legal calling hours that ship, each rule with its source; asks no server
    Presets(PresetsArgs),
    /// Check Redis, clocks, configuration and this machine, with a remedy for what is wrong
    Doctor(DoctorArgs),
}
