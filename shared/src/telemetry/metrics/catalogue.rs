//! Every family of metrics, in one place: what a process registers, what the manual lists and what dashboards may name.
//!
//! Labels are accounts, outcomes, states and the words of this code: their count is bounded. There is no label for a campaign
//! (a workspace may have hundreds), let alone for a contact, a number or a call.

/// One family of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// As Prometheus knows it: counters end in `_total`, times in `_seconds`.
    pub name: &'static str,
    /// What its samples are.
    pub kind: Kind,
    /// Who serves it. Whatever the process, a sum over all of them counts nothing twice.
    pub served_by: ServedBy,
    /// The labels of its samples, but for `le`.
    pub labels: &'static [&'static str],
    /// What it means, in a sentence.
    pub help: &'static str,
}

/// What samples are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows while the process lives.
    Counter,
    /// Stands where it stands.
    Gauge,
    /// Observations by size.
    Histogram,
}

impl Kind {
    /// Its name in `# TYPE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// Who serves a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServedBy {
    /// Every process, of what it did itself.
    EveryProcess,
    /// Processes that are workers, of what they did themselves.
    Workers,
    /// Processes that are schedulers, of what they did themselves.
    Schedulers,
    /// The scheduler that leads, for the whole workspace.
    Leader,
}

impl ServedBy {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EveryProcess => "every process",
            Self::Workers => "workers",
            Self::Schedulers => "schedulers",
            Self::Leader => "the leader",
        }
    }
}

macro_rules! families {
    ($($constant:ident: $kind:ident of $served_by:ident $name:literal $labels:tt $help:literal;)+) => {
        $(#[doc = $help] pub const $constant: Family = Family {
            name: $name,
            kind: Kind::$kind,
            served_by: ServedBy::$served_by,
            labels: &$labels,
            help: $help,
        };)+

        /// All of them.
        pub const FAMILIES: &[Family] = &[$($constant,)+];
    };
}

families! {
    BUILD_INFO: Gauge of EveryProcess "redial_build_info" ["version"] "The version that runs.";
    REDIS_UP: Gauge of EveryProcess "redial_redis_up" [] "Whether Redis answers.";
    REDIS_COMMAND_SECONDS: Histogram of EveryProcess "redial_redis_command_seconds" ["command"]
        "How long Redis took to answer, by script; `command` and `pipeline` are plain commands.";
    REDIS_ERRORS: Counter of EveryProcess "redial_redis_errors_total" [] "Commands that Redis did not answer, or refused.";
    CLOCK_OFFSET_SECONDS: Gauge of EveryProcess "redial_clock_offset_seconds" []
        "How far this machine's clock is ahead of Redis's, which is the one that counts.";
    SPANS_DROPPED: Counter of EveryProcess "redial_spans_dropped_total" []
        "Spans of traces that the collector did not take, or not fast enough.";
    CALLS: Counter of EveryProcess "redial_calls_total" ["provider", "outcome"]
        "Attempts that ended, by outcome, counted by the process that wrote the end; one that was `unknown` counts once more when its outcome is learned. One may be missed where a reply of Redis is lost.";
    CLAIMS: Counter of Workers "redial_claims_total" ["provider"] "Contacts that were claimed, to be called in the next moment.";
    INTENTS: Counter of Workers "redial_intents_total" ["provider"] "Intents that were written: each allows one call.";
    REFUSALS: Counter of Workers "redial_refusals_total" ["provider", "reason"]
        "Claimed contacts whose intent was refused, by reason: nothing was sent.";
    WITHDRAWALS: Counter of Workers "redial_withdrawals_total" ["provider"]
        "Attempts that were taken back because nothing rang: the contact is charged nothing. One may be missed where a reply of Redis is lost.";
    PROVIDER_REQUESTS: Counter of Workers "redial_provider_requests_total" ["provider", "request", "answer"]
        "Requests to providers, by what for and how they were answered.";
    PROVIDER_REQUEST_SECONDS: Histogram of Workers "redial_provider_request_seconds" ["provider", "request"]
        "How long providers took to answer.";
    CALL_LATENESS_SECONDS: Histogram of Workers "redial_call_lateness_seconds" ["provider"]
        "How long after its time a call was sent whose contact had been called before, or put off, and waited for a time. A contact's first call is not in it, nor one after an attempt that was taken back and comes up again at once. Where its hours were closed, its time is their opening.";
    SEND_LAG_SECONDS: Histogram of Workers "redial_send_lag_seconds" ["provider"]
        "How long after its permit a call was sent; later than 8 ms none is.";
    POLL_LAG_SECONDS: Histogram of Workers "redial_poll_lag_seconds" ["provider"]
        "How long after it was due a call was asked for; up to 0.5 s is waiting for others to fill the request.";
    LEASES_LOST: Counter of Workers "redial_leases_lost_total" []
        "Leases that ran out while their worker lived: it was frozen, or Redis was away.";
    WORKER_PLACES: Gauge of Workers "redial_worker_places" [] "Calls that this worker can be placing at once.";
    WORKER_PLACES_USED: Gauge of Workers "redial_worker_places_used" [] "Calls that this worker is placing.";
    HOOKS: Counter of Schedulers "redial_hooks_total" ["provider", "result"] "Deliveries to this process's hooks, by what came of them.";
    LEADING: Gauge of Schedulers "redial_leading" [] "Whether this scheduler leads.";
    WORKERS: Gauge of Leader "redial_workers" [] "Worker processes that hold a lease.";
    CAMPAIGNS: Gauge of Leader "redial_campaigns" ["state"] "Campaigns by state.";
    CONTACTS: Gauge of Leader "redial_contacts" ["state"] "Contacts of all campaigns by state.";
    ATTEMPTS: Gauge of Leader "redial_attempts" ["provider", "outcome"]
        "Attempts that the records of all campaigns hold, by outcome as it is known now and by the account that their campaign has now; removed campaigns take theirs with them. `unknown` are calls in doubt, and those whose provider told an end that Redial does not know.";
    LIVE_CALLS: Gauge of Leader "redial_live_calls" ["provider"] "Calls begun through the account and not yet concluded.";
    LANES_OPEN: Gauge of Leader "redial_lanes_open" ["provider"]
        "Lanes of running campaigns inside their calling hours with somebody to call; estimated where they are many.";
    CONTACTS_CALLABLE: Gauge of Leader "redial_contacts_callable" ["provider"]
        "Contacts that could be called now, were there room: due, inside their calling hours; estimated where they are many.";
    CONTACTS_DUE: Gauge of Leader "redial_contacts_due" ["provider"]
        "Contacts of running campaigns whose time has come, those too whose calling hours are closed, but for hours that do not open within two days; estimated where they are many.";
    PACING_USED_RATIO: Gauge of Leader "redial_pacing_used_ratio" ["provider"]
        "Calls started in the last 10 s by the campaigns that the account has now, as a part of what its `rate` allows; not there without a `rate`.";
    PROVIDER_UP: Gauge of Leader "redial_provider_up" ["provider"]
        "Whether an account may start calls: not paused, waiting or down.";
    PROVIDER_PACE_RATIO: Gauge of Leader "redial_provider_pace_ratio" ["provider"]
        "The part of its rate at which an account calls; below 1 after trouble.";
    RECORDINGS_WAITING: Gauge of Leader "redial_recordings_waiting" ["provider"] "Recordings that are still to be fetched.";
    RECORDINGS: Counter of Leader "redial_recordings_total" ["provider", "result"]
        "Recordings that were fetched and kept, or given up as lost.";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_those_that_prometheus_asks_for() {
        let mut seen = HashSet::new();
        for family in FAMILIES {
            let Family { name, kind, labels, help, .. } = family;
            assert!(seen.insert(name), "{name} is there twice");
            assert!(name.starts_with("redial_") && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
            assert!(*kind != Kind::Histogram || name.ends_with("_seconds"), "{name}");
            for unit in ["_ms", "_us", "_millis", "_minutes", "_percent", "_count", "_sum", "_bucket"] {
                assert!(!name.ends_with(unit), "{name}");
            }
            assert!(help.ends_with('.') && !help.contains('\n'), "{name}: {help}");
            for label in *labels {
                let known =
                    ["provider", "outcome", "reason", "request", "answer", "state", "result", "command", "version"];
                assert!(known.contains(label), "{name}: is {label} bounded?");
            }
        }
    }
}
