//! Several schedulers, one of which leads: what becomes of a run when its leader goes just before it.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, Timelike, Utc};
use redial_tests::support::{Pattern, Process, RedisServer, Rig, ScriptedList, Setup, until_done};

const CONTACTS: usize = 20;
const SOON: Duration = Duration::from_secs(60);
/// How long before its run a leader goes.
const JUST_BEFORE: Duration = Duration::from_millis(700);
/// From arming the first run to it, and from one run to the next.
const AHEAD: Duration = Duration::from_secs(4);

fn leads(scheduler: &Process) -> bool {
    let log = scheduler.log();
    log.matches("this scheduler leads").count() > log.matches("this scheduler no longer leads").count()
}

/// A campaign that dials its whole list at one instant of the day.
fn definition(name: &str, at: DateTime<Utc>) -> String {
    format!(
        "name = \"{name}\"\nprovider = \"sim\"\n[schedule]\ncron = \"{} {} {} * * *\"\neach_run = \"restart\"\n\
         [call]\ndisplay_number = \"200\"\n[results]\npoll_first = \"300ms\"\npoll_max = \"500ms\"\n",
        at.second(),
        at.minute(),
        at.hour()
    )
}

/// Arms both campaigns, the first for an instant soon and the other for one a little later.
fn arm(rig: &Rig) -> [DateTime<Utc>; 2] {
    loop {
        let first = Utc::now().trunc_subsecs(0) + AHEAD;
        let ticks = [first, first + AHEAD];
        for (name, tick) in ["frozen", "killed"].into_iter().zip(ticks) {
            let file = rig.file(&format!("{name}.toml"), &definition(name, tick));
            rig.ok(&["apply", &file.display().to_string()]);
            rig.ok(&["start", name]);
        }
        // On a machine that is slow today, once more.
        if Utc::now() + JUST_BEFORE * 2 < first {
            return ticks;
        }
    }
}

#[test]
fn a_run_happens_once_when_its_leader_is_frozen_or_killed_just_before_it() {
    let all = ScriptedList::new(2 * CONTACTS, &[Pattern { share: 1, outcomes: &["answered"] }]);
    let simulator = all.simulator();
    let (frozen, killed) = all.split(CONTACTS);
    let redis = Some(RedisServer::start_durable().expect("redis-server starts"));
    let rig = Rig::new(Setup { account: "", lease: "2s", simulator, redis });
    let mut first = rig.further_scheduler("scheduler-1");
    until_done("the first scheduler leads", SOON, || leads(&first));
    let (mut second, _worker) = (rig.scheduler(), rig.worker("worker-1"));
    let far = Utc::now() + Duration::from_secs(7200);
    for (name, list) in [("frozen", &frozen), ("killed", &killed)] {
        let (_, tables) = definition(name, far).split_once('\n').map(|(_, rest)| ((), rest.to_owned())).unwrap();
        rig.prepare(name, &tables, &list.csv);
    }
    let ticks = arm(&rig);

    until_done("the first run is near", SOON, || Utc::now() + JUST_BEFORE >= ticks[0]);
    first.freeze();
    rig.wait_for_rings(CONTACTS as u64, SOON);
    assert!(leads(&second));
    first.thaw();
    until_done("the one that was frozen knows that it leads no more", SOON, || !leads(&first));
    until_done("the second run is near", SOON, || Utc::now() + JUST_BEFORE >= ticks[1]);
    second.kill();
    rig.wait_for_rings(2 * CONTACTS as u64, SOON);
    assert!(leads(&first), "it leads again, under a new token");

    let _third = rig.scheduler();
    for name in ["frozen", "killed"] {
        let status = rig.wait_for(name, "all calls are over", SOON, |status| status.contacts("completed") == 20);
        assert_eq!(status.attempts, CONTACTS as u64, "each was called once");
    }
    let ledger = rig.ledger();
    assert_eq!(ledger.rings.len(), 2 * CONTACTS);
    for (list, tick) in [(&frozen, ticks[0]), (&killed, ticks[1])] {
        let rings = ledger.rings.iter().filter(|ring| list.has(&ring.number)).map(|ring| ring.received_at);
        let (earliest, count) = (rings.clone().min().expect("calls were made"), rings.count());
        assert_eq!(count, CONTACTS);
        let late_ms = (earliest - tick.timestamp_micros()) as f64 / 1_000.0;
        eprintln!("the first call came {late_ms:.0} ms after the tick, with a lease of 2 s");
        assert!(late_ms >= 0.0);
    }
    assert!(first.is_running());
}
