//! The presets that ship, and files that are wrong.

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A rule's days, Monday first, as short text: `08-20` for a day.
fn hours(preset: &str, rule: &str) -> String {
    let preset = Preset::named(preset).unwrap();
    let rule = preset.rules.iter().find(|known| known.name == rule).unwrap();
    let shown = |spans: &[crate::domain::calling_hours::DaySpan]| match spans {
        [] => "-".to_owned(),
        spans => spans.iter().map(ToString::to_string).collect::<Vec<_>>().join("+"),
    };
    let mut days: Vec<String> = rule.hours.as_ref().unwrap().days().map(shown).collect();
    days.dedup();
    let holidays = rule.holidays.as_ref().map(|holidays| format!(" without {}", holidays.region()));
    days.join(" ") + &holidays.unwrap_or_default()
}

#[test]
fn every_preset_that_ships_is_read_and_its_rules_tell_their_source() {
    assert_eq!(all().len(), FILES.len());
    for (preset, (name, _)) in all().iter().zip(FILES) {
        assert_eq!(preset.name, *name);
        for rule in &preset.rules {
            let says_something = rule.needs_clock() || rule.caps != Caps::default() || rule.demands.is_some();
            assert!(says_something, "{name}: {}", rule.name);
            assert!(rule.source.checked <= preset.version, "{name}: {} is newer than its preset", rule.name);
        }
    }
}

#[test]
fn their_hours_are_those_of_the_laws() {
    for (preset, rule, expected) in [
        ("us", "US", "08:00-21:00"),
        ("us", "US-FL", "08:00-20:00"),
        ("us", "US-OK", "08:00-20:00"),
        ("us", "US-AL", "08:00-20:00 - without US-AL"),
        ("us", "US-LA", "08:00-20:00 - without US-LA"),
        ("us", "US-MS", "08:00-20:00 -"),
        ("us", "US-KY", "10:00-21:00"),
        ("us", "US-NV", "09:00-20:00"),
        ("us", "US-MD", "08:00-20:00"),
        ("us", "US-MA", "08:00-20:00"),
        ("us", "US-WA", "08:00-20:00"),
        ("us", "US-MI", "09:00-21:00"),
        ("us", "US-MN", "09:00-21:00"),
        ("us", "US-NM", "09:00-21:00"),
        ("us", "US-CT", "09:00-20:00"),
        ("us", "US-PA", "08:00-21:00 without US-PA"),
        ("us", "US-RI", "09:00-18:00 10:00-17:00 - without US-RI"),
        ("us", "US-SD", "09:00-21:00 -"),
        ("us", "US-TX", "09:00-21:00 12:00-21:00"),
        ("us", "US-UT", "08:00-21:00 - without US-UT"),
        ("us-debt", "US", "08:00-21:00"),
        ("fr", "FR", "10:00-13:00+14:00-20:00 - without FR"),
        ("ca", "CA", "09:00-21:30 10:00-18:00"),
        ("in", "IN", "10:00-21:00"),
    ] {
        assert_eq!(hours(preset, rule), expected, "{preset} {rule}");
    }
    for preset in ["uk", "de"] {
        assert!(
            Preset::named(preset).unwrap().rules.iter().all(|rule| !rule.needs_clock()),
            "{preset} has no hours by law"
        );
    }
}

#[test]
fn as_many_states_have_rules_of_their_own_as_the_summary_says() {
    let us = Preset::named("us").unwrap();
    let states = us.rules.iter().filter(|rule| rule.regions.iter().all(is_part)).count();
    assert!(us.summary.contains(&format!("in {states} states")), "{states}");
}

#[test]
fn caps_are_those_of_the_rules_that_bind_and_hold() {
    let caps = |preset: &str, place: &str, on: &str| {
        let caps = Preset::named(preset).unwrap().caps_for(&place.parse().unwrap(), day(on)).unwrap();
        let text = |caps: &Caps| {
            let per_contact: Vec<_> = caps.per_contact.iter().map(ToString::to_string).collect();
            format!("{} after {}", per_contact.join(" "), caps.after_answer.unwrap_or_default())
        };
        caps.into_iter().map(|(rule, caps)| format!("{rule} {}", text(caps))).collect::<Vec<_>>()
    };
    assert_eq!(caps("us", "|US,US-FL", "2026-06-01"), ["US-FL 3 per 1d after 0s"]);
    assert_eq!(caps("us", "|US,US-FL", "2021-06-30"), [""; 0]);
    assert_eq!(caps("us", "|US,US-NY", "2026-06-01"), [""; 0]);
    assert_eq!(caps("us", "|US", "2026-06-01").len(), 3, "nobody knows the state");
    assert_eq!(caps("us-debt", "|US,US-NY", "2026-06-01"), ["US frequency 7 per 7d after 7d"]);
    assert_eq!(caps("fr", "|FR", "2026-06-01"), ["FR frequency 4 per 30d after 0s"]);
    let elsewhere = Preset::named("fr").unwrap().caps_for(&"|DE".parse().unwrap(), day("2026-06-01"));
    assert_eq!(elsewhere, Err(Uncovered::Elsewhere("DE".parse().unwrap())));
}

const HEAD: &str = "name = \"x\"\ntitle = \"X\"\nversion = 2026-01-01\nsummary = \"x\"\n[[rules]]\nname = \"XX\"\nregions = [\"FR\"]\n";
const SOURCE: &str =
    "source = \"S\"\ncitation = \"C\"\nurl = \"https://example.com\"\nchecked = 2026-01-01\nread = \"text\"\n";

#[test]
fn a_file_that_is_wrong_is_refused_with_the_place() {
    assert!(read::preset(&format!("{HEAD}{SOURCE}"), "x.toml").is_ok());
    for (rest, expected) in [
        (String::new(), "x.toml:5: rules.source: is required"),
        (
            format!("hours = {{ mon = [\"22:00-02:00\"] }}\n{SOURCE}"),
            "x.toml:8: rules.hours: a rule's hours end at midnight",
        ),
        (format!("hours = {{ moon = [] }}\n{SOURCE}"), "x.toml:8: rules.hours.moon: no such key"),
        (format!("holidays = \"XX\"\n{SOURCE}"), "x.toml:8: rules.holidays: the public holidays of XX"),
        (
            format!("caps = {{ per_number = [\"3 a day\"] }}\n{SOURCE}"),
            "x.toml:8: rules.caps.per_number: `3 a day` is no cap",
        ),
        (format!("from = 2026-02-01\nuntil = 2026-02-01\n{SOURCE}"), "x.toml:9: rules.until: not after `from`"),
        (format!("{SOURCE}note = \"n\"\n"), "x.toml:13: rules.note: no such key"),
        (SOURCE.replace("https://", "ftp://"), "x.toml:10: rules.url: an address"),
        (SOURCE.replace("\"text\"", "\"perhaps\""), "x.toml:12: rules.read: `perhaps` is not \"text\" or"),
    ] {
        let error = read::preset(&format!("{HEAD}{rest}"), "x.toml").unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
