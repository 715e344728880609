//! How soon results are learned, and with how many requests.

use std::{collections::HashMap, time::Duration};

use chrono::DateTime;
use redial_simulator::{Outcome, SimulatorConfig, Span};

use crate::{
    Failure,
    machine::Machine,
    report::{audit, count, figure},
};

/// Between two looks at the campaign.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Calls `contacts` at `rate`, each for up to 30 s, until all results are known.
pub async fn measure(contacts: u64, rate: u64) -> Result<(), Failure> {
    let simulated = SimulatorConfig {
        outcomes: [(Outcome::Answered, 60), (Outcome::NoAnswer, 25), (Outcome::Busy, 15)].into(),
        ring: Span::millis(1_000, 10_000),
        talk: Span::millis(1_000, 20_000),
        ..Default::default()
    };
    let machine = Machine::start_with(simulated, rate).await?;
    machine.apply("[call]\ndisplay_number = \"200\"\n[retry]\nmax_attempts = 1\n")?;
    let list = machine.list(contacts)?;
    machine.redial(&["upload", "load", &list.display().to_string()])?;
    machine.redial(&["start", "load"])?;
    while machine.status()?["state"] != "completed" {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let mut delays_ms = delays_ms(&machine)?;
    delays_ms.sort_unstable();
    let of = |part: f64| delays_ms.get((delays_ms.len() as f64 * part) as usize).copied().unwrap_or(0) as f64 / 1000.0;
    let summary = machine.simulator.ledger().summary();
    let requests = summary.callresult.accepted;
    let asked: u64 = summary.batches.iter().map(|(calls, requests)| *calls as u64 * requests).sum();
    figure("contacts / rate", format!("{} / {rate} a second", count(contacts)));
    figure("requests for results", count(requests));
    figure("calls in a request, on average", format!("{:.1}", asked as f64 / requests as f64));
    figure("polls a call", format!("{:.2}", asked as f64 / summary.calls as f64));
    figure("delay of a result, median", format!("{:.2} s", of(0.5)));
    figure("delay of 95 % of results", format!("up to {:.2} s", of(0.95)));
    audit(&machine.simulator, &machine.status()?)
}

/// From the end of each call at the simulator to its end in the records.
fn delays_ms(machine: &Machine) -> Result<Vec<i64>, Failure> {
    let rings = machine.simulator.ledger().rings();
    let ends: HashMap<&str, i64> =
        rings.iter().map(|ring| (ring.unique_id.as_str(), ring.ended_at as i64 / 1000)).collect();
    let attempts = machine.attempts()?;
    let mut lines = attempts.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().ok_or("no attempts")?;
    let place = |name: &str| header.iter().position(|column| *column == name).ok_or(format!("no column {name}"));
    let (call_id, ended_at) = (place("call_id")?, place("ended_at")?);
    lines
        .filter_map(|fields| Some((*ends.get(fields.get(call_id)?)?, *fields.get(ended_at)?)))
        .map(|(end, told)| Ok(DateTime::parse_from_rfc3339(told)?.timestamp_millis() - end))
        .collect()
}
