//! Arguments of a script, as bytes.

use std::fmt::Display;

/// ARGV from 2 on.
#[derive(Default)]
pub(super) struct Arguments(Vec<Vec<u8>>);

impl Arguments {
    /// Adds what is written as text.
    pub(super) fn text(mut self, value: impl Display) -> Self {
        self.push(value);
        self
    }

    /// Adds what is written as text.
    pub(super) fn push(&mut self, value: impl Display) {
        self.0.push(value.to_string().into_bytes());
    }

    /// Adds bytes as they are.
    pub(super) fn push_bytes(&mut self, bytes: Vec<u8>) {
        self.0.push(bytes);
    }

    /// These, then others.
    pub(super) fn followed_by(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    pub(super) fn as_slice(&self) -> &[Vec<u8>] {
        &self.0
    }
}
