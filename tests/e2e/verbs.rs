//! Pause, resume and stop, as the phones notice them.

use std::{thread, time::Duration};

use chrono::Utc;
use redial_simulator::{SimulatorConfig, Span};
use redial_tests::support::{Pattern, Rig, ScriptedList, Setup};
use serde_json::Value;

const NAME: &str = "reminders";
const RATE: &str = "rate = \"100/s\"";
const RUNG_WITHIN: Duration = Duration::from_secs(60);
const DEFINITION: &str = "provider = \"sim\"\n[call]\ndisplay_number = \"200\"\n\
                          [results]\npoll_first = \"500ms\"\npoll_max = \"1s\"\n";

/// Takes a verb and gives its answer; from its end on, nothing may ring.
#[track_caller]
fn quiet_after(rig: &Rig, verb: &str) -> Value {
    let answer: Value = serde_json::from_str(&rig.ok(&[verb, NAME, "--json"])).expect("an answer is JSON");
    let answered_at = Utc::now();
    // Ten times as long as the permits that had been given out would last.
    thread::sleep(Duration::from_secs(2));
    let attempts = rig.attempts(NAME);
    let late: Vec<_> = attempts.iter().filter(|attempt| attempt.started_at > answered_at).collect();
    assert!(late.is_empty(), "after {verb} had answered at {answered_at} {} calls began: {late:?}", late.len());
    assert_eq!(rig.ledger().rings.len(), attempts.len());
    answer
}

#[test]
fn a_pause_answers_when_no_call_can_start_and_after_a_resume_the_rest_is_called_until_a_stop() {
    let list = ScriptedList::new(1_000, &[Pattern { share: 1, outcomes: &["answered"] }]);
    let simulator = SimulatorConfig { talk: Span::millis(1_000, 3_000), ..list.simulator() };
    let rig = Rig::new(Setup { account: RATE, lease: "5s", simulator, redis: None });
    let _up = rig.up();
    rig.prepare(NAME, DEFINITION, &list.csv);
    rig.ok(&["start", NAME]);
    rig.wait_for_rings(200, RUNG_WITHIN);

    let paused = quiet_after(&rig, "pause");
    assert_eq!(paused["state"], "paused");
    assert!(paused["live_calls"].as_u64().is_some_and(|live| live > 0), "{paused}");
    let status = rig.wait_for(NAME, "the live calls end", RUNG_WITHIN, |status| status.live_calls == 0);
    assert_eq!((&*status.state, status.contacts("active")), ("paused", 0));
    assert_eq!(status.contacts("pending") + status.contacts("completed"), 1_000, "nobody was charged for the pause");

    rig.ok(&["resume", NAME]);
    rig.wait_for_rings(status.attempts + 200, RUNG_WITHIN);
    let stopped = quiet_after(&rig, "stop");
    assert!(matches!(stopped["state"].as_str(), Some("stopping" | "stopped")), "{stopped}");
    let status = rig.wait_for(NAME, "it has stopped", RUNG_WITHIN, |status| status.state == "stopped");
    assert_eq!(status.contacts("completed"), status.attempts, "calls that were live went on to their end");
    assert_eq!(status.contacts("cancelled"), 1_000 - status.attempts);
    assert_eq!(rig.redial(&["resume", NAME]).code, 1, "what was stopped is over");
}
