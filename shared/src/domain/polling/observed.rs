//! How long an account's calls have taken lately, from their requests to their ends: a histogram that forgets.
//!
//! Polls do not tell when a call ended, only between which two polls. Such a call counts in parts, for each of the times
//! between, as those times are likely by what is known already.

use std::{sync::LazyLock, time::Duration};

/// Up to here times are told apart by half a second, beyond by a twentieth of themselves.
const FINE_UP_TO_S: f64 = 10.0;
const FINE_S: f64 = 0.5;
const COARSE: f64 = 1.05;
/// Longer calls count as this long.
const LONGEST_S: f64 = 7_200.0;
/// What is known of this many calls; the older it is, the less it counts.
const CALLS_KEPT: f64 = 1_000.0;
/// What any second counts before anything was seen in it, in calls, so that no time is ever thought impossible.
const UNSEEN: f64 = 0.1;
/// Bins to either side whose calls make a bin likely: what is known only roughly must not seem to be known exactly.
const AROUND: usize = 6;

/// The ends of the histogram's bins in seconds; the first begins at 0.
static ENDS: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let fine = (1..=(FINE_UP_TO_S / FINE_S) as u32).map(|step| f64::from(step) * FINE_S);
    let coarse = std::iter::successors(Some(FINE_UP_TO_S * COARSE), |end| Some(end * COARSE));
    fine.chain(coarse.take_while(|end| *end < LONGEST_S)).chain([LONGEST_S]).collect()
});

/// How long calls have taken.
#[derive(Debug, Clone)]
pub(super) struct Observed {
    /// Calls in each bin.
    calls: Vec<f64>,
    total: f64,
}

impl Observed {
    pub fn new() -> Self {
        Self { calls: vec![0.0; ENDS.len()], total: 0.0 }
    }

    /// Calls that are known of, the older the less.
    pub fn total(&self) -> f64 {
        self.total
    }

    /// A call ended later than `after` and not later than `by`, both counted from its beginning.
    pub fn note(&mut self, after: Duration, by: Duration) {
        let by = by.as_secs_f64().clamp(FINE_S, LONGEST_S);
        let after = after.as_secs_f64().min(by - FINE_S);
        let share = |bin: usize| {
            let (from, to) = bounds(bin);
            let within_s = (by.min(to) - after.max(from)).max(0.0);
            if within_s > 0.0 { within_s * (self.around(bin) + UNSEEN) } else { 0.0 }
        };
        let shares: Vec<f64> = (0..self.calls.len()).map(share).collect();
        let sum: f64 = shares.iter().sum();
        self.calls.iter_mut().zip(shares).for_each(|(calls, share)| *calls += share / sum);
        self.total += 1.0;
        if self.total > CALLS_KEPT {
            self.calls.iter_mut().for_each(|calls| *calls /= 2.0);
            self.total /= 2.0;
        }
    }

    /// Calls in a second around a bin.
    fn around(&self, bin: usize) -> f64 {
        let (first, last) = (bin.saturating_sub(AROUND), (bin + AROUND).min(self.calls.len() - 1));
        let calls: f64 = self.calls[first..=last].iter().sum();
        calls / (bounds(last).1 - bounds(first).0)
    }

    /// The bins up to the longest time that was seen.
    pub fn seen(&self) -> &[f64] {
        let bins = self.calls.iter().rposition(|calls| *calls > 0.0).map_or(0, |last| last + 1);
        &self.calls[..bins]
    }

    /// Calls that took longer than an age.
    pub fn longer_than(&self, age: Duration) -> f64 {
        let bin = bin_of(age);
        let (from, to) = bounds(bin.min(ENDS.len() - 1));
        let rest = (1.0 - (age.as_secs_f64() - from) / (to - from)).clamp(0.0, 1.0);
        let whole: f64 = self.calls.iter().skip(bin + 1).sum();
        whole + self.calls.get(bin).map_or(0.0, |calls| calls * rest)
    }
}

/// The bin of an age; the number of bins if it is beyond all.
pub(super) fn bin_of(age: Duration) -> usize {
    let age_s = age.as_secs_f64();
    ENDS.partition_point(|end| *end <= age_s)
}

/// Where a bin begins and ends, in seconds.
pub(super) fn bounds(bin: usize) -> (f64, f64) {
    (bin.checked_sub(1).map_or(0.0, |before| ENDS[before]), ENDS[bin])
}
