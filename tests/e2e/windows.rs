//! Campaigns that may call from one instant to another.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use redial_tests::support::{Pattern, RedisServer, Rig, ScriptedList, Setup, until_done};

const CONTACTS: usize = 3_000;
const PREPARED_WITHIN: Duration = Duration::from_secs(8);
const RUNG_WITHIN: Duration = Duration::from_secs(60);
/// For which the simulator may not have been given a processor.
const RECEIVED_LATE_US: i64 = 500_000;

fn rig(list: &ScriptedList) -> Rig {
    Rig::new(Setup {
        account: "rate = \"300/s\"",
        lease: "5s",
        simulator: list.simulator(),
        redis: Some(RedisServer::start_durable().expect("redis-server starts")),
    })
}

fn list() -> ScriptedList {
    ScriptedList::new(CONTACTS, &[Pattern { share: 1, outcomes: &["answered"] }])
}

fn toml(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

const REST: &str = "[call]\ndisplay_number = \"200\"\n[results]\npoll_first = \"500ms\"\npoll_max = \"1s\"\n";

#[test]
fn calling_hours_open_and_close_at_their_instants_even_when_the_scheduler_has_died() {
    let list = list();
    let rig = rig(&list);
    let (mut scheduler, _worker) = (rig.scheduler(), rig.worker("worker-1"));
    let opens = Utc::now() + PREPARED_WITHIN;
    let closes = opens + Duration::from_secs(4);
    let (before, after) = (opens - Duration::from_secs(3_600), closes + Duration::from_secs(3_600));
    let hours = format!(
        "provider = \"sim\"\n[calling_hours]\ndaily = [\"00:00-24:00\"]\n\
         restricted = [{{ from = {}, to = {} }}, {{ from = {}, to = {} }}]\n{REST}",
        toml(before),
        toml(opens),
        toml(closes),
        toml(after)
    );
    rig.prepare("evenings", &hours, &list.csv);
    rig.ok(&["start", "evenings"]);
    rig.wait_for("evenings", "it runs", RUNG_WITHIN, |status| status.state == "running");
    assert!(Utc::now() < opens, "the list was uploaded in time");
    scheduler.kill();
    until_done("the hours are over", RUNG_WITHIN, || Utc::now() > closes + Duration::from_secs(2));

    let _scheduler = rig.scheduler();
    let (ledger, attempts) = (rig.ledger(), rig.attempts("evenings"));
    let first = ledger.rings.first().expect("calls were made").received_at;
    let last = attempts.iter().map(|attempt| attempt.started_at).max().expect("calls were made");
    let late_ms = (first - opens.timestamp_micros()) as f64 / 1_000.0;
    eprintln!(
        "{} calls, the first one {late_ms:.1} ms late, the last one {} before the end",
        attempts.len(),
        closes - last
    );
    assert!(first >= opens.timestamp_micros(), "a call came {late_ms} ms after the opening");
    assert!(last < closes, "a call was sent at {last}, and the hours ended at {closes}");
    let latest = closes.timestamp_micros() + RECEIVED_LATE_US;
    assert!(ledger.rings.iter().all(|ring| ring.received_at < latest));
    let status = rig.status("evenings");
    assert_eq!(status.state, "running");
    assert_eq!(status.contacts("pending"), CONTACTS as u64 - status.attempts, "the others wait for the next opening");
}

#[test]
fn a_campaign_with_a_start_calls_nobody_before_it() {
    let list = list();
    let rig = rig(&list);
    let _processes = [rig.scheduler(), rig.worker("worker-1")];
    let starts = Utc::now() + PREPARED_WITHIN;
    rig.prepare("launch", &format!("provider = \"sim\"\n[schedule]\nstart_at = {}\n{REST}", toml(starts)), &list.csv);
    rig.ok(&["start", "launch"]);
    assert_eq!(rig.status("launch").state, "scheduled");
    assert!(Utc::now() < starts, "the list was uploaded in time");
    rig.wait_for_rings(600, RUNG_WITHIN);
    let first = rig.ledger().rings.first().expect("calls were made").received_at;
    let late_ms = (first - starts.timestamp_micros()) as f64 / 1_000.0;
    eprintln!("the first call came {late_ms:.1} ms after the start");
    assert!(late_ms >= 0.0, "a call came {late_ms} ms after the start");
    rig.ok(&["stop", "launch"]);
}
