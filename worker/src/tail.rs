//! Reading the list of an account's recent calls, where one page tells of many: what was read is kept, so that each reading
//! begins where the one before ended.
//!
//! The list tells the newest change first, if its file says so. Then a page whose last call is told as it was told before
//! has nothing new behind it, and mostly one page is enough. As changes may come late, all is read again now and then,
//! back to the overlap before the last time. The times are ours: calls in a list need not tell when they changed.

#[cfg(test)]
mod tests;

use std::{collections::HashMap, time::Duration};

use redial_shared::{
    domain::Timestamp,
    provider::{CallReport, PollError, Report, TailPage},
    store::PollEntry,
    telemetry::metrics::Request,
};
use secrecy::SecretString;
use serde_json::Value;

use crate::account::Account;

/// What was read so recently is not read again for other calls.
const FRESH: Duration = Duration::from_millis(900);
/// How often all changes since the overlap are read, even if they seem to be known.
const WHOLE_EVERY: Duration = Duration::from_secs(30);
/// How often calls that no reading has told of are looked for further back.
const LOOK_BACK_EVERY: Duration = Duration::from_secs(20);
/// Pages that one reading asks for.
const PAGES_MAX: u32 = 20;
/// Calls are forgotten when nobody has asked for them, nor the list told of them, for this long.
const KEPT: Duration = Duration::from_secs(15 * 60);
/// Calls that are kept.
const CALLS_MAX: usize = 20_000;

/// How a list is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// How far before the last reading changes may still come to light.
    pub(crate) overlap: Duration,
    /// Its first page tells the newest changes.
    pub(crate) newest_first: bool,
}

/// What one process has read of an account's list.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    calls: HashMap<String, Known>,
    /// All changes from the first of these instants to the second are known; the second is when the last reading began.
    span: Option<(Timestamp, Timestamp)>,
    whole_at: Option<Timestamp>,
    looked_back_at: Option<Timestamp>,
    /// The last reading failed half-way: behind what is known there may be what is not.
    is_cut: bool,
}

#[derive(Debug)]
struct Known {
    report: CallReport,
    /// When it was last told or asked for.
    at: Timestamp,
}

/// How far one reading goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Until what is told is known.
    News,
    /// All of it.
    Whole,
    /// Until the calls that are looked for are found.
    Back,
}

impl Tail {
    /// What is known of calls, after a reading if the last one is too old.
    ///
    /// # Errors
    /// As the provider answered.
    pub(crate) async fn learn(
        &mut self,
        account: &Account,
        entries: &[PollEntry],
        terms: Terms,
        token: Option<&SecretString>,
    ) -> Result<Vec<CallReport>, PollError> {
        let now = account.engine.store.clock().now();
        if self.span.is_none_or(|(_, to)| now.since(to) >= FRESH) {
            let (from, reach) = self.next_reading(entries, terms, now);
            self.read(account, entries, (from, reach), now, terms, token).await?;
        }
        self.forget_old(now);
        Ok(entries.iter().filter_map(|entry| self.of(&entry.call_id, now)).collect())
    }

    fn of(&mut self, call_id: &str, now: Timestamp) -> Option<CallReport> {
        let known = self.calls.get_mut(call_id)?;
        known.at = now;
        Some(known.report.clone())
    }

    /// From when changes are asked for next, and how far the reading goes.
    fn next_reading(&mut self, entries: &[PollEntry], terms: Terms, now: Timestamp) -> (Timestamp, Reach) {
        let is_due = |at: Option<Timestamp>, every| at.is_none_or(|at| now.since(at) >= every);
        let begins = |entry: &PollEntry| entry.started_at;
        let Some((since, to)) = self.span else {
            self.looked_back_at = Some(now);
            return (entries.iter().map(begins).min().unwrap_or(now).min(now) - terms.overlap, Reach::Back);
        };
        let is_lost = |entry: &&PollEntry| entry.started_at < since && !self.calls.contains_key(&entry.call_id);
        let lost = entries.iter().filter(is_lost).map(begins).min();
        if let Some(lost) = lost.filter(|_| is_due(self.looked_back_at, LOOK_BACK_EVERY)) {
            self.looked_back_at = Some(now);
            return (lost - terms.overlap, Reach::Back);
        }
        let is_whole = self.is_cut || is_due(self.whole_at, WHOLE_EVERY) || !terms.newest_first;
        let reach = if is_whole { Reach::Whole } else { Reach::News };
        // What a whole reading missed of late changes, the next one finds.
        let from = if reach == Reach::Whole { self.whole_at.unwrap_or(since).max(since) } else { to };
        (from - terms.overlap, reach)
    }

    async fn read(
        &mut self,
        account: &Account,
        entries: &[PollEntry],
        (from, reach): (Timestamp, Reach),
        now: Timestamp,
        terms: Terms,
        token: Option<&SecretString>,
    ) -> Result<(), PollError> {
        self.is_cut = true;
        for page in 1..=PAGES_MAX {
            let Some(request) = account.provider.tail(from, page, token) else { break };
            if page > 1 {
                account.in_line().await?;
            }
            let TailPage { reports, more } =
                account.ask(Request::Results, request, |answer| account.provider.tail_answer(answer)).await?;
            let ends_with_news = self.take_in(reports, now);
            let is_all = !more;
            let is_enough = terms.newest_first
                && match reach {
                    Reach::News => !ends_with_news,
                    Reach::Back => {
                        let is_known = |entry: &PollEntry| self.calls.contains_key(&entry.call_id);
                        entries.iter().all(is_known) && (self.span.is_none() || !ends_with_news)
                    }
                    Reach::Whole => false,
                };
            if is_all || is_enough {
                self.is_read(from, now, is_all);
                return Ok(());
            }
        }
        // What lies between is found when somebody looks for it.
        if terms.newest_first {
            self.span = Some((now, now));
            self.is_cut = false;
        }
        Ok(())
    }

    /// Notes how much is known after a reading that began at `now`.
    fn is_read(&mut self, from: Timestamp, now: Timestamp, is_all: bool) {
        let before = self.span.map(|(since, _)| since);
        let since = match is_all {
            true => before.map_or(from, |before| before.min(from)),
            // Of the first reading: those that nobody looked for may lie behind it.
            false => before.unwrap_or(now),
        };
        self.span = Some((since, now));
        self.is_cut = false;
        if is_all {
            self.whole_at = Some(now);
        }
    }

    /// Keeps what a page tells. Answers whether its last call is told otherwise than before; false for an empty page.
    fn take_in(&mut self, reports: Vec<CallReport>, now: Timestamp) -> bool {
        let mut is_news = false;
        for mut report in reports {
            if report.report == Report::Pending {
                report.document = Value::Null;
            }
            let known = self.calls.get(&report.call_id).map(|known| &known.report);
            is_news = known
                .is_none_or(|known| (&known.provider_status, known.report) != (&report.provider_status, report.report));
            self.calls.insert(report.call_id.clone(), Known { report, at: now });
        }
        is_news
    }

    fn forget_old(&mut self, now: Timestamp) {
        let kept = if self.calls.len() > CALLS_MAX { KEPT / 5 } else { KEPT };
        self.calls.retain(|_, known| now.since(known.at) < kept);
        // A call that was forgotten is looked for again, should somebody still ask for it.
        if let Some((since, _)) = &mut self.span {
            *since = (*since).max(now - kept);
        }
    }
}
