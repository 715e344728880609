//! The Manager API's list of calls: what changed lately, page by page. Not on the page; from CCAI's other documentation.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderName, header},
    response::Response,
};
use serde_json::Value;
use url::form_urlencoded;

use super::{KIND, check_basic, document};
use crate::{
    desk,
    faults::Answer,
    ledger::{Call, Ledger},
    request::Refused,
    stamps::parse_us,
    state::Shared,
};

/// Calls on a page, at most, and where nothing else is asked for.
const PER_PAGE_MAX: usize = 100;

/// What the list is asked for.
struct Listing {
    from_us: u64,
    per: usize,
    page: usize,
    is_descending: bool,
}

/// The calls that changed since a time, oldest change first unless asked otherwise, page by page.
pub(super) async fn recent(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let received_us = shared.stamps.now_us();
    let lag_us = u64::from(shared.plan().config.tail_lag.from_ms) * 1_000;
    let query = query.unwrap_or_default();
    let asked = check_basic(&shared, &headers).and_then(|()| read_listing(&query));
    let answer = |ledger: &mut Ledger, asked: Listing| list(ledger, &asked, received_us - lag_us);
    desk::results(&shared, KIND, received_us, asked, answer).await
}

fn read_listing(query: &str) -> Result<Listing, Refused> {
    let mut listing = Listing { from_us: 0, per: PER_PAGE_MAX, page: 1, is_descending: false };
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let wrong = || Refused::bad(format!("{name} is not valid"));
        match (&*name, &*value) {
            ("updated_at[from]", time) => listing.from_us = parse_us(time).ok_or_else(wrong)?,
            ("per", per) => listing.per = per.parse().ok().filter(|per| *per > 0).ok_or_else(wrong)?,
            ("page", page) => listing.page = page.parse().ok().filter(|page| *page > 0).ok_or_else(wrong)?,
            ("sort_direction", direction @ ("ASC" | "DESC")) => listing.is_descending = direction == "DESC",
            ("sort_column", "updated_at") => {}
            _ => return Err(wrong()),
        }
    }
    listing.per = listing.per.min(PER_PAGE_MAX);
    Ok(listing)
}

fn list(ledger: &Ledger, asked: &Listing, now_us: u64) -> Answer {
    let call = |index: usize| {
        let call = ledger.call(KIND, index, now_us).filter(|call| call.received_us <= now_us)?;
        let last_us = call.ended.map(|(ended_us, _)| ended_us).or(call.connected_us).unwrap_or(call.received_us);
        (last_us >= asked.from_us).then_some((last_us, index, call))
    };
    let mut calls: Vec<(u64, usize, Call)> = ledger.since(asked.from_us).filter_map(call).collect();
    calls.sort_unstable_by_key(|(last_us, index, _)| (*last_us, *index));
    if asked.is_descending {
        calls.reverse();
    }
    let page = calls.iter().skip((asked.page - 1) * asked.per).take(asked.per);
    let documents: Vec<Value> = page.map(|(_, index, call)| document(ledger.number_id(*index), call)).collect();
    let mut headers = vec![
        (HeaderName::from_static("total"), calls.len().to_string()),
        (HeaderName::from_static("per-page"), asked.per.to_string()),
    ];
    if asked.page * asked.per < calls.len() {
        let next = format!("</manager/api/v1/calls?page={}>; rel=\"next\"", asked.page + 1);
        headers.push((header::LINK, next));
    }
    Answer { headers, ..Answer::ok(&documents.into()) }
}
