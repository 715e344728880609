//! Spans of attempts: what the store itself knows of them, and where processes put theirs.

use std::time::Instant;

use super::{CampaignInfo, Settlement, Store};
use crate::{
    domain::AttemptId,
    telemetry::traces::{Span, SpanKind, TraceId, Tracer},
};

impl Store {
    /// From now on, spans go there.
    pub fn trace_with(&self, tracer: Tracer) {
        // It is set once, when the process starts.
        self.connection.tracer.set(tracer).ok();
    }

    /// Where spans go; none: nobody wants any.
    pub fn tracer(&self) -> Option<&Tracer> {
        self.connection.tracer.get()
    }

    /// The trace of an attempt, if it is kept.
    pub fn trace_of(&self, attempt: AttemptId) -> Option<TraceId> {
        let trace = TraceId::of_attempt(attempt);
        self.tracer().filter(|tracer| tracer.keeps(trace)).map(|_| trace)
    }

    /// Adds a part to an attempt's trace, from an instant until now, if that trace is kept.
    pub fn trace_attempt(
        &self,
        attempt: AttemptId,
        name: &'static str,
        kind: SpanKind,
        began: Instant,
        complete: impl FnOnce(Span) -> Span,
    ) {
        let Some(tracer) = self.tracer().filter(|_| self.trace_of(attempt).is_some()) else { return };
        let time_us = (self.clock().at_us(began), self.clock().now_us());
        tracer.take(complete(Span::of_attempt(attempt, name, kind, time_us)));
    }

    /// What a settlement that took from `began` until now tells of its attempt: its end, and with the first one the span of
    /// the attempt as a whole. A withdrawn one is over too.
    pub(super) fn trace_end(&self, info: &CampaignInfo, settlement: &Settlement, outcome: &str, began: Instant) {
        let (attempt, change) = (settlement.attempt, &settlement.change);
        let Some(tracer) = self.tracer().filter(|_| self.trace_of(attempt).is_some()) else { return };
        self.trace_attempt(attempt, "conclude", SpanKind::Internal, began, |span| span.with("redial.outcome", outcome));
        if change.counted_before.is_some() {
            return;
        }
        let account = info.account_at(settlement.called_at);
        let past = change.record.attempts.iter().find(|past| past.revision == attempt.revision);
        let ended_ms = past.and_then(|past| past.ended_at).unwrap_or_else(|| self.clock().now()).as_millis();
        let whole = Span::whole_attempt(attempt, (settlement.called_at.as_millis() * 1_000, ended_ms * 1_000));
        let whole = whole.with("redial.campaign", info.name.as_str()).with("redial.provider", account);
        tracer.take(whole.with("redial.outcome", outcome).failed_if(["error", "unknown"].contains(&outcome)));
    }
}
