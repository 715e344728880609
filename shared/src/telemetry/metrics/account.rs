//! What a process counts of one provider account. Counting is adding to numbers that are there already: each combination of
//! labels exists from the start, at 0, in a worker for all that it counts and in a scheduler for the ends of calls.

use std::{borrow::Cow, time::Duration};

use prometheus_client::metrics::{
    counter::Counter, exemplar::HistogramWithExemplars, family::Family, histogram::Histogram,
};

use super::{
    catalogue,
    page::{Labels, Page},
};
use crate::domain::Outcome;

/// Bounds of histograms, in seconds.
const LATENESS_S: [f64; 12] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1_800.0, 7_200.0];
const SEND_LAG_S: [f64; 8] = [0.000_5, 0.001, 0.002, 0.003, 0.004, 0.006, 0.008, 0.016];
const POLL_LAG_S: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];
const REQUEST_S: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// As a label's value.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

words! {
    /// Why an intent was refused.
    Refusal {
        /// The worker's lease had run out.
        LeaseLost = "lease_lost",
        /// The campaign was paused, stopped or past its run; or a restart of Redis was being recovered from.
        NotDialing = "not_dialing",
        /// Outside calling hours, or the campaign had changed.
        WindowClosed = "window_closed",
        /// The claim had expired, or Redis did not answer in time.
        ClaimGone = "claim_gone",
        /// The contact had changed.
        RecordChanged = "record_changed",
        /// The number was on another call.
        NumberInUse = "number_in_use",
        /// The permit's time had passed.
        TooLate = "too_late",
        /// The number was on a do-not-call list.
        Suppressed = "suppressed",
        /// A cap kept it.
        Capped = "capped",
    }
}

words! {
    /// What a provider was asked for.
    Request {
        /// To place a call.
        Call = "call",
        /// What became of calls.
        Results = "results",
        /// An access token.
        Token = "token",
        /// Something harmless, to see whether it is up; or whether people are there.
        Check = "check",
        /// Where a recording is.
        Recording = "recording",
    }
}

words! {
    /// How a request was answered.
    Answer {
        /// As it should be; a call was taken.
        Accepted = "accepted",
        /// For good: this call, campaign or account.
        Refused = "refused",
        /// The access token was not taken.
        TokenRefused = "token_refused",
        /// With the wish for fewer requests.
        Throttled = "throttled",
        /// Not, or with an error of its own; a call did not ring.
        Failed = "failed",
        /// A call was sent, and nobody knows whether it rang.
        InDoubt = "in_doubt",
        /// A call came too late to be sent, or its connection was gone.
        NotSent = "not_sent",
    }
}

/// The families that know accounts.
#[derive(Debug)]
pub(super) struct AccountFamilies {
    calls: Family<Labels, Counter>,
    claims: Family<Labels, Counter>,
    intents: Family<Labels, Counter>,
    refusals: Family<Labels, Counter>,
    withdrawals: Family<Labels, Counter>,
    requests: Family<Labels, Counter>,
    request_seconds: Family<Labels, Traced, fn() -> Traced>,
    call_lateness: Family<Labels, Traced, fn() -> Traced>,
    send_lag: Family<Labels, Histogram, fn() -> Histogram>,
    poll_lag: Family<Labels, Histogram, fn() -> Histogram>,
}

/// A histogram whose buckets each name a trace of their last observation.
type Traced = HistogramWithExemplars<Labels>;

impl AccountFamilies {
    pub(super) fn on(page: &mut Page) -> Self {
        let families = Self {
            calls: Family::default(),
            claims: Family::default(),
            intents: Family::default(),
            refusals: Family::default(),
            withdrawals: Family::default(),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(|| Traced::new(REQUEST_S.into_iter())),
            call_lateness: Family::new_with_constructor(|| Traced::new(LATENESS_S.into_iter())),
            send_lag: Family::new_with_constructor(|| Histogram::new(SEND_LAG_S)),
            poll_lag: Family::new_with_constructor(|| Histogram::new(POLL_LAG_S)),
        };
        page.add(&catalogue::CALLS, families.calls.clone());
        page.add(&catalogue::CLAIMS, families.claims.clone());
        page.add(&catalogue::INTENTS, families.intents.clone());
        page.add(&catalogue::REFUSALS, families.refusals.clone());
        page.add(&catalogue::WITHDRAWALS, families.withdrawals.clone());
        page.add(&catalogue::PROVIDER_REQUESTS, families.requests.clone());
        page.add(&catalogue::PROVIDER_REQUEST_SECONDS, families.request_seconds.clone());
        page.add(&catalogue::CALL_LATENESS_SECONDS, families.call_lateness.clone());
        page.add(&catalogue::SEND_LAG_SECONDS, families.send_lag.clone());
        page.add(&catalogue::POLL_LAG_SECONDS, families.poll_lag.clone());
        families
    }

    /// Has all outcomes of an account's attempts be there, at 0.
    pub(super) fn expect_ends(&self, account: &str) {
        Outcome::ALL.iter().for_each(|outcome| drop(self.ended(account, *outcome)));
    }

    /// The counter of attempts of an account that ended so. Every process may write ends.
    pub(super) fn ended(&self, account: &str, outcome: Outcome) -> Counter {
        let outcome = ("outcome", Cow::from(outcome.as_str()));
        self.calls.get_or_create_owned(&vec![provider(account), outcome])
    }
}

/// What a worker counts of one account.
#[derive(Debug)]
pub struct AccountMetrics {
    /// Contacts that were claimed.
    pub claims: Counter,
    /// Intents that were written.
    pub intents: Counter,
    /// Attempts that were taken back.
    pub withdrawals: Counter,
    refusals: Vec<Counter>,
    requests: Vec<Vec<Counter>>,
    request_seconds: Vec<Traced>,
    call_lateness: Traced,
    send_lag: Histogram,
    poll_lag: Histogram,
}

impl AccountMetrics {
    pub(super) fn of(account: &str, families: &AccountFamilies) -> Self {
        let alone = vec![provider(account)];
        let with = |name, word| vec![provider(account), (name, Cow::from(word))];
        families.expect_ends(account);
        let refusal = |reason: &Refusal| families.refusals.get_or_create_owned(&with("reason", reason.as_str()));
        let answers = |request: &Request| {
            let answer = |answer: &Answer| {
                let answer = ("answer", Cow::from(answer.as_str()));
                let labels = vec![provider(account), ("request", Cow::from(request.as_str())), answer];
                families.requests.get_or_create_owned(&labels)
            };
            Answer::ALL.iter().map(answer).collect()
        };
        let seconds =
            |request: &Request| families.request_seconds.get_or_create_owned(&with("request", request.as_str()));
        Self {
            claims: families.claims.get_or_create_owned(&alone),
            intents: families.intents.get_or_create_owned(&alone),
            withdrawals: families.withdrawals.get_or_create_owned(&alone),
            refusals: Refusal::ALL.iter().map(refusal).collect(),
            requests: Request::ALL.iter().map(answers).collect(),
            request_seconds: Request::ALL.iter().map(seconds).collect(),
            call_lateness: families.call_lateness.get_or_create_owned(&alone),
            send_lag: families.send_lag.get_or_create_owned(&alone),
            poll_lag: families.poll_lag.get_or_create_owned(&alone),
        }
    }

    /// An intent was refused.
    pub fn refused(&self, reason: Refusal) {
        self.refusals[reason as usize].inc();
    }

    /// A request was answered so.
    pub fn answered(&self, request: Request, answer: Answer) {
        self.requests[request as usize][answer as usize].inc();
    }

    /// A request took so long; `trace` is the trace of the call for which it was, if it was for one.
    pub fn took(&self, request: Request, time: Duration, trace: Option<String>) {
        self.request_seconds[request as usize].observe(time.as_secs_f64(), exemplar(trace), None);
    }

    /// A call was sent so long after it was due.
    pub fn late(&self, lateness: Duration, trace: Option<String>) {
        self.call_lateness.observe(lateness.as_secs_f64(), exemplar(trace), None);
    }

    /// A call was sent so long after its permit.
    pub fn sent(&self, after: Duration) {
        self.send_lag.observe(after.as_secs_f64());
    }

    /// Calls were asked for so long after the first of them was due.
    pub fn polled(&self, after: Duration) {
        self.poll_lag.observe(after.as_secs_f64());
    }
}

fn provider(account: &str) -> (&'static str, Cow<'static, str>) {
    ("provider", Cow::from(account.to_owned()))
}

fn exemplar(trace: Option<String>) -> Option<Labels> {
    trace.map(|trace| vec![("trace_id", Cow::from(trace))])
}
