//! Sends spans to a collector, many in one request. Calls never wait for it: what it does not take is dropped and counted, and
//! said once.

use std::{error::Error, sync::Arc, time::Duration};

use prometheus_client::metrics::counter::Counter;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Span, TraceSettings, Tracer, WAITING_MAX, otlp};

/// Spans of one request.
const BATCH_MAX: usize = 512;
/// How long the first span of a request waits for others.
const GATHER: Duration = Duration::from_secs(1);
/// How long the last spans may take at the end of the process.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// The end of the line of spans.
pub struct Exporter {
    receiver: mpsc::Receiver<Span>,
    http: reqwest::Client,
    settings: TraceSettings,
    instance: String,
    dropped: Arc<Counter>,
    is_away: bool,
}

impl Exporter {
    /// One for this process, and what takes its spans. `dropped` counts those that never arrive.
    ///
    /// # Errors
    /// When the system has no usable TLS setup.
    pub fn new(settings: TraceSettings, dropped: Counter) -> Result<(Self, Tracer), reqwest::Error> {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let dropped = Arc::new(dropped);
        let tracer = Tracer { sender, ratio: settings.ratio, dropped: dropped.clone() };
        let client = reqwest::Client::builder().timeout(settings.timeout).default_headers(settings.headers.clone());
        let http = client.redirect(reqwest::redirect::Policy::none()).build()?;
        let instance = format!("{:016x}", rand::random::<u64>());
        Ok((Self { receiver, http, settings, instance, dropped, is_away: false }, tracer))
    }

    /// Sends until `stop`, and then what is left.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while let Some(taken) = stop.run_until_cancelled(self.receiver.recv_many(&mut batch, BATCH_MAX)).await {
            if taken == 0 {
                return;
            }
            let full = async {
                while batch.len() < BATCH_MAX {
                    let room = BATCH_MAX - batch.len();
                    if self.receiver.recv_many(&mut batch, room).await == 0 {
                        break;
                    }
                }
            };
            // What was received stays in the batch, whatever ends the wait.
            stop.run_until_cancelled(tokio::time::timeout(GATHER, full)).await;
            self.send(&mut batch, &stop).await;
        }
        let rest = async {
            while !batch.is_empty()
                || self.receiver.try_recv().is_ok_and(|span| {
                    batch.push(span);
                    true
                })
            {
                while batch.len() < BATCH_MAX
                    && let Ok(span) = self.receiver.try_recv()
                {
                    batch.push(span);
                }
                self.send(&mut batch, &stop).await;
            }
        };
        if tokio::time::timeout(LAST_WORDS, rest).await.is_err() {
            tracing::warn!("the collector of traces did not take the last spans in time");
        }
    }

    /// Sends a batch. At the end of the process nobody waits long for an answer.
    async fn send(&mut self, batch: &mut Vec<Span>, stop: &CancellationToken) {
        let body = otlp::body(&self.settings.service, &self.instance, batch);
        let posting = self.http.post(self.settings.endpoint.clone()).json(&body).send();
        let too_late = async {
            stop.cancelled().await;
            tokio::time::sleep(LAST_WORDS).await;
        };
        let sent = tokio::select! {
            sent = posting => sent,
            () = too_late => {
                self.dropped.inc_by(batch.len() as u64);
                return batch.clear();
            }
        };
        match sent.and_then(reqwest::Response::error_for_status) {
            Ok(_) if std::mem::take(&mut self.is_away) => tracing::info!("the collector of traces takes spans again"),
            Ok(_) => {}
            Err(error) => {
                self.dropped.inc_by(batch.len() as u64);
                if !std::mem::replace(&mut self.is_away, true) {
                    let cause = innermost(&error);
                    tracing::warn!(cause, "the collector of traces takes no spans; they are dropped, calls go on");
                }
            }
        }
        batch.clear();
    }
}

/// What went wrong, without the address.
fn innermost(error: &reqwest::Error) -> String {
    if let Some(status) = error.status() {
        return format!("it answered {status}");
    }
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::domain::{AttemptId, CampaignId};

    fn span(position: u32) -> Span {
        Span::whole_attempt(AttemptId { campaign: CampaignId(1), position, revision: 1 }, (1, 2))
    }

    #[tokio::test]
    async fn without_a_collector_spans_are_dropped_and_counted_and_nobody_waits() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let nowhere = [("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), "http://127.0.0.1:9".to_owned())];
        let settings = TraceSettings::of(nowhere).unwrap().unwrap();
        let dropped = Counter::default();
        let (exporter, tracer) = Exporter::new(settings, dropped.clone()).unwrap();
        let began = Instant::now();
        let all = WAITING_MAX as u32 + 100;
        (0..all).for_each(|position| tracer.take(span(position)));
        assert!(began.elapsed() < GATHER, "taking never waits");
        assert_eq!(dropped.get(), 100, "no more than that wait");
        let stop = CancellationToken::new();
        stop.cancel();
        exporter.run(stop).await;
        assert_eq!(dropped.get(), u64::from(all));
    }
}
