//! Server-sent events, read one by one.

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream},
    http::{Request, StatusCode, header},
};
use futures_util::StreamExt;
use redial_shared::domain::role::Role;
use serde_json::Value;

use super::Api;

/// Longer than any event takes.
const WITHIN: Duration = Duration::from_secs(20);

/// An open stream of events.
pub struct Events {
    body: BodyDataStream,
    read: String,
}

/// One event.
#[derive(Debug, Clone)]
pub struct Event {
    pub kind: String,
    pub id: Option<String>,
    pub data: Value,
}

impl Api {
    /// Listens to `nightly` with a new token of this role, behind an event if one is given.
    pub async fn listen(&self, role: Role, last_event_id: Option<&str>) -> Events {
        let token = self.token(role).await;
        let mut request =
            Request::get("/api/v1/campaigns/nightly/events").header(header::AUTHORIZATION, format!("Bearer {token}"));
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response = self.open(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        Events { body: response.into_body().into_data_stream(), read: String::new() }
    }
}

impl Events {
    /// The next event; none at the end.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((frame, rest)) = self.read.split_once("\n\n") {
                let event = event(frame);
                self.read = rest.to_owned();
                match event {
                    Some(event) => return Some(event),
                    // A heartbeat.
                    None => continue,
                }
            }
            let part = tokio::time::timeout(WITHIN, self.body.next()).await.expect("an event comes in time")?;
            self.read.push_str(std::str::from_utf8(&part.unwrap()).unwrap());
        }
    }

    /// The next event of a kind; others are passed over.
    pub async fn next_of(&mut self, kind: &str) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event.kind == kind {
                return event;
            }
        }
    }
}

fn event(frame: &str) -> Option<Event> {
    let field =
        |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned());
    let data = field("data:")?;
    Some(Event { kind: field("event:")?, id: field("id:"), data: serde_json::from_str(&data).unwrap() })
}
