//! How a list will be called: groups of contacts, each with its hours, sharing one pace. Pure arithmetic, in steps.
//!
//! In every step the groups that are open are served in the order in which they close, as claims do. Of those who were
//! called a share is called again after a delay. Steps grow with the work, so that any list takes some thousand.

use std::{collections::BTreeMap, time::Duration};

use redial_shared::domain::{Interval, Timestamp};

/// Steps that a forecast takes for the work itself, about.
const STEPS: f64 = 2_000.0;
const STEP_MIN: Duration = Duration::from_secs(1);
const STEP_MAX: Duration = Duration::from_secs(300);
/// Less than this of a contact is nobody: shares are fractions.
const NOBODY: f64 = 0.5;

/// Contacts that have the same hours.
#[derive(Debug, Clone)]
pub struct Group {
    /// When they may be called, sorted.
    pub open: Vec<Interval>,
    /// How many become due when.
    pub due: Vec<(Timestamp, f64)>,
}

/// Calls a second, from when on: sorted, and never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates(pub Vec<(Timestamp, f64)>);

impl Rates {
    /// Calls a second at an instant.
    pub fn at(&self, instant: Timestamp) -> f64 {
        self.0.iter().rev().find(|(from, _)| *from <= instant).or(self.0.first()).map_or(0.0, |(_, rate)| *rate)
    }

    fn fastest(&self) -> f64 {
        self.0.iter().map(|(_, rate)| *rate).fold(0.0, f64::max)
    }

    /// The next instant at which they change.
    fn change_after(&self, instant: Timestamp) -> Option<Timestamp> {
        self.0.iter().map(|(from, _)| *from).find(|from| *from > instant)
    }
}

/// How fast calls go out, and how many it takes.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Calls a second.
    pub rates: Rates,
    /// The share of those called who are called again, 0 to 1.
    pub again: f64,
    /// How many calls a contact may get at most.
    pub calls_max: u8,
    /// After how long it is called again.
    pub delay: Duration,
}

/// What is foreseen.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// When each group is done; none: not within the time looked at.
    pub done_at: Vec<Option<Timestamp>>,
    /// Contacts of each group that are left at the end of the time looked at.
    pub left: Vec<f64>,
}

impl Forecast {
    /// When all are done.
    pub fn finish(&self) -> Option<Timestamp> {
        self.done_at.iter().copied().collect::<Option<Vec<_>>>()?.into_iter().max()
    }
}

/// Foresees from `now` to `until` what becomes of `groups` while `runs` (sorted) allow calls.
pub fn foresee(groups: &[Group], pace: &Pace, runs: &[Interval], now: Timestamp, until: Timestamp) -> Forecast {
    let mut courses: Vec<Course> = groups.iter().map(|group| Course::new(group, pace.calls_max)).collect();
    let work: f64 = courses.iter().map(Course::left).sum();
    let step = Duration::try_from_secs_f64(work / pace.rates.fastest().max(f64::MIN_POSITIVE) / STEPS);
    let step = step.unwrap_or(STEP_MAX).clamp(STEP_MIN, STEP_MAX);
    let mut at = now;
    while at < until && courses.iter().any(|course| course.done_at.is_none()) {
        let (calls_per_s, change) = (pace.rates.at(at), pace.rates.change_after(at).unwrap_or(until).min(until));
        if calls_per_s == 0.0 {
            at = change;
            continue;
        }
        let end = (at + step).min(change);
        let mut calls = calls_per_s * seconds(share_of(runs, at, end));
        let mut open: Vec<(Timestamp, usize)> = courses
            .iter()
            .enumerate()
            .filter_map(|(index, course)| Some((course.closes_after(at, end)?, index)))
            .collect();
        open.sort_unstable();
        let mut called = false;
        for (_, index) in open {
            let course = &mut courses[index];
            let most = calls_per_s * seconds(share_of(&course.open, at, end));
            let taken = course.call(calls.min(most), at, end, pace);
            calls -= taken;
            called |= taken > 0.0;
        }
        at = if called { end } else { next_chance(&courses, runs, end, until) };
    }
    let left = courses.iter().map(Course::left).collect();
    Forecast { done_at: courses.into_iter().map(|course| course.done_at).collect(), left }
}

/// Contacts of a group by when they are due and how many calls they can have still.
struct Course {
    open: Vec<Interval>,
    due: BTreeMap<(Timestamp, u8), f64>,
    done_at: Option<Timestamp>,
}

impl Course {
    fn new(group: &Group, calls_max: u8) -> Self {
        let mut due = BTreeMap::new();
        for (at, count) in &group.due {
            *due.entry((*at, calls_max)).or_insert(0.0) += count;
        }
        Self { open: group.open.clone(), due, done_at: None }
    }

    fn left(&self) -> f64 {
        self.due.values().sum()
    }

    /// When it closes, if it is open at some time of a step.
    fn closes_after(&self, at: Timestamp, end: Timestamp) -> Option<Timestamp> {
        if self.done_at.is_some() {
            return None;
        }
        self.open.iter().find(|interval| interval.from < end && interval.to > at).map(|interval| interval.to)
    }

    /// Calls up to so many of those who are due; answers how many.
    fn call(&mut self, most: f64, at: Timestamp, end: Timestamp, pace: &Pace) -> f64 {
        let (mut taken, mut again) = (0.0, BTreeMap::<u8, f64>::new());
        while taken < most
            && let Some(mut first) = self.due.first_entry()
            && first.key().0 < end
        {
            let calls_left = first.key().1;
            let some = first.get().min(most - taken);
            taken += some;
            *first.get_mut() -= some;
            if *first.get() <= f64::EPSILON {
                first.remove();
            }
            if calls_left > 1 {
                *again.entry(calls_left - 1).or_insert(0.0) += some * pace.again;
            }
        }
        for (calls_left, some) in again {
            *self.due.entry((end + pace.delay, calls_left)).or_insert(0.0) += some;
        }
        if self.left() < NOBODY {
            self.due.clear();
            let needed = Duration::try_from_secs_f64(taken / pace.rates.at(at)).unwrap_or_default();
            self.done_at = Some((at + needed).min(end));
        }
        taken
    }
}

/// The next instant from `after` on at which somebody may be called.
fn next_chance(courses: &[Course], runs: &[Interval], after: Timestamp, until: Timestamp) -> Timestamp {
    let next_in = |intervals: &[Interval], from: Timestamp| {
        intervals.iter().find(|interval| interval.to > from).map(|interval| interval.from.max(from))
    };
    let chance = |course: &Course| {
        let due = course.due.keys().next()?.0.max(after);
        next_in(&course.open, next_in(runs, due)?)
    };
    let waiting = courses.iter().filter(|course| course.done_at.is_none());
    waiting.filter_map(chance).min().unwrap_or(until).clamp(after, until)
}

/// How much of a step lies within sorted intervals.
fn share_of(intervals: &[Interval], from: Timestamp, to: Timestamp) -> Duration {
    let step = Interval { from, to };
    let within = intervals.iter().filter_map(|interval| interval.intersection(&step));
    within.map(|interval| interval.to.since(interval.from)).sum()
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_S: i64 = 3600;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_780_315_200_000 + seconds * 1000)
    }

    fn span(from: i64, to: i64) -> Interval {
        Interval { from: at(from), to: at(to) }
    }

    fn group(open: &[Interval], count: f64) -> Group {
        Group { open: open.to_vec(), due: vec![(at(0), count)] }
    }

    fn pace(calls_per_s: f64, again: f64) -> Pace {
        Pace { rates: Rates(vec![(at(0), calls_per_s)]), again, calls_max: 3, delay: Duration::from_secs(600) }
    }

    fn seconds_until(forecast: &Forecast, index: usize) -> i64 {
        let done = forecast.done_at[index].expect("done in time");
        (done.as_millis() - at(0).as_millis()) / 1000
    }

    fn near(seconds: i64, expected: i64) -> bool {
        (seconds - expected).abs() <= expected / 50 + 2
    }

    #[test]
    fn a_list_takes_its_size_by_its_pace() {
        let always = [span(0, 240 * HOUR_S)];
        let forecast = foresee(&[group(&always, 36_000.0)], &pace(10.0, 0.0), &always, at(0), at(240 * HOUR_S));
        assert!(near(seconds_until(&forecast, 0), 3_600), "{forecast:?}");
        assert_eq!(forecast.finish(), forecast.done_at[0]);
    }

    #[test]
    fn those_called_again_take_their_calls_and_their_delay() {
        let always = [span(0, 240 * HOUR_S)];
        let forecast = foresee(&[group(&always, 36_000.0)], &pace(10.0, 0.5), &always, at(0), at(240 * HOUR_S));
        assert!(near(seconds_until(&forecast, 0), 6_300), "36,000 × (1 + 0.5 + 0.25) calls: {forecast:?}");
        let few = foresee(&[group(&always, 100.0)], &pace(10.0, 0.5), &always, at(0), at(240 * HOUR_S));
        assert!(near(seconds_until(&few, 0), 1_213), "two delays of 600 s, and the calls: {few:?}");
    }

    #[test]
    fn the_group_that_closes_first_is_called_first_and_the_other_still_finishes() {
        let all = [span(0, 100 * HOUR_S)];
        let (short, long) = ([span(0, HOUR_S)], [span(0, 3 * HOUR_S)]);
        let groups = [group(&long, 36_000.0), group(&short, 36_000.0)];
        let forecast = foresee(&groups, &pace(10.0, 0.0), &all, at(0), at(100 * HOUR_S));
        assert!(near(seconds_until(&forecast, 1), HOUR_S), "{forecast:?}");
        assert!(near(seconds_until(&forecast, 0), 2 * HOUR_S), "{forecast:?}");
    }

    #[test]
    fn calls_wait_for_hours_and_for_runs() {
        let nights = [span(20 * HOUR_S, 22 * HOUR_S), span(44 * HOUR_S, 46 * HOUR_S)];
        let hours = [span(21 * HOUR_S, 23 * HOUR_S), span(45 * HOUR_S, 47 * HOUR_S)];
        let forecast = foresee(&[group(&hours, 54_000.0)], &pace(10.0, 0.0), &nights, at(0), at(100 * HOUR_S));
        assert!(near(seconds_until(&forecast, 0), 45 * HOUR_S + HOUR_S / 2), "{forecast:?}");
    }

    #[test]
    fn a_pace_that_changes_is_followed() {
        let always = [span(0, 240 * HOUR_S)];
        let rates = Rates(vec![(at(0), 0.0), (at(3_600), 5.0), (at(7_200), 10.0)]);
        let pace = Pace { rates, ..pace(1.0, 0.0) };
        let forecast = foresee(&[group(&always, 36_000.0)], &pace, &always, at(0), at(240 * HOUR_S));
        assert!(
            near(seconds_until(&forecast, 0), 9_000),
            "an hour of nothing, one of 18,000, half an hour: {forecast:?}"
        );
    }

    #[test]
    fn what_is_never_open_is_left() {
        let always = [span(0, 100 * HOUR_S)];
        let forecast =
            foresee(&[group(&[], 5.0), group(&always, 5.0)], &pace(1.0, 0.0), &always, at(0), at(100 * HOUR_S));
        assert_eq!((forecast.done_at[0], forecast.left[0], forecast.finish()), (None, 5.0, None));
        assert!(forecast.done_at[1].is_some());
    }
}
