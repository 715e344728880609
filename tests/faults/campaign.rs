//! The campaign that all these tests run: every outcome, most of them retried after a second or two.

use std::time::Duration;

use redial_tests::support::{Audit, Pattern, Policy, Rig, Rule, ScriptedList, Status, busiest_second};

/// Its name.
pub const NAME: &str = "renewals";

/// Every outcome that is retried has its own limits, and some contacts use them up.
pub const POLICY: Policy = Policy {
    max_attempts: 5,
    rules: &[
        Rule { outcome: "busy", delays_ms: &[1_000, 2_000], max: 2 },
        Rule { outcome: "no_answer", delays_ms: &[1_500], max: 1 },
        Rule { outcome: "rejected", delays_ms: &[2_000], max: 1 },
        Rule { outcome: "temporarily_unavailable", delays_ms: &[500, 1_000, 2_000], max: 3 },
        Rule { outcome: "error", delays_ms: &[1_000], max: 2 },
        Rule { outcome: "unknown", delays_ms: &[2_000], max: 2 },
    ],
};

/// How its phones answer: half of them at once, the others after every kind of trouble, or never.
pub const PATTERNS: [Pattern; 12] = [
    Pattern { share: 12, outcomes: &["answered"] },
    Pattern { share: 2, outcomes: &["busy", "answered"] },
    Pattern { share: 1, outcomes: &["busy", "busy", "answered"] },
    Pattern { share: 1, outcomes: &["busy"] },
    Pattern { share: 1, outcomes: &["no_answer", "answered"] },
    Pattern { share: 1, outcomes: &["no_answer"] },
    Pattern { share: 1, outcomes: &["rejected", "answered"] },
    Pattern { share: 1, outcomes: &["temporarily_unavailable", "temporarily_unavailable", "answered"] },
    Pattern { share: 1, outcomes: &["error", "answered"] },
    Pattern { share: 1, outcomes: &["invalid_number"] },
    Pattern { share: 1, outcomes: &["busy", "no_answer", "error", "rejected", "answered"] },
    Pattern { share: 1, outcomes: &["busy", "error", "temporarily_unavailable", "busy", "no_answer"] },
];

/// Its definition but for the name. No call lasts longer than 2 s, so a number in doubt may be called again after 3 s.
pub fn definition(policy: &Policy) -> String {
    format!(
        "provider = \"sim\"\n{}[call]\ndisplay_number = \"200\"\n\
         [results]\npoll_first = \"500ms\"\npoll_max = \"1s\"\ngive_up = \"5m\"\nmax_call = \"3s\"\n",
        policy.toml()
    )
}

/// Waits for the campaign's end and audits it: the counts, each contact, each ring, and the rate in calls per second.
#[track_caller]
pub fn completes(rig: &Rig, list: &ScriptedList, policy: &Policy, rate: usize, limit: Duration) -> Status {
    let status = rig.wait_until_completed(NAME, limit);
    let (results, attempts, ledger) = (rig.results(NAME), rig.attempts(NAME), rig.ledger());
    let counted =
        Audit { policy: *policy, list, results: &results, attempts: &attempts, ledger: &ledger, is_told: true }.check();
    let busiest = busiest_second(&attempts);
    let mut by = std::collections::BTreeMap::new();
    for a in attempts.iter().filter(|a| a.outcome.as_deref() == Some("unknown")) {
        *by.entry((a.worker, a.reason.clone())).or_insert(0) += 1;
    }
    eprintln!("{by:?} {:?}", redial_tests::support::Ledger::maxima(rig.simulator_url()));
    eprintln!("{counted:?}, busiest second: {busiest} calls");
    assert_eq!(status.contacts("total"), list.scripts.len() as u64);
    assert_eq!(status.attempts, counted.attempts as u64);
    assert_eq!(status.live_calls, 0, "nobody is on a call any more");
    for state in ["pending", "active", "waiting", "completed", "failed"] {
        let rows = results.iter().filter(|row| row.state == state).count();
        assert_eq!(status.contacts(state), rows as u64, "{state}");
    }
    assert!(busiest <= rate, "{busiest} calls were sent within a second, {rate} are allowed");
    status
}
