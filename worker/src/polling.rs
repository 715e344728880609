//! Polling: asking the provider what has become of calls, many in one request where it can.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use redial_shared::{
    domain::{Outcome, Timestamp, campaign::ResultsPolicy, learned::Captured, polling, transition::Ending},
    provider::{CallReport, PollError, Results},
    store::{PollEntry, StoreError, TakenPolls},
    telemetry::{metrics::Request, traces::SpanKind},
};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use crate::{account::Account, tail::Terms};

/// Asking again without a wake-up.
pub(crate) const ASK_AGAIN_MAX: Duration = Duration::from_secs(1);
/// Requests for results under way at once, for one account: a slow answer does not keep the others waiting.
const POLLS_AT_ONCE: usize = 4;
/// Beyond the account's time-out, how long a batch that nobody answered for stays with its worker.
const TAKEN_GRACE: Duration = Duration::from_secs(5);
/// Calls that are looked for at once in a list of recent calls.
const TAIL_BATCH: usize = 500;

/// What was learned of calls.
struct Learned {
    reports: Vec<CallReport>,
    /// The provider answered: a call that it did not mention is pending.
    is_answered: bool,
    /// How long not to ask for these calls again.
    pause: Duration,
}

/// How many tasks poll one account in a process.
pub(crate) fn at_once(account: &Account) -> usize {
    if matches!(account.results(), Results::Poll { .. }) { POLLS_AT_ONCE } else { 1 }
}

/// Polls for one account until told to stop.
pub(crate) async fn run(account: Arc<Account>, stop: CancellationToken) {
    let (batch, fill) = match account.results() {
        Results::None => return,
        Results::Poll { batch: 1 } => (1, Duration::ZERO),
        Results::Poll { batch } => (batch, polling::FILL_MAX),
        // Where only our hook is told, calls come up once: to be given up.
        Results::Tail { .. } | Results::Hook => (TAIL_BATCH, Duration::ZERO),
    };
    loop {
        let pause = tokio::select! {
            () = stop.cancelled() => return,
            pause = poll_once(&account, batch, fill) => pause,
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = account.pollable.notified() => {}
            () = tokio::time::sleep(pause.min(ASK_AGAIN_MAX)) => {}
        }
    }
}

/// Polls one batch; answers how long there is nothing more to poll.
async fn poll_once(account: &Account, batch: usize, fill: Duration) -> Duration {
    let store = &account.engine.store;
    account.polls.until_ready().await;
    let taken = store.take_polls(&account.name, batch, account.timeout + TAKEN_GRACE, fill).await;
    let TakenPolls { entries, next_due, due, permit_us } = match taken {
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
    if let Some(due) = due {
        account.metrics.polled(store.clock().now().since(due));
    }
    let learned = ask_for(account, &entries).await;
    if let Err(error) = settle(account, entries, learned).await {
        tracing::warn!(%error, account = account.name, "poll results were not written; the calls are polled again");
    }
    Duration::ZERO
}

/// Asks for calls, and notes how the provider fares.
async fn ask_for(account: &Account, entries: &[PollEntry]) -> Learned {
    let nothing = |pause| Learned { reports: Vec::new(), is_answered: false, pause };
    if account.results() == Results::Hook {
        return nothing(Duration::ZERO);
    }
    let began = Instant::now();
    let learned = learn(account, entries).await;
    for entry in entries {
        account.engine.store.trace_attempt(entry.attempt, "poll", SpanKind::Client, began, |span| {
            let span = span.with("redial.provider", &account.name).with("redial.calls", entries.len().to_string());
            span.failed_if(learned.is_err())
        });
    }
    match learned {
        Ok(reports) => {
            account.answered().await;
            Learned { reports, is_answered: true, pause: Duration::ZERO }
        }
        Err(error) => {
            tracing::warn!(%error, account = account.name, calls = entries.len(), "poll failed; it is repeated");
            nothing(account.failed(error).await)
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
    if let Results::Tail { overlap, newest_first } = account.provider.results() {
        let terms = Terms { overlap, newest_first };
        return account.tail.lock().await.learn(account, entries, terms, token).await;
    }
    let ids: Vec<&str> = entries.iter().map(|entry| entry.call_id.as_str()).collect();
    let Some(request) = account.provider.poll(&ids, token) else { return Ok(Vec::new()) };
    account.ask(Request::Results, request, |answer| account.provider.poll_answer(&ids, answer)).await
}

/// Writes what the provider reported; files pending calls again, after the pause at the soonest, and gives up those that are
/// too old.
async fn settle(account: &Account, entries: Vec<PollEntry>, learned: Learned) -> Result<(), StoreError> {
    let store = &account.engine.store;
    let now = store.clock().now();
    let Learned { reports, is_answered, pause } = learned;
    let mut reports: HashMap<String, CallReport> =
        reports.into_iter().map(|report| (report.call_id.clone(), report)).collect();
    let (mut endings, mut again, mut over) = (Vec::new(), Vec::new(), Vec::new());
    let is_asked = account.results() != Results::Hook;
    for entry in entries {
        let report = reports.remove(&entry.call_id);
        let age = now.since(entry.started_at);
        let info = match store.info(entry.attempt.campaign, 0).await {
            Err(StoreError::NoCampaign(_)) => {
                over.push(entry);
                continue;
            }
            info => info?,
        };
        let results = &info.definition.results;
        if let Some((report, ending)) = report.as_ref().and_then(|report| Some((report, report.ending(now)?))) {
            account.pace.ended(entry.attempt, age, ending.duration_s);
            endings.push((entry.attempt, Ending { captured: results.capture.of(&report.document), ..ending }));
            over.push(entry);
            continue;
        }
        let status = report.map_or(String::new(), |report| report.provider_status);
        let is_given_up = age >= results.give_up.duration();
        if is_given_up {
            endings.push((entry.attempt, given_up(status, now)));
        }
        let next = next_poll(account, results, &entry, now, is_answered);
        match next.filter(|_| is_asked || !is_given_up) {
            Some(next) => again.push((entry, next.max(now + pause))),
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

/// When a call that goes on is polled next; none: never again.
fn next_poll(
    account: &Account,
    results: &ResultsPolicy,
    entry: &PollEntry,
    now: Timestamp,
    is_answered: bool,
) -> Option<Timestamp> {
    let age = now.since(entry.started_at);
    if matches!(account.results(), Results::Tail { .. }) {
        return polling::tail_next(results, age, now);
    }
    let pause = match is_answered {
        true => account.pace.pending(results, entry.attempt, age),
        false => polling::next_poll(results, age),
    };
    Some(now + pause?)
}

fn given_up(provider_status: String, at: Timestamp) -> Ending {
    Ending {
        outcome: Outcome::Unknown,
        provider_status,
        duration_s: None,
        reason: "the provider told no result in time".to_owned(),
        hold: false,
        is_over: false,
        charged: true,
        at,
        captured: Captured::default(),
    }
}
