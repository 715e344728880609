//! How campaigns stand, in 80 columns.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use redial_shared::domain::{CampaignState, ContactState};

use super::{
    Colour, Paint, count, distance, instant, plural, printable,
    table::{Align, table},
};
use crate::api::Status;

const BAR_WIDTH: u64 = 60;

/// Each state's glyph in the bar and its colour, in the order of the bar: what is done first.
const BAR: [(ContactState, char, Colour); 9] = [
    (ContactState::Completed, '#', Colour::Green),
    (ContactState::Failed, 'x', Colour::Red),
    (ContactState::Suppressed, 's', Colour::Dim),
    (ContactState::Expired, 'e', Colour::Dim),
    (ContactState::Cancelled, 'c', Colour::Dim),
    (ContactState::Held, 'h', Colour::Yellow),
    (ContactState::Active, '>', Colour::Cyan),
    (ContactState::Waiting, '~', Colour::Blue),
    (ContactState::Pending, '.', Colour::Dim),
];

/// All campaigns, a line each.
pub fn campaigns(all: &[Status], now: DateTime<Utc>) -> String {
    let columns = [
        ("CAMPAIGN", Align::Left),
        ("STATE", Align::Left),
        ("CONTACTS", Align::Right),
        ("DONE", Align::Right),
        ("ANSWERED", Align::Right),
        ("LIVE", Align::Right),
        ("RATE", Align::Right),
        ("NEXT", Align::Left),
    ];
    let rows: Vec<_> = all.iter().map(|status| row(status, now)).collect();
    table(&columns, &rows)
}

fn row(status: &Status, now: DateTime<Utc>) -> Vec<String> {
    let next = match (status.finish_estimate, status.next_run_at) {
        (Some(at), _) if status.state == CampaignState::Running => format!("done {}", distance(at, now)),
        (_, Some(at)) => format!("run {}", distance(at, now)),
        _ if status.archived.is_some() => "archived".to_owned(),
        _ => String::new(),
    };
    vec![
        shortened(&status.campaign, 24),
        status.state.to_string(),
        count(status.contacts.total),
        percent(status.contacts.done(), status.contacts.total),
        count(status.contacts.of(ContactState::Completed)),
        count(status.live_calls),
        rate(status.rate_now),
        next,
    ]
}

/// What is known beside the status.
#[derive(Debug, Default)]
pub struct Facts {
    /// The most live calls that there may be; none: any number.
    pub live_calls_max: Option<f64>,
    /// The most calls that may be started a second; none: any number.
    pub rate_max: Option<f64>,
    /// Labels of up to 11 characters, and what is said of them.
    pub more: Vec<(&'static str, String)>,
}

/// One campaign, whole. Each line ends with a newline.
pub fn campaign(status: &Status, known: &Facts, now: DateTime<Utc>, paint: Paint) -> String {
    let mut view = format!("{}  {}\n", paint.paint(Colour::Bold, &status.campaign), state(status.state, paint));
    if !status.reason.is_empty() {
        let _ = writeln!(view, "  reason: {}", printable(&status.reason));
    }
    let done = status.contacts.done();
    let _ = writeln!(view, "  [{}] {}", bar(status, paint), percent(done, status.contacts.total));
    let _ = writeln!(view, "  {} of {} done\n", count(done), plural(status.contacts.total, "contact"));
    view.push_str(&counts(status, paint));
    view.push('\n');
    for (label, value) in facts(status, known, now).iter().chain(&known.more) {
        let _ = writeln!(view, "  {label:<11} {value}");
    }
    view
}

/// One campaign on one line, for logs and pipes.
pub fn line(status: &Status) -> String {
    let contacts = &status.contacts;
    let mut line = format!("{} {}", status.campaign, status.state);
    let _ = write!(line, " {}/{} done", contacts.done(), contacts.total);
    for state in [ContactState::Pending, ContactState::Active, ContactState::Waiting, ContactState::Held] {
        let _ = write!(line, ", {} {state}", contacts.of(state));
    }
    let _ = write!(line, ", {} attempts, {}", status.attempts, rate(status.rate_now));
    if !status.reason.is_empty() {
        let _ = write!(line, " ({})", printable(&status.reason));
    }
    line
}

fn facts(status: &Status, known: &Facts, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
    let outcomes = status.outcomes.iter().filter(|(_, number)| **number > 0);
    let outcomes: Vec<_> = outcomes.map(|(outcome, number)| format!("{outcome} {}", count(*number))).collect();
    let when = |at: Option<DateTime<Utc>>| at.map(|at| format!("{} ({})", instant(at), distance(at, now)));
    let live_calls_max = known.live_calls_max.map_or(String::new(), |max| format!(" of {max:.0}"));
    let rate_max = known.rate_max.map_or(String::new(), |max| format!(" of {}", rate(max)));
    let facts = [
        ("attempts", Some(count(status.attempts))),
        ("outcomes", (!outcomes.is_empty()).then(|| wrapped(&outcomes))),
        ("live calls", Some(count(status.live_calls) + &live_calls_max)),
        ("rate now", Some(rate(status.rate_now) + &rate_max)),
        ("next run", when(status.next_run_at)),
        ("finish", when(status.finish_estimate).map(|when| format!("about {when}"))),
        ("archived", status.archived.as_ref().map(|archived| instant(archived.since))),
        ("its files", status.archived.as_ref().map(|archived| printable(&archived.place))),
    ];
    facts.into_iter().filter_map(|(label, value)| Some((label, value?))).collect()
}

/// Joined by commas, continued below the first one so that no line passes 80 columns.
fn wrapped(parts: &[String]) -> String {
    let indent = " ".repeat(14);
    let (mut text, mut width) = (String::new(), indent.len());
    for (index, part) in parts.iter().enumerate() {
        if index > 0 && width + part.len() + 3 > 80 {
            text.push_str(&format!(",\n{indent}"));
            width = indent.len();
        } else if index > 0 {
            text.push_str(", ");
            width += 2;
        }
        text.push_str(part);
        width += part.len();
    }
    text
}

/// The counts in three columns, each with its glyph.
fn counts(status: &Status, paint: Paint) -> String {
    let cell = |(state, glyph, colour): &(ContactState, char, Colour)| {
        let glyph = paint.paint(*colour, &glyph.to_string());
        format!("{glyph} {:<10} {:>9}", state.as_str(), count(status.contacts.of(*state)))
    };
    let row = |row: usize| (0..3).map(|column| cell(&BAR[column * 3 + row])).collect::<Vec<_>>().join("   ");
    (0..3).map(|index| format!("  {}\n", row(index))).collect()
}

/// A bar in which every state has its share; rounding is carried on, so that it is always full.
fn bar(status: &Status, paint: Paint) -> String {
    let total = status.contacts.total;
    if total == 0 {
        return " ".repeat(60);
    }
    let (mut seen, mut drawn, mut bar) = (0, 0, String::new());
    for (state, glyph, colour) in BAR {
        seen += status.contacts.of(state);
        let end = (u128::from(seen) * u128::from(BAR_WIDTH) / u128::from(total)).min(u128::from(BAR_WIDTH)) as u64;
        let part: String = std::iter::repeat_n(glyph, usize::try_from(end - drawn).unwrap_or(0)).collect();
        if !part.is_empty() {
            bar.push_str(&paint.paint(colour, &part));
        }
        drawn = end;
    }
    bar + &" ".repeat(usize::try_from(BAR_WIDTH - drawn).unwrap_or(0))
}

fn state(state: CampaignState, paint: Paint) -> String {
    let colour = match state {
        CampaignState::Running => Colour::Cyan,
        CampaignState::Completed => Colour::Green,
        CampaignState::Paused | CampaignState::Stopping => Colour::Yellow,
        CampaignState::Draft | CampaignState::Scheduled | CampaignState::Stopped => Colour::Dim,
    };
    paint.paint(colour, state.as_str())
}

/// Rounded down: 100 % is said only when all are done.
fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "-".to_owned() } else { format!("{} %", u128::from(part) * 100 / u128::from(whole)) }
}

fn rate(per_s: f64) -> String {
    format!("{per_s:.1}/s")
}

fn shortened(name: &str, width: usize) -> String {
    if name.chars().count() <= width { name.to_owned() } else { name.chars().take(width - 1).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(json: serde_json::Value) -> Status {
        serde_json::from_value(json).unwrap()
    }

    fn nightly() -> Status {
        status(serde_json::json!({
            "campaign": "nightly", "state": "running", "reason": "",
            "contacts": {"total": 2000, "pending": 1200, "active": 30, "waiting": 200, "held": 0, "completed": 500,
                "failed": 70, "suppressed": 0, "expired": 0, "cancelled": 0},
            "attempts": 900, "outcomes": {"answered": 500, "busy": 200}, "live_calls": 30, "rate_now": 99.8,
            "next_run_at": null, "finish_estimate": "2026-12-01T20:14:00.000Z"
        }))
    }

    fn now() -> DateTime<Utc> {
        "2026-12-01T20:08:00Z".parse().unwrap()
    }

    const NIGHTLY: &str = "\
nightly  running
  [###############xx>~~~~~~....................................] 28 %
  570 of 2,000 contacts done

  # completed        500   e expired            0   > active            30
  x failed            70   c cancelled          0   ~ waiting          200
  s suppressed         0   h held               0   . pending        1,200

  attempts    900
  outcomes    answered 500, busy 200
  live calls  30
  rate now    99.8/s
  finish      about 2026-12-01 20:14:00 UTC (in 6 min)
";

    #[test]
    fn one_campaign_is_shown_whole_in_80_columns() {
        let view = campaign(&nightly(), &Facts::default(), now(), Paint::PLAIN);
        assert_eq!(view, NIGHTLY);
        assert!(view.lines().all(|line| line.chars().count() <= 80));
    }

    #[test]
    fn a_reason_is_shown_and_colours_are_only_used_where_they_are_on() {
        let mut paused = nightly();
        paused.state = CampaignState::Paused;
        paused.reason = "the provider refused the account\x1b[2J".into();
        let plain = campaign(&paused, &Facts::default(), now(), Paint::PLAIN);
        assert!(plain.contains("reason: the provider refused the account [2J\n"));
        assert!(!plain.contains('\x1b'));
        assert!(campaign(&paused, &Facts::default(), now(), Paint::FORCED).contains("\x1b[33mpaused\x1b[0m"));
    }

    #[test]
    fn every_outcome_at_once_still_fits_80_columns() {
        let mut full = nightly();
        full.outcomes = redial_shared::domain::Outcome::ALL.iter().map(|outcome| (*outcome, 123_456_789)).collect();
        let view = campaign(&full, &Facts::default(), now(), Paint::PLAIN);
        assert!(view.lines().all(|line| line.chars().count() <= 80), "{view}");
    }

    #[test]
    fn the_bar_is_always_full_and_an_empty_list_has_an_empty_one() {
        let mut odd = nightly();
        odd.contacts = serde_json::from_value(serde_json::json!({"total": 7, "pending": 3, "failed": 4})).unwrap();
        assert!(!bar(&odd, Paint::PLAIN).contains(' '));
        odd.contacts = serde_json::from_value(serde_json::json!({"total": 0})).unwrap();
        assert_eq!(bar(&odd, Paint::PLAIN), " ".repeat(60));
    }

    #[test]
    fn the_table_of_campaigns_fits_80_columns() {
        let mut long = nightly();
        long.campaign = "a-very-long-campaign-name-that-goes-on-and-on".into();
        long.contacts.total = 1_000_000;
        let text = campaigns(&[nightly(), long], now());
        assert!(text.starts_with("CAMPAIGN"));
        assert!(text.lines().all(|line| line.chars().count() <= 92), "{text}");
    }

    #[test]
    fn one_line_tells_the_open_states() {
        let told = line(&nightly());
        let expected =
            "nightly running 570/2000 done, 1200 pending, 30 active, 200 waiting, 0 held, 900 attempts, 99.8/s";
        assert_eq!(told, expected);
    }
}
