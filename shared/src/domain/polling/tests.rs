//! Polling as a simulation by a clock moved by hand: calls of drawn lengths, polled as a worker polls them.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::units::Span;

/// How finely the clock moves.
const STEP_MS: u64 = 10;

/// The part of all requests that learning may cost at most, where the rule happens to fit from the beginning: polls at 10 s
/// of calls that take 9.9 s.
const LEARNING_PART: usize = 4;

/// What became of the calls.
#[derive(Debug)]
struct Polled {
    requests: usize,
    /// Calls asked for, in all requests.
    polls: usize,
    /// From each call's end until it was learned, in milliseconds, shortest first.
    delays_ms: Vec<u64>,
}

impl Polled {
    fn median_s(&self) -> f64 {
        self.delays_ms[self.delays_ms.len() / 2] as f64 / 1000.0
    }
}

/// Polls calls of these lengths of which so many start in a second, by what is observed or (`pace` is none) by rule alone.
fn polled(lengths_ms: &[u64], per_second: u64, batch: usize, results: &ResultsPolicy, by_rule: bool) -> Polled {
    let mut pace = Pace::new(batch);
    let ms = |duration: Duration| duration.as_millis() as u64;
    let fill_ms = if batch > 1 { ms(FILL_MAX) } else { 0 };
    let (mut queue, mut pending_at) = (BTreeSet::new(), BTreeMap::new());
    let (mut result, mut started, mut now) = (Polled { requests: 0, polls: 0, delays_ms: Vec::new() }, 0, 0);
    let start_of = |call: usize| call as u64 * 1_000 / per_second;
    while result.delays_ms.len() < lengths_ms.len() {
        while started < lengths_ms.len() && start_of(started) <= now {
            let first = if by_rule { results.poll_first.duration() } else { pace.first(results, started as u32) };
            queue.insert((start_of(started) + ms(first), started));
            started += 1;
        }
        while let Some(&(due, _)) = queue.first().filter(|(due, _)| *due <= now) {
            let is_full = queue.range(..=(now, usize::MAX)).take(batch).count() == batch;
            if !is_full && due + fill_ms > now {
                break;
            }
            let taken: Vec<_> = queue.range(..=(now + fill_ms, usize::MAX)).take(batch).copied().collect();
            result.requests += 1;
            result.polls += taken.len();
            for entry in taken {
                queue.remove(&entry);
                let (call, age_ms) = (entry.1, now - start_of(entry.1));
                let age = Duration::from_millis(age_ms);
                if age_ms >= lengths_ms[call] {
                    result.delays_ms.push(age_ms - lengths_ms[call]);
                    pace.note(pending_at.remove(&call).unwrap_or_default(), age);
                    continue;
                }
                pending_at.insert(call, age);
                let pause = if by_rule { next_poll(results, age) } else { pace.next(results, age) };
                queue.insert((now + ms(pause.expect("it is not given up")), call));
            }
        }
        now += STEP_MS;
    }
    result.delays_ms.sort_unstable();
    result
}

/// Numbers from 0 to 1, the same each time.
fn draws(count: usize) -> impl Iterator<Item = f64> {
    let mut state = 1u64;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1u64 << 31) as f64
    })
    .take(count)
}

fn evenly(count: usize, from_s: f64, to_s: f64) -> Vec<u64> {
    draws(count).map(|draw| ((from_s + draw * (to_s - from_s)) * 1000.0) as u64).collect()
}

#[test]
fn ten_thousand_calls_of_up_to_30_s_are_settled_with_few_requests_of_50_and_soon() {
    let results = ResultsPolicy::default();
    let polled = polled(&evenly(10_000, 1.0, 30.0), 100, 50, &results, false);
    assert!(polled.requests < 1_500, "{} requests", polled.requests);
    assert!(polled.median_s() < 3.0, "{} s", polled.median_s());
    assert!(polled.polls > 40 * polled.requests, "requests are nearly full: {} {}", polled.polls, polled.requests);
}

#[test]
fn polling_one_by_one_takes_no_more_requests_than_by_rule_but_for_some_where_that_happens_to_fit() {
    let results = ResultsPolicy::default();
    let exponential = |mean_s: f64| draws(2_000).map(|draw| (-(1.0 - draw).ln() * mean_s * 1000.0) as u64).collect();
    let lists: [(&str, Vec<u64>); 8] = [
        ("2 s each", vec![2_000; 2_000]),
        ("9.9 s each", vec![9_900; 2_000]),
        ("11 s each", vec![11_000; 2_000]),
        ("40 s each", vec![40_000; 2_000]),
        ("1 to 30 s", evenly(2_000, 1.0, 30.0)),
        ("30 to 90 s", evenly(2_000, 30.0, 90.0)),
        ("12 s, exponential", exponential(12.0)),
        ("3 min, exponential", exponential(180.0)),
    ];
    for (name, lengths) in lists {
        let [by_rule, observed] = [true, false].map(|by_rule| polled(&lengths, 10, 1, &results, by_rule));
        println!(
            "{name}: {} requests and {:.1} s by rule, {} and {:.1} s by what was observed",
            by_rule.requests,
            by_rule.median_s(),
            observed.requests,
            observed.median_s()
        );
        let most = by_rule.requests + by_rule.requests / LEARNING_PART;
        assert!(observed.requests <= most, "{name}: {} {}", observed.requests, by_rule.requests);
    }
}

#[test]
fn short_calls_come_to_be_polled_soon_and_longer_ones_do_again() {
    let results = ResultsPolicy::default();
    let mut pace = Pace::new(50);
    assert_eq!(pace.first(&results, 1), results.poll_first.duration(), "nothing is known");
    for _ in 0..200 {
        pace.note(Duration::from_secs(1), Duration::from_secs(3));
    }
    assert!(pace.first(&results, 1) <= Duration::from_secs(3), "{:?}", pace.first(&results, 1));
    assert!(pace.first(&results, 0) < pace.first(&results, 1), "one in a while is asked for sooner");
    for _ in 0..4_000 {
        pace.note(Duration::from_secs(50), Duration::from_secs(52));
    }
    assert!(pace.first(&results, 1) > Duration::from_secs(45), "{:?}", pace.first(&results, 1));
}

#[test]
fn what_the_definition_says_is_obeyed() {
    let written = |poll_first, poll_max| ResultsPolicy {
        poll_first,
        poll_max,
        is_first_written: true,
        ..ResultsPolicy::default()
    };
    let mut pace = Pace::new(1);
    for _ in 0..200 {
        pace.note(Duration::from_secs(19), Duration::from_secs(20));
    }
    let late = written(Span::from_secs(30), Span::from_secs(60));
    assert_eq!(pace.first(&late, 1), Duration::from_secs(30));
    let often = written(Span::from_secs(1), Span::from_secs(5));
    assert_eq!(pace.first(&often, 1), Duration::from_secs(5), "no time between polls is longer than poll_max");
    assert_eq!(pace.next(&often, Duration::from_secs(5)), Some(Duration::from_secs(5)));
    let age = Duration::from_secs(40);
    assert_eq!(pace.next(&late, age), next_poll(&late, age), "no call has taken so long");
    let given_up = late.give_up.duration();
    assert_eq!(pace.next(&late, given_up), Some(late.poll_max.duration()));
    assert_eq!(pace.next(&late, given_up + LATE_ANSWERS), None);
}
