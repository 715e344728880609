//! What is foreseen of a campaign, in 80 columns.

use std::fmt::Write;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::{
    Colour, Paint, count, distance, instant, printable,
    table::{Align, table},
};
use crate::api::{Plan, PlanZone};

/// Whatever closes later than that is not known to close: the server looks 15 days ahead.
const LOOKED_AHEAD: TimeDelta = TimeDelta::days(14);

/// Columns of the table of zones.
pub const ZONE_COLUMNS: [(&str, Align); 5] = [
    ("ZONE", Align::Left),
    ("CONTACTS", Align::Right),
    ("NOW", Align::Left),
    ("CHANGES (THERE)", Align::Left),
    ("DONE", Align::Left),
];

/// The plan. Each line ends with a newline.
pub fn plan(plan: &Plan, now: DateTime<Utc>, paint: Paint) -> String {
    let mut view = format!("{}  {}\n", paint.paint(Colour::Bold, &plan.campaign), plan.state);
    for (label, value) in facts(plan, now) {
        let _ = writeln!(view, "  {label:<9} {value}");
    }
    if !plan.zones.is_empty() {
        let rows: Vec<_> = plan.zones.iter().map(|zone| row(zone, now).to_vec()).collect();
        view.push('\n');
        for line in table(&ZONE_COLUMNS, &rows).lines() {
            let _ = writeln!(view, "  {line}");
        }
    }
    for warning in &plan.warnings {
        let _ = write!(view, "\n  {} {}", paint.paint(Colour::Yellow, "!"), printable(warning));
    }
    if !plan.warnings.is_empty() {
        view.push('\n');
    }
    view
}

fn facts(plan: &Plan, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
    let mut contacts = format!("{} now, {} later", count(plan.callable_now), count(plan.callable_later));
    if plan.held > 0 {
        let _ = write!(contacts, ", {} held", count(plan.held));
    }
    let pace = &plan.pace;
    let assumed = |what: &str| if pace.assumed.iter().any(|one| one == what) { " (assumed)" } else { "" };
    let by = if pace.limited_by == "none" { "no limit set".to_owned() } else { format!("by {}", pace.limited_by) };
    let finish = match plan.finish_estimate {
        _ if plan.callable_now + plan.callable_later == 0 => "nobody is left to call".to_owned(),
        Some(at) => format!("about {} ({})", instant(at), distance(at, now)),
        None => "not within 15 days".to_owned(),
    };
    vec![
        ("to call", contacts),
        ("pace", format!("{}, {by}", calls(pace.calls_per_s))),
        (
            "calls",
            format!(
                "{:.1} a contact{}, {:.0} s each{}",
                pace.calls_per_contact,
                assumed("calls_per_contact"),
                pace.call_s,
                assumed("call_s")
            ),
        ),
        ("finish", finish),
    ]
}

/// One zone, by [`ZONE_COLUMNS`].
pub fn row(zone: &PlanZone, now: DateTime<Utc>) -> [String; 5] {
    let changes = match (zone.open_now, zone.open.first(), zone.next_open_at) {
        (true, Some(open), _) if open.to - now > LOOKED_AHEAD => "stays open".to_owned(),
        (true, Some(open), _) => format!("closes {}", there(open.to, zone)),
        (_, _, Some(at)) => format!("opens {}", there(at, zone)),
        _ => "not within 15 days".to_owned(),
    };
    let name = if zone.zone.is_empty() { "(unknown)".to_owned() } else { shortened(zone) };
    [
        name,
        count(zone.contacts),
        if zone.open_now { "open" } else { "closed" }.to_owned(),
        changes,
        zone.done_at.map_or_else(|| "-".to_owned(), |at| distance(at, now)),
    ]
}

/// How fast calls start, in a unit that leaves something to read.
fn calls(per_s: f64) -> String {
    if per_s < 0.1 { format!("{:.1} calls/min", per_s * 60.0) } else { format!("{per_s:.1} calls/s") }
}

/// On the clock of the first of its zones.
fn there(at: DateTime<Utc>, zone: &PlanZone) -> String {
    let first = zone.zone.split(',').next().and_then(|name| name.parse::<Tz>().ok());
    at.with_timezone(&first.unwrap_or(Tz::UTC)).format("%a %H:%M").to_string()
}

/// Several zones are told by the first and their number.
fn shortened(zone: &PlanZone) -> String {
    let names: Vec<&str> = zone.zone.split(',').collect();
    let more = if names.len() > 1 { format!(" +{}", names.len() - 1) } else { String::new() };
    let part = zone.regions.iter().find(|region| region.contains('-')).map_or(String::new(), |part| format!(" {part}"));
    format!("{}{more}{part}", names[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_told_by_zone_on_its_own_clock() {
        let json = serde_json::json!({
            "campaign": "nightly", "state": "draft", "callable_now": 1000, "callable_later": 250, "held": 2,
            "pace": {"calls_per_s": 5.0, "limited_by": "pacing.rate", "calls_per_contact": 1.39, "call_s": 30.0, "assumed": ["call_s"]},
            "zones": [
                {"zone": "Europe/Paris", "contacts": 1000, "open_now": true, "done_at": "2026-06-01T13:00:00Z",
                    "open": [{"from": "2026-06-01T12:00:00Z", "to": "2026-06-01T18:00:00Z"}], "next_open_at": null},
                {"zone": "America/Chicago,America/New_York", "regions": ["US", "US-FL"], "contacts": 250, "open_now": false, "done_at": null,
                    "open": [], "next_open_at": "2026-06-01T13:00:00Z"},
            ],
            "runs": [], "finish_estimate": "2026-06-01T13:00:00Z", "warnings": ["2 contacts are held"],
        });
        let now = "2026-06-01T12:00:00Z".parse().unwrap();
        let shown = plan(&serde_json::from_value(json).unwrap(), now, Paint::PLAIN);
        let expected = "\
nightly  draft
  to call   1,000 now, 250 later, 2 held
  pace      5.0 calls/s, by pacing.rate
  calls     1.4 a contact, 30 s each (assumed)
  finish    about 2026-06-01 13:00:00 UTC (in 60 min)

  ZONE                      CONTACTS  NOW     CHANGES (THERE)   DONE
  Europe/Paris                 1,000  open    closes Mon 20:00  in 60 min
  America/Chicago +1 US-FL       250  closed  opens Mon 08:00   -

  ! 2 contacts are held
";
        assert_eq!(shown, expected, "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= 80));
    }

    #[test]
    fn a_zone_without_hours_stays_open() {
        let zone = serde_json::json!({
            "zone": "Europe/Paris", "contacts": 1, "open_now": true, "done_at": null, "next_open_at": null,
            "open": [{"from": "2026-06-01T12:00:00Z", "to": "2026-06-16T12:00:00Z"}],
        });
        let zone = serde_json::from_value(zone).unwrap();
        let changes = |now: &str| row(&zone, now.parse().unwrap())[3].clone();
        assert_eq!(changes("2026-06-01T12:00:00Z"), "stays open");
        assert_eq!(changes("2026-06-10T12:00:00Z"), "closes Tue 14:00");
    }

    #[test]
    fn slow_paces_are_told_by_the_minute() {
        assert_eq!([calls(0.0125), calls(0.1), calls(30.0)], ["0.8 calls/min", "0.1 calls/s", "30.0 calls/s"]);
    }
}
