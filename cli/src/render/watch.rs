//! One campaign, followed: how it stands, what it did of late, and what lies ahead. In 80 columns, and in as many rows as
//! there are.

use std::fmt::Write;

use chrono::{DateTime, Utc};

use super::{
    Colour, Paint, count,
    plan::{self, ZONE_COLUMNS},
    plural,
    status::{self, Facts},
    table::table,
};
use crate::api::{
    Status,
    look::{Ahead, Timeline},
};

/// Sparks of what happened; a minute each, or ten seconds each where nothing is older than that.
const SPARKS: usize = 60;
/// Sparks of what is to come; an hour each.
const HOURS: usize = 24;
const SPARK: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Zones of which nobody sees more than these.
const ZONES_MAX: usize = 12;

/// What is shown beside the status; a server that has none of it is no reason to show nothing.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// The last hour.
    pub behind: Option<Timeline>,
    /// Zones, and who comes due when.
    pub ahead: Option<Ahead>,
}

/// The campaign in at most `rows` rows. Each line ends with a newline.
pub fn campaign(status: &Status, look: &Look, rows: usize, now: DateTime<Utc>, paint: Paint) -> String {
    let mut view = status::campaign(status, &facts(look, now), now, paint);
    let room = rows.saturating_sub(view.lines().count() + 1);
    if let Some(ahead) = &look.ahead {
        view.push_str(&zones(ahead, room, now, paint));
    }
    view
}

fn facts(look: &Look, now: DateTime<Utc>) -> Facts {
    let (behind, ahead) = (look.behind.as_ref(), look.ahead.as_ref());
    let limit = |name| ahead.and_then(|ahead| ahead.limit(name));
    let mut more = Vec::new();
    more.extend(behind.and_then(calls));
    more.extend(ahead.and_then(|ahead| due(ahead, now)));
    Facts { live_calls_max: limit("max_concurrent"), rate_max: limit("rate"), more }
}

/// Calls started in the last hour, or in the last ten minutes where there were none before.
fn calls(behind: &Timeline) -> Option<(&'static str, String)> {
    let young = behind.calls.len().saturating_sub(SPARKS);
    let is_young = behind.step_s == 10 && behind.calls[..young].iter().all(|calls| *calls == 0);
    let (label, shown) =
        if is_young { ("last 10 min", &behind.calls[young..]) } else { ("last hour", &behind.calls[..]) };
    let each = shown.len().div_ceil(SPARKS).max(1);
    let sums: Vec<u64> = shown.chunks(each).map(|calls| calls.iter().sum()).collect();
    sums.iter().any(|calls| *calls > 0).then(|| (label, sparks(&sums)))
}

/// The full hour in which an instant lies.
fn hour_of(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(3600)
}

/// Who comes due in the next 24 hours.
fn due(ahead: &Ahead, now: DateTime<Utc>) -> Option<(&'static str, String)> {
    let mut hours = [0; HOURS];
    for hour in &ahead.due_later {
        let place = usize::try_from((hour_of(hour.from) - hour_of(now)).max(0)).unwrap_or(usize::MAX);
        if let Some(contacts) = hours.get_mut(place) {
            *contacts += hour.contacts;
        }
    }
    let sum = hours.iter().sum();
    let told = || format!("{}  {} come due", sparks(&hours), plural(sum, "contact"));
    (sum > 0).then(|| ("next 24 h", told()))
}

/// A bar of blocks for each number, the highest of which is full; anything above nothing is seen.
fn sparks(numbers: &[u64]) -> String {
    let most = u128::from(numbers.iter().copied().max().unwrap_or(0));
    let spark = |number: &u64| match u128::from(*number) {
        0 => '·',
        number => SPARK[usize::try_from((number * 8).div_ceil(most) - 1).unwrap_or(0)],
    };
    numbers.iter().map(spark).collect()
}

/// A table of as many zones as there is room for: the open ones first, then by when they open.
fn zones(ahead: &Ahead, room: usize, now: DateTime<Utc>, paint: Paint) -> String {
    let mut waiting: Vec<_> = ahead.zones.iter().filter(|zone| zone.contacts > 0).collect();
    // Those with most contacts stay first among equals.
    waiting.sort_by_key(|zone| (!zone.open_now, zone.next_open_at.is_none(), zone.next_open_at));
    // A blank line, the header, and the line that tells of the others.
    let shown = waiting.len().min(room.saturating_sub(3)).min(ZONES_MAX);
    if shown == 0 {
        return String::new();
    }
    let rows: Vec<_> = waiting[..shown].iter().map(|zone| plan::row(zone, now)[..4].to_vec()).collect();
    let mut text = String::from("\n");
    for line in table(&ZONE_COLUMNS[..4], &rows).lines() {
        let _ = writeln!(text, "  {line}");
    }
    let others = &waiting[shown..];
    if !others.is_empty() {
        let contacts = count(others.iter().map(|zone| zone.contacts).sum());
        let open = others.iter().filter(|zone| zone.open_now).count();
        let more = plural(others.len() as u64, "more zone");
        let told = format!("and {more} with {contacts} to call, {open} open: `redial plan` has them all");
        let _ = writeln!(text, "  {}", paint.paint(Colour::Dim, &told));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-12-01T20:08:00Z".parse().unwrap()
    }

    fn status() -> Status {
        serde_json::from_value(serde_json::json!({
            "campaign": "nightly", "state": "running", "contacts": {"total": 100, "pending": 60, "waiting": 40},
            "attempts": 40, "outcomes": {"busy": 40}, "live_calls": 3, "rate_now": 4.9,
            "next_run_at": null, "finish_estimate": null
        }))
        .unwrap()
    }

    fn look(zones: usize) -> Look {
        let zone = |index: usize| {
            serde_json::json!({
                "zone": "Europe/Paris", "contacts": 50 - index, "open_now": index.is_multiple_of(2), "done_at": null,
                "open": [{"from": "2026-12-01T12:00:00Z", "to": "2026-12-01T21:00:00Z"}],
                "next_open_at": "2026-12-02T09:00:00Z",
            })
        };
        let ahead = serde_json::json!({
            "limits": {"rate": 5.0, "provider_rate": 20.0, "max_concurrent": null, "provider_max_concurrent": 10},
            "due_later": [{"from": "2026-12-01T20:08:00.001Z", "contacts": 8}, {"from": "2026-12-01T21:00:00Z", "contacts": 32},
                {"from": "2026-12-09T22:00:00Z", "contacts": 1000}],
            "zones": (0..zones).map(zone).collect::<Vec<_>>(),
        });
        let mut calls = vec![0; 360];
        calls[354..].copy_from_slice(&[1, 2, 4, 8, 8, 0]);
        Look { behind: Some(Timeline { step_s: 10, calls }), ahead: Some(serde_json::from_value(ahead).unwrap()) }
    }

    #[test]
    fn a_watched_campaign_shows_its_limits_its_hour_its_day_and_its_zones() {
        let view = campaign(&status(), &look(3), 24, now(), Paint::PLAIN);
        let after = view.split_once("live calls").unwrap().1;
        let expected = "  3 of 10
  rate now    4.9/s of 5.0/s
  last 10 min ······················································▁▂▄██·
  next 24 h   ▂█······················  40 contacts come due

  ZONE          CONTACTS  NOW     CHANGES (THERE)
  Europe/Paris        50  open    closes Tue 22:00
  Europe/Paris        48  open    closes Tue 22:00
  Europe/Paris        49  closed  opens Wed 10:00
";
        assert_eq!(after, expected, "{view}");
    }

    #[test]
    fn a_watched_campaign_keeps_to_80_columns_and_to_the_rows_there_are() {
        for rows in 0..60 {
            let view = campaign(&status(), &look(30), rows, now(), Paint::PLAIN);
            let bare = campaign(&status(), &look(0), rows, now(), Paint::PLAIN).lines().count();
            assert!(view.lines().count() < rows.max(bare + 1), "{rows} rows:\n{view}");
            assert!(view.lines().all(|line| line.chars().count() <= 80), "{view}");
        }
        let view = campaign(&status(), &look(30), 60, now(), Paint::PLAIN);
        assert!(view.ends_with("and 18 more zones with 597 to call, 3 open: `redial plan` has them all\n"), "{view}");
    }

    #[test]
    fn a_call_of_an_hour_ago_makes_the_sparks_minutes() {
        let mut look = look(0);
        look.behind.as_mut().unwrap().calls[0] = 1;
        let view = campaign(&status(), &look, 24, now(), Paint::PLAIN);
        assert!(
            view.contains("\n  last hour   ▁··························································█\n"),
            "{view}"
        );
    }

    #[test]
    fn without_a_look_the_status_alone_is_shown() {
        let view = campaign(&status(), &Look::default(), 24, now(), Paint::PLAIN);
        assert_eq!(view, status::campaign(&status(), &Facts::default(), now(), Paint::PLAIN));
    }
}
