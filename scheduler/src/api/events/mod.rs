//! `GET /campaigns/{name}/events`: what happens in a campaign, as it happens (server-sent events).

mod listener;
mod told;

use std::time::Duration;

use axum::{
    Extension,
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{KeepAlive, Sse},
    },
};
use futures_util::stream;
use redial_shared::store::FeedId;

use super::{
    ApiState, Problem,
    auth::{Caller, TokenHash},
    extract::Campaign,
};
use listener::Listener;

/// A comment is sent after this time without an event, so that nobody between takes the connection for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
const LAST_EVENT_ID: &str = "last-event-id";

/// What happens in a campaign, as it happens.
///
/// Server-sent events; the data of each is a JSON object:
/// - `status`: all that `GET /campaigns/{name}` tells, first of all, and whenever it has changed, once a second at most;
/// - `state`: `{"campaign","state","reason"}`, at every change of the campaign's state;
/// - `definition`: `{"campaign","version"}`, when it has a new one;
/// - `attempt`: an attempt has ended, or more was learned of it; the columns of `attempts`, with `captured`;
/// - `attempt_withdrawn`: `{"attempt_id","contact_id"}`: it turned out not to count, and is in no list any more;
/// - `contact`: `{"contact_id","state","outcome","attempts","reason"}`: it is finished or held, or is not any more. What a `stop` or
///   the campaign's end does to all that is not finished is told by `state` and `status` alone;
/// - `reset`: `{"reason"}`: something may be missing before this; read again what you keep. A `status` follows;
/// - `removed`: there is no such campaign any more, and no event follows.
///
/// Contacts and attempts are told as they are when they are sent, and may come twice. After a broken connection, the same
/// request with the last event's id as `Last-Event-ID` goes on behind that event (browsers do so by themselves): nothing is lost
/// within five minutes, as long as no more than 10,000 events have come meanwhile; else it begins with `reset`. The connection
/// stays open when the campaign ends.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{name}/events", operation_id = "events", tag = "campaigns",
    params(
        ("name" = String, Path, description = "The campaign"),
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was received"),
    ),
    responses(
        (status = 200, description = "Events, until the client closes", body = String, content_type = "text/event-stream"),
        (status = 400, description = "`Last-Event-ID` is no event's id", body = Problem),
        (status = 404, description = "No such campaign", body = Problem),
        (status = 503, description = "Too many clients listen", body = Problem),
    ),
)]
pub async fn events(
    State(state): State<ApiState>,
    Extension(role): Caller,
    Extension(token): Extension<TokenHash>,
    Campaign(name): Campaign,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let last_seen = headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or_default().parse::<FeedId>());
    let last_seen = last_seen.transpose().map_err(|error| {
        Problem::bad_request(format!("Last-Event-ID: {error}"))
            .with_hint("send the id of an event of this campaign, or nothing")
    })?;
    let room = state.limits.listener()?;
    let listener = Listener::begin(state, name, role, token, last_seen, room).await?;
    let events = stream::unfold(listener, Listener::next);
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response();
    // Proxies that gather an answer before they pass it on would keep events back.
    response.headers_mut().insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    Ok(response)
}
