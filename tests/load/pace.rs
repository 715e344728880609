//! A campaign at one rate: how much of it is used, and what a call costs.

use std::time::Duration;

use crate::{
    Failure,
    machine::Machine,
    report::{audit, count, figure},
};

/// Starts and ends are left out: the first calls and the last.
const WARM_UP: Duration = Duration::from_secs(3);

/// Calls at `rate` for some seconds.
pub async fn measure(rate: u64, seconds: u64) -> Result<(), Failure> {
    let machine = Machine::start(rate).await?;
    machine.apply(&format!("[pacing]\nrate = \"{rate}/s\"\n[call]\ndisplay_number = \"200\"\n"))?;
    let list = machine.list(rate * (seconds + 10))?;
    machine.redial(&["upload", "load", &list.display().to_string()])?;
    machine.redial(&["start", "load"])?;
    tokio::time::sleep(WARM_UP).await;
    let ledger = machine.simulator.ledger();
    let (calls, redis, server) = (ledger.totals().calls, machine.redis()?, machine.processor_time());
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let (after, spent) = (machine.redis()?, machine.processor_time() - server);
    let called = ledger.totals().calls - calls;
    machine.redial(&["pause", "load"])?;

    let summary = ledger.summary();
    let span = summary.last_at.unwrap_or(0).saturating_sub(summary.first_at.unwrap_or(0)) as f64 / 1e6;
    let held = summary.calls.saturating_sub(1) as f64 / span;
    let per_call = |total: f64| format!("{:.1} us", total * 1e6 / called as f64);
    figure("rate", format!("{held:.2} a second of {rate}: {:.2} %", held * 100.0 / rate as f64));
    figure("most in any sliding second", summary.max_calls_in_any_second);
    figure("calls measured", count(called));
    figure("commands in Redis a call", format!("{:.1}", (after.commands - redis.commands) as f64 / called as f64));
    figure("script calls a call", format!("{:.3}", (after.scripts - redis.scripts) as f64 / called as f64));
    figure("Redis's processor a call", per_call((after.processor_time - redis.processor_time).as_secs_f64()));
    figure("server's processor a call", per_call(spent.as_secs_f64()));
    tokio::time::sleep(WARM_UP).await;
    audit(&machine.simulator, &machine.status()?)
}
