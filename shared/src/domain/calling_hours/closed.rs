//! Why calls may not start at an instant, in words.

use std::time::Duration;

use chrono::{NaiveDateTime, Timelike};
use chrono_tz::Tz;

use super::{CallingHours, DaySpan, Hold, Law, open_intervals};
use crate::domain::{Interval, Place, Timestamp, interval, local_time::wall_clock};

/// How far ahead an opening is looked for.
const AHEAD: Duration = Duration::from_secs(15 * 24 * 3600);

/// What keeps calls from starting at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The rule that does, and what it allows, in one line without a full stop: `US-FL allows calls until 20:00 (20:15 in
    /// America/New_York, preset us of 2026-11-21)`. Where several do, it is the one that opens last.
    pub why: String,
    /// When calls may start next; none: not within 15 days.
    pub opens_at: Option<Timestamp>,
}

/// What keeps calls to somebody at `place` from starting at an instant; none when they may.
///
/// # Errors
/// When nobody can tell, so that the contact must be held.
pub fn closed(hours: &CallingHours, place: &Place, at: Timestamp) -> Result<Option<Closed>, Hold> {
    let laws = hours.laws(place)?;
    let opens_at = open_intervals(hours, place, at, at + AHEAD).first().map(|opening| opening.from);
    if opens_at == Some(at) {
        return Ok(None);
    }
    let margin = hours.margin.duration();
    let mut closings = Vec::new();
    for law in &laws {
        for zone in &law.zones {
            let open = law.open_in(*zone, at, at + AHEAD + margin);
            closings.extend(opening_after(&open, at, margin).map(|opens| (opens, law.why(*zone, at, hours))));
        }
    }
    for period in interval::merge(hours.restricted.clone()) {
        if period.from <= at + margin && at < period.to {
            closings.push((period.to, format!("[calling_hours] restricts calls until {}", period.to)));
        }
    }
    // The first of those that open last: rules come before the campaign's own hours.
    let last = closings.into_iter().reduce(|last, next| if next.0 > last.0 { next } else { last });
    Ok(Some(Closed { why: last.map_or_else(String::new, |(_, why)| why), opens_at }))
}

/// When intervals that are closed at an instant, or close within the margin after it, open again.
fn opening_after(open: &[Interval], at: Timestamp, margin: Duration) -> Option<Timestamp> {
    let first = open.iter().find(|interval| interval.to > at);
    match first {
        Some(now) if now.from <= at && now.to > at + margin => None,
        Some(now) if now.from <= at => {
            let next = open.iter().find(|interval| interval.from > at);
            Some(next.map_or(at + AHEAD, |next| next.from))
        }
        Some(next) => Some(next.from),
        None => Some(at + AHEAD),
    }
}

impl Law<'_> {
    fn why(&self, zone: Tz, at: Timestamp, hours: &CallingHours) -> String {
        let wall = wall_clock(zone, at);
        let name = self.rule.map_or("the campaign", |rule| &rule.name);
        let version = match (self.rule, hours.preset) {
            (Some(_), Some(preset)) => format!(", preset {} of {}", preset.name, preset.version),
            _ => String::new(),
        };
        let says = self.says(wall, hours);
        format!("{name} allows {says} ({} in {zone}{version})", wall.format("%a %H:%M"))
    }

    /// What it allows on the day that the wall shows, from then on.
    fn says(&self, wall: NaiveDateTime, hours: &CallingHours) -> String {
        let day = wall.date();
        if self.is_holiday(day) {
            return match self.public_holidays() {
                Some(holidays) if self.is_unknown_year(day) => {
                    format!("no calls in a year for which the public holidays of {} are not known", holidays.region())
                }
                Some(_) if self.is_public_holiday(day) => "no calls on public holidays".to_owned(),
                _ => format!("no calls on {day}, a holiday"),
            };
        }
        let minute = (wall.hour() * 60 + wall.minute()) as u16;
        let spans = self.spans_on(day);
        let inside = |span: &&DaySpan| (span.start_min()..span.end_min()).contains(&minute);
        if let Some(span) = spans.iter().find(inside) {
            return format!("calls until {}, and they stop {} before", clock(span.end_min()), hours.margin);
        }
        match (spans.iter().find(|span| span.start_min() > minute), spans.last()) {
            (Some(next), _) => format!("calls from {}", clock(next.start_min())),
            (None, Some(last)) => format!("calls until {}", clock(last.end_min())),
            (None, None) => format!("no calls on {}s", day.format("%A")),
        }
    }
}

/// Minutes after midnight as a clock shows them; the end of a day is 24:00.
fn clock(minute: u16) -> String {
    let minute = if minute > 24 * 60 { minute - 24 * 60 } else { minute };
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
