//! Measures the engine as a user runs it: `redial up` with its own Redis, driven by the command, against the simulator.
//!
//! ```text
//! cargo build --release -p redial
//! cargo run --release -p redial-tests --example load -- upload [rows]
//! cargo run --release -p redial-tests --example load -- window [contacts] [rate] [hours|start_at|cron]
//! cargo run --release -p redial-tests --example load -- pace [rate] [seconds]
//! cargo run --release -p redial-tests --example load -- polls [contacts] [rate]
//! ```
//!
//! - `upload` sends a list of rows of about 100 bytes, 1,000,000 unless told otherwise, twice, and starts the campaign:
//!   rows a second, peak memory of the server and of the command, Redis's bytes a contact, time to the first call.
//! - `window` waits until a window opens for 100,000 contacts at one instant: how late the first call is, and how many
//!   calls start in each of the first seconds.
//! - `pace` runs a campaign at one rate: how much of it is used, how much is never exceeded, commands to Redis a call.
//! - `polls` calls 10,000 contacts at 100 a second, each for up to 30 s: how many requests for results, of at most 50 calls,
//!   and how long after a call's end its result is known.
//!
//! Everything happens on 127.0.0.1, in a temporary directory that is gone afterwards, within ten minutes. It only prints:
//! no number makes it fail, only a call that is lost, rung twice or not recorded does.

mod machine;
mod pace;
mod polls;
mod report;
mod upload;
mod window;

use std::{process::ExitCode, time::Duration};

/// Whatever happens, a measurement is over by then.
const LONGEST: Duration = Duration::from_secs(600);

/// Why a measurement gave no numbers.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str = "usage: load upload [rows] | load window [contacts] [rate] [hours|start_at|cron] | load pace [rate] [seconds] | load polls [contacts] [rate]";

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match tokio::time::timeout(LONGEST, measure(&args)).await {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => complain(&failure.to_string()),
        Err(_) => complain(&format!("not done after {} s", LONGEST.as_secs())),
    }
}

async fn measure(args: &[String]) -> Result<(), Failure> {
    let number = |place: usize, default: u64| args.get(place).map_or(Ok(default), |text| text.parse());
    match args.first().map(String::as_str) {
        Some("upload") => upload::measure(number(1, 1_000_000)?).await,
        Some("window") => {
            let opening = args.get(3).map_or("hours", String::as_str).parse()?;
            window::measure(number(1, 100_000)?, number(2, 500)?, opening).await
        }
        Some("pace") => pace::measure(number(1, 100)?, number(2, 60)?).await,
        Some("polls") => polls::measure(number(1, 10_000)?, number(2, 100)?).await,
        _ => Err(USAGE.into()),
    }
}

fn complain(what: &str) -> ExitCode {
    eprintln!("error: {what}");
    ExitCode::FAILURE
}
