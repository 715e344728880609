//! A long list: how fast it is taken in, and what it costs.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::{
    Failure,
    machine::{Machine, Ran},
    report::{audit, count, figure, mebibytes},
};

const RATE: u64 = 100;
/// How long the first call may take before we stop waiting for it.
const FIRST_CALL_WITHIN: Duration = Duration::from_secs(30);

/// Uploads a list of `rows`, uploads it again, and starts the campaign.
pub async fn measure(rows: u64) -> Result<(), Failure> {
    let machine = Machine::start(RATE).await?;
    machine.apply(&format!("[pacing]\nrate = \"{RATE}/s\"\n[call]\ndisplay_number = \"200\"\n"))?;
    let list = machine.list(rows)?;
    let bytes = std::fs::metadata(&list)?.len();
    figure("list", format!("{} rows of {} bytes", count(rows), bytes / rows.max(1)));
    figure("server's memory before", mebibytes(machine.peak_kib()));
    let (empty, before) = (machine.settled_memory().await?, Spent::so_far(&machine)?);
    let path = list.display().to_string();
    let ran = machine.redial(&["upload", "load", &path, "--json"])?;
    tell("upload", rows, &ran, &machine, &before)?;
    let memory = machine.settled_memory().await?.saturating_sub(empty);
    figure("Redis, bytes a contact", format!("{:.1}", memory as f64 / rows as f64));
    let before = Spent::so_far(&machine)?;
    let ran = machine.redial(&["upload", "load", &path, "--json"])?;
    tell("again", rows, &ran, &machine, &before)?;
    first_call(&machine).await
}

/// Processor time spent by the server and by its Redis.
struct Spent {
    server: Duration,
    redis: Duration,
}

impl Spent {
    fn so_far(machine: &Machine) -> Result<Self, Failure> {
        Ok(Self { server: machine.processor_time(), redis: machine.redis()?.processor_time })
    }
}

fn tell(name: &str, rows: u64, ran: &Ran, machine: &Machine, before: &Spent) -> Result<(), Failure> {
    let spent = Spent::so_far(machine)?;
    let seconds = |now: Duration, then: Duration| format!("{:.1} s", (now - then).as_secs_f64());
    figure(name, ran.stdout.trim());
    let rate = count((rows as f64 / ran.took.as_secs_f64()) as u64);
    figure(&format!("{name}: rows a second"), format!("{rate} ({:.2} s)", ran.took.as_secs_f64()));
    figure(&format!("{name}: processor, server"), seconds(spent.server, before.server));
    figure(&format!("{name}: processor, Redis"), seconds(spent.redis, before.redis));
    figure(&format!("{name}: peak memory, server"), mebibytes(machine.peak_kib()));
    figure(&format!("{name}: peak memory, command"), mebibytes(ran.peak_kib));
    Ok(())
}

async fn first_call(machine: &Machine) -> Result<(), Failure> {
    let asked_us = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros() as u64;
    let ran = machine.redial(&["start", "load"])?;
    figure("start: answered within", format!("{} ms", ran.took.as_millis()));
    let since = Instant::now();
    while machine.simulator.ledger().totals().calls < RATE {
        if since.elapsed() > FIRST_CALL_WITHIN {
            return Err(format!("no call started; the server's log: {}", machine.log()).into());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let first_us = machine.simulator.ledger().summary().first_at.unwrap_or(0);
    figure("start: first call after", format!("{} ms", first_us.saturating_sub(asked_us) / 1000));
    machine.redial(&["pause", "load"])?;
    audit(&machine.simulator, &machine.status()?)
}
