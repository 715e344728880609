//! One contact's story in plain sentences.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{Colour, Paint, distance, instant, printable};
use crate::api::{AttemptStory, ContactStory};

/// The story: who it is, what happened, why it is not being dialed now, and when it will be.
/// Each line ends with a newline.
pub fn story(contact: &ContactStory, campaign: &str, now: DateTime<Utc>, paint: Paint) -> String {
    let id = paint.paint(Colour::Bold, &printable(&contact.contact_id));
    let mut story = format!("Contact {id} of {campaign} is {}.\n", contact.state);
    for line in who(contact) {
        let _ = writeln!(story, "  {line}");
    }
    story.push('\n');
    if contact.attempts.is_empty() {
        story.push_str("It has not been called yet.\n");
    }
    for (index, attempt) in contact.attempts.iter().enumerate() {
        let _ = writeln!(story, "{}", told(index + 1, attempt));
    }
    story.push('\n');
    for line in now_and_next(contact, now) {
        let _ = writeln!(story, "{line}");
    }
    story
}

fn who(contact: &ContactStory) -> Vec<String> {
    let mut lines = vec![format!("numbers: {}", printable(&contact.numbers.join(", ")))];
    lines.extend(time_zones(contact));
    if !contact.regions.is_empty() {
        lines.push(format!("regions: {}", printable(&contact.regions.join(", "))));
    }
    lines.extend(contact.priority.map(|priority| format!("priority: {priority}")));
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let attributes = contact.attributes.iter().map(|(name, value)| format!("{name}={}", text(value)));
    let attributes = attributes.collect::<Vec<_>>().join(", ");
    if !attributes.is_empty() {
        lines.push(format!("attributes: {}", printable(&attributes)));
    }
    lines
}

/// Where its clocks are, and whence that is known.
fn time_zones(contact: &ContactStory) -> Option<String> {
    let whence = match contact.timezones_from.as_str() {
        "list" => " (by the list)",
        "numbers" if contact.numbers.len() > 1 => " (by its numbers)",
        "numbers" => " (by its number)",
        _ => "",
    };
    let zones = printable(&contact.timezones.join(", "));
    match contact.timezones.len() {
        0 => None,
        1 => Some(format!("time zone: {zones}{whence}")),
        _ => Some(format!("time zones, all of which must allow a call: {zones}{whence}")),
    }
}

/// One attempt as a sentence or two.
fn told(place: usize, attempt: &AttemptStory) -> String {
    let number = attempt.number.map(|number| format!(" (number {number})")).unwrap_or_default();
    let phone = if attempt.phone.is_empty() { "a number that was erased" } else { &attempt.phone };
    let mut told = format!("{}  Attempt {place} called {}{number}", instant(attempt.started_at), printable(phone));
    if !attempt.provider.is_empty() {
        let _ = write!(told, " through {}", printable(&attempt.provider));
    }
    match attempt.outcome {
        Some(outcome) => {
            let _ = write!(told, ": {outcome}");
        }
        None => told.push_str(": not concluded yet"),
    }
    if let Some(ended) = attempt.ended_at {
        let _ = write!(told, " after {}", lasted(ended - attempt.started_at));
    }
    told.push('.');
    let said = |label: &str, value: &Option<String>| match value.as_deref() {
        Some(value) if !value.is_empty() => format!(" {label} {}.", printable(value).trim_end_matches('.')),
        _ => String::new(),
    };
    told.push_str(&said("The provider said", &attempt.provider_status));
    if let Some(seconds) = attempt.duration_s {
        let _ = write!(told, " They talked for {seconds:.0} s.");
    }
    let learned = attempt.captured.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ");
    let learned = (!learned.is_empty()).then_some(learned);
    told + &said("Learned:", &learned)
        + &said("Reason:", &attempt.reason)
        + &said("Recording:", &attempt.recording)
        + &said("Call id", &attempt.call_id)
}

fn lasted(delta: chrono::TimeDelta) -> String {
    if delta.num_seconds() < 10 { format!("{:.1} s", delta.as_seconds_f64()) } else { super::span(delta) }
}

fn now_and_next(contact: &ContactStory, now: DateTime<Utc>) -> Vec<String> {
    let mut lines = Vec::new();
    let told_already = contact.why.contains(&contact.reason)
        || contact.outcome.is_some_and(|outcome| contact.reason == outcome.as_str());
    if !contact.reason.is_empty() && !told_already {
        lines.push(format!("Reason: {}", printable(&contact.reason)));
    }
    if !contact.why.is_empty() {
        lines.push(format!("Now: {}", printable(&contact.why)));
    }
    match contact.next_attempt_at {
        Some(at) => lines.push(format!("Next attempt: {}.", next(at, contact.timezone.as_deref(), now))),
        None if contact.state.is_open() => lines.push("Next attempt: no time is set.".to_owned()),
        None => lines.push("Next attempt: none.".to_owned()),
    }
    lines
}

/// The time, how far it is, and what the contact's own clock will show.
fn next(at: DateTime<Utc>, zone: Option<&str>, now: DateTime<Utc>) -> String {
    let local = zone.and_then(|zone| zone.parse::<Tz>().ok()).map(|zone| {
        let there = at.with_timezone(&zone);
        format!(", {} in {zone}", there.format("%a %H:%M"))
    });
    format!("{} ({}{})", instant(at), distance(at, now), local.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(json: serde_json::Value) -> ContactStory {
        serde_json::from_value(json).unwrap()
    }

    fn now() -> DateTime<Utc> {
        "2026-12-01T15:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_story_tells_each_attempt_why_not_now_and_when_next() {
        let contact = contact(serde_json::json!({
            "contact_id": "4711", "numbers": ["+12025550101", "+12025550102"], "attributes": {"first_name": "Ann"},
            "timezone": "America/New_York", "timezones": ["America/New_York"], "timezones_from": "numbers",
            "regions": ["US", "US-DC"], "priority": 5, "state": "waiting", "outcome": "busy", "reason": "",
            "next_attempt_at": "2026-12-01T15:15:00.000Z", "why": "It waits 15 min after a busy line.",
            "attempts": [{"attempt_id": "1-0-1", "contact_id": "4711", "phone": "+12025550101", "number": 1,
                "provider": "acme", "call_id": "c-9", "started_at": "2026-12-01T14:59:00.000Z",
                "ended_at": "2026-12-01T14:59:02.500Z", "outcome": "busy", "provider_status": "USER_BUSY",
                "duration_s": null, "worker": 3, "reason": null}]
        }));
        let expected = "\
Contact 4711 of nightly is waiting.
  numbers: +12025550101, +12025550102
  time zone: America/New_York (by its numbers)
  regions: US, US-DC
  priority: 5
  attributes: first_name=Ann

2026-12-01 14:59:00 UTC  Attempt 1 called +12025550101 (number 1) through acme: busy after 2.5 s. The provider said USER_BUSY. Call id c-9.

Now: It waits 15 min after a busy line.
Next attempt: 2026-12-01 15:15:00 UTC (in 15 min, Tue 10:15 in America/New_York).
";
        assert_eq!(story(&contact, "nightly", now(), Paint::PLAIN), expected);
    }

    #[test]
    fn a_contact_that_is_done_has_no_next_attempt() {
        let contact = contact(serde_json::json!({
            "contact_id": "1", "numbers": ["+442079460001"], "state": "failed", "outcome": "no_answer",
            "reason": "no_answer: 3 attempts made", "why": "it is not called again: no_answer: 3 attempts made"
        }));
        let told = story(&contact, "nightly", now(), Paint::PLAIN);
        assert!(told.contains("It has not been called yet.\n"));
        assert!(!told.contains("Reason:"), "it is told already: {told}");
        assert!(told.ends_with("Next attempt: none.\n"), "{told}");
    }
}
