//! Calling hours against an oracle that looks at every minute.

mod oracle;
mod places;
mod zones;

use std::time::Duration;

use chrono::{Datelike, Days, Timelike};
use proptest::{prelude::*, test_runner::RngSeed};

use super::*;
use crate::domain::local_time::{tests::at, wall_clock};

const MINUTE: Duration = Duration::from_secs(60);

fn spans(texts: &[&str]) -> Vec<DaySpan> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn daily(texts: &[&str]) -> CallingHours {
    let week = Week::new(std::array::from_fn(|_| spans(texts)));
    CallingHours { week: Some(week), ..CallingHours::default() }
}

fn shown(intervals: &[Interval]) -> Vec<String> {
    let short = |instant: Timestamp| instant.to_utc().format("%dT%H:%M").to_string();
    intervals.iter().map(|interval| format!("{} {}", short(interval.from), short(interval.to))).collect()
}

/// Whether the zone's wall clock shows an open time, straight from the table.
fn wall_is_open(hours: &CallingHours, zone: Tz, instant: Timestamp) -> bool {
    let wall = wall_clock(zone, instant);
    let minute = (wall.hour() * 60 + wall.minute()) as u16;
    let (today, yesterday) = (wall.date(), wall.date().pred_opt().unwrap());
    let week: Vec<&[DaySpan]> = hours.week.as_ref().unwrap().days().collect();
    let open = |day: NaiveDate, minute: u16| {
        !hours.holidays.contains(&day)
            && week[day.weekday().num_days_from_monday() as usize]
                .iter()
                .any(|span| (span.start_min()..span.end_min()).contains(&minute))
    };
    !hours.holidays.contains(&today) && (open(today, minute) || open(yesterday, minute + MINUTES_PER_DAY))
}

fn is_open(hours: &CallingHours, zones: &[Tz], instant: Timestamp) -> bool {
    zones.iter().all(|zone| wall_is_open(hours, *zone, instant))
        && !hours.restricted.iter().any(|period| period.contains(instant))
}

/// Open now and for the margin's minutes to come.
fn is_callable(hours: &CallingHours, zones: &[Tz], instant: Timestamp) -> bool {
    let margin_min = hours.margin.as_millis() / 60_000;
    (0..=margin_min).all(|ahead| is_open(hours, zones, instant + MINUTE * ahead as u32))
}

fn assert_agrees(hours: &CallingHours, zones: &[Tz], from: Timestamp, to: Timestamp) {
    let intervals = open_intervals(hours, &Place::in_zones(zones.iter().copied()), from, to);
    assert!(intervals.iter().all(|interval| from <= interval.from && interval.from < interval.to && interval.to <= to));
    assert!(intervals.windows(2).all(|pair| pair[0].to < pair[1].from), "{intervals:?}");
    let mut instant = from;
    while instant < to {
        let open = intervals.iter().any(|interval| interval.contains(instant));
        assert_eq!(open, is_callable(hours, zones, instant), "{zones:?} at {instant}: {:?}", shown(&intervals));
        instant = instant + MINUTE;
    }
}

/// Days on which clocks changed, or whose offsets are odd.
const ODD_DAYS: [(Tz, &str); 13] = [
    (Tz::Europe__Paris, "2026-03-29"),
    (Tz::Europe__Paris, "2026-10-25"),
    (Tz::America__New_York, "2026-03-08"),
    (Tz::America__New_York, "2026-11-01"),
    (Tz::Australia__Lord_Howe, "2026-04-05"),
    (Tz::Australia__Lord_Howe, "2026-10-04"),
    (Tz::America__Sao_Paulo, "2018-11-04"),
    (Tz::America__Sao_Paulo, "2019-02-17"),
    (Tz::Asia__Kathmandu, "2026-06-01"),
    (Tz::Pacific__Kiritimati, "2026-06-01"),
    (Tz::Pacific__Apia, "2011-12-30"),
    (Tz::America__St_Johns, "2026-03-08"),
    (Tz::Africa__Casablanca, "2026-02-15"),
];

fn around(day: &str) -> (Timestamp, Timestamp) {
    let midnight = at(&format!("{day}T00:00:00Z"));
    (midnight - MINUTE * 60 * 30, midnight + MINUTE * 60 * 54)
}

#[test]
fn odd_days_agree_with_a_look_at_every_minute() {
    for texts in [
        &["10:00-13:00", "14:00-20:00"][..],
        &["00:00-24:00"],
        &["22:00-02:30"],
        &["01:30-02:15", "02:20-02:45"],
        &["23:30-00:30", "00:00-00:15"],
        &["02:00-03:00"],
    ] {
        for (zone, day) in ODD_DAYS {
            let (from, to) = around(day);
            assert_agrees(&daily(texts), &[zone], from, to);
        }
    }
}

fn any_spans() -> impl Strategy<Value = Vec<DaySpan>> {
    let span = (0..96_u16, 1..96_u16).prop_map(|(start, length)| {
        let end = start + length;
        let end = if end > 96 { end - 96 } else { end };
        let text = |quarter: u16| format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15);
        format!("{}-{}", text(start), text(end)).parse().unwrap()
    });
    prop::collection::vec(span, 0..3)
}

fn any_hours() -> impl Strategy<Value = (CallingHours, Vec<Tz>, Timestamp)> {
    let days = prop::array::uniform7(any_spans());
    let zones = prop::collection::vec(0..ODD_DAYS.len(), 1..3);
    (days, zones, 0..90_u64, prop::collection::vec((0..80_i64, 1..20_i64), 0..2), prop::option::of(0..3_u64)).prop_map(
        |(days, zones, margin_min, periods, holiday)| {
            let (from, _) = around(ODD_DAYS[zones[0]].1);
            let hour = |hours: i64| Timestamp::from_millis(from.as_millis() + hours * 3_600_000);
            let restricted =
                periods.iter().map(|(start, length)| Interval { from: hour(*start), to: hour(start + length) });
            let hours = CallingHours {
                week: Some(Week::new(days)),
                holidays: holiday.iter().map(|days| from.to_utc().date_naive() + Days::new(*days)).collect(),
                margin: Span::from_mins(margin_min),
                restricted: restricted.collect(),
                ..CallingHours::default()
            };
            (hours, zones.iter().map(|at| ODD_DAYS[*at].0).collect(), from)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, rng_seed: RngSeed::Fixed(20_260_329), failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_table_agrees_with_a_look_at_every_minute((hours, zones, from) in any_hours()) {
        assert_agrees(&hours, &zones, from, from + MINUTE * 60 * 60);
    }
}

#[test]
fn without_a_table_any_time_is_open_even_without_a_zone() {
    let (from, to) = around("2026-03-29");
    assert_eq!(open_intervals(&CallingHours::default(), &Place::default(), from, to), [Interval { from, to }]);
    assert_eq!(open_intervals(&CallingHours::default(), &Place::default(), to, from), []);
}

#[test]
fn all_zones_must_allow() {
    let zones = [Tz::America__New_York, Tz::America__Los_Angeles];
    let open = open_intervals(
        &daily(&["09:00-17:00"]),
        &Place::in_zones(zones),
        at("2026-06-01T00:00:00Z"),
        at("2026-06-02T00:00:00Z"),
    );
    assert_eq!(shown(&open), ["01T16:00 01T21:00"]);
}

#[test]
fn a_time_shown_twice_is_open_twice_and_a_skipped_one_never() {
    let hours = daily(&["02:00-02:30"]);
    let in_paris =
        |from: &str, to: &str| shown(&open_intervals(&hours, &Place::in_zones([Tz::Europe__Paris]), at(from), at(to)));
    let autumn = in_paris("2026-10-24T22:00:00Z", "2026-10-25T22:00:00Z");
    assert_eq!(autumn, ["25T00:00 25T00:30", "25T01:00 25T01:30"]);
    assert_eq!(in_paris("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), [""; 0]);
}

#[test]
fn the_margin_holds_before_every_closing_and_not_where_hours_go_on() {
    let hours = CallingHours {
        margin: Span::from_mins(10),
        restricted: vec![Interval { from: at("2026-06-01T12:00:00Z"), to: at("2026-06-01T13:00:00Z") }],
        ..daily(&["10:00-11:00", "11:00-24:00", "00:00-02:00"])
    };
    let open =
        |to: &str| shown(&open_intervals(&hours, &Place::in_zones([Tz::UTC]), at("2026-06-01T09:00:00Z"), at(to)));
    assert_eq!(open("2026-06-02T09:00:00Z"), ["01T10:00 01T11:50", "01T13:00 02T01:50"]);
    assert_eq!(open("2026-06-01T20:00:00Z"), ["01T10:00 01T11:50", "01T13:00 01T20:00"]);
    assert_eq!(open("2026-06-01T11:55:00Z"), ["01T10:00 01T11:50"]);
}

#[test]
fn a_holiday_opens_no_span_and_ends_the_one_of_the_day_before() {
    let mut hours = daily(&["22:00-02:00"]);
    hours.holidays.insert(NaiveDate::from_ymd_opt(2026, 12, 24).unwrap());
    let open =
        open_intervals(&hours, &Place::in_zones([Tz::UTC]), at("2026-12-23T12:00:00Z"), at("2026-12-26T12:00:00Z"));
    assert_eq!(shown(&open), ["23T22:00 24T00:00", "25T22:00 26T02:00"]);
}

#[test]
fn one_zone_for_all_replaces_the_contacts() {
    let hours = CallingHours { timezone: HoursZone::Fixed(Tz::UTC), ..daily(&["10:00-11:00"]) };
    let open = open_intervals(
        &hours,
        &Place::in_zones([Tz::Asia__Tokyo]),
        at("2026-06-01T00:00:00Z"),
        at("2026-06-02T00:00:00Z"),
    );
    assert_eq!(shown(&open), ["01T10:00 01T11:00"]);
}

#[test]
fn an_unknown_zone_is_held_or_assumed() {
    let (from, to) = (at("2026-06-01T00:00:00Z"), at("2026-06-02T00:00:00Z"));
    let mut hours = daily(&["10:00-11:00"]);
    assert_eq!(open_intervals(&hours, &Place::default(), from, to), []);
    hours.unknown_zone = UnknownZone::Assume(Tz::Europe__Paris);
    assert_eq!(shown(&open_intervals(&hours, &Place::default(), from, to)), ["01T08:00 01T09:00"]);
}
