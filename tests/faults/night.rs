//! A night against all five providers at once, each failing in every way it can.

use std::{collections::BTreeMap, time::Duration};

use redial_simulator::{CallFaults, Fault, Kind, ResultFaults, SimulatorConfig, Span};
use redial_tests::support::{Audit, Ledger, OfProvider, Pattern, RedisServer, Rig, ScriptedList, Setup, until_done};

use crate::campaign::POLICY;

const COMPLETED_WITHIN: Duration = Duration::from_secs(180);
const RUNG_WITHIN: Duration = Duration::from_secs(60);
/// Workers fetch tokens each for itself.
const WORKERS: u64 = 2;
/// Long enough that a token which is refreshed at four fifths of it is good however slow the machine is.
const TOKEN_LIFE_S: u64 = 15;

/// Outcomes that all providers know that report any.
const PATTERNS: [Pattern; 8] = [
    Pattern { share: 8, outcomes: &["answered"] },
    Pattern { share: 2, outcomes: &["busy", "answered"] },
    Pattern { share: 1, outcomes: &["busy"] },
    Pattern { share: 1, outcomes: &["no_answer", "answered"] },
    Pattern { share: 1, outcomes: &["no_answer"] },
    Pattern { share: 1, outcomes: &["rejected", "error", "answered"] },
    Pattern { share: 1, outcomes: &["invalid_number"] },
    Pattern { share: 1, outcomes: &["busy", "no_answer", "error", "rejected", "answered"] },
];

/// One in twenty for each: too many requests, errors, resets, silence, late answers, broken answers.
const FAULTS: [(Fault, f64); 10] = [
    (Fault::Throttled, 0.05),
    (Fault::Unavailable, 0.01),
    (Fault::Error500, 0.01),
    (Fault::Error500After, 0.02),
    (Fault::Error503, 0.01),
    (Fault::ResetBefore, 0.025),
    (Fault::ResetAfter, 0.025),
    (Fault::Timeout, 0.05),
    (Fault::Slow, 0.05),
    (Fault::Garbled, 0.05),
];

/// Those of the first requests for tokens at each provider; no later one fails.
const TOKEN_FAULTS: [Fault; 6] =
    [Fault::Error503, Fault::None, Fault::ResetAfter, Fault::Garbled, Fault::None, Fault::Throttled];

/// The accounts beside that of Knovvu, which every rig has.
const ACCOUNTS: &str = r#"
rate = "30/s"
timeout = "1s"
[providers.uhlive]
kind = "uhlive"
base_url = "{simulator}"
rate = "30/s"
timeout = "1s"
token_url = "{simulator}/realms/uhlive/protocol/openid-connect/token"
client_id = "redial"
client_secret = "secret"
[providers.livecall]
kind = "livecall"
base_url = "{simulator}/v1"
rate = "20/s"
timeout = "1s"
api_key = "secret"
[providers.livecall.outcome_map]
busy = "busy"
no_answer = "no_answer"
rejected = "rejected"
error = "error"
invalid_number = "invalid_number"
[providers.ccai]
kind = "ccai"
base_url = "{simulator}"
rate = "5/s"
timeout = "1s"
username = "acme"
api_token = "secret"
[providers.mylibby]
kind = "mylibby"
base_url = "{simulator}"
rate = "30/s"
timeout = "1s"
token_url = "{simulator}/oauth2/token"
client_id = "redial"
client_secret = "secret"
scope = "external-api-resource-server-1/call.out"
"#;

/// A provider's part: the account's name, `[call]`, and how many contacts it calls.
const PARTS: [(Kind, &str, &str, usize); 5] = [
    (Kind::Knovvu, "sim", "display_number = \"200\"", 100),
    (Kind::Uhlive, "uhlive", "originate = \"renewals\"\nemail = \"{{attempt.id}}\"", 100),
    (Kind::Livecall, "livecall", "filter_id = \"43321\"", 50),
    (
        Kind::Ccai,
        "ccai",
        "call_type = \"Voice Outbound (API)\"\nagent_email = \"agent@example.com\"\nlang = \"en\"",
        25,
    ),
    (
        Kind::Mylibby,
        "mylibby",
        "from_phone_number = \"+12025550100\"\nname = \"{{first_name}}\"\n\
         form_info = [{ attempt = \"{{attempt.id}}\" }]",
        100,
    ),
];

#[test]
fn a_night_at_all_five_providers_that_fail_ends_as_the_policy_says_with_no_ring_and_no_token_too_many() {
    let all = ScriptedList::new(1_000, &PATTERNS);
    let lists = deal(&all);
    let rig = Rig::new(Setup {
        account: ACCOUNTS,
        lease: "5s",
        simulator: simulator(&all),
        redis: Some(RedisServer::start_durable().expect("redis-server starts")),
    });
    let _processes = [rig.scheduler(), rig.worker("worker-1"), rig.worker("worker-2")];
    for (kind, account, call, _) in PARTS {
        rig.prepare(kind.as_str(), &definition(account, call), &lists[&kind].csv);
    }
    for kind in Kind::ALL {
        rig.ok(&["start", kind.as_str()]);
    }
    for kind in [Kind::Uhlive, Kind::Mylibby] {
        until_done("tokens are in use", RUNG_WITHIN, || rig.ledger().of(kind).rings.len() >= 20);
    }
    rig.revoke_tokens();
    for kind in Kind::ALL {
        rig.wait_until_completed(kind.as_str(), COMPLETED_WITHIN);
    }
    let ledger = rig.ledger();
    for kind in Kind::ALL {
        let (results, attempts) = (rig.results(kind.as_str()), rig.attempts(kind.as_str()));
        let is_told = !matches!(kind, Kind::Uhlive | Kind::Mylibby);
        let (list, ledger) = (&lists[&kind], ledger.of(kind));
        let audit = Audit { policy: POLICY, list, results: &results, attempts: &attempts, ledger: &ledger, is_told };
        let counted = audit.check();
        eprintln!("{kind:?}: {counted:?} within {} s", lasted_us(&ledger) / 1_000_000);
        assert_eq!(counted.contacts, list.scripts.len());
        assert!(counted.unknown > 0, "its faults were met");
    }
    for (kind, asked) in Ledger::providers(rig.simulator_url()) {
        eprintln!("{kind:?}: {asked:?}");
        let refused = [&asked.calls, &asked.results, &asked.tokens].map(|of| of.refused - of.stale_tokens);
        assert_eq!(refused, [0, 0, 0], "{kind:?} takes whatever it is sent");
        tokens_are_as_few_as_must_be(kind, &asked, &ledger.of(kind));
    }
}

/// Each contact of the list to one provider: the French ones to uh!live, the others by turns.
fn deal(all: &ScriptedList) -> BTreeMap<Kind, ScriptedList> {
    let turn = |place: usize, phone: &str| match (phone.starts_with("+33"), place % 4) {
        (true, _) => Kind::Uhlive,
        (_, 0) => Kind::Knovvu,
        (_, 1) => Kind::Livecall,
        (_, 2) => Kind::Ccai,
        _ => Kind::Mylibby,
    };
    let own = |(kind, _, _, count): (Kind, &str, &str, usize)| {
        let part = all.part(|place, phone| turn(place, phone) == kind).part(|place, _| place < count);
        assert_eq!(part.scripts.len(), count, "there are enough numbers for {kind:?}");
        (kind, part)
    };
    PARTS.into_iter().map(own).collect()
}

fn simulator(all: &ScriptedList) -> SimulatorConfig {
    SimulatorConfig {
        call_faults: CallFaults { probability: FAULTS.into(), ..CallFaults::default() },
        result_faults: ResultFaults { probability: FAULTS.into(), ..ResultFaults::default() },
        token_faults: ResultFaults { script: TOKEN_FAULTS.into(), ..ResultFaults::default() },
        token_life: Some(Span::millis(TOKEN_LIFE_S as u32 * 1_000, TOKEN_LIFE_S as u32 * 1_000)),
        tail_lag: Span::millis(500, 500),
        // Within the time-out.
        slow: Span::millis(200, 600),
        ..all.simulator()
    }
}

/// No call lasts longer than 2 s, so a number in doubt may be called again after 2 s.
fn definition(account: &str, call: &str) -> String {
    format!(
        "provider = \"{account}\"\n{}[call]\n{call}\n[results]\npoll_first = \"500ms\"\npoll_max = \"1s\"\n\
         give_up = \"5m\"\nmax_call = \"3s\"\nassume_call = \"2s\"\n",
        POLICY.toml()
    )
}

/// Each worker needs a first token, one more for each that was over or revoked, and whatever went wrong once more.
fn tokens_are_as_few_as_must_be(kind: Kind, asked: &OfProvider, ledger: &Ledger) {
    let failed: u64 = asked.tokens.faults.values().sum();
    if !matches!(kind, Kind::Uhlive | Kind::Mylibby) {
        assert_eq!(asked.tokens.accepted, 0, "{kind:?} has no tokens");
        return;
    }
    let refreshes = lasted_us(ledger) / (TOKEN_LIFE_S * 800_000) + 1;
    let most = failed + WORKERS * (1 + 1 + refreshes);
    assert!(asked.tokens.accepted <= most, "{kind:?}: {most} requests for tokens are enough: {:?}", asked.tokens);
    assert!(asked.tokens.accepted > failed, "{kind:?}: {:?}", asked.tokens);
}

/// From a provider's first ring to its last, in microseconds.
fn lasted_us(ledger: &Ledger) -> u64 {
    let (first, last) = (ledger.rings.first(), ledger.rings.last());
    last.zip(first).map_or(0, |(last, first)| (last.received_at - first.received_at) as u64)
}
