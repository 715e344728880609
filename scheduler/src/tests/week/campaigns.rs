//! The campaigns of the week: as they are applied, and as the auditor reads them.

use std::time::Duration;

use chrono_tz::Tz;
use redial_shared::domain::{Outcome, PhoneNumber, Timestamp, contact::Contact};

use super::super::{
    audit::{Rules, Spans, ticks},
    phones::Answers,
};

const ZONES: [&str; 40] = [
    "Europe/Paris",
    "Europe/London",
    "Europe/Lisbon",
    "Europe/Athens",
    "Europe/Moscow",
    "Europe/Chisinau",
    "Atlantic/Azores",
    "Atlantic/Reykjavik",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Lagos",
    "Asia/Beirut",
    "Asia/Jerusalem",
    "Asia/Gaza",
    "Asia/Tehran",
    "Asia/Kabul",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Australia/Perth",
    "Australia/Eucla",
    "Australia/Adelaide",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Norfolk",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Marquesas",
    "Pacific/Honolulu",
    "America/Anchorage",
    "America/Los_Angeles",
    "America/Phoenix",
    "America/Chicago",
    "America/New_York",
    "America/Havana",
    "America/St_Johns",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/Nuuk",
];
const CONTACTS_PER_ZONE: usize = 3;
const CONTACTS_ELSEWHERE: usize = 5;
const RETRIES: &str = "max_attempts = 60\n[retry.no_answer]\ndelays = [\"45m\", \"5h\", \"11h\"]\nmax = 60\n\
                       [retry.busy]\ndelays = [\"10m\", \"3h\"]\nmax = 60\n[retry.unknown]\ndelays = [\"30m\"]\nmax = 60\n";
const OFFICE: Spans = &[(9 * 60, 12 * 60 + 30), (13 * 60 + 30, 20 * 60)];
const SATURDAY: Spans = &[(10 * 60, 16 * 60)];
const NIGHT: Spans = &[(8 * 60, 11 * 60), (22 * 60, 26 * 60)];
const FRENCH: Spans = &[(10 * 60, 13 * 60), (14 * 60, 20 * 60)];

/// A schedule: the zone of its clock, the hours and the minute of its ticks, how long a run lasts, whether one that was missed
/// runs all the same.
pub(super) type Schedule = (Tz, fn(u32) -> bool, u32, Duration, bool);

/// A campaign of the week, in its own words and in the auditor's.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) tables: String,
    pub(super) rules: Rules,
    pub(super) answers: Answers,
    pub(super) schedule: Option<Schedule>,
    pub(super) contacts: Vec<(Tz, Contact)>,
}

fn anything() -> Rules {
    let (per_number, per_contact) = (Vec::new(), Vec::new());
    Rules { week: None, margin_min: 0, per_number, per_contact, after_answer_h: 0, per_day: usize::MAX }
}

fn contacts(zones: &[&str], each: usize, digits: impl Fn(usize) -> String) -> Vec<(Tz, Contact)> {
    let zones = zones.iter().flat_map(|zone| std::iter::repeat_n(zone.parse::<Tz>().unwrap(), each));
    let contact = |(index, zone)| {
        let numbers = vec![PhoneNumber::from_e164(&digits(index)).unwrap()];
        (zone, Contact { id: digits(index), numbers, zone: Some(zone), ..Contact::default() })
    };
    zones.enumerate().map(contact).collect()
}

/// Numbers that are kept for fiction.
fn american(index: usize) -> String {
    format!("+1{}55501{:02}", 201 + index / 100, index % 100)
}

fn hardly_ever_answered() -> Answers {
    vec![(Outcome::NoAnswer, 70), (Outcome::Busy, 20), (Outcome::Unknown, 5), (Outcome::Answered, 5)]
}

pub(super) fn everywhere() -> [Kind; 3] {
    let evenings = format!(
        "[calling_hours]\nmon-fri = [\"09:00-12:30\", \"13:30-20:00\"]\nsat = [\"10:00-16:00\"]\nmargin = \"1m\"\n\
         [caps]\nper_number = [\"2 per 24h\", \"7 per 120h\"]\nafter_answer = \"48h\"\n[retry]\nmax_attempts_per_day = 2\n{RETRIES}"
    );
    let nights = format!(
        "[schedule]\ncron = \"30 2 * * *\"\ntimezone = \"Europe/Paris\"\nrun_for = \"16h\"\n\
         [calling_hours]\ndaily = [\"08:00-11:00\", \"22:00-02:00\"]\n\
         [caps]\nper_number = [\"3 per 24h\"]\nper_contact = [\"1 per 3h\"]\n[retry]\n{RETRIES}"
    );
    let french = format!("[calling_hours]\npreset = \"fr\"\n[retry]\n{RETRIES}");
    let paris = "Europe/Paris".parse().unwrap();
    [
        Kind {
            name: "evenings",
            tables: evenings,
            rules: Rules {
                week: Some([OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, SATURDAY, &[]]),
                margin_min: 1,
                per_number: vec![(2, 24), (7, 120)],
                after_answer_h: 48,
                per_day: 2,
                ..anything()
            },
            answers: hardly_ever_answered(),
            schedule: None,
            contacts: contacts(&ZONES, CONTACTS_PER_ZONE, american),
        },
        Kind {
            name: "nights",
            tables: nights,
            rules: Rules { week: Some([NIGHT; 7]), per_number: vec![(3, 24)], per_contact: vec![(1, 3)], ..anything() },
            answers: hardly_ever_answered(),
            schedule: Some((paris, |hour| hour == 2, 30, Duration::from_secs(16 * 3600), true)),
            contacts: contacts(&ZONES, CONTACTS_PER_ZONE, american),
        },
        Kind {
            name: "french",
            tables: french,
            rules: Rules {
                week: Some([FRENCH, FRENCH, FRENCH, FRENCH, FRENCH, &[], &[]]),
                per_number: vec![(4, 30 * 24)],
                per_contact: vec![(4, 30 * 24)],
                ..anything()
            },
            answers: hardly_ever_answered(),
            schedule: None,
            contacts: contacts(&["Europe/Paris"], CONTACTS_ELSEWHERE, |index| format!("+331990012{index:02}")),
        },
    ]
}

/// Campaigns that dial their whole list in each run: what ran twice, or not at all, would show.
pub(super) fn again_and_again() -> [Kind; 3] {
    let kind = |name,
                number: usize,
                cron: &str,
                zone: &str,
                hours: fn(u32) -> bool,
                minute,
                minutes: u64,
                missed: &str| Kind {
        name,
        tables: format!(
            "[schedule]\ncron = \"{cron}\"\ntimezone = \"{zone}\"\nrun_for = \"{minutes}m\"\neach_run = \"restart\"\n\
             missed = \"{missed}\"\n"
        ),
        rules: anything(),
        answers: vec![(Outcome::Answered, 1)],
        schedule: Some((zone.parse().unwrap(), hours, minute, Duration::from_secs(minutes * 60), missed == "run_once")),
        contacts: contacts(&["UTC"], CONTACTS_ELSEWHERE, move |index| american(number + index)),
    };
    [
        kind("hourly", 500, "0 * * * *", "Australia/Lord_Howe", |_| true, 0, 40, "skip"),
        kind("paris", 600, "30 2 * * *", "Europe/Paris", |hour| hour == 2, 30, 60, "run_once"),
        kind("santiago", 700, "30 23,1 * * *", "America/Santiago", |hour| hour == 23 || hour == 1, 30, 60, "run_once"),
    ]
}

impl Kind {
    /// The ticks of its schedule.
    pub(super) fn ticks(&self, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
        let Some((zone, hours, minute, ..)) = self.schedule else { return Vec::new() };
        ticks(zone, |h, m| hours(h) && m == minute, from, to)
    }
}
