//! `/metrics`: what this process counts, and, where it leads, how the whole workspace stands. Redis is read once a scrape and
//! at most once a second, at a bounded price.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use redial_shared::{
    domain::{CampaignState, ContactState, Outcome},
    store::{StoreError, view::CampaignView},
    telemetry::metrics::{Format, Page, catalogue, written},
};
use tokio::sync::Mutex;

use super::ApiState;

/// Scrapes within this time share one look at the workspace.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The last look at the workspace.
#[derive(Default)]
pub struct Workspace(Mutex<Option<(Instant, Arc<Page>)>>);

/// Everything that is known now. Without Redis that is little, and `redial_redis_up` says so.
pub async fn text(state: &ApiState, format: Format) -> String {
    let metrics = state.store.metrics();
    let is_up = state.store.measure_clock().await.is_ok();
    let workspace = if is_up && metrics.is_leading() { looked_at(state).await } else { None };
    let mut present = Page::default();
    present.add_one(&catalogue::REDIS_UP, f64::from(u8::from(is_up)));
    if is_up {
        present.add_one(&catalogue::CLOCK_OFFSET_SECONDS, clock_offset_s(state));
    }
    metrics.add_present(&mut present);
    written([metrics.page(), &present].into_iter().chain(workspace.as_deref()), format)
}

/// How far this machine's clock is ahead of Redis's.
fn clock_offset_s(state: &ApiState) -> f64 {
    let here = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    here.as_secs_f64() - state.store.clock().now_us() as f64 / 1e6
}

/// The workspace as it stood less than a second ago; none while Redis does not answer.
async fn looked_at(state: &ApiState) -> Option<Arc<Page>> {
    let mut last = state.workspace.0.lock().await;
    if let Some((at, page)) = &*last
        && at.elapsed() < LOOK_EVERY
    {
        return Some(page.clone());
    }
    match look(state).await {
        Ok(page) => {
            let page = Arc::new(page);
            *last = Some((Instant::now(), page.clone()));
            Some(page)
        }
        Err(error) => {
            tracing::warn!(%error, "the workspace's metrics could not be read");
            None
        }
    }
}

async fn look(state: &ApiState) -> Result<Page, StoreError> {
    let mut page = Page::default();
    let campaigns = state.store.campaigns().await?;
    add_campaigns(&mut page, &campaigns);
    // What was done stays done when its campaign is archived: a counter must not fall.
    let archived = state.store.archives().await?.into_iter().map(|archived| archived.view);
    let of_all: Vec<CampaignView> = campaigns.iter().cloned().chain(archived).collect();
    add_attempts(&mut page, state, &of_all);
    add_depths(&mut page, state, &campaigns).await?;
    add_accounts(&mut page, state, &campaigns).await?;
    add_recordings(&mut page, state).await?;
    let now = state.store.clock().now();
    let live = state.store.workers().await?.iter().filter(|(_, _, alive_until)| *alive_until > now).count();
    page.add_one(&catalogue::WORKERS, live as f64);
    Ok(page)
}

fn add_campaigns(page: &mut Page, campaigns: &[CampaignView]) {
    let in_state = |state: &CampaignState| campaigns.iter().filter(|campaign| campaign.state == *state).count();
    let states = CampaignState::ALL.iter();
    page.add_known(&catalogue::CAMPAIGNS, states.map(|state| ([state.to_string()], in_state(state) as f64)));
    let contacts = |state| campaigns.iter().filter_map(|campaign| campaign.counts.by_state.get(state)).sum::<u64>();
    let states = ContactState::ALL.iter();
    page.add_known(&catalogue::CONTACTS, states.map(|state| ([state.to_string()], contacts(state) as f64)));
}

/// What was done by the campaigns of each account, which may have had another one before. Accounts are those of the
/// configuration and those that campaigns name.
fn add_attempts(page: &mut Page, state: &ApiState, campaigns: &[CampaignView]) {
    let mut accounts: BTreeMap<&str, Vec<&CampaignView>> =
        state.config.providers.keys().map(|account| (account.as_str(), Vec::new())).collect();
    campaigns.iter().for_each(|campaign| accounts.entry(&campaign.account).or_default().push(campaign));
    let attempts = |of: &[&CampaignView], outcome| -> f64 {
        of.iter().filter_map(|campaign| campaign.counts.outcomes.get(outcome)).sum::<u64>() as f64
    };
    let (mut by_outcome, mut pacing) = (Vec::new(), Vec::new());
    for (account, of) in accounts {
        let outcomes = Outcome::ALL.iter();
        by_outcome.extend(outcomes.map(|outcome| ([account.to_owned(), outcome.to_string()], attempts(&of, outcome))));
        let rate = state.config.providers.get(account).and_then(|config| config.rate);
        pacing.extend(rate.map(|rate| ([account.to_owned()], started_per_second(&of) / rate.per_second())));
    }
    page.add_known(&catalogue::ATTEMPTS, by_outcome);
    page.add_known(&catalogue::PACING_USED_RATIO, pacing);
}

/// Over the last full seconds, ten at most.
fn started_per_second(campaigns: &[&CampaignView]) -> f64 {
    let seconds = campaigns.iter().map(|campaign| campaign.recent_starts.len()).max().unwrap_or(0);
    let started: u32 = campaigns.iter().flat_map(|campaign| &campaign.recent_starts).sum();
    f64::from(started) / seconds.max(1) as f64
}

async fn add_depths(page: &mut Page, state: &ApiState, campaigns: &[CampaignView]) -> Result<(), StoreError> {
    let mut depths = state.store.queue_depths(campaigns).await?;
    for account in state.config.providers.keys() {
        depths.entry(account.clone()).or_default();
    }
    let of = |count: fn(&redial_shared::store::QueueDepth) -> u64| {
        depths.iter().map(move |(account, depth)| ([account.clone()], count(depth) as f64)).collect::<Vec<_>>()
    };
    page.add_known(&catalogue::LANES_OPEN, of(|depth| depth.lanes_open));
    page.add_known(&catalogue::CONTACTS_CALLABLE, of(|depth| depth.callable));
    page.add_known(&catalogue::CONTACTS_DUE, of(|depth| depth.due));
    Ok(())
}

/// How accounts stand, and the live calls of those too that only campaigns name: calls go on without a configuration.
async fn add_accounts(page: &mut Page, state: &ApiState, campaigns: &[CampaignView]) -> Result<(), StoreError> {
    let (mut up, mut pace, mut live) = (Vec::new(), Vec::new(), Vec::new());
    let of_campaigns = campaigns.iter().map(|campaign| &campaign.account);
    for account in state.config.providers.keys().chain(of_campaigns).collect::<BTreeSet<_>>() {
        let health = state.store.account_health(account).await?;
        live.push(([account.clone()], health.live_calls as f64));
        if !state.config.providers.contains_key(account) {
            continue;
        }
        up.push(([account.clone()], f64::from(u8::from(health.trouble(account).is_none()))));
        pace.push(([account.clone()], health.pace.unwrap_or(1.0)));
    }
    page.add_known(&catalogue::PROVIDER_UP, up);
    page.add_known(&catalogue::PROVIDER_PACE_RATIO, pace);
    page.add_known(&catalogue::LIVE_CALLS, live);
    Ok(())
}

async fn add_recordings(page: &mut Page, state: &ApiState) -> Result<(), StoreError> {
    let (mut waiting, mut done) = (Vec::new(), Vec::new());
    for (account, _) in state.config.providers.iter().filter(|(_, account)| account.recordings.is_some()) {
        let counts = state.store.recording_counts(account).await?;
        waiting.push(([account.clone()], counts.awaited as f64));
        for (result, count) in [("kept", counts.kept), ("lost", counts.lost)] {
            done.push(([account.clone(), result.to_owned()], count as f64));
        }
    }
    page.add_known(&catalogue::RECORDINGS_WAITING, waiting);
    page.add_known(&catalogue::RECORDINGS, done);
    Ok(())
}
