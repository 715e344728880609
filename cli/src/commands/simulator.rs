//! `redial simulator`

use std::{net::SocketAddr, path::PathBuf};

use crate::{
    failure::Failure,
    output,
    processes::{AddedFault, Simulator, SimulatorOptions, Span},
    signals,
};

/// Arguments of `redial simulator`.
#[derive(Debug, clap::Args)]
pub struct SimulatorArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7272")]
    listen: SocketAddr,
    /// How calls are answered: outcomes, latency and faults (TOML)
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// How long access tokens live, like 60s; uhlive and mylibby have them
    #[arg(long, value_name = "TIME")]
    token_life: Option<Span>,
    /// A fault beside those of the settings, like 429=0.05 or ccai:reset_after=0.01; may be given several times
    #[arg(long = "fault", value_name = "[PROVIDER:]FAULT=PROBABILITY")]
    faults: Vec<AddedFault>,
}

/// Serves until a signal; the base URL is printed once it can be used.
///
/// # Errors
/// Exit code 2 when the settings are no good, 1 when the address cannot be bound.
pub async fn run(args: &SimulatorArgs) -> Result<(), Failure> {
    let stop = signals::stop_token()?;
    let SimulatorArgs { listen, settings, token_life, faults } = args;
    let options = SimulatorOptions { settings: settings.as_deref(), token_life: *token_life, faults };
    let simulator = Simulator::start(*listen, options).await?;
    output::line(&simulator.url())?;
    stop.cancelled().await;
    simulator.stop().await;
    Ok(())
}
