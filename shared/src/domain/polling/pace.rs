//! The polls that an account's calls get: as few requests as may be, and results as soon as may be.
//!
//! A poll that finds a call pending has cost a request; a call that ended before its next poll is learned late. One is
//! weighed against the other ([`REQUEST_COST_S`]), and of all ways to poll a call, by the times that calls have taken
//! lately, the one of the least sum is followed.

use std::time::Duration;

use super::{
    next_poll,
    observed::{Observed, bin_of, bounds},
};
use crate::domain::campaign::ResultsPolicy;

/// A request is worth that one call's result comes so much sooner, in seconds.
const REQUEST_COST_S: f64 = 6.0;
/// Calls of a request that share its cost at most: requests are not always full.
const SHARED_BY_MAX: usize = 12;
/// Ends that must be known before they decide.
const ENOUGH: f64 = 20.0;
/// No call is polled more often by what was observed.
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// The plan is made anew after this many ends.
const PLAN_EVERY: u32 = 16;
/// One call in so many is polled somewhat before its time: else nobody would ever learn that calls end sooner.
const EARLY_EVERY: u32 = 64;

/// What one process knows of how long an account's calls take, and when it asks for them therefore.
#[derive(Debug, Clone)]
pub struct Pace {
    observed: Observed,
    /// What a poll costs that finds its call pending, in seconds of one call's delay.
    cost_s: f64,
    /// One request asks for one call.
    is_alone: bool,
    /// For each bin, the one at whose end a call is polled next that was pending at its beginning.
    plan: Vec<usize>,
    /// Ends since it was made.
    fresh: u32,
}

impl Pace {
    /// Knows nothing yet. `batch` is how many calls one request asks for, from 1.
    pub fn new(batch: usize) -> Self {
        let shared_by = batch.clamp(1, SHARED_BY_MAX) as f64;
        let cost_s = REQUEST_COST_S / shared_by;
        Self { observed: Observed::new(), cost_s, is_alone: batch == 1, plan: Vec::new(), fresh: 0 }
    }

    /// A call has ended: later than `after`, when it was last seen pending (zero: never), and not later than `by`. Both are
    /// ages of the call.
    pub fn note(&mut self, after: Duration, by: Duration) {
        self.observed.note(after, by);
        self.fresh += 1;
        if self.observed.total() >= ENOUGH && (self.plan.is_empty() || self.fresh >= PLAN_EVERY) {
            self.plan = plan(self.observed.seen(), self.cost_s);
            self.fresh = 0;
        }
    }

    /// How long after it began a call is first polled: when the observed times say; if `poll_first` is written, not before
    /// it; never later than `poll_max`. `turn` varies from call to call.
    pub fn first(&self, results: &ResultsPolicy, turn: u32) -> Duration {
        let (first, max) = (results.poll_first.duration(), results.poll_max.duration());
        let Some(planned) = self.planned(Duration::ZERO) else { return first };
        let planned = if turn.is_multiple_of(EARLY_EVERY) { early(planned, turn / EARLY_EVERY) } else { planned };
        let earliest = if results.is_first_written { first } else { PAUSE_MIN };
        planned.max(earliest).min(max.max(earliest))
    }

    /// The pause before the next poll of a call of this age that is pending. Where each call takes a request of its own it is
    /// never shorter than by rule, else never longer. None: never again.
    pub fn next(&self, results: &ResultsPolicy, age: Duration) -> Option<Duration> {
        let by_rule = next_poll(results, age)?;
        if age >= results.give_up.duration() {
            return Some(by_rule);
        }
        let Some(planned) = self.planned(age) else { return Some(by_rule) };
        let max = results.poll_max.duration();
        let pause = planned.saturating_sub(age);
        if self.is_alone {
            return Some(pause.clamp(by_rule, max));
        }
        // Of the few that last the longest little is known: they are not left alone for longer than by rule.
        let min = PAUSE_MIN.min(max);
        Some(pause.clamp(min, by_rule.max(min)))
    }

    /// The age at which a call is to be polled that is pending at this one; none if that is older than what was observed, or
    /// if too little was.
    fn planned(&self, age: Duration) -> Option<Duration> {
        if self.observed.longer_than(age) < 1.0 {
            return None;
        }
        let bin = self.plan.get(bin_of(age))?;
        Some(Duration::from_secs_f64(bounds(*bin).1))
    }
}

/// From half to nearly all of a time.
fn early(planned: Duration, turn: u32) -> Duration {
    planned.mul_f64(0.5 + f64::from(turn % 8) / 16.0)
}

/// For each bin, at the end of which a call that is pending at its beginning is polled best: the sum of how late its end is
/// learned and of what its pending polls cost is the least.
fn plan(calls: &[f64], cost_s: f64) -> Vec<usize> {
    let bins = calls.len();
    // Sums over all bins from one on: calls, and the seconds that they took.
    let (mut pending, mut taken_s) = (vec![0.0; bins + 1], vec![0.0; bins + 1]);
    for (bin, calls) in calls.iter().enumerate().rev() {
        let (from, to) = bounds(bin);
        pending[bin] = pending[bin + 1] + calls;
        taken_s[bin] = taken_s[bin + 1] + calls * (from + to) / 2.0;
    }
    let mut best = vec![(0.0, bins); bins + 1];
    for bin in (0..bins).rev() {
        let costs = (bin..bins).map(|at| {
            let ended = pending[bin] - pending[at + 1];
            let late_s = ended * bounds(at).1 - (taken_s[bin] - taken_s[at + 1]);
            (late_s + cost_s * pending[at + 1] + best[at + 1].0, at)
        });
        best[bin] = costs.min_by(|a, b| a.0.total_cmp(&b.0)).expect("there is at least its own end");
    }
    best.truncate(bins);
    best.into_iter().map(|(_, at)| at).collect()
}
