//! Every outcome and rule by table, and invariants over simulated contacts.

use std::time::Duration;

use proptest::{prelude::*, test_runner::RngSeed};

use super::*;
use crate::domain::{local_time::tests::at, units::Span};

const RING: Duration = Duration::from_secs(30);

fn rule(delays: &[&str], max: u8, next_number: bool) -> OutcomeRetry {
    OutcomeRetry { delays: delays.iter().map(|delay| delay.parse().unwrap()).collect(), max, next_number }
}

/// Attempts, each starting ten hours after the one before and ending 30 s later, the last one ending at 12:00.
fn history(attempts: &[(u8, Outcome)]) -> Vec<PastAttempt> {
    let last_end = at("2026-06-15T12:00:00Z");
    let attempt = |(back, (number, outcome)): (usize, &(u8, Outcome))| {
        let ended_at = last_end - Duration::from_secs(36_000) * back as u32;
        PastAttempt { number: *number, outcome: *outcome, started_at: ended_at - RING, ended_at }
    };
    let mut history: Vec<_> = attempts.iter().rev().enumerate().map(attempt).collect();
    history.reverse();
    history
}

/// What follows, short: `completed`, or `number after minutes`.
fn outcome_of(policy: &RetryPolicy, attempts: &[(u8, Outcome)], numbers: u8) -> String {
    let history = history(attempts);
    match next_step(policy, &history, numbers, &[Tz::UTC]) {
        NextStep::Finished { state, .. } => state.to_string(),
        NextStep::CallAgain { number, not_before, .. } => {
            let wait = not_before.since(history.last().unwrap().ended_at);
            format!("{number} after {}", Span::from_millis(wait.as_millis() as u64))
        }
    }
}

use Outcome::{
    Answered, Busy, Cancelled, Error, InvalidNumber, NoAnswer, Rejected, Submitted, TemporarilyUnavailable, Unknown,
    Voicemail,
};

#[test]
fn each_outcome_has_its_default() {
    for (attempts, expected) in [
        (&[(0, Answered)][..], "completed"),
        (&[(0, Submitted)], "completed"),
        (&[(0, Cancelled)], "cancelled"),
        (&[(0, Voicemail)], "failed"),
        (&[(0, Rejected)], "failed"),
        (&[(0, InvalidNumber)], "failed"),
        (&[(0, Busy)], "0 after 5m"),
        (&[(0, Busy), (0, Busy)], "0 after 15m"),
        (&[(0, NoAnswer)], "0 after 2h"),
        (&[(0, NoAnswer), (0, NoAnswer)], "failed"),
        (&[(0, TemporarilyUnavailable)], "0 after 30m"),
        (&[(0, Error)], "0 after 10m"),
        (&[(0, Unknown)], "0 after 30m"),
        (&[(0, NoAnswer), (0, Busy)], "0 after 5m"),
        (&[(0, Busy), (0, NoAnswer), (0, Error)], "failed"),
        (&[(0, Busy), (0, Busy), (0, Answered)], "completed"),
    ] {
        assert_eq!(outcome_of(&RetryPolicy::default(), attempts, 1), expected, "{attempts:?}");
    }
}

#[test]
fn the_last_delay_repeats_until_the_outcomes_max() {
    let policy = RetryPolicy { max_attempts: 9, busy: rule(&["5m", "15m"], 4, false), ..RetryPolicy::default() };
    let after = |count: usize| outcome_of(&policy, &vec![(0, Busy); count], 1);
    assert_eq!([1, 2, 3, 4, 5].map(after), ["0 after 5m", "0 after 15m", "0 after 15m", "0 after 15m", "failed"]);
}

#[test]
fn a_max_of_zero_retries_nothing() {
    let policy = RetryPolicy { busy: rule(&["5m"], 0, true), ..RetryPolicy::default() };
    assert_eq!(outcome_of(&policy, &[(0, Busy)], 2), "failed");
}

#[test]
fn the_next_number_is_called_at_once_and_the_delay_follows_the_last() {
    let policy = RetryPolicy { max_attempts: 9, no_answer: rule(&["4h"], 5, true), ..RetryPolicy::default() };
    for (attempts, expected) in [
        (&[(0, NoAnswer)][..], "1 after 0s"),
        (&[(0, NoAnswer), (1, NoAnswer)], "2 after 0s"),
        (&[(0, NoAnswer), (1, NoAnswer), (2, NoAnswer)], "0 after 4h"),
        (&[(0, NoAnswer), (1, Busy)], "1 after 5m"),
        (&[(0, NoAnswer), (1, InvalidNumber)], "2 after 0s"),
        (&[(0, NoAnswer), (1, NoAnswer), (2, InvalidNumber)], "0 after 4h"),
        (&[(0, InvalidNumber), (1, NoAnswer), (2, NoAnswer)], "1 after 4h"),
        (&[(0, InvalidNumber), (1, NoAnswer), (2, InvalidNumber)], "1 after 4h"),
    ] {
        assert_eq!(outcome_of(&policy, attempts, 3), expected, "{attempts:?}");
    }
}

#[test]
fn an_invalid_number_gives_way_to_the_next_until_none_is_left() {
    let policy = RetryPolicy { max_attempts: 9, ..RetryPolicy::default() };
    for (attempts, expected) in [
        (&[(0, InvalidNumber)][..], "1 after 0s"),
        (&[(0, InvalidNumber), (1, InvalidNumber)], "failed"),
        (&[(0, InvalidNumber), (1, Busy)], "1 after 5m"),
        (&[(0, InvalidNumber), (1, Busy), (1, InvalidNumber)], "failed"),
        (&[(0, Voicemail), (1, InvalidNumber)], "failed"),
    ] {
        assert_eq!(outcome_of(&policy, attempts, 2), expected, "{attempts:?}");
    }
    let single = RetryPolicy { max_attempts: 1, ..RetryPolicy::default() };
    assert_eq!(outcome_of(&single, &[(0, InvalidNumber)], 2), "failed", "max_attempts binds all");
}

#[test]
fn a_number_at_its_own_maximum_is_skipped() {
    let policy = RetryPolicy {
        max_attempts: 9,
        max_attempts_per_number: Some(2),
        busy: rule(&["5m"], 8, false),
        no_answer: rule(&["4h"], 8, true),
        ..RetryPolicy::default()
    };
    for (attempts, expected) in [
        (&[(0, Busy)][..], "0 after 5m"),
        (&[(0, Busy), (0, Busy)], "1 after 5m"),
        (&[(0, Busy), (0, Busy), (1, Busy), (1, Busy)], "failed"),
        (&[(0, Busy), (0, NoAnswer)], "1 after 0s"),
        (&[(0, Busy), (0, NoAnswer), (1, NoAnswer)], "1 after 4h"),
        (&[(0, NoAnswer), (1, NoAnswer), (0, NoAnswer)], "1 after 0s"),
        (&[(0, NoAnswer), (1, Busy), (1, Busy)], "0 after 5m"),
    ] {
        assert_eq!(outcome_of(&policy, attempts, 2), expected, "{attempts:?}");
    }
}

fn step_at(policy: &RetryPolicy, zones: &[Tz], ends: &[&str]) -> Timestamp {
    let attempt = |end: &&str| PastAttempt { number: 0, outcome: Busy, started_at: at(end) - RING, ended_at: at(end) };
    match next_step(policy, &ends.iter().map(attempt).collect::<Vec<_>>(), 1, zones) {
        NextStep::CallAgain { not_before, .. } => not_before,
        finished => panic!("{finished:?}"),
    }
}

#[test]
fn a_delay_is_elapsed_time_whatever_clocks_do() {
    let policy = RetryPolicy { busy: rule(&["4h"], 2, false), ..RetryPolicy::default() };
    for (zone, end) in [
        (Tz::Europe__Paris, "2026-03-29T00:00:00Z"),
        (Tz::Europe__Paris, "2026-10-25T00:00:00Z"),
        (Tz::America__New_York, "2026-03-08T06:00:00Z"),
    ] {
        assert_eq!(step_at(&policy, &[zone], &[end]), at(end) + Duration::from_secs(4 * 3600), "{zone} {end}");
    }
}

#[test]
fn a_used_up_day_moves_the_call_to_the_first_instant_of_the_contacts_next() {
    let policy = RetryPolicy {
        max_attempts: 9,
        max_attempts_per_day: Some(1),
        busy: rule(&["1h"], 8, false),
        ..RetryPolicy::default()
    };
    for (zone, end, expected) in [
        (Tz::UTC, "2026-06-15T12:00:00Z", "2026-06-16T00:00:00Z"),
        (Tz::Europe__Paris, "2026-03-28T12:00:00Z", "2026-03-28T23:00:00Z"),
        (Tz::Europe__Paris, "2026-03-29T12:00:00Z", "2026-03-29T22:00:00Z"),
        (Tz::Europe__Paris, "2026-10-25T12:00:00Z", "2026-10-25T23:00:00Z"),
        (Tz::America__New_York, "2026-03-08T12:00:00Z", "2026-03-09T04:00:00Z"),
        // Clocks jumped over this midnight: the day began at one o'clock.
        (Tz::America__Sao_Paulo, "2018-11-03T20:00:00Z", "2018-11-04T03:00:00Z"),
        (Tz::Asia__Kathmandu, "2026-06-15T12:00:00Z", "2026-06-15T18:15:00Z"),
    ] {
        assert_eq!(step_at(&policy, &[zone], &[end]), at(expected), "{zone} {end}");
    }
}

#[test]
fn a_delay_past_midnight_needs_no_further_wait() {
    let policy = RetryPolicy {
        max_attempts: 9,
        max_attempts_per_day: Some(2),
        busy: rule(&["1h"], 8, false),
        ..RetryPolicy::default()
    };
    let two_today = ["2026-06-15T12:00:00Z", "2026-06-15T23:30:00Z"];
    assert_eq!(step_at(&policy, &[Tz::UTC], &two_today), at("2026-06-16T00:30:00Z"));
    let one_today = ["2026-06-14T23:59:00Z", "2026-06-15T12:00:00Z"];
    assert_eq!(step_at(&policy, &[Tz::UTC], &one_today), at("2026-06-15T13:00:00Z"));
}

#[test]
fn the_next_number_waits_for_the_next_day_too() {
    let policy = RetryPolicy { max_attempts_per_day: Some(1), busy: rule(&["1h"], 2, true), ..RetryPolicy::default() };
    assert_eq!(outcome_of(&policy, &[(0, Busy)], 2), "1 after 12h");
}

#[test]
fn reasons_say_why() {
    let reason =
        |attempts: &[(u8, Outcome)]| match next_step(&RetryPolicy::default(), &history(attempts), 1, &[Tz::UTC]) {
            NextStep::Finished { reason, .. } | NextStep::CallAgain { reason, .. } => reason,
        };
    assert_eq!(reason(&[(0, Busy)]), "busy: retry 1 of 2");
    assert_eq!(reason(&[(0, Voicemail)]), "voicemail: not retried");
    assert_eq!(reason(&[(0, NoAnswer), (0, NoAnswer)]), "no_answer: its one retry is used up");
    assert_eq!(reason(&[(0, Busy), (0, Busy), (0, Busy)]), "busy: all 3 attempts used up");
    assert_eq!(reason(&[(0, InvalidNumber)]), "no number is left: none is valid");
}

fn any_rule() -> impl Strategy<Value = OutcomeRetry> {
    (prop::collection::vec(0..2_000_u64, 1..4), 0..6_u8, any::<bool>()).prop_map(|(delays, max, next_number)| {
        OutcomeRetry { delays: delays.into_iter().map(Span::from_mins).collect(), max, next_number }
    })
}

fn any_policy() -> impl Strategy<Value = RetryPolicy> {
    let limits = (1..12_u8, prop::option::of(1..4_u8), prop::option::of(1..4_u8));
    (limits, prop::collection::vec(any_rule(), 7)).prop_map(|((max_attempts, per_number, per_day), rules)| {
        let mut policy = RetryPolicy {
            max_attempts,
            max_attempts_per_number: per_number,
            max_attempts_per_day: per_day,
            ..RetryPolicy::default()
        };
        for (outcome, rule) in RetryPolicy::OUTCOMES.into_iter().zip(rules) {
            *policy.of_mut(outcome).unwrap() = rule;
        }
        policy
    })
}

/// Dials as told until the contact is finished.
fn simulate(
    policy: &RetryPolicy,
    numbers: u8,
    zones: &[Tz],
    start: Timestamp,
    outcomes: &[Outcome],
) -> Vec<PastAttempt> {
    let (mut history, mut number, mut begin) = (Vec::new(), 0, start);
    for outcome in outcomes {
        history.push(PastAttempt { number, outcome: *outcome, started_at: begin, ended_at: begin + RING });
        match next_step(policy, &history, numbers, zones) {
            NextStep::Finished { .. } => return history,
            NextStep::CallAgain { number: next, not_before, .. } => {
                assert!(not_before >= begin + RING, "before the last attempt's end");
                assert!(next < numbers, "a number that the contact lacks");
                (number, begin) = (next, not_before);
            }
        }
    }
    panic!("not finished after {} attempts", outcomes.len());
}

fn most<K: Ord>(keys: impl Iterator<Item = K>) -> usize {
    let mut keys: Vec<K> = keys.collect();
    keys.sort();
    keys.chunk_by(|a, b| a == b).map(<[K]>::len).max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, rng_seed: RngSeed::Fixed(42), failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_limit_is_ever_exceeded(
        policy in any_policy(), numbers in 1..5_u8, zones in 1..16_usize, start_h in 0..17_520_u64,
        outcomes in prop::collection::vec(prop::sample::select(vec![
            Busy, NoAnswer, Voicemail, Rejected, TemporarilyUnavailable, Error, Unknown, InvalidNumber, Busy, NoAnswer,
        ]), 12),
    ) {
        let some = [Tz::Europe__Paris, Tz::America__New_York, Tz::America__Sao_Paulo, Tz::Australia__Lord_Howe];
        let zones: Vec<Tz> = (0..some.len()).filter(|n| zones >> n & 1 == 1).map(|n| some[n]).collect();
        let start = at("2018-01-01T00:00:00Z") + Duration::from_secs(start_h * 3600);
        let history = simulate(&policy, numbers, &zones, start, &outcomes);
        prop_assert!(history.len() <= usize::from(policy.max_attempts));
        let per_number = most(history.iter().map(|attempt| attempt.number));
        prop_assert!(policy.max_attempts_per_number.is_none_or(|max| per_number <= usize::from(max)));
        for zone in zones {
            let per_day = most(history.iter().map(|attempt| local_time::wall_clock(zone, attempt.started_at).date()));
            prop_assert!(policy.max_attempts_per_day.is_none_or(|max| per_day <= usize::from(max)), "in {}", zone);
        }
        for (index, attempt) in history.iter().enumerate().filter(|(_, attempt)| attempt.outcome == InvalidNumber) {
            prop_assert!(history[index + 1..].iter().all(|later| later.number != attempt.number));
        }
        for outcome in RetryPolicy::OUTCOMES {
            let retried = history[..history.len() - 1].iter().filter(|attempt| attempt.outcome == outcome).count();
            prop_assert!(retried <= usize::from(policy.of(outcome).unwrap().max));
        }
    }
}
