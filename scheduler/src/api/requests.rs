//! A log event and an id for every request.

use std::{cell::Cell, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method},
    middleware::Next,
    response::Response,
};
use redial_shared::{
    domain::CampaignName,
    telemetry::traces::{Span, SpanId, SpanKind, TraceId},
};
use tracing::Instrument;

use super::ApiState;

/// Under which the client finds the request in the log. A client's own id is kept.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_BYTES_MAX: usize = 64;

/// What is known of the request that is being answered, wherever its answer is made.
struct Current {
    id: String,
    sees_numbers: Cell<bool>,
}

tokio::task_local! {
    static CURRENT: Current;
}

/// The id of the request that is being answered; none outside of one.
pub fn current_id() -> Option<String> {
    CURRENT.try_with(|current| current.id.clone()).ok()
}

/// Whoever asks must not see numbers, not even those of the request, in what is told of it.
pub fn hide_numbers() {
    // Outside of a request nobody asks.
    CURRENT.try_with(|current| current.sees_numbers.set(false)).ok();
}

/// Whether whoever asks may see numbers.
pub fn sees_numbers() -> bool {
    CURRENT.try_with(|current| current.sees_numbers.get()).unwrap_or(true)
}

/// Gives the request its id and tells how it went. The path is logged as its pattern: a real one may hold a number.
pub async fn observe(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let id = request_id(&request);
    let traced = Traced::of(&state, &request);
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().map_or("unknown", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default());
    let began = Instant::now();
    let current = Current { id: id.to_str().unwrap_or_default().to_owned(), sees_numbers: Cell::new(true) };
    let mut response = CURRENT.scope(current, next.run(request)).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let trace_id = traced.as_ref().map(|traced| traced.trace.to_string());
    span.in_scope(|| match (method.is_safe(), status) {
        // Machines look often; what they see is no news.
        (true, ..400) => tracing::debug!(%method, path, status, took_ms, trace_id, "request answered"),
        _ => tracing::info!(%method, path, status, took_ms, trace_id, "request answered"),
    });
    if let Some(traced) = traced {
        traced.end(&state, began, id.to_str().unwrap_or_default(), status);
    }
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// A request that has a trace: one that changes something. Those to hooks stand in the traces of their attempts.
struct Traced {
    trace: TraceId,
    parent: Option<SpanId>,
    method: Method,
    route: String,
    campaign: Option<CampaignName>,
}

impl Traced {
    fn of(state: &ApiState, request: &Request) -> Option<Self> {
        state.store.tracer()?;
        let route = request.extensions().get::<MatchedPath>()?.as_str().to_owned();
        if request.method().is_safe() || route.starts_with("/hooks") {
            return None;
        }
        let header = request.headers().get("traceparent").and_then(|header| header.to_str().ok());
        let (trace, parent) = header.and_then(TraceId::of_traceparent).unzip();
        let named = route.split('/').zip(request.uri().path().split('/')).find(|(pattern, _)| *pattern == "{name}");
        let campaign = named.filter(|_| route.contains("/campaigns/")).and_then(|(_, name)| name.parse().ok());
        let trace = trace.unwrap_or_else(TraceId::random);
        Some(Self { trace, parent, method: request.method().clone(), route, campaign })
    }

    fn end(self, state: &ApiState, began: Instant, id: &str, status: u16) {
        let clock = state.store.clock();
        let span = Span {
            trace: self.trace,
            id: SpanId::random(),
            parent: self.parent,
            name: "request",
            kind: SpanKind::Server,
            time_us: (clock.at_us(began), clock.at_us(Instant::now())),
            failed: status >= 500,
            attributes: vec![("http.request.method", self.method.to_string()), ("http.route", self.route)],
        };
        let mut span = span.with("http.response.status_code", status.to_string()).with("redial.request_id", id);
        if let Some(campaign) = &self.campaign {
            span = span.with("redial.campaign", campaign.as_str());
        }
        state.store.tracer().into_iter().for_each(|tracer| tracer.take(span.clone()));
    }
}

fn request_id(request: &Request) -> HeaderValue {
    let harmless = |id: &&HeaderValue| {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        (1..=REQUEST_ID_BYTES_MAX).contains(&id.len()) && id.as_bytes().iter().all(allowed)
    };
    let own = || HeaderValue::try_from(format!("{:016x}", rand::random::<u64>()));
    match request.headers().get(REQUEST_ID).filter(harmless) {
        Some(id) => id.clone(),
        None => own().unwrap_or(HeaderValue::from_static("0")),
    }
}
