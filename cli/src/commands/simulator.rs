//! `redial simulator`

use std::{net::SocketAddr, path::PathBuf};

use crate::{failure::Failure, output, processes::Simulator, signals};

/// Arguments of `redial simulator`.
#[derive(Debug, clap::Args)]
pub struct SimulatorArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7272")]
    listen: SocketAddr,
    /// How calls are answered: outcomes, latency and faults (TOML)
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

/// Serves until a signal; the base URL is printed once it can be used.
///
/// # Errors
/// Exit code 2 when the settings are no good, 1 when the address cannot be bound.
pub async fn run(args: &SimulatorArgs) -> Result<(), Failure> {
    let stop = signals::stop_token()?;
    let simulator = Simulator::start(args.listen, args.settings.as_deref()).await?;
    output::line(&simulator.url())?;
    stop.cancelled().await;
    simulator.stop().await;
    Ok(())
}
