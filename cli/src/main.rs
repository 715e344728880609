//! The `redial` command: arguments and wiring. What each verb does is in `commands`, one file a verb or family.

mod api;
mod args;
mod client;
mod commands;
mod embedded_redis;
mod failure;
mod logging;
mod output;
mod processes;
mod render;
mod signals;

use std::process::ExitCode;

use args::{Args, Verb};
use commands::{
    apply, call, cancel, demo, doctor, edit, explain,
    export::{self, Rows},
    forget,
    lifecycle::{self, Step},
    notify, plan, presets, process, provider, release, remove, simulator, status, suppress, token, upload,
};
use failure::Failure;

/// An upload makes and frees a dozen small values a row on different threads: with it a list is read a third faster than
/// with the system's allocator, in as little memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = match args::parse() {
        Ok(args) => args,
        Err(failure) => return failure.report(),
    };
    // Both HTTP stacks, ours and Redis's, take the process's provider. It can only be there already if we put it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::failed(format_args!("cannot start: {error}")).report(),
    };
    let done = runtime.block_on(run(&args));
    // A read of a terminal's standard input never ends by itself: do not wait for it.
    runtime.shutdown_background();
    done.map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS)
}

async fn run(args: &Args) -> Result<(), Failure> {
    let globals = &args.globals;
    let config = globals.config.as_deref();
    logging::start(globals.log_format, &args.verb);
    match &args.verb {
        Verb::Up => process::up(config).await,
        Verb::Scheduler => process::scheduler(config).await,
        Verb::Worker => process::worker(config).await,
        Verb::Demo(args) => demo::run(args).await,
        Verb::Simulator(args) => simulator::run(args).await,
        Verb::Apply(args) => apply::run(args, &processes::client(globals)?).await,
        Verb::Upload(args) => upload::run(args, &processes::client(globals)?).await,
        Verb::Start(args) => lifecycle::run(Step::Start, args, &processes::client(globals)?).await,
        Verb::Pause(args) => lifecycle::run(Step::Pause, args, &processes::client(globals)?).await,
        Verb::Resume(args) => lifecycle::run(Step::Resume, args, &processes::client(globals)?).await,
        Verb::Stop(args) => lifecycle::run(Step::Stop, args, &processes::client(globals)?).await,
        Verb::Call(args) => call::run(args, &processes::client(globals)?).await,
        Verb::Cancel(args) => cancel::run(args, &processes::client(globals)?).await,
        Verb::Edit(args) => edit::run(args, &processes::client(globals)?).await,
        Verb::Forget(args) => forget::run(args, &processes::client(globals)?).await,
        Verb::Plan(args) => plan::run(args, &processes::client(globals)?).await,
        Verb::Notify(verb) => notify::run(verb, &processes::client(globals)?).await,
        Verb::Token(verb) => token::run(verb, &processes::client(globals)?).await,
        Verb::Remove(args) => remove::run(args, &processes::client(globals)?).await,
        Verb::Release(args) => release::run(args, &processes::client(globals)?).await,
        Verb::Status(args) => status::run(args, &processes::client(globals)?).await,
        Verb::Results(args) => export::results(args, &processes::client(globals)?).await,
        Verb::Attempts(args) => export::run(Rows::Attempts, args, &processes::client(globals)?).await,
        Verb::Explain(args) => explain::run(args, &processes::client(globals)?).await,
        Verb::Suppress(verb) => suppress::run(verb, &processes::client(globals)?).await,
        Verb::Provider(verb) => provider::run(verb, globals).await,
        Verb::Presets(args) => presets::run(args),
        Verb::Doctor(args) => doctor::run(args, config).await,
    }
}
