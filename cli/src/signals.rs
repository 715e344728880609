//! SIGTERM and SIGINT: the first asks for an orderly end, the second ends at once.

use std::{
    io, process,
    time::{Duration, Instant},
};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;

/// A second signal so soon is the first one again: some senders signal both a process and its group.
const SAME_WITHIN: Duration = Duration::from_millis(500);

/// A token that is cancelled by the first SIGTERM or SIGINT. The second ends the process with exit code 1; what was
/// under way is then settled like after a crash.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn stop_token() -> Result<CancellationToken, Failure> {
    let cannot = |error: io::Error| Failure::failed(format_args!("cannot listen for signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
    let token = CancellationToken::new();
    let stop = token.clone();
    tokio::spawn(async move {
        next(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping: live calls are being handed over; a second signal ends at once");
        stop.cancel();
        let first = Instant::now();
        while first.elapsed() < SAME_WITHIN {
            next(&mut terminate, &mut interrupt).await;
        }
        process::exit(1);
    });
    Ok(token)
}

async fn next(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
