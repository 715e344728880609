//! The demo's last word: what was done, and whether what rang is what was recorded.

use std::{fmt::Write, time::Duration};

use redial_shared::domain::{CampaignState, ContactState, units::Rate};
use serde_json::{Value, json};

use crate::{
    api::Status,
    failure::Failure,
    render::{Colour, Paint, count, plural},
};

/// The attempts that were written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    /// Rows of `redial attempts`.
    pub(super) attempts: u64,
    /// Contacts with at least one.
    pub(super) contacts: u64,
    /// The most calls of any sliding second, as stamped when they were sent: what arrives where may bunch on its way.
    pub(super) busiest_second: u64,
}

/// What the simulator's ledger says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rang {
    /// Phones that rang, each time counted.
    pub calls: u64,
    /// Rings for an attempt that had rung before.
    pub repeated: u64,
    /// Rings of a phone that was still in a call.
    pub overlapping: u64,
    /// The most rings in any sliding second, as they arrived.
    pub busiest_second: u64,
    /// From the first ring to the last, microseconds.
    pub span_us: u64,
}

/// Everything the report tells.
#[derive(Debug, Clone)]
pub(super) struct Report {
    /// How the campaign ended.
    pub(super) status: Status,
    /// Different time zones in the list.
    pub(super) zones: usize,
    /// From `start` to the end.
    pub(super) took: Duration,
    /// What was recorded.
    pub(super) attempts: Written,
    /// What rang.
    pub(super) rang: Rang,
    /// The limit.
    pub(super) rate: Rate,
}

impl Report {
    fn retries(&self) -> u64 {
        self.attempts.attempts - self.attempts.contacts
    }

    /// Calls a second from the first ring to the last.
    fn per_second(&self) -> f64 {
        if self.rang.span_us == 0 { 0.0 } else { self.rang.calls as f64 * 1e6 / self.rang.span_us as f64 }
    }

    /// What must be so, and whether it is.
    fn checks(&self) -> [(bool, String); 4] {
        let rang = &self.rang;
        let limit = self.rate.per_second().ceil().max(1.0) as u64;
        let busiest = plural(self.attempts.busiest_second, "call");
        [
            (
                rang.calls == self.attempts.attempts && rang.calls == self.status.attempts,
                format!("{} rang, {} recorded", count(rang.calls), plural(self.attempts.attempts, "attempt")),
            ),
            (rang.repeated == 0, format!("numbers rung twice for one attempt: {}", rang.repeated)),
            (rang.overlapping == 0, format!("numbers rung while on a call: {}", rang.overlapping)),
            (self.attempts.busiest_second <= limit, format!("busiest second: {busiest}, limit {}", self.rate)),
        ]
    }

    /// For people.
    pub(super) fn to_text(&self, paint: Paint) -> String {
        let status = &self.status;
        let took = self.took.as_secs_f64();
        let title = format!("{} {} in {took:.0} s", status.campaign, status.state);
        let mut text = format!("\n{}\n", paint.paint(Colour::Bold, &title));
        for (label, value) in self.facts() {
            let _ = writeln!(text, "  {label:<10} {value}");
        }
        text.push_str("\nThe simulator's ledger against the records:\n");
        for (holds, check) in self.checks() {
            let verdict = if holds { paint.paint(Colour::Green, "ok  ") } else { paint.paint(Colour::Red, "fail") };
            let _ = writeln!(text, "  {verdict}  {check}");
        }
        text
    }

    fn facts(&self) -> [(&'static str, String); 4] {
        let listed = |pairs: Vec<(&str, u64)>| {
            let present = pairs.into_iter().filter(|(_, number)| *number > 0);
            present.map(|(word, number)| format!("{word} {}", count(number))).collect::<Vec<_>>().join(", ")
        };
        let states = ContactState::ALL.iter().map(|state| (state.as_str(), self.status.contacts.of(*state))).collect();
        let outcomes = self.status.outcomes.iter().map(|(outcome, number)| (outcome.as_str(), *number)).collect();
        let contacts = format!("{} in {}: ", count(self.status.contacts.total), plural(self.zones as u64, "time zone"));
        [
            ("contacts", contacts + &listed(states)),
            ("attempts", format!("{}, {} of them retries", count(self.attempts.attempts), count(self.retries()))),
            ("outcomes", listed(outcomes)),
            ("speed", format!("{:.1} calls per second, retries and all", self.per_second())),
        ]
    }

    /// For programs.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "state": self.status.state,
            "seconds": self.took.as_secs_f64(),
            "contacts": self.status.contacts.total,
            "time_zones": self.zones,
            "completed": self.status.contacts.of(ContactState::Completed),
            "attempts": self.attempts.attempts,
            "retries": self.retries(),
            "outcomes": self.status.outcomes,
            "calls_per_second": self.per_second(),
            "busiest_second": self.attempts.busiest_second,
            "ledger": {
                "calls": self.rang.calls,
                "rung_twice_for_one_attempt": self.rang.repeated,
                "rung_while_on_a_call": self.rang.overlapping,
                "busiest_second": self.rang.busiest_second,
            },
            "ok": self.verdict().is_ok(),
        })
    }

    /// # Errors
    /// When a check does not hold or the campaign did not complete.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        if self.status.state != CampaignState::Completed {
            return Err(Failure::failed(format_args!("the campaign ended {}, not completed", self.status.state)));
        }
        match self.checks().into_iter().find(|(holds, _)| !holds) {
            None => Ok(()),
            Some((_, check)) => Err(Failure::failed(format_args!("the ledger contradicts the records: {check}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let status = json!({
            "campaign": "demo", "state": "completed", "contacts": {"total": 2000, "completed": 1800, "failed": 200},
            "attempts": 2900, "outcomes": {"answered": 1800, "busy": 600, "no_answer": 500}, "live_calls": 0,
            "rate_now": 0.0, "next_run_at": null, "finish_estimate": null
        });
        Report {
            status: serde_json::from_value(status).unwrap(),
            zones: 12,
            took: Duration::from_millis(38_400),
            attempts: Written { attempts: 2900, contacts: 2000, busiest_second: 100 },
            rang: Rang { calls: 2900, repeated: 0, overlapping: 0, busiest_second: 101, span_us: 36_250_000 },
            rate: "100/s".parse().unwrap(),
        }
    }

    const TEXT: &str = "
demo completed in 38 s
  contacts   2,000 in 12 time zones: completed 1,800, failed 200
  attempts   2,900, 900 of them retries
  outcomes   answered 1,800, busy 600, no_answer 500
  speed      80.0 calls per second, retries and all

The simulator's ledger against the records:
  ok    2,900 rang, 2,900 attempts recorded
  ok    numbers rung twice for one attempt: 0
  ok    numbers rung while on a call: 0
  ok    busiest second: 100 calls, limit 100/s
";

    #[test]
    fn the_report_tells_the_campaign_and_checks_it_against_the_ledger() {
        assert_eq!(report().to_text(Paint::PLAIN), TEXT);
        assert!(report().verdict().is_ok());
        assert_eq!(report().to_json()["retries"], 900);
    }

    #[test]
    fn a_number_rung_twice_for_one_attempt_fails_the_demo() {
        let mut twice = report();
        twice.rang.repeated = 1;
        assert!(twice.to_text(Paint::PLAIN).contains("fail  numbers rung twice for one attempt: 1"));
        let failure = twice.verdict().unwrap_err();
        assert_eq!(failure.error(), "the ledger contradicts the records: numbers rung twice for one attempt: 1");
    }

    #[test]
    fn a_ring_that_was_not_recorded_or_a_campaign_that_did_not_complete_fails_the_demo() {
        let mut lost = report();
        lost.rang.calls += 1;
        assert!(lost.verdict().is_err());
        let mut paused = report();
        paused.status.state = CampaignState::Paused;
        assert!(paused.verdict().unwrap_err().error().contains("paused"));
    }
}
