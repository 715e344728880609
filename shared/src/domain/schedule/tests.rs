//! Runs on ordinary days, on days when clocks change, and after an outage.

use proptest::{prelude::*, test_runner::RngSeed};

use super::*;
use crate::domain::local_time::tests::at;

fn schedule(cron: &str, zone: Tz) -> Schedule {
    Schedule { cron: Some(cron.parse().unwrap()), timezone: zone, ..Schedule::default() }
}

fn ticks(schedule: &Schedule, after: &str, count: usize) -> Vec<String> {
    let mut after = at(after);
    let next = || {
        let run = next_run(schedule, after)?;
        after = run.at;
        Some(run.at.to_utc().format("%m-%dT%H:%M").to_string())
    };
    std::iter::from_fn(next).take(count).collect()
}

#[test]
fn a_tick_that_clocks_skip_comes_once_at_the_jump() {
    let paris = schedule("30 2 * * *", Tz::Europe__Paris);
    assert_eq!(ticks(&paris, "2026-03-28T00:00:00Z", 3), ["03-28T01:30", "03-29T01:00", "03-30T00:30"]);
    let often = schedule("*/20 2 * * *", Tz::Europe__Paris);
    assert_eq!(ticks(&often, "2026-03-28T12:00:00Z", 2), ["03-29T01:00", "03-30T00:00"]);
}

#[test]
fn a_tick_that_clocks_show_twice_comes_the_first_time() {
    let paris = schedule("30 2 * * *", Tz::Europe__Paris);
    assert_eq!(ticks(&paris, "2026-10-24T12:00:00Z", 2), ["10-25T00:30", "10-26T01:30"]);
    let hourly = schedule("30 * * * *", Tz::Europe__Paris);
    assert_eq!(ticks(&hourly, "2026-10-24T23:00:00Z", 3), ["10-24T23:30", "10-25T00:30", "10-25T02:30"]);
    let in_the_repeated_hour = ticks(&hourly, "2026-10-25T01:10:00Z", 1);
    assert_eq!(in_the_repeated_hour, ["10-25T02:30"]);
    let lord_howe = schedule("45 1 * * *", Tz::Australia__Lord_Howe);
    assert_eq!(ticks(&lord_howe, "2026-04-04T10:00:00Z", 2), ["04-04T14:45", "04-05T15:15"]);
}

#[test]
fn runs_begin_strictly_after_and_within_the_bounds() {
    let bounded = Schedule {
        start_at: Some(at("2026-06-02T08:00:00Z")),
        end_at: Some(at("2026-06-04T08:00:00Z")),
        ..schedule("0 8 * * *", Tz::UTC)
    };
    assert_eq!(ticks(&bounded, "2026-05-01T00:00:00Z", 9), ["06-02T08:00", "06-03T08:00"]);
    assert_eq!(ticks(&bounded, "2026-06-02T08:00:00Z", 9), ["06-03T08:00"]);
    assert_eq!(next_run(&Schedule::default(), at("2026-06-02T08:00:00Z")), None);
}

#[test]
fn a_run_ends_after_its_time_or_with_the_campaign() {
    let nightly = Schedule {
        run_for: Some(Span::from_mins(180)),
        end_at: Some(at("2026-06-02T21:00:00Z")),
        ..schedule("0 20 * * *", Tz::UTC)
    };
    let until = |after: &str| next_run(&nightly, at(after)).unwrap().until;
    assert_eq!(until("2026-06-01T00:00:00Z"), Some(at("2026-06-01T23:00:00Z")));
    assert_eq!(until("2026-06-02T00:00:00Z"), Some(at("2026-06-02T21:00:00Z")));
    assert_eq!(next_run(&schedule("0 20 * * *", Tz::UTC), at("2026-06-01T00:00:00Z")).unwrap().until, None);
}

#[test]
fn after_an_outage_the_latest_missed_run_runs_now_for_its_whole_time() {
    let nightly = Schedule { run_for: Some(Span::from_mins(180)), ..schedule("0 20 * * *", Tz::UTC) };
    let (last, now) = (at("2026-06-01T20:00:00Z"), at("2026-06-04T09:30:00Z"));
    let expected = Run { at: at("2026-06-03T20:00:00Z"), until: Some(at("2026-06-04T12:30:00Z")) };
    assert_eq!(missed_run(&nightly, last, now), Some(expected));
    assert_eq!(missed_run(&nightly, expected.at, now), None, "it runs once");
    assert_eq!(missed_run(&nightly, last, last), None);
    let over = Schedule { end_at: Some(at("2026-06-04T00:00:00Z")), ..nightly };
    assert_eq!(missed_run(&over, last, now), None);
}

#[test]
fn a_skipped_run_only_uses_what_is_left_of_its_own_time() {
    let skip = Schedule { missed: Missed::Skip, ..schedule("0 20 * * *", Tz::UTC) };
    let timed = Schedule { run_for: Some(Span::from_mins(180)), ..skip.clone() };
    let last = at("2026-06-01T20:00:00Z");
    let tick = at("2026-06-02T20:00:00Z");
    let expected = Some(Run { at: tick, until: Some(at("2026-06-02T23:00:00Z")) });
    assert_eq!(missed_run(&timed, last, at("2026-06-02T22:59:59Z")), expected);
    assert_eq!(missed_run(&timed, last, at("2026-06-02T23:00:00Z")), None);
    assert_eq!(missed_run(&skip, last, at("2026-06-02T20:00:59Z")), Some(Run { at: tick, until: None }));
    assert_eq!(missed_run(&skip, last, at("2026-06-02T20:01:00Z")), None);
}

#[test]
fn a_tick_of_the_first_pass_is_found_during_the_second() {
    let paris = schedule("30 2 * * *", Tz::Europe__Paris);
    let run = missed_run(&paris, at("2026-10-24T01:00:00Z"), at("2026-10-25T01:10:00Z")).unwrap();
    assert_eq!(run.at, at("2026-10-25T00:30:00Z"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() })]
    /// Handling each tick when it comes and asking for the latest after an outage see the same ticks.
    #[test]
    fn looking_ahead_and_looking_back_agree(
        minute in 0..60_u32, hour in 0..24_u32, dom in 1..32_u32, pattern in 0..4_usize, zone in 0..5_usize, offset_h in 0..8760_u64,
    ) {
        let zones = [Tz::Europe__Paris, Tz::America__New_York, Tz::Australia__Lord_Howe, Tz::Asia__Kathmandu, Tz::America__Havana];
        let cron = match pattern {
            0 => format!("{minute} {hour} * * *"),
            1 => format!("{minute} * * * *"),
            2 => format!("{minute} {hour} {dom} * *"),
            _ => format!("{minute} {hour} {dom} * {}", minute % 8),
        };
        let schedule = schedule(&cron, zones[zone]);
        let from = at("2026-01-01T00:00:00Z") + std::time::Duration::from_secs(offset_h * 3600);
        let Some(first) = next_run(&schedule, from) else { return Ok(()) };
        prop_assert!(first.at > from);
        let latest = |now: Timestamp| missed_run(&schedule, from, now).map(|run| run.at);
        prop_assert_eq!(latest(first.at), Some(first.at));
        prop_assert_eq!(latest(first.at - std::time::Duration::from_millis(1)), None);
        if let Some(second) = next_run(&schedule, first.at) {
            prop_assert_eq!(latest(second.at), Some(second.at));
            prop_assert_eq!(latest(second.at - std::time::Duration::from_millis(1)), Some(first.at));
        }
    }
}
