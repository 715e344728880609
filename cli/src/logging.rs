//! Logs of the processes, on stderr.

use std::{io, panic};

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
        LogFormat::Json => {
            subscriber.json().flatten_event(true).with_current_span(true).with_span_list(false).init();
            panic::set_hook(Box::new(tell_panic));
        }
    }
}

/// A panic is an object in a line too.
fn tell_panic(panic: &panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let payload = panic.payload();
    let owned = || payload.downcast_ref::<String>().map(String::as_str);
    let cause = payload.downcast_ref::<&str>().copied().or_else(owned).unwrap_or("no words");
    tracing::error!(place, cause, "a task panicked");
}
