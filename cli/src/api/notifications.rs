//! What is said of events that a receiver is told.

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// `GET /campaigns/{name}/notifications`.
#[derive(Debug, Clone, Deserialize)]
pub struct Notifications {
    /// The campaign's name.
    pub campaign: String,
    /// Where its events go; none: nowhere.
    pub webhook: Option<String>,
    /// Of how many changes the receiver has still to be told.
    pub waiting: u64,
    /// When the oldest of them happened.
    pub oldest_at: Option<DateTime<Utc>>,
    /// The last times that an event was sent, newest first.
    pub deliveries: Vec<DeliveryLine>,
}

/// An event that was sent once.
#[derive(Debug, Clone, Deserialize)]
pub struct DeliveryLine {
    /// The event's id.
    pub event: String,
    /// What it tells of.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it was sent.
    pub sent_at: DateTime<Utc>,
    /// `taken`, `failed` or `given_up`.
    pub result: String,
    /// The receiver's HTTP status.
    pub status: Option<u16>,
    /// Why it was not taken.
    pub error: String,
}

/// `POST /campaigns/{name}/notifications/replay`.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Replayed {
    /// How many events are told again.
    pub replayed: u64,
}
