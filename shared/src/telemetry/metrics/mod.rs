//! Metrics in Prometheus's formats. `catalogue` names them all; a process counts what it does itself, and the scheduler that
//! leads adds what it reads of the whole workspace when it is asked.

pub mod account;
pub mod catalogue;
pub mod page;

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use prometheus_client::metrics::{counter::Counter, family::Family, gauge::ConstGauge, histogram::Histogram};

pub use account::{AccountMetrics, Answer, Refusal, Request};
pub use page::{Format, Labels, Page, written};

use crate::domain::Outcome;
use account::AccountFamilies;

/// Bounds of Redis's latency, in seconds.
const REDIS_S: [f64; 12] = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];

/// What one process counts.
pub struct Metrics {
    page: Page,
    families: AccountFamilies,
    accounts: Mutex<HashMap<String, Arc<AccountMetrics>>>,
    redis: Family<CommandLabel, Histogram, fn() -> Histogram>,
    redis_errors: Counter,
    hooks: Family<Labels, Counter>,
    leases_lost: Counter,
    spans_dropped: Counter,
    is_scheduler: AtomicBool,
    leads: AtomicBool,
    places: Mutex<Option<Places>>,
}

/// The label of a command to Redis.
type CommandLabel = [(&'static str, &'static str); 1];

/// How many places a worker has, and how many of them are free.
type Places = Box<dyn Fn() -> (usize, usize) + Send>;

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").field("page", &self.page).finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut page = Page::default();
        let families = AccountFamilies::on(&mut page);
        let redis = Family::new_with_constructor((|| Histogram::new(REDIS_S)) as fn() -> Histogram);
        let (redis_errors, hooks, leases_lost) = (Counter::default(), Family::default(), Counter::default());
        page.add(&catalogue::REDIS_COMMAND_SECONDS, redis.clone());
        page.add(&catalogue::REDIS_ERRORS, redis_errors.clone());
        page.add(&catalogue::HOOKS, hooks.clone());
        let spans_dropped = Counter::default();
        page.add(&catalogue::SPANS_DROPPED, spans_dropped.clone());
        page.add_known(&catalogue::BUILD_INFO, [([env!("CARGO_PKG_VERSION").to_owned()], 1.0)]);
        Self {
            page,
            families,
            accounts: Mutex::default(),
            redis,
            redis_errors,
            hooks,
            leases_lost,
            spans_dropped,
            is_scheduler: AtomicBool::new(false),
            leads: AtomicBool::new(false),
            places: Mutex::new(None),
        }
    }
}

impl Metrics {
    /// What this process counts of an account, as a worker.
    pub fn account(&self, account: &str) -> Arc<AccountMetrics> {
        let mut accounts = self.accounts.lock().expect("no panic while held");
        let of_account = || Arc::new(AccountMetrics::of(account, &self.families));
        accounts.entry(account.to_owned()).or_insert_with(of_account).clone()
    }

    /// This process may write ends of an account's attempts: each outcome is counted from 0.
    pub fn expect_calls(&self, account: &str) {
        self.families.expect_ends(account);
    }

    /// An attempt through an account has this outcome from now on.
    pub fn ended(&self, account: &str, outcome: Outcome) {
        self.families.ended(account, outcome).inc();
    }

    /// Redis answered a command, or a script of this name.
    pub fn redis_answered(&self, command: &'static str, after: Duration) {
        self.redis.get_or_create(&[("command", command)]).observe(after.as_secs_f64());
    }

    /// Redis did not answer, or refused.
    pub fn redis_failed(&self) {
        self.redis_errors.inc();
    }

    /// These results of deliveries to an account's hook may come: each is counted from 0.
    pub fn expect_hooks(&self, account: &str, results: &[&'static str]) {
        results.iter().for_each(|result| drop(self.hook_results(account, result)));
    }

    /// Something came of a delivery to an account's hook.
    pub fn hook(&self, account: &str, result: &'static str) {
        self.hook_results(account, result).inc();
    }

    fn hook_results(&self, account: &str, result: &'static str) -> Counter {
        self.hooks.get_or_create_owned(&vec![("provider", account.to_owned().into()), ("result", result.into())])
    }

    /// Counts spans of traces that are dropped.
    pub fn spans_dropped(&self) -> Counter {
        self.spans_dropped.clone()
    }

    /// This process lost its lease.
    pub fn lease_lost(&self) {
        self.leases_lost.inc();
    }

    /// This process is a worker; what is given tells its places and how many of them are free.
    pub fn works(&self, places: impl Fn() -> (usize, usize) + Send + 'static) {
        *self.places.lock().expect("no panic while held") = Some(Box::new(places));
    }

    /// This process is a scheduler, and leads or does not.
    pub fn leads(&self, leads: bool) {
        self.is_scheduler.store(true, Ordering::Relaxed);
        self.leads.store(leads, Ordering::Relaxed);
    }

    /// Whether this process tells of the whole workspace.
    pub fn is_leading(&self) -> bool {
        self.leads.load(Ordering::Relaxed)
    }

    /// What has been counted so far.
    pub fn page(&self) -> &Page {
        &self.page
    }

    /// Adds what stands where it stands now.
    pub fn add_present(&self, page: &mut Page) {
        if let Some(places) = &*self.places.lock().expect("no panic while held") {
            let (all, free) = places();
            page.add_one(&catalogue::WORKER_PLACES, all as f64);
            page.add_one(&catalogue::WORKER_PLACES_USED, all.saturating_sub(free) as f64);
            page.add(&catalogue::LEASES_LOST, self.leases_lost.clone());
        }
        if self.is_scheduler.load(Ordering::Relaxed) {
            page.add(&catalogue::LEADING, ConstGauge::new(i64::from(self.is_leading())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_lead_to_a_trace_where_the_format_can_tell() {
        let metrics = Metrics::default();
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        metrics.account("acme").took(Request::Call, Duration::from_millis(300), Some(trace.to_owned()));
        let told = written([metrics.page()], Format::OpenMetrics);
        assert!(
            told.contains(&format!("le=\"0.5\",provider=\"acme\",request=\"call\"}} 1 # {{trace_id=\"{trace}\"}} 0.3")),
            "{told}"
        );
        assert!(!written([metrics.page()], Format::Text).contains(trace));
    }

    #[test]
    fn an_account_counts_from_zero_in_every_combination() {
        let metrics = Metrics::default();
        metrics.account("acme").refused(Refusal::Capped);
        metrics.ended("acme", Outcome::Busy);
        let told = written([metrics.page()], Format::Text);
        for line in [
            "redial_refusals_total{provider=\"acme\",reason=\"capped\"} 1",
            "redial_refusals_total{provider=\"acme\",reason=\"too_late\"} 0",
            "redial_calls_total{provider=\"acme\",outcome=\"busy\"} 1",
            "redial_calls_total{provider=\"acme\",outcome=\"answered\"} 0",
        ] {
            assert!(told.lines().any(|known| known == line), "{line}\n{told}");
        }
    }
}
