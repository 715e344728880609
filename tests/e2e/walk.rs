//! The way through the README: the campaign, the list and the configuration that ship, against the simulator.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use redial_simulator::SimulatorConfig;
use redial_tests::support::Rig;

const COMPLETED_WITHIN: Duration = Duration::from_secs(90);

const RESULTS: &str = "contact_id,phone,state,outcome,provider_status,attempts,first_attempt_at,last_attempt_at,\
                       next_attempt_at,call_id,reason,first_name,product";
const ATTEMPTS: &str = "attempt_id,contact_id,phone,number,provider,call_id,started_at,ended_at,outcome,provider_status,\
                        duration_s,worker,reason";

/// A file that ships.
fn shipped(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config").join(path)
}

/// The rows of a CSV below its header, which must be this one.
#[track_caller]
fn rows(text: &str, header: &str) -> Vec<csv::StringRecord> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let found = reader.headers().expect("there is a header");
    assert_eq!(found.iter().collect::<Vec<_>>().join(","), header);
    reader.records().map(|row| row.expect("a row has the header's fields")).collect()
}

#[test]
fn the_shipped_campaign_runs_from_its_definition_to_its_results() {
    let rig = Rig::shipped(&shipped("redial.toml"), &SimulatorConfig::default());
    let up = rig.up();
    let (definition, list) = (shipped("campaigns/demo.toml"), shipped("campaigns/contacts.csv"));
    let (definition, list) = (definition.to_str().expect("a plain path"), list.to_str().expect("a plain path"));

    assert_eq!(rig.ok(&["apply", definition]), "demo: created\n");
    assert_eq!(rig.ok(&["apply", definition]), "demo: unchanged\n");
    assert_eq!(rig.ok(&["upload", "demo", list, "--dry-run"]), "20 accepted, 0 duplicate, 0 rejected\n");
    assert_eq!(rig.status("demo").contacts("total"), 0, "a dry run changes nothing");
    assert_eq!(rig.ok(&["upload", "demo", list]), "20 accepted, 0 duplicate, 0 rejected\n");
    assert_eq!(rig.ok(&["upload", "demo", list]), "0 accepted, 20 duplicate, 0 rejected\n");
    let before = rig.status("demo");
    assert_eq!((&*before.state, before.contacts("pending"), before.attempts), ("draft", 20, 0));

    rig.ok(&["start", "demo"]);
    let second = rig.redial(&["up"]);
    assert_eq!(second.code, 1, "one process owns a data directory");
    assert!(second.stderr.contains(&format!("error: another redial (pid {}) is using", up.pid())), "{}", second.stderr);

    let status = rig.wait_until_completed("demo", COMPLETED_WITHIN);
    assert_eq!((status.contacts("total"), status.finished(), status.live_calls), (20, 20, 0));
    assert_eq!(status.outcomes.values().sum::<u64>(), status.attempts);

    let results = rows(&rig.ok(&["results", "demo"]), RESULTS);
    assert_eq!(results.len(), 20);
    assert!(results.iter().all(|row| matches!(&row[2], "completed" | "failed")));
    let attempts = rows(&rig.ok(&["attempts", "demo", "--format", "csv"]), ATTEMPTS);
    assert_eq!(attempts.len() as u64, status.attempts);
    assert_eq!(rig.attempts("demo").len(), attempts.len(), "JSON Lines tell of the same attempts");
    let ledger = rig.ledger();
    assert_eq!(ledger.rings.len(), attempts.len());
    assert!(ledger.rings.iter().all(|ring| attempts.iter().any(|row| row[0] == ring.conversation_id)));

    let c01 = results.iter().find(|row| &row[0] == "C01").expect("it is in the list");
    let story = rig.ok(&["explain", "demo", "C01"]);
    assert!(story.contains(&c01[2]), "{story}");
    let by_number: serde_json::Value =
        serde_json::from_str(&rig.ok(&["explain", "demo", "+12025550101", "--json"])).expect("a contact is JSON");
    assert_eq!(by_number["contact_id"], "C01");
    assert_eq!(by_number["attempts"].as_array().map(Vec::len), c01[5].parse().ok());
}
