//! Limits that hold over all workers and campaigns: calls a second, live calls, who comes first.

use std::time::Duration;

use redial_simulator::{SimulatorConfig, Span};
use redial_tests::support::{Ledger, Pattern, RedisServer, Rig, Ring, ScriptedList, Setup, busiest_second};

const COMPLETED_WITHIN: Duration = Duration::from_secs(120);
const RUNG_WITHIN: Duration = Duration::from_secs(60);
const ANSWERED: [Pattern; 1] = [Pattern { share: 1, outcomes: &["answered"] }];

/// A definition but for its name: its pacing, and results that are learned soon.
fn definition(pacing: &str) -> String {
    format!(
        "provider = \"sim\"\n[pacing]\n{pacing}\n[call]\ndisplay_number = \"200\"\n\
         [results]\npoll_first = \"300ms\"\npoll_max = \"500ms\"\n"
    )
}

fn rig(account: &str, simulator: SimulatorConfig) -> Rig {
    let redis = Some(RedisServer::start_durable().expect("redis-server starts"));
    Rig::new(Setup { account, lease: "5s", simulator, redis })
}

/// The most of these calls that went on at once.
fn most_live<'a>(rings: impl Iterator<Item = &'a Ring>) -> i64 {
    let mut changes: Vec<(i64, i64)> = rings.flat_map(|ring| [(ring.received_at, 1), (ring.ended_at, -1)]).collect();
    // A call that ends at the instant at which another begins makes room for it.
    changes.sort_unstable();
    let live = changes.into_iter().scan(0, |live, (_, change)| {
        *live += change;
        Some(*live)
    });
    live.max().unwrap_or(0)
}

#[test]
fn no_second_holds_more_calls_than_the_rates_of_account_and_campaign_over_two_workers() {
    let (first, second) = ScriptedList::new(700, &ANSWERED).split(200);
    let all = ScriptedList::new(700, &ANSWERED);
    let rig = rig("rate = \"60/s\"", all.simulator());
    let _processes = [rig.scheduler(), rig.worker("worker-1"), rig.worker("worker-2")];
    rig.prepare("slow", &definition("rate = \"15/s\""), &first.csv);
    rig.prepare("fast", &definition("rate = \"55/s\""), &second.csv);
    rig.ok(&["start", "slow"]);
    rig.ok(&["start", "fast"]);
    rig.wait_until_completed("slow", COMPLETED_WITHIN);
    rig.wait_until_completed("fast", COMPLETED_WITHIN);
    let (slow, fast) = (rig.attempts("slow"), rig.attempts("fast"));
    assert_eq!((slow.len(), fast.len(), rig.ledger().rings.len()), (200, 500, 700));
    let t0 = slow.iter().chain(&fast).map(|a| a.started_at.timestamp_millis()).min().unwrap();
    for (n, l) in [("slow", &slow), ("fast", &fast)] {
        let mut by = vec![0; 600];
        for a in l {
            by[((a.started_at.timestamp_millis() - t0) / 1000) as usize] += 1;
        }
        eprintln!("{n} {:?}", &by[..60]);
    }
    let busiest = (busiest_second(&slow), busiest_second(&fast), busiest_second(slow.iter().chain(&fast)));
    let (_, received) = Ledger::maxima(rig.simulator_url());
    eprintln!("busiest seconds: slow {}, fast {}, both {}; as received {received}", busiest.0, busiest.1, busiest.2);
    assert!(busiest.0 <= 15 && busiest.1 <= 55 && busiest.2 <= 60, "{busiest:?}");
    // What the simulator stamps late because it was not given a processor is not the workers' doing.
    assert!(received <= 60 + 60 / 4, "{received} calls came in within a second, 60 are allowed");
    let workers = |worker| slow.iter().chain(&fast).filter(|attempt| attempt.worker == worker).count();
    assert!(workers(1) > 0 && workers(2) > 0, "both workers had their share");
}

#[test]
fn no_more_calls_are_live_than_account_and_campaign_allow() {
    let (first, second) = ScriptedList::new(200, &ANSWERED).split(60);
    let all = ScriptedList::new(200, &ANSWERED);
    let simulator = SimulatorConfig { talk: Span::millis(500, 1_500), ..all.simulator() };
    let rig = rig("max_concurrent = 24", simulator);
    let _processes = [rig.scheduler(), rig.worker("worker-1"), rig.worker("worker-2")];
    rig.prepare("few", &definition("max_concurrent = 6"), &first.csv);
    rig.prepare("many", &definition(""), &second.csv);
    rig.ok(&["start", "few"]);
    rig.ok(&["start", "many"]);
    rig.wait_until_completed("few", COMPLETED_WITHIN);
    rig.wait_until_completed("many", COMPLETED_WITHIN);
    let ledger = rig.ledger();
    assert_eq!(ledger.rings.len(), 200);
    let few = most_live(ledger.rings.iter().filter(|ring| first.has(&ring.number)));
    let all = most_live(ledger.rings.iter());
    eprintln!("live at most: {few} of the campaign, {all} of the account");
    assert!((1..=6).contains(&few), "{few}");
    assert!((7..=24).contains(&all), "{all}");
    assert_eq!(Ledger::maxima(rig.simulator_url()).0 as i64, all);
}

#[test]
fn an_urgent_campaign_is_dialed_before_one_that_is_running_already() {
    let (usual, urgent) = ScriptedList::new(500, &ANSWERED).split(400);
    let rig = rig("rate = \"50/s\"", ScriptedList::new(500, &ANSWERED).simulator());
    let _processes = [rig.scheduler(), rig.worker("worker-1"), rig.worker("worker-2")];
    rig.prepare("usual", &definition("priority = 5"), &usual.csv);
    rig.prepare("urgent", &definition("priority = 1"), &urgent.csv);
    rig.ok(&["start", "usual"]);
    rig.wait_for_rings(50, RUNG_WITHIN);
    rig.ok(&["start", "urgent"]);
    rig.wait_until_completed("urgent", COMPLETED_WITHIN);
    let ledger = rig.ledger();
    let is_urgent = |ring: &&Ring| urgent.has(&ring.number);
    let first = ledger.rings.iter().position(|ring| is_urgent(&ring)).expect("urgent calls rang");
    let last = ledger.rings.iter().rposition(|ring| is_urgent(&ring)).expect("urgent calls rang");
    let others = ledger.rings[first..=last].iter().filter(|ring| usual.has(&ring.number)).count();
    eprintln!("{others} calls of the usual campaign among the urgent ones");
    assert!(first < 400, "the usual campaign was not done yet");
    // Permits that were given out before: 200 ms of them, at 50/s.
    assert!(others <= 15, "{others} calls of the usual campaign came between the urgent ones");
}

#[test]
fn contacts_of_high_priority_are_called_first_wherever_they_stand_in_the_list() {
    let list = ScriptedList::new(120, &ANSWERED);
    let rig = rig("rate = \"50/s\"", list.simulator());
    let _processes = [rig.scheduler(), rig.worker("worker-1")];
    let priority = |(row, line): (usize, &str)| match row {
        0 => format!("{line},priority\n"),
        row if row > 100 => format!("{line},1\n"),
        _ => format!("{line},\n"),
    };
    let with_priority: String = list.csv.lines().enumerate().map(priority).collect();
    rig.prepare("orders", &definition(""), &with_priority);
    rig.ok(&["start", "orders"]);
    rig.wait_until_completed("orders", COMPLETED_WITHIN);
    let (_, urgent) = list.split(100);
    // In the order in which they were sent: two requests may overtake each other on their way.
    let mut attempts = rig.attempts("orders");
    attempts.sort_by_key(|attempt| attempt.started_at);
    let places: Vec<usize> = (0..120).filter(|place| urgent.has(&attempts[*place].phone)).collect();
    assert!(places.iter().all(|place| *place < 20), "the urgent contacts were called at the places {places:?}");
}
