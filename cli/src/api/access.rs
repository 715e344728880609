//! What is said of tokens and provider accounts.

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// `POST /tokens`.
#[derive(Debug, Clone, Deserialize)]
pub struct NewToken {
    /// The token itself.
    pub token: String,
}

/// `GET /tokens`.
#[derive(Debug, Clone, Deserialize)]
pub struct Tokens {
    /// The oldest first.
    pub tokens: Vec<Token>,
}

/// One token, without itself.
#[derive(Debug, Clone, Deserialize)]
pub struct Token {
    /// By this it is revoked.
    pub id: String,
    /// What its bearer may do.
    pub role: String,
    /// What it is for.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it is good; none: until it is revoked.
    pub expires_at: Option<DateTime<Utc>>,
}

/// `GET /providers`.
#[derive(Debug, Clone, Deserialize)]
pub struct Providers {
    /// By name.
    pub providers: Vec<Provider>,
}

/// One provider account: the answer to its pause and resume too.
#[derive(Debug, Clone, Deserialize)]
pub struct Provider {
    /// Its name.
    pub provider: String,
    /// Which API it speaks.
    pub kind: String,
    /// `ok`, `waiting` or `paused`.
    pub state: String,
    /// Why it is not `ok`.
    #[serde(default)]
    pub reason: String,
    /// When a waiting one goes on.
    #[serde(default)]
    pub until: Option<DateTime<Utc>>,
    /// Its limit of calls a second.
    #[serde(default)]
    pub rate: Option<f64>,
    /// Its limit of live calls.
    #[serde(default)]
    pub max_concurrent: Option<u32>,
    /// Live calls.
    #[serde(default)]
    pub live_calls: u64,
}
