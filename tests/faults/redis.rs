//! Redis killed in the middle of a campaign, and started again on what it had written.

use std::{thread, time::Duration};

use redial_simulator::{SimulatorConfig, Span};
use redial_tests::support::{RedisServer, Rig, ScriptedList, Setup};

use crate::campaign::{self, NAME, PATTERNS, POLICY};

const COMPLETED_WITHIN: Duration = Duration::from_secs(180);
const RUNG_WITHIN: Duration = Duration::from_secs(60);

#[test]
fn a_campaign_outlives_its_redis_twice_and_no_process_ends() {
    let list = ScriptedList::new(1_500, &PATTERNS);
    let mut rig = Rig::new(Setup {
        account: "rate = \"100/s\"\ntimeout = \"2s\"",
        lease: "2s",
        simulator: SimulatorConfig { latency: Span::millis(20, 200), ..list.simulator() },
        redis: Some(RedisServer::start_durable().expect("redis-server starts")),
    });
    let mut processes = [rig.scheduler(), rig.worker("worker-1"), rig.worker("worker-2")];
    rig.prepare(NAME, &campaign::definition(&POLICY), &list.csv);
    rig.ok(&["start", NAME]);
    for (rings, away) in [(400, Duration::from_millis(1_500)), (1_200, Duration::from_secs(5))] {
        rig.wait_for_rings(rings, RUNG_WITHIN);
        let redis = rig.redis.as_mut().expect("this rig's Redis is its own");
        redis.kill();
        // The second time, longer than the lease.
        thread::sleep(away);
        redis.start_again().expect("redis-server starts again");
    }
    campaign::completes(&rig, &list, &POLICY, 100, COMPLETED_WITHIN);
    assert!(processes.iter_mut().all(|process| process.is_running()), "no process ends because Redis did");
}

#[test]
fn a_private_redis_that_is_killed_is_started_again_and_the_campaign_goes_on() {
    let list = ScriptedList::new(800, &PATTERNS);
    let rig = Rig::new(Setup {
        account: "rate = \"100/s\"\ntimeout = \"2s\"",
        lease: "2s",
        simulator: SimulatorConfig { latency: Span::millis(20, 200), ..list.simulator() },
        redis: None,
    });
    let mut up = rig.up();
    rig.prepare(NAME, &campaign::definition(&POLICY), &list.csv);
    rig.ok(&["start", NAME]);
    rig.wait_for_rings(400, RUNG_WITHIN);
    rig.kill_embedded_redis();
    campaign::completes(&rig, &list, &POLICY, 100, COMPLETED_WITHIN);
    assert!(up.is_running());
    assert_eq!(up.terminate(), Some(0));
}
