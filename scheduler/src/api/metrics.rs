//! Metrics in Prometheus's text format. No label holds a number, an id or a campaign: their count is bounded.

use std::{
    collections::BTreeMap,
    fmt::{Display, Write},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use redial_shared::{
    domain::{CampaignState, ContactState, Outcome},
    store::view::CampaignView,
};

use super::ApiState;

/// The highest counts seen. A withdrawn attempt lowers a campaign's count, and Prometheus would take that for a restart
/// of the counter, so what is shown never falls while the process lives.
#[derive(Debug, Default)]
pub struct Counters {
    attempts: AtomicU64,
    outcomes: [AtomicU64; Outcome::ALL.len()],
    /// By account and result.
    hooks: Mutex<BTreeMap<(String, &'static str), u64>>,
}

impl Counters {
    /// Counts what came of one delivery to the hook of an account that is configured.
    pub fn hook(&self, account: &str, result: &'static str) {
        let mut hooks = self.hooks.lock().expect("no panic while held");
        *hooks.entry((account.to_owned(), result)).or_default() += 1;
    }
}

/// Everything that is known now. Without Redis that is little, and `redial_redis_up` says so.
pub async fn text(state: &ApiState) -> String {
    let campaigns = state.store.campaigns().await;
    let mut page = Page::default();
    page.single(
        "redial_build_info",
        "gauge",
        "The version that runs.",
        &format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")),
        1,
    );
    page.single("redial_redis_up", "gauge", "Whether Redis answers.", "", u8::from(campaigns.is_ok()));
    page.single(
        "redial_redis_commands_total",
        "counter",
        "Commands this process sent to Redis.",
        "",
        state.store.commands(),
    );
    add_hooks(&mut page, &state.counters);
    let Ok(campaigns) = campaigns else { return page.0 };
    add_accounts(&mut page, state).await;
    add_recordings(&mut page, state).await;
    add_campaigns(&mut page, &campaigns);
    add_counters(&mut page, &campaigns, &state.counters);
    if let Ok(workers) = state.store.workers().await {
        let now = state.store.clock().now();
        let live = workers.iter().filter(|(_, _, alive_until)| *alive_until > now).count();
        page.single("redial_workers", "gauge", "Worker processes with a lease.", "", live);
    }
    page.0
}

fn add_hooks(page: &mut Page, counters: &Counters) {
    page.family("redial_hooks_total", "counter", "Deliveries to this process's hooks, by what came of them.");
    for ((account, result), count) in &*counters.hooks.lock().expect("no panic while held") {
        page.sample("redial_hooks_total", &format!("{{provider=\"{account}\",result=\"{result}\"}}"), count);
    }
}

async fn add_recordings(page: &mut Page, state: &ApiState) {
    let mut counts = Vec::new();
    for (account, _) in state.config.providers.iter().filter(|(_, account)| account.recordings.is_some()) {
        if let Ok(count) = state.store.recording_counts(account).await {
            counts.push((account, count));
        }
    }
    page.family("redial_recordings_waiting", "gauge", "Recordings that are still to be fetched.");
    for (account, count) in &counts {
        page.sample("redial_recordings_waiting", &label("provider", account), count.awaited);
    }
    page.family("redial_recordings_total", "counter", "Recordings that were fetched and kept, or given up as lost.");
    for (account, count) in &counts {
        for (result, count) in [("kept", count.kept), ("lost", count.lost)] {
            page.sample("redial_recordings_total", &format!("{{provider=\"{account}\",result=\"{result}\"}}"), count);
        }
    }
}

async fn add_accounts(page: &mut Page, state: &ApiState) {
    let mut healths = Vec::new();
    for account in state.config.providers.keys() {
        if let Ok(health) = state.store.account_health(account).await {
            healths.push((label("provider", account), health.trouble(account).is_none(), health.pace.unwrap_or(1.0)));
        }
    }
    page.family(
        "redial_provider_up",
        "gauge",
        "Whether a provider account may start calls: not paused, waiting or down.",
    );
    healths.iter().for_each(|(account, up, _)| page.sample("redial_provider_up", account, u8::from(*up)));
    page.family("redial_provider_pace_ratio", "gauge", "The part of its rate at which a provider account calls.");
    healths.iter().for_each(|(account, _, pace)| page.sample("redial_provider_pace_ratio", account, pace));
}

fn add_campaigns(page: &mut Page, campaigns: &[CampaignView]) {
    page.family("redial_campaigns", "gauge", "Campaigns by state.");
    for state in CampaignState::ALL {
        let count = campaigns.iter().filter(|campaign| campaign.state == *state).count();
        page.sample("redial_campaigns", &label("state", state), count);
    }
    page.family("redial_contacts", "gauge", "Contacts of all campaigns by state.");
    for state in ContactState::ALL {
        let count: u64 = campaigns.iter().filter_map(|campaign| campaign.counts.by_state.get(state)).sum();
        page.sample("redial_contacts", &label("state", state), count);
    }
    page.family("redial_live_calls", "gauge", "Calls begun and not yet concluded, by provider account.");
    let mut live: BTreeMap<&str, u64> = BTreeMap::new();
    for campaign in campaigns {
        *live.entry(&campaign.account).or_default() += campaign.live_calls;
    }
    for (account, count) in live {
        page.sample("redial_live_calls", &label("provider", account), count);
    }
}

fn add_counters(page: &mut Page, campaigns: &[CampaignView], counters: &Counters) {
    let attempts = campaigns.iter().map(|campaign| campaign.counts.attempts).sum();
    let attempts = highest(&counters.attempts, attempts);
    page.single("redial_attempts_total", "counter", "Attempts charged, all campaigns.", "", attempts);
    page.family("redial_outcomes_total", "counter", "Concluded attempts by outcome, all campaigns.");
    for (outcome, counter) in Outcome::ALL.iter().zip(&counters.outcomes) {
        let count = campaigns.iter().filter_map(|campaign| campaign.counts.outcomes.get(outcome)).sum();
        page.sample("redial_outcomes_total", &label("outcome", outcome), highest(counter, count));
    }
}

fn highest(seen: &AtomicU64, now: u64) -> u64 {
    seen.fetch_max(now, Ordering::Relaxed).max(now)
}

/// Values are names of states, outcomes and accounts, which need no escaping.
fn label(name: &str, value: impl Display) -> String {
    format!("{{{name}=\"{value}\"}}")
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}").expect("writing to a string succeeds");
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        writeln!(self.0, "{name}{labels} {value}").expect("writing to a string succeeds");
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, labels: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, labels, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_never_falls() {
        let counter = AtomicU64::new(0);
        assert_eq!([5, 4, 6].map(|now| highest(&counter, now)), [5, 5, 6]);
    }

    #[test]
    fn a_family_is_described_once_before_its_samples() {
        let mut page = Page::default();
        page.family("redial_x", "gauge", "X.");
        page.sample("redial_x", &label("state", "a"), 1);
        page.sample("redial_x", "", 2);
        assert_eq!(page.0, "# HELP redial_x X.\n# TYPE redial_x gauge\nredial_x{state=\"a\"} 1\nredial_x 2\n");
    }
}
