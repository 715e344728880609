//! Results that the provider tells by itself.

use std::time::Duration;

use redial_shared::domain::AttemptId;
use redial_simulator::Kind;
use redial_tests::support::{Collector, Ledger, Pattern, RedisServer, Rig, Scrape, ScriptedList, Setup};

use crate::telemetry::{
    attempt_ends, each_attempt_has_its_trace, logs_are_objects_without_numbers, metrics_agree_with_the_ledger,
    numbers_in,
};

/// The campaign.
pub const NAME: &str = "reminders";
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
    let collector = Collector::start();
    let mut rig = Rig::new(Setup { account, lease: "5s", simulator: list.simulator(), redis });
    rig.set("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url());
    rig.set("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20collectors-secret");
    rig.set("OTEL_SERVICE_NAME", "calls");
    rig.set("RUST_LOG", "debug");
    rig.log_in("json");
    let mut scheduler = rig.scheduler();
    let (mut worker, worker_url) = rig.serving_worker("worker-1");
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
        assert!(!log.contains("collectors-secret"), "nor is that of the collector");
        assert!(!log.contains(&rig.admin_token()), "nor a token");
        assert!(!log.contains("a hook's secret"), "the secret is not logged");
        assert!(!log.contains("a%20hook"), "nor as it stands in the address");
    }
    metrics_agree_with_the_ledger(&Scrape::of(rig.server_url()), &Scrape::of(&worker_url));
    // What names a number is asked for, too.
    let number = list.scripts.keys().next().expect("there are contacts");
    for verb in [
        &["explain", NAME, number][..],
        &["suppress", "add", number],
        &["suppress", "check", number],
        &["forget", number],
    ] {
        rig.ok(verb);
    }
    // What is left of their spans is sent at their end.
    assert_eq!((worker.terminate(), scheduler.terminate()), (Some(0), Some(0)));
    let ids: Vec<AttemptId> = attempts.iter().map(|attempt| attempt.attempt_id.parse().expect("it is an id")).collect();
    each_attempt_has_its_trace(&collector, &ids);
    let spans: String = collector.requests().into_iter().map(|one| one.body).collect();
    assert_eq!(numbers_in(&spans, &list), Vec::<String>::new(), "numbers in spans");
    for process in [&scheduler, &worker] {
        logs_are_objects_without_numbers(&process.log(), &list);
    }
    let ended = attempt_ends(&worker.log()) + attempt_ends(&scheduler.log());
    assert_eq!(ended, 300, "each attempt's end is told at this level");
}
