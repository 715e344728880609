//! Polling: asking the provider what has become of calls, many in one request where it can.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use redial_shared::{
    domain::{Outcome, Timestamp, learned::Captured, polling, transition::Ending},
    provider::{CallReport, PollError, Results},
    store::{PollEntry, StoreError, TakenPolls},
};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use crate::account::Account;

/// Asking again without a wake-up.
const ASK_AGAIN_MAX: Duration = Duration::from_secs(1);
/// Once one call is due, those due within this time fill its batch.
const SLACK: Duration = Duration::from_millis(500);
/// Beyond the account's time-out, how long a batch that nobody answered for stays with its worker.
const TAKEN_GRACE: Duration = Duration::from_secs(5);

/// Calls that one reading of a tail looks for.
const TAIL_BATCH: usize = 500;
/// Pages that one reading of a tail asks for; what lies behind them is found by the next.
const TAIL_PAGES_MAX: u32 = 20;

/// Polls for one account until told to stop.
pub(crate) async fn run(account: Arc<Account>, stop: CancellationToken) {
    let batch = match account.results() {
        Results::None => return,
        Results::Poll { batch } => batch,
        // Where only our hook is told, calls come up once: to be given up.
        Results::Tail { .. } | Results::Hook => TAIL_BATCH,
    };
    loop {
        let pause = tokio::select! {
            () = stop.cancelled() => return,
            pause = poll_once(&account, batch) => pause,
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = account.pollable.notified() => {}
            () = tokio::time::sleep(pause.min(ASK_AGAIN_MAX)) => {}
        }
    }
}

/// Polls one batch; answers how long there is nothing more to poll.
async fn poll_once(account: &Account, batch: usize) -> Duration {
    let store = &account.engine.store;
    account.polls.until_ready().await;
    let taken = store.take_polls(&account.name, batch, account.timeout + TAKEN_GRACE, SLACK).await;
    let TakenPolls { entries, next_due, permit_us } = match taken {
        Ok(taken) => taken,
        Err(error) => {
            tracing::warn!(%error, account = account.name, "calls to poll could not be taken");
            return ASK_AGAIN_MAX;
        }
    };
    if entries.is_empty() {
        return next_due.map_or(ASK_AGAIN_MAX, |due| due.since(store.clock().now()));
    }
    let early_us = u64::try_from(permit_us - store.clock().now_us()).unwrap_or(0);
    tokio::time::sleep(Duration::from_micros(early_us)).await;
    let (reports, pause) = ask_for(account, &entries).await;
    if let Err(error) = settle(account, entries, reports, pause).await {
        tracing::warn!(%error, account = account.name, "poll results were not written; the calls are polled again");
    }
    Duration::ZERO
}

/// Asks for calls, and notes how the provider fares. Answers how long not to ask for these again, too.
async fn ask_for(account: &Account, entries: &[PollEntry]) -> (Vec<CallReport>, Duration) {
    if account.results() == Results::Hook {
        return (Vec::new(), Duration::ZERO);
    }
    match learn(account, entries).await {
        Ok(reports) => {
            account.answered().await;
            (reports, Duration::ZERO)
        }
        Err(error) => {
            tracing::warn!(%error, account = account.name, calls = entries.len(), "poll failed; it is repeated");
            (Vec::new(), account.failed(error).await)
        }
    }
}

/// Asks for calls; again with a new token if the one that was sent is refused and another is worth a try.
async fn learn(account: &Account, entries: &[PollEntry]) -> Result<Vec<CallReport>, PollError> {
    let mut token = account.token().await?;
    loop {
        let learned = learn_with(account, entries, token.as_ref()).await;
        match (&learned, &token) {
            (Err(PollError::Account { message }), Some(token)) if account.tokens.refused(token, message) => {}
            _ => return learned,
        }
        token = account.token().await?;
        account.in_line().await?;
    }
}

async fn learn_with(
    account: &Account,
    entries: &[PollEntry],
    token: Option<&SecretString>,
) -> Result<Vec<CallReport>, PollError> {
    if let Results::Tail { overlap } = account.provider.results() {
        return tail(account, entries, overlap, token).await;
    }
    let ids: Vec<&str> = entries.iter().map(|entry| entry.call_id.as_str()).collect();
    let Some(request) = account.provider.poll(&ids, token) else { return Ok(Vec::new()) };
    account.ask(request, |answer| account.provider.poll_answer(&ids, answer)).await
}

/// Reads the account's recent calls, from when the oldest of those looked for began, page by page until all are found.
async fn tail(
    account: &Account,
    entries: &[PollEntry],
    overlap: Duration,
    token: Option<&SecretString>,
) -> Result<Vec<CallReport>, PollError> {
    let mut missing: HashSet<&str> = entries.iter().map(|entry| entry.call_id.as_str()).collect();
    let Some(oldest) = entries.iter().map(|entry| entry.started_at).min() else { return Ok(Vec::new()) };
    let mut reports = Vec::new();
    for page in 1..=TAIL_PAGES_MAX {
        let Some(request) = account.provider.tail(oldest - overlap, page, token) else { break };
        if page > 1 {
            account.in_line().await?;
        }
        let read = account.ask(request, |answer| account.provider.tail_answer(answer)).await?;
        read.reports.iter().for_each(|report| {
            missing.remove(report.call_id.as_str());
        });
        reports.extend(read.reports);
        if !read.more || missing.is_empty() {
            break;
        }
    }
    Ok(reports)
}

/// Writes what the provider reported; files pending calls again, after `pause` at the soonest, and gives up those that are
/// too old.
async fn settle(
    account: &Account,
    entries: Vec<PollEntry>,
    reports: Vec<CallReport>,
    pause: Duration,
) -> Result<(), StoreError> {
    let store = &account.engine.store;
    let now = store.clock().now();
    let mut reports: HashMap<String, CallReport> =
        reports.into_iter().map(|report| (report.call_id.clone(), report)).collect();
    let (mut endings, mut again, mut over) = (Vec::new(), Vec::new(), Vec::new());
    let is_asked = account.results() != Results::Hook;
    for entry in entries {
        let report = reports.remove(&entry.call_id);
        let info = store.info(entry.attempt.campaign, 0).await?;
        let results = &info.definition.results;
        if let Some((report, ending)) = report.as_ref().and_then(|report| Some((report, report.ending(now)?))) {
            endings.push((entry.attempt, Ending { captured: results.capture.of(&report.document), ..ending }));
            over.push(entry);
            continue;
        }
        let status = report.map_or(String::new(), |report| report.provider_status);
        let age = now.since(entry.started_at);
        let is_given_up = age >= results.give_up.duration();
        if is_given_up {
            endings.push((entry.attempt, given_up(status, now)));
        }
        match polling::next_poll(results, age).filter(|_| is_asked || !is_given_up) {
            Some(next) => again.push((entry, now + next.max(pause))),
            None => over.push(entry),
        }
    }
    store.poll_again(&account.name, &again).await?;
    if !endings.is_empty() {
        store.end_attempts(endings).await?;
    }
    // Also those whose ending changed nothing, and those of a campaign that has another account by now.
    store.end_polls(&account.name, &over).await
}

fn given_up(provider_status: String, at: Timestamp) -> Ending {
    Ending {
        outcome: Outcome::Unknown,
        provider_status,
        duration_s: None,
        reason: "the provider told no result in time".to_owned(),
        hold: false,
        at,
        captured: Captured::default(),
    }
}
