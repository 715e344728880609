//! `redial call`: one test call to its result.

use redial_tests::support::{Pattern, Rig, ScriptedList, Setup};
use serde_json::Value;

const DEFINITION: &str = "provider = \"sim\"\n[call]\ndisplay_number = \"200\"\n\
                          [results]\npoll_first = \"500ms\"\npoll_max = \"1s\"\n";
const NAME: &str = "reminders";

#[test]
fn a_test_call_rings_once_and_tells_its_story_and_one_that_may_not_ring_is_called_off() {
    let list = ScriptedList::new(2, &[Pattern { share: 1, outcomes: &["busy"] }]);
    let rig = Rig::new(Setup { account: "rate = \"10/s\"", lease: "5s", simulator: list.simulator(), redis: None });
    let _up = rig.up();
    rig.prepare(NAME, DEFINITION, &list.csv);
    let number = list.csv.lines().nth(1).and_then(|row| row.split(',').find(|field| field.starts_with('+')));
    let number = number.expect("a number in the list");

    let story: Value = serde_json::from_str(&rig.ok(&["call", NAME, "--to", number, "--json"])).unwrap();
    assert_eq!((&story["state"], &story["attempts"][0]["outcome"]), (&"failed".into(), &"busy".into()), "{story}");
    assert_eq!(rig.ledger().rings.len(), 1, "the campaign itself has not started");

    let closed = format!(
        "name = \"{NAME}\"\n{DEFINITION}[calling_hours]\ndaily = [\"00:00-24:00\"]\ntimezone = \"UTC\"\n\
                          restricted = [{{ from = 2020-01-01T00:00:00Z, to = 2100-01-01T00:00:00Z }}]\n"
    );
    let closed = rig.file("closed.toml", &closed);
    rig.ok(&["apply", closed.to_str().unwrap()]);
    let refused = rig.redial(&["call", NAME, "--to", number, "--wait", "1s"]);
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(refused.stderr.starts_with("error: it was not called: its calling hours"), "{}", refused.stderr);
    let all: Value = serde_json::from_str(&rig.ok(&["status", "--json"])).unwrap();
    let states: Vec<_> =
        all["campaigns"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert!(!states.contains(&"running"), "{states:?}");
    assert_eq!(rig.ledger().rings.len(), 1);
}
