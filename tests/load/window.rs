//! A window that opens for many contacts at one instant.

use std::{
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use chrono::{DateTime, SecondsFormat, Timelike, Utc};

use crate::{
    Failure,
    machine::Machine,
    report::{audit, count, figure, starts_by_second},
};

/// How far ahead the window opens once the campaign is started.
const AHEAD: Duration = Duration::from_secs(8);
/// Seconds that are looked at.
const SECONDS: usize = 10;

/// What opens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// The calling hours.
    Hours,
    /// The campaign's first run.
    StartAt,
    /// A run of its schedule.
    Cron,
}

impl FromStr for Opening {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "hours" => Ok(Self::Hours),
            "start_at" => Ok(Self::StartAt),
            "cron" => Ok(Self::Cron),
            _ => Err(format!("`{text}` is neither hours nor start_at nor cron")),
        }
    }
}

/// Uploads `contacts`, starts the campaign, and looks at the seconds after its window opens.
pub async fn measure(contacts: u64, rate: u64, opening: Opening) -> Result<(), Failure> {
    let machine = Machine::start(rate).await?;
    machine.apply("[call]\ndisplay_number = \"200\"\n")?;
    let list = machine.list(contacts)?;
    let ran = machine.redial(&["upload", "load", &list.display().to_string(), "--json"])?;
    figure("upload", format!("{} in {:.2} s", ran.stdout.trim(), ran.took.as_secs_f64()));
    let opens_us = open_at(&machine, rate, opening).await?;
    let rings = machine.simulator.ledger().rings();
    let early = rings.iter().filter(|ring| ring.received_at < opens_us).count();
    let first = rings.first().map_or(0, |ring| ring.received_at.saturating_sub(opens_us));
    figure("contacts / rate", format!("{} / {rate} a second", count(contacts)));
    figure("calls before the window", early);
    figure("first call after the opening", format!("{:.1} ms", first as f64 / 1000.0));
    figure("starts by second", format!("{:?}", starts_by_second(&rings, opens_us, SECONDS)));
    figure("most in any sliding second", machine.simulator.ledger().summary().max_calls_in_any_second);
    audit(&machine.simulator, &machine.status()?)
}

/// Starts the campaign with a window some seconds ahead, waits until it has been open for a while, and pauses. Answers
/// when it opened, in microseconds since the epoch.
async fn open_at(machine: &Machine, rate: u64, opening: Opening) -> Result<u64, Failure> {
    let opens = (Utc::now() + AHEAD + Duration::from_secs(1)).with_nanosecond(0).ok_or("no such instant")?;
    machine.apply(&definition(rate, opening, opens))?;
    machine.redial(&["start", "load"])?;
    let until = SystemTime::from(opens) + Duration::from_secs(SECONDS as u64);
    tokio::time::sleep(until.duration_since(SystemTime::now()).unwrap_or_default()).await;
    machine.redial(&["pause", "load"])?;
    Ok(SystemTime::from(opens).duration_since(UNIX_EPOCH)?.as_micros() as u64)
}

fn definition(rate: u64, opening: Opening, opens: DateTime<Utc>) -> String {
    let at = opens.to_rfc3339_opts(SecondsFormat::Secs, true);
    let long_ago = (opens - Duration::from_secs(86_400)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let window = match opening {
        Opening::Hours => {
            format!("[calling_hours]\ndaily = [\"00:00-24:00\"]\nrestricted = [{{ from = {long_ago}, to = {at} }}]")
        }
        Opening::StartAt => format!("[schedule]\nstart_at = {at}"),
        Opening::Cron => format!(
            "[schedule]\ncron = \"{} {} {} * * *\"\ntimezone = \"UTC\"",
            opens.second(),
            opens.minute(),
            opens.hour()
        ),
    };
    format!("{window}\n[pacing]\nrate = \"{rate}/s\"\n[call]\ndisplay_number = \"200\"\n")
}
