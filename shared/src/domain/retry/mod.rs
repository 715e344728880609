//! What becomes of a contact after an attempt.

mod policy;

#[cfg(test)]
mod tests;

use chrono_tz::Tz;

use super::{ContactState, Outcome, Timestamp, local_time, units::Span};
pub use policy::{OutcomeRetry, RetryPolicy};

/// One concluded attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastAttempt {
    /// Which of the contact's numbers was called, from 0.
    pub number: u8,
    /// How it ended.
    pub outcome: Outcome,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was concluded; delays count from here.
    pub ended_at: Timestamp,
}

/// What becomes of the contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextStep {
    /// It is never called again.
    Finished {
        /// `completed`, `failed` or `cancelled`.
        state: ContactState,
        /// Why, in plain words.
        reason: String,
    },
    /// It is called again.
    CallAgain {
        /// Which number, from 0.
        number: u8,
        /// Not before this instant; never before the last attempt's end. Calling hours, caps and pacing may make it
        /// later.
        not_before: Timestamp,
        /// Why, in plain words.
        reason: String,
    },
}

/// Decides what follows the last attempt of `history` (oldest first) for a contact with so many `numbers`, whose
/// calendar days are those of `calendars`: a limit per day holds in each of them.
///
/// A retry is every further call because of an outcome, a call to the next number too: each counts against the
/// outcome's `max`, and the delay after the n-th attempt with an outcome is its n-th.
///
/// # Panics
/// When `history` is empty: nothing has been decided by nothing.
pub fn next_step(policy: &RetryPolicy, history: &[PastAttempt], numbers: u8, calendars: &[Tz]) -> NextStep {
    let contact = Contact { policy, history, numbers, calendars };
    let last = history.last().expect("a contact without an attempt has no next step");
    match last.outcome {
        Outcome::Answered | Outcome::Submitted => finished(ContactState::Completed, last.outcome.as_str()),
        Outcome::Cancelled => finished(ContactState::Cancelled, "the call was cancelled at the provider"),
        _ if history.len() >= usize::from(policy.max_attempts) => contact.attempts_used_up(last.outcome),
        Outcome::InvalidNumber => contact.after_invalid_number(last),
        outcome => contact.retry(outcome, last),
    }
}

/// The next call after `delay` whatever the outcome, because a rule says so: to the same number, or to the next that may be
/// called. None when the contact has no attempt left, or no number.
pub fn retry_in(
    policy: &RetryPolicy,
    history: &[PastAttempt],
    numbers: u8,
    calendars: &[Tz],
    delay: Span,
    rule: &str,
) -> Option<NextStep> {
    let contact = Contact { policy, history, numbers, calendars };
    let last = history.last().filter(|_| history.len() < usize::from(policy.max_attempts))?;
    let number = contact.same_or_next(last.number)?;
    Some(contact.call_again(number, last.ended_at + delay.duration(), rule.to_owned()))
}

/// Whether one of a contact's numbers, from 0, may be called once more: it is valid as far as is known, and was not called
/// as often as the policy allows.
pub fn is_usable(policy: &RetryPolicy, history: &[PastAttempt], number: u8) -> bool {
    let mut calls = history.iter().filter(|attempt| attempt.number == number);
    let count = calls.clone().count();
    let exhausted = policy.max_attempts_per_number.is_some_and(|max| count >= usize::from(max));
    !exhausted && calls.all(|attempt| attempt.outcome != Outcome::InvalidNumber)
}

struct Contact<'a> {
    policy: &'a RetryPolicy,
    history: &'a [PastAttempt],
    numbers: u8,
    calendars: &'a [Tz],
}

impl Contact<'_> {
    /// The next number at once; after the last one, what the outcome before asks for.
    fn after_invalid_number(&self, last: &PastAttempt) -> NextStep {
        if let Some(number) = self.next_usable(last.number) {
            return self.call_again(number, last.ended_at, "the number is invalid: the next one at once".to_owned());
        }
        let before = self.history.iter().rev().find(|attempt| attempt.outcome != Outcome::InvalidNumber);
        match before {
            Some(before) if self.first_usable().is_some() => self.retry(before.outcome, last),
            _ => self.no_number_left(),
        }
    }

    fn retry(&self, outcome: Outcome, last: &PastAttempt) -> NextStep {
        let Some(rule) = self.policy.of(outcome) else { return self.no_number_left() };
        let times = self.history.iter().filter(|attempt| attempt.outcome == outcome).count();
        if times > usize::from(rule.max) {
            return retries_used_up(outcome, rule.max);
        }
        if rule.next_number
            && let Some(number) = self.next_usable(last.number)
        {
            return self.call_again(number, last.ended_at, format!("{outcome}: the next number at once"));
        }
        let Some(number) = self.number_after_delay(rule, last) else { return self.no_number_left() };
        let not_before = last.ended_at + rule.delay_after(times).duration();
        self.call_again(number, not_before, format!("{outcome}: retry {times} of {}", rule.max))
    }

    /// With `next_number` it starts again at the first; otherwise the same number, or the next that may be called.
    fn number_after_delay(&self, rule: &OutcomeRetry, last: &PastAttempt) -> Option<u8> {
        if rule.next_number {
            return self.first_usable();
        }
        self.same_or_next(last.number)
    }

    fn same_or_next(&self, last: u8) -> Option<u8> {
        let same = Some(last).filter(|number| self.is_usable(*number));
        same.or_else(|| self.next_usable(last)).or_else(|| self.first_usable())
    }

    fn call_again(&self, number: u8, not_before: Timestamp, reason: String) -> NextStep {
        let allowed = self.first_allowed_day(not_before);
        let reason = if allowed > not_before { format!("{reason}; the day's attempts are used up") } else { reason };
        NextStep::CallAgain { number, not_before: allowed, reason }
    }

    /// The instant itself, or the first one that lies on a day with attempts left in every calendar.
    fn first_allowed_day(&self, instant: Timestamp) -> Timestamp {
        let Some(max) = self.policy.max_attempts_per_day else { return instant };
        let mut allowed = instant;
        // What one calendar moves on may come to lie on a day that another forbids. Days after the last attempt's are free
        // in all, so this ends.
        loop {
            let later = self.calendars.iter().map(|calendar| self.first_day_in(*calendar, allowed, max)).max();
            match later {
                Some(later) if later > allowed => allowed = later,
                _ => return allowed,
            }
        }
    }

    fn first_day_in(&self, zone: Tz, instant: Timestamp, max: u8) -> Timestamp {
        let day_of = |instant: Timestamp| local_time::wall_clock(zone, instant).date();
        let used = |day| self.history.iter().filter(|attempt| day_of(attempt.started_at) == day).count();
        let (mut allowed, mut day) = (instant, day_of(instant));
        // Days after the last attempt's have none, so this ends at once.
        while used(day) >= usize::from(max) {
            day = local_time::next_day(day);
            allowed = local_time::first_instant_of_day(zone, day);
        }
        allowed
    }

    fn first_usable(&self) -> Option<u8> {
        (0..self.numbers).find(|number| self.is_usable(*number))
    }

    fn next_usable(&self, after: u8) -> Option<u8> {
        (after.saturating_add(1)..self.numbers).find(|number| self.is_usable(*number))
    }

    fn is_usable(&self, number: u8) -> bool {
        number < self.numbers && is_usable(self.policy, self.history, number)
    }

    fn attempts_used_up(&self, outcome: Outcome) -> NextStep {
        let reason = match self.policy.max_attempts {
            1 => format!("{outcome}: its one attempt is used up"),
            max => format!("{outcome}: all {max} attempts used up"),
        };
        finished(ContactState::Failed, &reason)
    }

    fn no_number_left(&self) -> NextStep {
        let all_invalid = self.history.iter().all(|attempt| attempt.outcome == Outcome::InvalidNumber);
        let reason = match self.policy.max_attempts_per_number {
            Some(1) if !all_invalid => "no number is left: each is invalid or was called once".to_owned(),
            Some(max) if !all_invalid => format!("no number is left: each is invalid or was called {max} times"),
            _ => "no number is left: none is valid".to_owned(),
        };
        finished(ContactState::Failed, &reason)
    }
}

fn retries_used_up(outcome: Outcome, max: u8) -> NextStep {
    let reason = match max {
        0 => format!("{outcome}: not retried"),
        1 => format!("{outcome}: its one retry is used up"),
        _ => format!("{outcome}: all {max} retries used up"),
    };
    finished(ContactState::Failed, &reason)
}

fn finished(state: ContactState, reason: &str) -> NextStep {
    NextStep::Finished { state, reason: reason.to_owned() }
}
