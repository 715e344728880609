//! Processes that are asked to end while calls are being placed and others go on.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redial_simulator::{SimulatorConfig, Span};
use redial_tests::support::{Pattern, RedisServer, Rig, ScriptedList, Setup};

use crate::campaign::{self, NAME, PATTERNS, POLICY};

const COMPLETED_WITHIN: Duration = Duration::from_secs(120);
const RUNG_WITHIN: Duration = Duration::from_secs(60);

#[test]
fn a_worker_that_is_asked_to_end_finishes_what_it_dials_and_the_others_do_the_rest() {
    let list = ScriptedList::new(600, &PATTERNS);
    let rig = Rig::new(Setup {
        account: "rate = \"100/s\"\ntimeout = \"5s\"",
        lease: "5s",
        simulator: SimulatorConfig { latency: Span::millis(50, 500), ..list.simulator() },
        redis: Some(RedisServer::start_durable().expect("redis-server starts")),
    });
    let _scheduler = rig.scheduler();
    let mut leaving = rig.worker("worker-1");
    rig.prepare(NAME, &campaign::definition(&POLICY), &list.csv);
    rig.ok(&["start", NAME]);
    rig.wait_for_rings(150, RUNG_WITHIN);
    let mut staying = rig.worker("worker-2");
    rig.wait_for_rings(300, RUNG_WITHIN);
    assert_eq!(leaving.terminate(), Some(0), "{}", leaving.log());
    let left_at = chrono::Utc::now();
    campaign::completes(&rig, &list, &POLICY, 100, COMPLETED_WITHIN);
    let attempts = rig.attempts(NAME);
    assert!(attempts.iter().all(|attempt| attempt.worker != 1 || attempt.started_at < left_at));
    let given_up = "the worker that dialed it did not tell what became of it";
    assert!(attempts.iter().all(|attempt| attempt.reason.as_deref() != Some(given_up)), "it told of all its calls");
    assert!(staying.is_running());
}

#[test]
fn all_of_redial_can_be_ended_with_calls_live_and_started_again_where_it_was() {
    let list = ScriptedList::new(
        400,
        &[Pattern { share: 3, outcomes: &["answered"] }, Pattern { share: 1, outcomes: &["busy", "answered"] }],
    );
    let rig = Rig::new(Setup {
        account: "rate = \"100/s\"\ntimeout = \"5s\"",
        lease: "5s",
        simulator: SimulatorConfig { talk: Span::millis(1_000, 1_500), ..list.simulator() },
        redis: None,
    });
    let mut up = rig.up();
    rig.prepare(NAME, &campaign::definition(&POLICY), &list.csv);
    rig.ok(&["start", NAME]);
    rig.wait_for_rings(200, RUNG_WITHIN);
    assert!(rig.status(NAME).live_calls > 0);
    assert_eq!(up.terminate(), Some(0), "{}", up.log());
    let rang = rig.ledger().rings.len();
    let started_again = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as i64;
    let mut again = rig.up();
    campaign::completes(&rig, &list, &POLICY, 100, COMPLETED_WITHIN);
    let ledger = rig.ledger();
    assert!(ledger.rings[rang].received_at >= started_again, "nothing rings while nothing runs");
    let pause_ms = (ledger.rings[rang].received_at - ledger.rings[rang - 1].received_at) / 1_000;
    eprintln!("no call started for {pause_ms} ms");
    assert_eq!(again.terminate(), Some(0));
}
