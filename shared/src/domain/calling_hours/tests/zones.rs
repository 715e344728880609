//! Every time zone there is, against the oracle.
//!
//! Here: each minute within three days of each change of clocks from 2020 to 2040, and some weeks between. All minutes of
//! all those years, which takes some minutes with optimised code:
//!
//!   cargo test --release -p redial-shared --lib every_minute_of_twenty_years -- --ignored --nocapture

use std::{collections::BTreeMap, time::Duration};

use chrono_tz::{TZ_VARIANTS, Tz};
use rand::{Rng, SeedableRng, rngs::SmallRng};

use super::{daily, oracle, oracle::Oracle, spans};
use crate::domain::{
    Interval, Place, Timestamp,
    calling_hours::{CallingHours, Week, open_intervals},
    holidays::PublicHolidays,
    units::Span,
};

const FIRST: &str = "2020-01-01T00:00:00Z";
const LAST: &str = "2040-12-31T00:00:00Z";
const DAY: i64 = oracle::MINUTES_PER_DAY;

/// The minutes at which a zone's offset changes, each with the offset from then on; the first is the first minute.
type Changes = Vec<(i64, i64)>;

/// Looks at each step, and at each minute of those in which something changed.
fn changes(zone: Tz, step_min: i64) -> Changes {
    let (first, last) = (oracle::minute_of(FIRST), oracle::minute_of(LAST));
    let mut found = vec![(first, oracle::offset_min(zone, first))];
    let mut minute = first;
    while minute < last {
        if oracle::offset_min(zone, minute + step_min) != found.last().unwrap().1 {
            for within in minute + 1..=minute + step_min {
                let offset_min = oracle::offset_min(zone, within);
                if offset_min != found.last().unwrap().1 {
                    found.push((within, offset_min));
                }
            }
        }
        minute += step_min;
    }
    found
}

/// Zones whose clocks show the same at every minute of those years; the oracle needs to look at one of them only.
fn zones_by_changes(step_min: i64) -> BTreeMap<Changes, Vec<Tz>> {
    let mut zones: BTreeMap<Changes, Vec<Tz>> = BTreeMap::new();
    for zone in TZ_VARIANTS {
        zones.entry(changes(zone, step_min)).or_default().push(zone);
    }
    zones
}

/// Hours of every shape: several spans, over midnight, odd minutes, around the hours at which clocks change, holidays.
fn tables() -> Vec<CallingHours> {
    let mut split = daily(&["10:00-13:00", "14:00-20:00"]);
    split.margin = Span::from_mins(1);
    split.public_holidays = Some(PublicHolidays::of(&"US".parse().unwrap()).unwrap());
    let nights = ["22:00-02:30", "01:45-02:15", "", "23:59-00:01", "00:00-24:00", "02:00-03:00", "20:00-08:00"];
    let nights = nights.map(|text| if text.is_empty() { Vec::new() } else { spans(&[text]) });
    let mut nights = CallingHours { week: Some(Week::new(nights)), ..CallingHours::default() };
    nights.margin = Span::from_mins(7);
    nights.holidays = (2020..=2040).map(|year| chrono::NaiveDate::from_ymd_opt(year, 3, 30).unwrap()).collect();
    let mut restricted = daily(&["00:30-01:30", "02:10-02:20", "03:00-23:15"]);
    let week = Duration::from_secs(7 * 24 * 3600);
    let hours = |count: u64| Duration::from_secs(count * 3600);
    let first = oracle::instant(oracle::minute_of(FIRST));
    restricted.restricted =
        (0..1095_u32).map(|at| first + week * at + hours(u64::from(at % 160))).map(day_of).collect();
    vec![split, nights, restricted]
}

fn day_of(from: Timestamp) -> Interval {
    Interval { from, to: from + Duration::from_secs(24 * 3600 + 60) }
}

/// All zones with the same clocks must be as the oracle says that one of them is.
fn assert_agree(hours: &CallingHours, zones: &[Tz], from: i64, to: i64) {
    let expected = Oracle::of_campaign(hours, &zones[..1]).open(from, to);
    for zone in zones {
        let place = Place::in_zones([*zone]);
        let found = open_intervals(hours, &place, oracle::instant(from), oracle::instant(to));
        oracle::assert_same(&expected, &oracle::minutes_of(&found, from, to), from, zone);
    }
}

/// Runs a check over parts of a list, on two threads.
fn in_two<T: Sync>(parts: &[T], check: impl Fn(&T) + Sync) {
    let (even, odd): (Vec<&T>, Vec<&T>) = {
        let (even, odd): (Vec<_>, Vec<_>) = parts.iter().enumerate().partition(|(at, _)| at % 2 == 0);
        (even.into_iter().map(|(_, part)| part).collect(), odd.into_iter().map(|(_, part)| part).collect())
    };
    std::thread::scope(|scope| {
        scope.spawn(|| even.into_iter().for_each(&check));
        odd.into_iter().for_each(&check);
    });
}

#[test]
fn in_every_zone_each_minute_around_changes_of_clocks_and_in_weeks_at_random_is_as_its_wall_clock_says() {
    let tables = tables();
    let groups: Vec<_> = zones_by_changes(DAY).into_iter().collect();
    assert!(groups.len() > 50, "{}", groups.len());
    let (first, last) = (oracle::minute_of(FIRST), oracle::minute_of(LAST));
    in_two(&groups, |(changes, zones)| {
        for (at, (change, _)) in changes.iter().enumerate() {
            assert_agree(&tables[at % tables.len()], zones, change - 3 * DAY, change + 3 * DAY);
        }
        let mut random = SmallRng::seed_from_u64(20_260_329 + changes.len() as u64 + zones.len() as u64);
        for hours in &tables {
            let from = random.random_range(first..last - 7 * DAY);
            assert_agree(hours, zones, from, from + 7 * DAY);
        }
    });
}

#[test]
#[ignore = "takes minutes with optimised code, an hour without: see the head of this file"]
fn every_minute_of_twenty_years() {
    let tables = tables();
    let groups: Vec<_> = zones_by_changes(60).into_iter().collect();
    let (first, last) = (oracle::minute_of(FIRST), oracle::minute_of(LAST));
    let zones: usize = groups.iter().map(|(_, zones)| zones.len()).sum();
    println!("{zones} zones, {} different; {} minutes; {} tables", groups.len(), last - first, tables.len());
    in_two(&groups, |(_, zones)| {
        for hours in &tables {
            // A month at a time: what goes over its edges is seen by looking ahead, as the scheduler does.
            for from in (first..last).step_by((30 * DAY) as usize) {
                assert_agree(hours, zones, from, (from + 30 * DAY).min(last));
            }
        }
        println!("{} and {} more agree", zones[0], zones.len() - 1);
    });
}
