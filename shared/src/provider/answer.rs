//! What an answer means, classed by what we may safely do next.

use std::time::Duration;

use serde_json::Value;

use crate::domain::{AttemptId, Outcome, Timestamp, learned::Captured, transition::Ending};

/// What became of a request to place a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialAnswer {
    /// The call is placed and has an id by which its result can be learned.
    Accepted {
        /// The provider's id.
        call_id: String,
    },
    /// The provider took the call and reports no results.
    Submitted,
    /// It certainly did not ring, and more requests are unwelcome: the whole account waits, nobody is charged.
    Throttled {
        /// How long the provider wants us to wait, at most [`super::RETRY_AFTER_MAX`]; none if it does not say.
        retry_after: Option<Duration>,
    },
    /// It certainly did not ring, because our token is not valid (any more): get a new one and repeat once, after that
    /// treat it as [`Refusal::Account`]. Only kinds whose accounts have tokens that expire answer so.
    AuthRefused {
        /// What the provider said.
        message: String,
    },
    /// It certainly did not ring.
    Refused(Refusal),
    /// It may ring. The attempt is `unknown` until something tells.
    InDoubt {
        /// Why, in a few words; becomes the attempt's `provider_status`.
        status: String,
    },
}

/// Whom a refusal concerns. Messages are the provider's, cut to 300 characters, without our secrets, numbers masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// This contact's number or data: the attempt is charged and concluded with this outcome.
    Contact {
        /// How the attempt ends.
        outcome: Outcome,
        /// The provider's own word; empty if it was not asked.
        provider_status: String,
        /// Why.
        message: String,
    },
    /// Every contact of the campaign would be refused: pause it, charge nobody.
    Campaign {
        /// Why.
        message: String,
    },
    /// Every call of the account would be refused: pause it, charge nobody.
    Account {
        /// Why.
        message: String,
    },
    /// A passing condition that is nobody's fault: charge nobody, try again.
    Nobody {
        /// When.
        retry: Patience,
        /// Why.
        message: String,
    },
    /// A human must act at the provider: hold the contact, never redial it by itself.
    NeedsHuman {
        /// The provider's own word.
        provider_status: String,
        /// What is to be done.
        message: String,
    },
}

/// How long to wait after a refusal that is nobody's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// 30 s, doubling to 5 min.
    Soon,
    /// 15 min.
    Later,
}

/// How a provider lets results be learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Results {
    /// Not at all.
    None,
    /// By asking for calls by their ids.
    Poll {
        /// The most ids in one request, from 1.
        batch: usize,
    },
    /// Only by what the provider tells our hook.
    Hook,
    /// By reading what the account's calls have become lately: one request tells of many calls, asked for or not.
    Tail {
        /// How far to read back before the last time it was read, for clocks differ and updates are late.
        overlap: Duration,
        /// The first page tells the newest changes; else the oldest.
        newest_first: bool,
    },
}

/// One page of an account's recent calls.
#[derive(Debug, Clone, PartialEq)]
pub struct TailPage {
    /// The calls on it.
    pub reports: Vec<CallReport>,
    /// There is a next page.
    pub more: bool,
}

/// Whether people are there to take calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Availability {
    /// They are.
    pub open: bool,
    /// When they will be next, if the provider tells; always later than its answer.
    pub next: Option<Timestamp>,
}

/// What a provider says of one call.
#[derive(Debug, Clone, PartialEq)]
pub struct CallReport {
    /// The provider's id of the call; empty if it told `attempt` only.
    pub call_id: String,
    /// Our attempt's id, where it went along.
    pub attempt: Option<AttemptId>,
    /// The provider's own word for its state, verbatim but for its length (at most 200 characters); may be empty.
    pub provider_status: String,
    /// What that means.
    pub report: Report,
    /// All that the provider says of this call, for `results.capture`.
    pub document: Value,
}

impl CallReport {
    /// How the call ended, as of when that was learned, without what a campaign captures; none if it goes on.
    pub fn ending(&self, at: Timestamp) -> Option<Ending> {
        let Report::Ended { outcome, duration_s, charged } = self.report else { return None };
        Some(Ending {
            outcome,
            provider_status: self.provider_status.clone(),
            duration_s: duration_s.map(|duration| duration as f32),
            reason: String::new(),
            hold: false,
            is_over: true,
            charged,
            at,
            captured: Captured::default(),
        })
    }
}

/// How far a call is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Report {
    /// Not over, or in a state we do not know.
    Pending,
    /// Over.
    Ended {
        /// How.
        outcome: Outcome,
        /// Talk time in seconds, where the provider tells.
        duration_s: Option<f64>,
        /// Whether it is one of the contact's attempts; what the provider's own people missed is not.
        charged: bool,
    },
}

/// Why a request beside those that place calls (for results, a token, an operation) gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PollError {
    /// More requests are unwelcome: the whole account waits.
    #[error("throttled by the provider")]
    Throttled {
        /// How long, at most [`super::RETRY_AFTER_MAX`]; none if the provider does not say.
        retry_after: Option<Duration>,
    },
    /// The credentials are not accepted: refresh them if they can be, else pause the account.
    #[error("{message}")]
    Account {
        /// What the provider said.
        message: String,
    },
    /// Anything else: the same calls can be asked for again with the usual backing off.
    #[error("{message}")]
    Failed {
        /// What happened.
        message: String,
    },
}
