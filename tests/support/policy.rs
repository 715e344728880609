//! A retry policy, said once: as the definition that Redial reads, and as the auditor understands it. The auditor's rules
//! are its own, so that Redial is not measured by itself.

use std::{fmt::Write, time::Duration};

/// How one outcome is retried.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The outcome.
    pub outcome: &'static str,
    /// The waits after the first, the second, …; the last one repeats.
    pub delays_ms: &'static [u64],
    /// Retries at most.
    pub max: usize,
}

/// A policy for contacts with one number. Outcomes without a rule are not retried.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Attempts of a contact at most.
    pub max_attempts: usize,
    /// The rules.
    pub rules: &'static [Rule],
}

/// What follows an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The contact is done, in this state.
    Finished(&'static str),
    /// It is called again, not before this time has passed.
    Again(Duration),
}

impl Policy {
    /// The outcomes that Redial has defaults for; all of them are written, so that none applies.
    const OUTCOMES: [&str; 7] =
        ["busy", "no_answer", "voicemail", "rejected", "temporarily_unavailable", "error", "unknown"];

    /// As a definition has it.
    pub fn toml(&self) -> String {
        let mut text = format!("[retry]\nmax_attempts = {}\n", self.max_attempts);
        for outcome in Self::OUTCOMES {
            let rule = self.rules.iter().find(|rule| rule.outcome == outcome);
            let (delays, max) = rule.map_or((&[][..], 0), |rule| (rule.delays_ms, rule.max));
            let delays: Vec<String> = delays.iter().map(|delay| format!("\"{delay}ms\"")).collect();
            writeln!(text, "[retry.{outcome}]\ndelays = [{}]\nmax = {max}", delays.join(", ")).expect("a text grows");
        }
        text
    }

    /// What follows the last of these outcomes.
    ///
    /// # Panics
    /// When there are none.
    pub fn next(&self, outcomes: &[&str]) -> Next {
        let last = *outcomes.last().expect("an attempt has been made");
        if matches!(last, "answered" | "submitted") {
            return Next::Finished("completed");
        }
        let times = outcomes.iter().filter(|outcome| **outcome == last).count();
        let rule = self.rules.iter().find(|rule| rule.outcome == last && times <= rule.max);
        match rule {
            Some(rule) if outcomes.len() < self.max_attempts => {
                let delay = rule.delays_ms[times.min(rule.delays_ms.len()) - 1];
                Next::Again(Duration::from_millis(delay))
            }
            _ => Next::Finished("failed"),
        }
    }

    /// The outcomes of a contact's attempts when its phone answers by a script, whose last word repeats; and the state in
    /// which it ends.
    pub fn run<'s>(&self, script: &[&'s str]) -> (Vec<&'s str>, &'static str) {
        let mut outcomes = Vec::new();
        loop {
            outcomes.push(script[outcomes.len().min(script.len() - 1)]);
            if let Next::Finished(state) = self.next(&outcomes) {
                return (outcomes, state);
            }
        }
    }
}
