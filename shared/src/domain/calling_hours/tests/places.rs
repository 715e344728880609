//! Presets: where a contact can be decides, and why it is closed is told.

use proptest::{prelude::*, test_runner::RngSeed};

use super::{
    super::*,
    any_spans, daily,
    oracle::{self, MINUTES_PER_DAY, Oracle},
};
use crate::domain::{
    calling_hours::closed,
    local_time::tests::at,
    preset::{self, Preset},
};

fn place(text: &str) -> Place {
    text.parse().unwrap()
}

fn under(preset: &str) -> CallingHours {
    CallingHours { preset: Some(Preset::named(preset).unwrap()), ..CallingHours::default() }
}

/// States of several zones, none, one and several states, countries with and without parts, and places abroad.
const PLACES: [(&str, &str); 12] = [
    ("us", "America/New_York|US"),
    ("us", "America/Chicago,America/New_York|US,US-FL"),
    ("us", "America/Boise,America/Los_Angeles|US,US-ID,US-OR"),
    ("us", "America/Kentucky/Louisville,America/Chicago|US,US-KY"),
    ("us", "America/Chicago|US-LA"),
    ("us", "America/New_York,America/Indiana/Knox|US,US-RI,US-IN"),
    ("us", "America/Anchorage,America/Adak|US,US-AK"),
    ("us-debt", "America/Denver,America/Phoenix|US,US-AZ"),
    ("fr", "Europe/Paris|FR"),
    ("fr", "Indian/Reunion|RE"),
    ("ca", "America/St_Johns,America/Halifax|CA,CA-NL"),
    ("in", "Asia/Kolkata|IN"),
];

/// The rules that bind a place, found by reading the preset's list in a plain way.
fn rules_of<'a>(preset: &'a Preset, place: &Place) -> Vec<&'a preset::Rule> {
    let knows_part =
        |country: &str| place.regions.iter().any(|region| region.country() == country && region.as_str().len() > 2);
    let binds = |rule: &&preset::Rule| {
        rule.regions.iter().any(|region| match region.as_str().len() {
            2 => place.regions.iter().any(|at| at.country() == region.as_str()),
            _ if knows_part(region.country()) => place.regions.contains(region),
            _ => place.regions.iter().any(|at| at.as_str() == region.country()),
        })
    };
    preset.rules.iter().filter(binds).collect()
}

fn any_week() -> impl Strategy<Value = CallingHours> {
    let week = prop::option::of(prop::array::uniform7(any_spans()));
    let zone = prop_oneof![Just(HoursZone::Contact), Just(HoursZone::Fixed(Tz::Europe__Paris))];
    let country = prop::option::of(prop_oneof![Just("US"), Just("FR-67"), Just("CA")]);
    (week, zone, country, 0..40_u64).prop_map(|(week, timezone, country, margin_min)| CallingHours {
        week: week.map(Week::new),
        timezone,
        public_holidays: country.map(|country| PublicHolidays::of(&country.parse().unwrap()).unwrap()),
        margin: Span::from_mins(margin_min),
        ..CallingHours::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, rng_seed: RngSeed::Fixed(20_261_121), failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_week_under_any_preset_agrees_with_a_look_at_every_minute(
        own in any_week(), (preset, text) in prop::sample::select(&PLACES[..]), day in 0..7_300_i64,
    ) {
        let (hours, place) = (CallingHours { preset: under(preset).preset, ..own }, place(text));
        let from = oracle::minute_of("2021-01-01T00:00:00Z") + day * MINUTES_PER_DAY;
        let to = from + 5 * MINUTES_PER_DAY;
        let expected = Oracle::with_rules(&hours, &rules_of(hours.preset.unwrap(), &place), &place.zones).open(from, to);
        let found = open_intervals(&hours, &place, oracle::instant(from), oracle::instant(to));
        oracle::assert_same(&expected, &oracle::minutes_of(&found, from, to), from, text);
        for minute in (from..to).step_by(97) {
            let told = closed(&hours, &place, oracle::instant(minute)).unwrap();
            prop_assert_eq!(told.is_none(), expected[(minute - from) as usize]);
            prop_assert!(told.is_none_or(|told| !told.why.is_empty() && told.opens_at.is_none_or(|at| at > oracle::instant(minute))));
        }
    }
}

/// By hand, as `zones.rs` tells.
#[test]
#[ignore = "takes minutes with optimised code, an hour without: see the head of zones.rs"]
fn every_minute_of_twenty_years_under_the_presets() {
    let (first, last) = (oracle::minute_of("2020-01-01T00:00:00Z"), oracle::minute_of("2040-12-31T00:00:00Z"));
    for (preset, text) in PLACES {
        let (hours, place) = (CallingHours { margin: Span::from_mins(1), ..under(preset) }, place(text));
        let oracle = Oracle::with_rules(&hours, &rules_of(hours.preset.unwrap(), &place), &place.zones);
        for from in (first..last).step_by((30 * MINUTES_PER_DAY) as usize) {
            let to = (from + 30 * MINUTES_PER_DAY).min(last);
            let found = open_intervals(&hours, &place, oracle::instant(from), oracle::instant(to));
            oracle::assert_same(&oracle.open(from, to), &oracle::minutes_of(&found, from, to), from, text);
        }
        println!("{preset} at {text} agrees");
    }
}

fn opens(hours: &CallingHours, text: &str, day: &str) -> Vec<String> {
    let midnight = at(&format!("{day}T00:00:00Z"));
    super::shown(&open_intervals(hours, &place(text), midnight, midnight + super::MINUTE * 60 * 48))
}

#[test]
fn all_rules_of_all_regions_must_allow() {
    let us = under("us");
    // A Friday and a Saturday in summer: Chicago is five hours behind UTC, New York four.
    assert_eq!(
        opens(&us, "America/New_York|US,US-NY", "2026-06-05"),
        ["05T00:00 05T01:00", "05T12:00 06T01:00", "06T12:00 07T00:00"]
    );
    assert_eq!(opens(&us, "America/New_York|US,US-FL", "2026-06-05"), ["05T12:00 06T00:00", "06T12:00 07T00:00"]);
    let both = opens(&us, "America/Chicago,America/New_York|US,US-FL,US-KY", "2026-06-05");
    assert_eq!(both, ["05T15:00 06T00:00", "06T15:00 07T00:00"], "10:00 in Chicago to 20:00 in New York");
}

#[test]
fn a_contact_whose_state_nobody_knows_is_bound_by_those_of_every_state() {
    let open = opens(&under("us"), "America/New_York|US", "2026-06-05");
    assert_eq!(open, ["05T14:00 05T22:00"], "10:00 as Kentucky, 18:00 as Rhode Island, no Saturday as South Dakota");
}

#[test]
fn public_holidays_are_closed_also_those_of_a_state() {
    let us = under("us");
    assert_eq!(opens(&us, "America/Chicago|US,US-LA", "2026-02-17"), ["18T14:00 19T00:00"], "Mardi Gras");
    assert_eq!(opens(&under("fr"), "Europe/Paris|FR", "2026-07-14").len(), 2, "the next day's two spans only");
}

#[test]
fn own_days_and_holidays_narrow_a_preset_and_never_widen_it() {
    let mut own = CallingHours { preset: under("fr").preset, ..daily(&["08:00-11:00", "19:00-23:00"]) };
    assert_eq!(
        opens(&own, "Europe/Paris|FR", "2026-06-04"),
        ["04T08:00 04T09:00", "04T17:00 04T18:00", "05T08:00 05T09:00", "05T17:00 05T18:00"]
    );
    own.public_holidays = Some(PublicHolidays::of(&"FR-67".parse().unwrap()).unwrap());
    assert_eq!(opens(&own, "Europe/Paris|FR", "2026-04-03"), [""; 0], "Good Friday in Alsace");
    own.timezone = HoursZone::Fixed(Tz::Asia__Tokyo);
    assert_eq!(
        opens(&own, "Europe/Paris|FR", "2026-06-04"),
        ["04T10:00 04T11:00", "04T12:00 04T14:00", "05T10:00 05T11:00", "05T12:00 05T14:00"],
        "19:00-23:00 in Tokyo, by Paris's law"
    );
}

#[test]
fn a_rule_holds_from_its_first_day_on() {
    let open = opens(&under("us"), "America/New_York|US,US-FL", "2021-06-30");
    assert_eq!(
        open,
        ["30T00:00 30T01:00", "30T12:00 01T01:00", "01T12:00 02T00:00"],
        "Florida's since the first of July"
    );
}

#[test]
fn what_no_rule_covers_is_held_with_the_remedy() {
    let hold =
        |preset: &str, text: &str| under(preset).hold(&place(text)).map(|hold| hold.to_string()).unwrap_or_default();
    assert!(
        hold("us", "Europe/Berlin|DE").starts_with("the preset `us` has no rule for DE: call it from a campaign with")
    );
    assert!(hold("us", "America/New_York,Europe/Berlin|US,US-NY,DE").contains("no rule for DE"));
    assert!(hold("us", "America/New_York").starts_with("nobody knows its country"));
    assert!(hold("us", "|US").starts_with("nobody knows its time zone"));
    assert_eq!((hold("us", "America/New_York|US,US-NY"), hold("uk", "|GB")), (String::new(), String::new()));
    assert_eq!(opens(&under("us"), "Europe/Berlin|DE", "2026-06-05"), [""; 0]);
    let assumed = CallingHours { unknown_zone: UnknownZone::Assume(Tz::America__New_York), ..under("us") };
    assert_eq!(assumed.hold(&place("|US")), None);
}

#[test]
fn the_rule_that_closes_is_told_with_what_it_allows() {
    let why = |hours: &CallingHours, text: &str, instant: &str| {
        closed(hours, &place(text), at(instant)).unwrap().map(|closed| (closed.why, closed.opens_at))
    };
    let us = under("us");
    let florida = "America/New_York|US,US-FL";
    assert_eq!(why(&us, florida, "2026-06-05T15:00:00Z"), None);
    let version = "preset us of 2026-11-21";
    for (text, instant, expected, opens_at) in [
        (
            florida,
            "2026-06-06T00:15:00Z",
            "US-FL allows calls until 20:00 (Fri 20:15 in America/New_York",
            "2026-06-06T12:00:00Z",
        ),
        (
            florida,
            "2026-06-06T04:15:00Z",
            "US allows calls from 08:00 (Sat 00:15 in America/New_York",
            "2026-06-06T12:00:00Z",
        ),
        (
            "America/Chicago|US,US-MS",
            "2026-06-07T17:00:00Z",
            "US-MS allows no calls on Sundays (Sun 12:00 in America/Chicago",
            "2026-06-08T13:00:00Z",
        ),
        (
            "America/Chicago|US,US-LA",
            "2026-02-17T17:00:00Z",
            "US-LA allows no calls on public holidays (Tue 11:00 in America/Chicago",
            "2026-02-18T14:00:00Z",
        ),
    ] {
        assert_eq!(why(&us, text, instant), Some((format!("{expected}, {version})"), Some(at(opens_at)))));
    }
    let late = under("us");
    let (told, opens_at) = why(&late, "America/Chicago|US,US-LA", "2041-05-06T17:00:00Z").unwrap();
    assert!(
        told.starts_with("US-LA allows no calls in a year for which the public holidays of US-LA are not known"),
        "{told}"
    );
    assert_eq!(opens_at, None);
    let own = CallingHours { margin: Span::from_mins(10), ..daily(&["10:00-13:00", "14:00-20:00"]) };
    for (instant, expected) in [
        ("2026-06-05T13:30:00Z", "the campaign allows calls from 14:00 (Fri 13:30 in UTC)"),
        ("2026-06-05T12:55:00Z", "the campaign allows calls until 13:00, and they stop 10m before (Fri 12:55 in UTC)"),
    ] {
        assert_eq!(why(&own, "UTC", instant).unwrap().0, expected);
    }
    let period = Interval { from: at("2026-06-05T11:00:00Z"), to: at("2026-06-05T12:00:00Z") };
    let restricted = CallingHours { restricted: vec![period], ..CallingHours::default() };
    assert_eq!(
        why(&restricted, "UTC", "2026-06-05T11:30:00Z").unwrap().0,
        "[calling_hours] restricts calls until 2026-06-05T12:00:00.000Z"
    );
}
