//! What is told of a call that was sent: how late it was, and how its request was answered. One that was due at a time is late
//! since then, or since its hours opened, if they were closed then.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use redial_shared::{
    domain::{CampaignId, Interval, Timestamp},
    store::{CampaignInfo, Intent},
    telemetry::{
        metrics::{Answer, Request},
        traces::SpanKind,
    },
};

use crate::account::Account;

/// How far back an opening is looked for: who was due before that was late at his own time already.
const OPENED_WITHIN: Duration = Duration::from_secs(36 * 3600);
/// How far ahead hours are remembered.
const AHEAD: Duration = Duration::from_secs(12 * 3600);
/// Lanes whose present hours are remembered.
const LANES_MAX: usize = 4_096;

/// The present hours of lanes that were called lately, so that they are not computed for each call.
#[derive(Default)]
pub(crate) struct Openings(Mutex<HashMap<(CampaignId, u16), (u32, Interval)>>);

impl Openings {
    /// How long after its time a call was sent.
    pub(crate) fn lateness(&self, info: &CampaignInfo, lane: u16, due: Timestamp, sent: Timestamp) -> Duration {
        let opened = self.open_since(info, lane, sent);
        sent.since(opened.map_or(due, |opened| due.max(opened)))
    }

    /// Since when the lane has been open; none: for longer than anybody looks back.
    fn open_since(&self, info: &CampaignInfo, lane: u16, at: Timestamp) -> Option<Timestamp> {
        let mut known = self.0.lock().expect("no panic while held");
        let present = known.get(&(info.id, lane));
        let present = present.filter(|(version, hours)| *version == info.version && hours.contains(at));
        let hours = match present {
            Some((_, hours)) => *hours,
            None => {
                let around = info.open_at(&info.place(lane), at - OPENED_WITHIN, OPENED_WITHIN + AHEAD);
                let hours = around.into_iter().find(|hours| hours.contains(at))?;
                if known.len() >= LANES_MAX {
                    known.clear();
                }
                known.insert((info.id, lane), (info.version, hours));
                hours
            }
        };
        Some(hours.from).filter(|from| *from > at - OPENED_WITHIN)
    }
}

impl Account {
    /// The request of a call that was sent then has this answer by now.
    pub(crate) fn tell_answer(&self, intent: &Intent, info: &CampaignInfo, sent_at: Instant, answer: Answer) {
        let (store, metrics, claimed) = (&self.engine.store, &self.metrics, &intent.claimed);
        let (attempt, sent_us) = (intent.attempt(), store.clock().at_us(sent_at));
        let trace = || store.trace_of(attempt).map(|trace| trace.to_string());
        metrics.answered(Request::Call, answer);
        metrics.took(Request::Call, sent_at.elapsed(), trace());
        metrics.sent(Duration::from_micros(u64::try_from(sent_us - claimed.permit_us).unwrap_or(0)));
        if let Some(due) = claimed.record.as_ref().and_then(|record| record.due) {
            let sent = Timestamp::from_millis(sent_us / 1000);
            metrics.late(self.openings.lateness(info, claimed.lane, due, sent), trace());
        }
        store.trace_attempt(attempt, "call request", SpanKind::Client, sent_at, |span| {
            let span = span.with("redial.provider", &self.name).with("redial.answer", answer.as_str());
            span.failed_if(answer != Answer::Accepted)
        });
    }
}
