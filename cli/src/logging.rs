//! Logs of the processes, on stderr.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::args::{LogFormat, Verb};

/// Starts logging for verbs that are processes; `RUST_LOG` chooses what is logged. The other verbs say what is wrong in
/// `error:` and `hint:` lines and log nothing. The demo shows its progress and logs warnings only.
pub fn start(format: LogFormat, verb: &Verb) {
    let default = match verb {
        Verb::Up | Verb::Scheduler | Verb::Worker | Verb::Simulator(_) => "info",
        Verb::Demo(_) => "error",
        _ => return,
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let subscriber = tracing_subscriber::fmt().with_writer(io::stderr).with_env_filter(filter);
    match format {
        LogFormat::Text => subscriber.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).init(),
        LogFormat::Json => subscriber.json().init(),
    }
}
