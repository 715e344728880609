//! Workers that die, freeze or leave in the middle of a campaign.

use std::{thread, time::Duration};

use redial_simulator::{SimulatorConfig, Span};
use redial_tests::support::{Pattern, Policy, RedisServer, Rig, Rule, ScriptedList, Setup};

use crate::campaign::{self, NAME, PATTERNS, POLICY};

const COMPLETED_WITHIN: Duration = Duration::from_secs(240);
const RUNG_WITHIN: Duration = Duration::from_secs(60);

#[test]
fn every_contact_ends_as_its_policy_says_although_one_worker_is_killed_and_one_frozen_beyond_its_lease() {
    let list = ScriptedList::new(5_000, &PATTERNS);
    let rate = 200;
    // Slow answers: whoever dies or freezes has requests under way.
    let simulator = SimulatorConfig { latency: Span::millis(50, 300), ..list.simulator() };
    let rig = Rig::new(Setup {
        account: "rate = \"200/s\"\nmax_concurrent = 1000\ntimeout = \"2s\"",
        lease: "1s",
        simulator,
        redis: Some(RedisServer::start_durable().expect("redis-server starts")),
    });
    let _scheduler = rig.scheduler();
    let mut workers = ["worker-1", "worker-2", "worker-3", "worker-4"].map(|name| rig.worker(name));
    rig.prepare(NAME, &campaign::definition(&POLICY), &list.csv);
    rig.ok(&["start", NAME]);
    rig.wait_for_rings(1_000, RUNG_WITHIN);
    workers[0].kill();
    rig.wait_for_rings(2_000, RUNG_WITHIN);
    workers[1].freeze();
    // Four leases: others take its calls over while it knows nothing of it.
    thread::sleep(Duration::from_secs(4));
    workers[1].thaw();
    campaign::completes(&rig, &list, &POLICY, rate, COMPLETED_WITHIN);
    assert!(workers[1..].iter_mut().all(|worker| worker.is_running()), "those that were not killed work on");
}

#[test]
fn calls_that_were_taken_while_their_worker_was_given_up_for_dead_are_settled_when_it_wakes() {
    let list = ScriptedList::new(40, &[Pattern { share: 1, outcomes: &["answered"] }]);
    let simulator = SimulatorConfig { latency: Span::millis(2_000, 2_000), ..list.simulator() };
    let rig = Rig::new(Setup {
        account: "rate = \"100/s\"",
        lease: "1s",
        simulator,
        redis: Some(RedisServer::start_durable().expect("redis-server starts")),
    });
    let _scheduler = rig.scheduler();
    let worker = rig.worker("worker-1");
    let policy = Policy { max_attempts: 5, rules: &[Rule { outcome: "unknown", delays_ms: &[3_600_000], max: 1 }] };
    rig.prepare(NAME, &campaign::definition(&policy), &list.csv);
    rig.ok(&["start", NAME]);
    rig.wait_for_rings(40, RUNG_WITHIN);
    worker.freeze();
    rig.wait_for(NAME, "all calls are in doubt", RUNG_WITHIN, |status| status.contacts("waiting") == 40);
    worker.thaw();
    // Nobody waits for the hour that `unknown` is retried after.
    let status = campaign::completes(&rig, &list, &policy, 100, COMPLETED_WITHIN);
    assert_eq!((status.contacts("completed"), status.attempts), (40, 40));
}
