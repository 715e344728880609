//! Traces in OpenTelemetry's sense: one an attempt, from its intent to its outcome, and one a request to the API.
//!
//! An attempt's trace is called after the attempt, so that every process that has to do with it finds the same one, without
//! anything being stored or sent along: the worker that dials, another that polls, the scheduler whose hook is told. Spans
//! hold times, accounts, campaigns' names and words of Redial's own; never a number, a contact or a provider's text.

mod export;
mod otlp;
mod settings;

use std::{fmt, sync::Arc};

use prometheus_client::metrics::counter::Counter;
use tokio::sync::mpsc;
use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128};

pub use export::Exporter;
pub use settings::{BadTraceSettings, TraceSettings};

use crate::domain::AttemptId;

/// Spans that wait to be sent; more are dropped.
const WAITING_MAX: usize = 8_192;

/// Which trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(u128);

/// Which span of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(u64);

impl TraceId {
    /// The trace of an attempt: the same in every process.
    pub fn of_attempt(attempt: AttemptId) -> Self {
        // An id of zeros stands for none.
        Self(xxh3_128(&bytes_of(attempt)).max(1))
    }

    /// A new one.
    pub fn random() -> Self {
        Self(rand::random::<u128>().max(1))
    }

    /// That of a `traceparent` header, with the caller's span; none if the header is malformed.
    pub fn of_traceparent(header: &str) -> Option<(Self, SpanId)> {
        let mut parts = header.split('-');
        let (version, trace, span) = (parts.next()?, parts.next()?, parts.next()?);
        let is_well_formed = version.len() == 2 && trace.len() == 32 && span.len() == 16;
        let trace = u128::from_str_radix(trace, 16).ok().filter(|trace| is_well_formed && *trace > 0)?;
        let span = u64::from_str_radix(span, 16).ok().filter(|span| *span > 0)?;
        Some((Self(trace), SpanId(span)))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl SpanId {
    /// The span of the whole attempt, under which all others of its trace stand.
    pub fn of_attempt(attempt: AttemptId) -> Self {
        Self(xxh3_64_with_seed(&bytes_of(attempt), 1).max(1))
    }

    /// A new one.
    pub fn random() -> Self {
        Self(rand::random::<u64>().max(1))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

fn bytes_of(attempt: AttemptId) -> [u8; 12] {
    let mut bytes = [0; 12];
    for (place, part) in [attempt.campaign.0, attempt.position, attempt.revision].into_iter().enumerate() {
        bytes[place * 4..place * 4 + 4].copy_from_slice(&part.to_be_bytes());
    }
    bytes
}

/// What a span tells of the work it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// Work of this process.
    Internal,
    /// A request that came in.
    Server,
    /// A request that was sent.
    Client,
}

/// One piece of work that is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Its trace.
    pub trace: TraceId,
    /// Itself.
    pub id: SpanId,
    /// The span of which it is a part; none: it is all of it.
    pub parent: Option<SpanId>,
    /// What it did.
    pub name: &'static str,
    /// Whose work it was.
    pub kind: SpanKind,
    /// When it began and ended, in microseconds since the epoch by Redis's clock.
    pub time_us: (i64, i64),
    /// Whether it went wrong.
    pub failed: bool,
    /// What else is to be said of it. Never anything of a contact, or a secret.
    pub attributes: Vec<(&'static str, String)>,
}

impl Span {
    /// A part of an attempt's trace.
    pub fn of_attempt(attempt: AttemptId, name: &'static str, kind: SpanKind, time_us: (i64, i64)) -> Self {
        Self {
            trace: TraceId::of_attempt(attempt),
            id: SpanId::random(),
            parent: Some(SpanId::of_attempt(attempt)),
            name,
            kind,
            time_us,
            failed: false,
            attributes: vec![("redial.attempt_id", attempt.to_string())],
        }
    }

    /// The attempt as a whole.
    pub fn whole_attempt(attempt: AttemptId, time_us: (i64, i64)) -> Self {
        let part = Self::of_attempt(attempt, "attempt", SpanKind::Internal, time_us);
        Self { id: SpanId::of_attempt(attempt), parent: None, ..part }
    }

    /// The same, with something more said of it.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// The same, gone wrong or not.
    #[must_use]
    pub fn failed_if(self, failed: bool) -> Self {
        Self { failed, ..self }
    }
}

/// Takes spans and hands them to an [`Exporter`], without ever waiting for it.
#[derive(Debug, Clone)]
pub struct Tracer {
    sender: mpsc::Sender<Span>,
    ratio: f64,
    dropped: Arc<Counter>,
}

impl Tracer {
    /// Whether a trace is among those that are kept. Every process of the same settings says the same.
    pub fn keeps(&self, trace: TraceId) -> bool {
        // By its last 63 bits, as OpenTelemetry's own sampler does.
        ((trace.0 as u64) >> 1) as f64 <= self.ratio * (u64::MAX >> 1) as f64 && self.ratio > 0.0
    }

    /// Takes a span of a trace that is kept. When too many wait it is dropped, and counted.
    pub fn take(&self, span: Span) {
        if self.keeps(span.trace) && self.sender.try_send(span).is_err() {
            self.dropped.inc();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CampaignId;

    fn attempt(revision: u32) -> AttemptId {
        AttemptId { campaign: CampaignId(0x79ea_8b24), position: 3, revision }
    }

    #[test]
    fn an_attempt_has_the_same_trace_in_every_process_and_release() {
        let trace = TraceId::of_attempt(attempt(1));
        assert_eq!(trace, TraceId::of_attempt(attempt(1)));
        assert_ne!(trace, TraceId::of_attempt(attempt(2)));
        assert_eq!((trace.to_string().len(), SpanId::of_attempt(attempt(1)).to_string().len()), (32, 16));
    }

    #[test]
    fn a_callers_trace_goes_on() {
        let (trace, span) = TraceId::of_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
        assert_eq!(trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(span.to_string(), "00f067aa0ba902b7");
        for wrong in ["", "00-4bf9-00f0-01", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "a-b"] {
            assert_eq!(TraceId::of_traceparent(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn so_many_traces_are_kept_as_was_asked_for_and_what_is_too_much_is_counted() {
        let (sender, mut receiver) = mpsc::channel(1);
        let mut tracer = Tracer { sender, ratio: 0.25, dropped: Arc::default() };
        let kept = (0..4_000).filter(|revision| tracer.keeps(TraceId::of_attempt(attempt(*revision)))).count();
        assert!((900..1_100).contains(&kept), "{kept}");
        for (ratio, all) in [(0.0, 0), (1.0, 100)] {
            tracer.ratio = ratio;
            assert_eq!((0..100).filter(|revision| tracer.keeps(TraceId::of_attempt(attempt(*revision)))).count(), all);
        }
        (0..3).for_each(|_| tracer.take(Span::whole_attempt(attempt(1), (1, 2))));
        assert_eq!(tracer.dropped.get(), 2);
        assert!(receiver.try_recv().is_ok());
    }
}
