//! When which outcome is retried.

use crate::domain::{Outcome, units::Span};

/// How often and when a contact is called again.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RetryPolicy {
    /// Attempts of a contact over all its numbers and outcomes, 1 to 255.
    pub max_attempts: u8,
    /// Attempts of each number, 1 to 255; none: no own limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts_per_number: Option<u8>,
    /// Attempts in one of the contact's calendar days, 1 to 255; none: no own limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts_per_day: Option<u8>,
    /// After `busy`.
    pub busy: OutcomeRetry,
    /// After `no_answer`.
    pub no_answer: OutcomeRetry,
    /// After `voicemail`.
    pub voicemail: OutcomeRetry,
    /// After `rejected`.
    pub rejected: OutcomeRetry,
    /// After `temporarily_unavailable`.
    pub temporarily_unavailable: OutcomeRetry,
    /// After `error`.
    pub error: OutcomeRetry,
    /// After `unknown`.
    pub unknown: OutcomeRetry,
}

/// How one outcome is retried.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct OutcomeRetry {
    /// The wait after the first attempt with this outcome, the second, …; the last one repeats.
    pub delays: Vec<Span>,
    /// Retries because of this outcome; 0: none.
    pub max: u8,
    /// The contact's next number is called at once, and the wait comes after its last one.
    pub next_number: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        let after_mins = |delays: &[u64]| OutcomeRetry {
            delays: delays.iter().map(|minutes| Span::from_mins(*minutes)).collect(),
            max: delays.len() as u8,
            next_number: false,
        };
        Self {
            max_attempts: 3,
            max_attempts_per_number: None,
            max_attempts_per_day: None,
            busy: after_mins(&[5, 15]),
            no_answer: after_mins(&[120]),
            voicemail: OutcomeRetry::default(),
            rejected: OutcomeRetry::default(),
            temporarily_unavailable: after_mins(&[30]),
            error: after_mins(&[10]),
            unknown: after_mins(&[30]),
        }
    }
}

impl RetryPolicy {
    /// The outcomes that have a rule, in the order in which they are documented.
    pub const OUTCOMES: [Outcome; 7] = [
        Outcome::Busy,
        Outcome::NoAnswer,
        Outcome::Voicemail,
        Outcome::Rejected,
        Outcome::TemporarilyUnavailable,
        Outcome::Error,
        Outcome::Unknown,
    ];

    /// The rule of an outcome; none for those that end the contact or the number.
    pub fn of(&self, outcome: Outcome) -> Option<&OutcomeRetry> {
        match outcome {
            Outcome::Busy => Some(&self.busy),
            Outcome::NoAnswer => Some(&self.no_answer),
            Outcome::Voicemail => Some(&self.voicemail),
            Outcome::Rejected => Some(&self.rejected),
            Outcome::TemporarilyUnavailable => Some(&self.temporarily_unavailable),
            Outcome::Error => Some(&self.error),
            Outcome::Unknown => Some(&self.unknown),
            Outcome::Answered | Outcome::InvalidNumber | Outcome::Submitted | Outcome::Cancelled => None,
        }
    }

    /// The rule of an outcome, to be changed.
    pub fn of_mut(&mut self, outcome: Outcome) -> Option<&mut OutcomeRetry> {
        match outcome {
            Outcome::Busy => Some(&mut self.busy),
            Outcome::NoAnswer => Some(&mut self.no_answer),
            Outcome::Voicemail => Some(&mut self.voicemail),
            Outcome::Rejected => Some(&mut self.rejected),
            Outcome::TemporarilyUnavailable => Some(&mut self.temporarily_unavailable),
            Outcome::Error => Some(&mut self.error),
            Outcome::Unknown => Some(&mut self.unknown),
            Outcome::Answered | Outcome::InvalidNumber | Outcome::Submitted | Outcome::Cancelled => None,
        }
    }
}

impl OutcomeRetry {
    /// The wait after so many attempts with this outcome, from 1; zero where no delay is given.
    pub fn delay_after(&self, times: usize) -> Span {
        let index = times.saturating_sub(1).min(self.delays.len().saturating_sub(1));
        self.delays.get(index).copied().unwrap_or(Span::ZERO)
    }
}
