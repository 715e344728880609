//! Results that the provider tells by itself.

use std::time::Duration;

use redial_shared::telemetry::metrics::catalogue::{FAMILIES, ServedBy};
use redial_simulator::Kind;
use redial_tests::support::{Ledger, Pattern, RedisServer, Rig, Scrape, ScriptedList, Setup};

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
    let redis = Some(RedisServer::start_durable().expect("redis-server starts"));
    let rig = Rig::new(Setup { account, lease: "5s", simulator: list.simulator(), redis });
    let scheduler = rig.scheduler();
    let (worker, worker_url) = rig.serving_worker("worker-1");
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
    for log in [scheduler.log(), worker.log()] {
        assert!(!log.contains("a hook's secret"), "the secret is not logged");
        assert!(!log.contains("a%20hook"), "nor as it stands in the address");
    }
    metrics_agree_with_the_ledger(&Scrape::of(rig.server_url()), &Scrape::of(&worker_url));
}

/// Of 200 contacts each second one was busy first.
fn metrics_agree_with_the_ledger(scheduler: &Scrape, worker: &Scrape) {
    for (outcome, calls) in [("answered", 200.0), ("busy", 100.0), ("unknown", 0.0), ("error", 0.0)] {
        let labels = [("provider", "sim"), ("outcome", outcome)];
        let both = scheduler.sum("redial_calls_total", &labels) + worker.sum("redial_calls_total", &labels);
        assert_eq!(both, calls, "calls that ended {outcome}, by whichever process wrote it");
        assert_eq!(scheduler.sum("redial_attempts", &labels), calls, "{outcome}");
    }
    let withdrawn = worker.sum("redial_withdrawals_total", &[]);
    assert_eq!(worker.sum("redial_intents_total", &[]) - withdrawn, 300.0, "intents become calls");
    let refused = worker.sum("redial_refusals_total", &[]);
    assert!(worker.sum("redial_claims_total", &[]) >= 300.0 + withdrawn + refused, "claims become intents");
    let placed = [("request", "call"), ("answer", "accepted")];
    assert_eq!(worker.sum("redial_provider_requests_total", &placed), 300.0);
    assert_eq!(worker.sum("redial_send_lag_seconds_count", &[]), 300.0);
    assert_eq!(worker.sum("redial_call_lateness_seconds_count", &[]), 100.0, "retries were due at a time");
    assert!(worker.sum("redial_poll_lag_seconds_count", &[]) > 0.0);
    assert!(worker.sum("redial_redis_command_seconds_count", &[("command", "begin")]) > 0.0);
    assert!(scheduler.sum("redial_hooks_total", &[("result", "poll_due")]) > 0.0, "{}", scheduler.text);
    assert_eq!(scheduler.sum("redial_contacts", &[("state", "completed")]), 200.0);
    assert_eq!((scheduler.sum("redial_workers", &[]), scheduler.sum("redial_leading", &[])), (1.0, 1.0));
    assert_eq!((scheduler.sum("redial_contacts_due", &[]), scheduler.sum("redial_live_calls", &[])), (0.0, 0.0));
    assert_eq!((worker.sum("redial_worker_places", &[]), worker.sum("redial_worker_places_used", &[])), (512.0, 0.0));
    for (scrape, others) in [(scheduler, &[ServedBy::Workers][..]), (worker, &[ServedBy::Schedulers, ServedBy::Leader])]
    {
        for (name, kind) in &scrape.families {
            let known = FAMILIES.iter().find(|family| family.name == name).expect("the catalogue has it");
            assert_eq!(kind, known.kind.as_str());
            assert!(!others.contains(&known.served_by), "{name} is another process's to serve");
            for sample in scrape.samples.iter().filter(|sample| sample.family == *name) {
                let labels = sample.labels.keys().filter(|label| *label != "le");
                assert!(labels.clone().all(|label| known.labels.contains(&label.as_str())), "{sample:?}");
                assert!(
                    sample.labels.values().all(|value| !value.bytes().all(|byte| byte.is_ascii_digit())),
                    "{sample:?}"
                );
            }
        }
        for secret in ["a hook's secret", "a%20hook", "access_token", "+"] {
            assert!(!scrape.text.replace("+Inf", "").contains(secret), "{secret} in {}", scrape.text);
        }
    }
}
