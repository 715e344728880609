//! A provider that fails in every way it can.

use std::{collections::BTreeMap, time::Duration};

use redial_simulator::{CallFaults, Fault, ResultFaults, SimulatorConfig, Span};
use redial_tests::support::{RedisServer, Rig, ScriptedList, Setup};

use crate::campaign::{self, NAME, PATTERNS, POLICY};

const COMPLETED_WITHIN: Duration = Duration::from_secs(180);

#[test]
fn a_provider_that_throttles_breaks_off_and_falls_silent_gets_no_call_more_than_is_unknown() {
    let list = ScriptedList::new(800, &PATTERNS);
    let calls = [
        (Fault::Throttled, 0.004),
        (Fault::Unavailable, 0.002),
        (Fault::Error500, 0.02),
        (Fault::Error500After, 0.02),
        (Fault::Error503, 0.02),
        (Fault::ResetBefore, 0.02),
        (Fault::ResetAfter, 0.02),
        (Fault::Timeout, 0.02),
        (Fault::Slow, 0.02),
        (Fault::Garbled, 0.02),
    ];
    let results = [Fault::Throttled, Fault::Error500, Fault::ResetBefore, Fault::Timeout, Fault::Slow, Fault::Garbled];
    let simulator = SimulatorConfig {
        call_faults: CallFaults { probability: calls.into(), ..CallFaults::default() },
        result_faults: ResultFaults {
            probability: results.into_iter().map(|fault| (fault, 0.04)).collect::<BTreeMap<_, _>>(),
            ..ResultFaults::default()
        },
        // Within the account's time-out, and beyond it.
        slow: Span::millis(500, 1_500),
        ..list.simulator()
    };
    let rig = Rig::new(Setup {
        account: "rate = \"100/s\"\ntimeout = \"1s\"",
        lease: "5s",
        simulator,
        redis: Some(RedisServer::start_durable().expect("redis-server starts")),
    });
    let _processes = [rig.scheduler(), rig.worker("worker-1"), rig.worker("worker-2")];
    rig.prepare(NAME, &campaign::definition(&POLICY), &list.csv);
    rig.ok(&["start", NAME]);
    let status = campaign::completes(&rig, &list, &POLICY, 100, COMPLETED_WITHIN);
    assert!(status.outcomes["unknown"] > 0, "{status:?}");
}
