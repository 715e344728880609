//! What a campaign did over time: looks at its counters now and then, and counts by stretches of equal length between them.
//!
//! Counters only ever grow (but for corrections), so whatever was not looked at is still counted by the next look.

use std::time::Duration;

use super::{Outcome, Timestamp};

/// Outcomes there are: what [`Sample::outcomes`] has room for.
pub const OUTCOMES: usize = Outcome::ALL.len();

/// A campaign's counters at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sample {
    /// When they were looked at.
    pub at: Timestamp,
    /// Attempts charged so far.
    pub attempts: u64,
    /// Calls that were live.
    pub live: u64,
    /// Concluded attempts so far, in the order of `Outcome::ALL`.
    pub outcomes: [u64; OUTCOMES],
}

/// What happened in stretches of `step` from `from` on. All lists are equally long.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    /// Begin of the first stretch.
    pub from: Timestamp,
    /// Length of each.
    pub step: Duration,
    /// Calls started in each.
    pub calls: Vec<u64>,
    /// Live calls at the end of each.
    pub live: Vec<u64>,
    /// For each outcome, in the order of `Outcome::ALL`, how many calls ended so in each.
    pub outcomes: Vec<Vec<u64>>,
}

impl Sample {
    /// Whether the counters are the same, whenever they were looked at.
    pub fn counts_as(&self, other: &Self) -> bool {
        Self { at: other.at, ..*self } == *other
    }

    /// As a line of numbers: milliseconds, attempts, live calls, outcomes; zeros at the end are left out.
    pub fn to_line(&self) -> String {
        let mut numbers = vec![self.at.as_millis().unsigned_abs(), self.attempts, self.live];
        numbers.extend(self.outcomes);
        while numbers.len() > 1 && numbers.last() == Some(&0) {
            numbers.pop();
        }
        numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")
    }

    /// Reads such a line; none when it is no such.
    pub fn from_line(line: &str) -> Option<Self> {
        let mut numbers = line.split(' ').map(str::parse::<u64>);
        let at = Timestamp::from_millis(i64::try_from(numbers.next()?.ok()?).ok()?);
        let mut next = || numbers.next().unwrap_or(Ok(0)).ok();
        let mut sample = Self { at, attempts: next()?, live: next()?, ..Self::default() };
        for outcome in &mut sample.outcomes {
            *outcome = next()?;
        }
        Some(sample)
    }

    /// The counters somewhere between two looks, as if they had grown evenly.
    fn between(&self, later: &Self, at: Timestamp) -> Self {
        let part = at.since(self.at).as_secs_f64() / later.at.since(self.at).as_secs_f64().max(f64::MIN_POSITIVE);
        let mix = |a: u64, b: u64| (a as f64 + (b as f64 - a as f64) * part).round() as u64;
        let mut mixed =
            Self { at, attempts: mix(self.attempts, later.attempts), live: mix(self.live, later.live), ..*self };
        for (own, then) in mixed.outcomes.iter_mut().zip(later.outcomes) {
            *own = mix(*own, then);
        }
        mixed
    }
}

/// Which of the looks at a campaign are to be kept now: none while nothing changes; and after a quiet time also the last
/// look before the change, so that the change is not taken for a slow one.
pub fn worth_keeping(kept: &Sample, last: &Sample, now: &Sample) -> Vec<Sample> {
    if now.counts_as(kept) {
        return Vec::new();
    }
    let quiet = last.at > kept.at && last.counts_as(kept);
    if quiet { vec![*last, *now] } else { vec![*now] }
}

/// Counts by stretches, from looks in the order of time.
pub fn timeline(samples: &[Sample], from: Timestamp, step: Duration, stretches: usize) -> Timeline {
    let mut line = Timeline { from, step, outcomes: vec![Vec::new(); OUTCOMES], ..Timeline::default() };
    let mut next = 0;
    let mut counters_at = |at: Timestamp| {
        while next < samples.len() && samples[next].at <= at {
            next += 1;
        }
        match (next.checked_sub(1).map(|before| &samples[before]), samples.get(next)) {
            (Some(before), Some(after)) => before.between(after, at),
            // What is before the first look is not known, and counted nowhere.
            (None, Some(first)) => Sample { live: 0, ..*first },
            (Some(last), None) => *last,
            (None, None) => Sample::default(),
        }
    };
    let mut before = counters_at(from);
    let mut end = from;
    for _ in 0..stretches {
        end = end + step;
        let after = counters_at(end);
        line.calls.push(after.attempts.saturating_sub(before.attempts));
        line.live.push(after.live);
        for (list, (now, then)) in line.outcomes.iter_mut().zip(after.outcomes.iter().zip(before.outcomes)) {
            list.push(now.saturating_sub(then));
        }
        before = after;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_secs(10);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_780_000_000_000 + seconds * 1000)
    }

    fn look(seconds: i64, attempts: u64, live: u64, answered: u64) -> Sample {
        let mut sample = Sample { at: at(seconds), attempts, live, ..Sample::default() };
        sample.outcomes[0] = answered;
        sample
    }

    #[test]
    fn a_look_is_read_back_as_it_was_written() {
        let mut full = look(0, 7, 2, 5);
        full.outcomes[OUTCOMES - 1] = 9;
        for sample in [look(0, 0, 0, 0), look(3, 12, 0, 4), full] {
            assert_eq!(Sample::from_line(&sample.to_line()), Some(sample));
        }
        assert_eq!(look(0, 0, 0, 0).to_line(), "1780000000000");
        assert_eq!((Sample::from_line("x"), Sample::from_line(""), Sample::from_line("1 x")), (None, None, None));
    }

    #[test]
    fn calls_are_counted_in_the_stretch_in_which_they_were_made() {
        let looks = [look(0, 100, 0, 50), look(10, 130, 8, 70), look(20, 130, 0, 78)];
        let line = timeline(&looks, at(0), STEP, 3);
        assert_eq!((line.calls, line.live), (vec![30, 0, 0], vec![8, 0, 0]));
        assert_eq!(line.outcomes[0], [20, 8, 0]);
    }

    #[test]
    fn between_two_looks_growth_is_even_and_nothing_is_lost() {
        let line = timeline(&[look(-5, 0, 0, 0), look(95, 1000, 10, 0)], at(0), STEP, 10);
        assert_eq!(line.calls.iter().sum::<u64>(), 950, "the first 50 were before");
        assert!(line.calls[..9].iter().all(|calls| *calls == 100), "{line:?}");
    }

    #[test]
    fn before_the_first_look_and_without_any_nothing_is_told() {
        assert_eq!(timeline(&[look(15, 40, 3, 1)], at(0), STEP, 3).calls, [0, 0, 0]);
        assert_eq!(timeline(&[], at(0), STEP, 2).calls, [0, 0]);
    }

    #[test]
    fn a_correction_is_no_negative_count() {
        let line = timeline(&[look(0, 9, 0, 5), look(10, 9, 0, 4)], at(0), STEP, 1);
        assert_eq!(line.outcomes[0], [0]);
    }

    #[test]
    fn a_quiet_time_is_not_kept_but_its_end_is() {
        let (kept, quiet) = (look(0, 5, 0, 5), look(600, 5, 0, 5));
        assert_eq!(worth_keeping(&kept, &kept, &quiet), []);
        let now = look(610, 9, 1, 5);
        assert_eq!(worth_keeping(&kept, &quiet, &now), [quiet, now]);
        assert_eq!(worth_keeping(&kept, &kept, &look(10, 6, 0, 5)), [look(10, 6, 0, 5)]);
    }
}
