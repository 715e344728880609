//! What processes tell of a campaign in metrics, traces and logs: it agrees with what happened, and names nobody.

use std::collections::{BTreeMap, BTreeSet};

use redial_shared::{
    domain::AttemptId,
    telemetry::{
        metrics::catalogue::{FAMILIES, ServedBy},
        traces::{SpanId, TraceId},
    },
};
use redial_tests::support::{Collector, Scrape, ScriptedList};
use serde_json::Value;

use crate::hooks::NAME;

/// How many lines tell of an attempt's end, with all that leads on from there.
pub fn attempt_ends(log: &str) -> usize {
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"));
    let ends = lines.filter(|line| line["message"] == "attempt ended").inspect(|line| {
        let attempt: AttemptId = line["attempt_id"].as_str().expect("it names the attempt").parse().unwrap();
        assert_eq!(line["trace_id"], TraceId::of_attempt(attempt).to_string());
        assert_eq!((&line["account"], &line["campaign"]), (&Value::from("sim"), &Value::from(NAME)), "{line}");
    });
    ends.filter(|line| line["outcome"] != "withdrawn").count()
}

/// Every line of a log is a JSON object with what all have in common, and holds no number of the list.
pub fn logs_are_objects_without_numbers(log: &str, list: &ScriptedList) {
    assert!(log.lines().count() > 50, "it logs at this level");
    for line in log.lines() {
        let told: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let time = told["timestamp"].as_str().expect("a line has its time");
        assert!(chrono::DateTime::parse_from_rfc3339(time).is_ok() && time.ends_with('Z'), "{line}");
        for field in ["level", "target"] {
            assert!(told[field].is_string(), "{field} is missing: {line}");
        }
        assert_eq!(line.matches("\"message\":").count() + line.matches("\"timestamp\":").count(), 2, "{line}");
    }
    assert_eq!(numbers_in(log, list), Vec::<String>::new(), "numbers in a log");
}

/// The list's numbers that stand in a text, with their country's code or without.
pub fn numbers_in(text: &str, list: &ScriptedList) -> Vec<String> {
    let digits = |number: &str| number.trim_start_matches('+').to_owned();
    let national = |number: &str| number.chars().skip(3).collect();
    let known: BTreeSet<String> = list.scripts.keys().flat_map(|number| [digits(number), national(number)]).collect();
    let found = text.split(|sign: char| !sign.is_ascii_digit()).filter(|digits| known.contains(*digits));
    found.map(str::to_owned).collect()
}

/// Each attempt has one trace, which all processes added to, and the collector learned of nobody.
pub fn each_attempt_has_its_trace(collector: &Collector, attempts: &[AttemptId]) {
    let mut traces: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for span in collector.spans() {
        traces.entry(span["traceId"].as_str().expect("it has a trace").to_owned()).or_default().push(span);
    }
    for attempt in attempts {
        let (trace, whole) = (TraceId::of_attempt(*attempt).to_string(), SpanId::of_attempt(*attempt).to_string());
        let spans = traces.remove(&trace).unwrap_or_else(|| panic!("{attempt} has no trace"));
        let named = |name: &str| spans.iter().filter(|span| span["name"] == name).collect::<Vec<_>>();
        for (name, least) in [("intent", 1), ("call request", 1), ("webhook", 1), ("poll", 1), ("conclude", 1)] {
            let parts = named(name);
            assert!(parts.len() >= least, "{attempt} has no {name}");
            assert!(parts.iter().all(|part| part["parentSpanId"] == whole), "{parts:?}");
            assert!(name == "webhook" || name == "poll" || parts.len() == 1, "{parts:?}");
        }
        let roots = named("attempt");
        assert_eq!((roots.len(), &roots[0]["spanId"]), (1, &Value::from(whole)), "{roots:?}");
        let told = roots[0]["attributes"].to_string();
        assert!(told.contains("reminders") && (told.contains("answered") || told.contains("busy")), "{told}");
        let time = |span: &Value, end: &str| span[end].as_str().and_then(|text| text.parse::<u64>().ok()).unwrap();
        assert!(spans.iter().all(|span| time(span, "startTimeUnixNano") <= time(span, "endTimeUnixNano")));
    }
    // What was begun and not sent in time is over too.
    let is_withdrawn = |span: &Value| span["name"] == "attempt" && span.to_string().contains("withdrawn");
    traces.retain(|_, spans| !spans.iter().any(is_withdrawn));
    let requests: Vec<Value> = traces.into_values().flatten().collect();
    assert!(requests.iter().all(|span| span["name"] == "request"), "no other trace is left: {requests:?}");
    let upload = requests.iter().find(|span| span.to_string().contains("/contacts")).expect("the upload has its trace");
    assert!(upload.to_string().contains("redial.request_id") && upload.to_string().contains("reminders"));
    for delivered in collector.requests() {
        assert!(delivered.head.starts_with("POST /v1/traces ") && delivered.head.contains("Bearer collectors-secret"));
        assert!(delivered.body.contains("\"calls\""), "the service's name");
        for secret in ["a hook's secret", "a%20hook", "collectors-secret", "+44", "+1202", "+33"] {
            assert!(!delivered.body.contains(secret), "{secret} is in a span");
        }
    }
}

/// Of 200 contacts each second one was busy first.
pub fn metrics_agree_with_the_ledger(scheduler: &Scrape, worker: &Scrape) {
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
    let timed = worker.sum("redial_call_lateness_seconds_count", &[]);
    // One that was not sent in time comes up again at once, and is due at no time.
    assert!((100.0 - withdrawn..=100.0).contains(&timed), "{timed} retries were due at a time, {withdrawn} withdrawn");
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
