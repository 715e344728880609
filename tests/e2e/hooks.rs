//! Results that the provider tells by itself.

use std::time::Duration;

use redial_simulator::Kind;
use redial_tests::support::{Ledger, Pattern, Rig, ScriptedList, Setup};

const NAME: &str = "reminders";
const CONTACTS: usize = 200;
/// Much sooner than the first poll.
const COMPLETED_WITHIN: Duration = Duration::from_secs(180);
const DEFINITION: &str = "provider = \"sim\"\n[call]\ndisplay_number = \"200\"\n\
                          [retry.busy]\ndelays = [\"1s\"]\nmax = 3\n\
                          [results]\npoll_first = \"1h\"\npoll_max = \"1h\"\ngive_up = \"2h\"\n";

#[test]
fn what_the_provider_tells_our_hook_is_asked_for_at_once_and_in_batches() {
    let list = ScriptedList::new(
        CONTACTS,
        &[Pattern { share: 1, outcomes: &["answered"] }, Pattern { share: 1, outcomes: &["busy", "answered"] }],
    );
    let account = "rate = \"100/s\"\nhook_secret = \"a hook's secret/\"";
    let rig = Rig::new(Setup { account, lease: "5s", simulator: list.simulator(), redis: None });
    let up = rig.up();
    rig.prepare(NAME, DEFINITION, &list.csv);
    rig.ok(&["start", NAME]);
    let status = rig.wait_until_completed(NAME, COMPLETED_WITHIN);
    assert_eq!((status.contacts("completed"), status.attempts), (CONTACTS as u64, 300));
    assert_eq!(Ledger::count(rig.simulator_url()), 300, "each call rang once");
    let attempts = rig.attempts(NAME);
    let busy = attempts.iter().filter(|attempt| attempt.outcome.as_deref() == Some("busy")).count();
    assert_eq!((attempts.len(), busy), (300, 100));
    let polls = Ledger::providers(rig.simulator_url())[&Kind::Knovvu].results.accepted;
    eprintln!("{polls} requests for the results of 300 calls");
    assert!((1..=300).contains(&polls), "{polls} requests: each call is asked for once, many at a time");
    assert!(!up.log().contains("a hook's secret"), "the secret is not logged");
    assert!(!up.log().contains("a%20hook"), "nor as it stands in the address");
}
