//! Access tokens.

use std::time::Duration;

use secrecy::SecretString;

/// An access token.
#[derive(Debug, Clone)]
pub struct Token {
    /// What requests carry.
    pub secret: SecretString,
    /// How long it lives from when it was answered.
    pub expires_in: Duration,
}
