//! What was called, judged by rules that are read here once more, slowly: each minute of a wall clock, each pair of calls.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDateTime, Timelike};
use chrono_tz::Tz;
use redial_shared::domain::{Outcome, Timestamp};

use super::phones::Ring;

const MINUTE_MS: i64 = 60_000;
const DAY_MIN: u32 = 24 * 60;
/// How late a call may come that could have been made: others are before it, and a leader may have to be replaced first.
const LATE_MAX_MS: i64 = 90_000;

/// What a wall clock shows.
fn wall(zone: Tz, unix_ms: i64) -> NaiveDateTime {
    DateTime::from_timestamp_millis(unix_ms).unwrap().with_timezone(&zone).naive_local()
}

/// Minutes of the day in which calls may start; those beyond the 24th hour are the next day's.
pub(super) type Spans = &'static [(u32, u32)];

/// The rules of a campaign, as a reader of its definition would say them.
#[derive(Clone)]
pub(super) struct Rules {
    /// By weekday, Monday first; none: any time.
    pub(super) week: Option<[Spans; 7]>,
    /// Calls stop so many minutes before closing.
    pub(super) margin_min: usize,
    /// Calls of a number, and the hours within which they are counted.
    pub(super) per_number: Vec<(usize, i64)>,
    /// Calls of a contact, likewise.
    pub(super) per_contact: Vec<(usize, i64)>,
    /// Hours without a call after one that was answered.
    pub(super) after_answer_h: i64,
    /// Calls of a contact on a day of its calendar.
    pub(super) per_day: usize,
}

/// Open minutes of one zone under one campaign's rules, from an instant on.
pub(super) struct Open {
    from_min: i64,
    open: Vec<bool>,
}

impl Open {
    /// Looks at the wall clock every minute.
    pub(super) fn new(rules: &Rules, zone: Tz, from: Timestamp, to: Timestamp) -> Self {
        let (from_min, to_min) = (from.as_millis() / MINUTE_MS, to.as_millis() / MINUTE_MS);
        let Some(week) = rules.week else { return Self { from_min, open: vec![true; (to_min - from_min) as usize] } };
        // Clocks change at quarters of an hour; in between they go on.
        let mut shown = wall(zone, from_min * MINUTE_MS);
        let is_open = |minute: i64| {
            match minute % 15 {
                0 => shown = wall(zone, minute * MINUTE_MS),
                _ if minute > from_min => shown += chrono::Duration::minutes(1),
                _ => {}
            }
            let on =
                |days_ago: u64| week[(shown.date() - Days::new(days_ago)).weekday().num_days_from_monday() as usize];
            let of_day = shown.hour() * 60 + shown.minute();
            let within = |spans: Spans, minute: u32| spans.iter().any(|(from, to)| (*from..*to).contains(&minute));
            within(on(0), of_day) || within(on(1), of_day + DAY_MIN)
        };
        let all: Vec<bool> = (from_min..to_min + rules.margin_min as i64).map(is_open).collect();
        let open = all.windows(rules.margin_min + 1).map(|ahead| ahead.iter().all(|open| *open)).collect();
        Self { from_min, open }
    }

    pub(super) fn is_open(&self, unix_ms: i64) -> bool {
        self.open[(unix_ms.div_euclid(MINUTE_MS) - self.from_min) as usize]
    }

    /// The instants at which it opens or closes, in milliseconds.
    pub(super) fn edges(&self) -> impl Iterator<Item = i64> + '_ {
        let changes = self.open.windows(2).enumerate().filter(|(_, pair)| pair[0] != pair[1]);
        changes.map(|(index, _)| (self.from_min + index as i64 + 1) * MINUTE_MS)
    }

    /// Since when it has been open at an instant, in milliseconds.
    fn open_since(&self, unix_ms: i64) -> i64 {
        let mut minute = (unix_ms.div_euclid(MINUTE_MS) - self.from_min) as usize;
        while minute > 0 && self.open[minute - 1] {
            minute -= 1;
        }
        (self.from_min + minute as i64) * MINUTE_MS
    }
}

/// Ticks of a daily or hourly schedule: whenever the wall clock comes to a time that fits. A time that it shows twice counts
/// once, one that it jumps over counts at the jump.
pub(super) fn ticks(zone: Tz, fits: impl Fn(u32, u32) -> bool, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
    let minutes = from.as_millis() / MINUTE_MS..to.as_millis() / MINUTE_MS;
    let mut shown = wall(zone, (minutes.start - 1) * MINUTE_MS);
    let (mut shown_so_far, mut found) = (shown, Vec::new());
    for minute in minutes {
        shown = if minute % 15 == 0 { wall(zone, minute * MINUTE_MS) } else { shown + chrono::Duration::minutes(1) };
        let mut comes = false;
        while shown_so_far < shown {
            shown_so_far += chrono::Duration::minutes(1);
            comes |= fits(shown_so_far.hour(), shown_so_far.minute());
        }
        if comes {
            found.push(Timestamp::from_millis(minute * MINUTE_MS));
        }
    }
    found
}

/// A call, with what binds it.
pub(super) struct Case<'a> {
    pub(super) ring: &'a Ring,
    pub(super) rules: &'a Rules,
    pub(super) zone: Tz,
    pub(super) open: &'a Open,
    /// Since when its campaign's run had been on, and when it ended; none: there was no run.
    pub(super) run: Option<(Timestamp, Option<Timestamp>)>,
}

impl Case<'_> {
    fn sent_last_ms(&self) -> i64 {
        (self.ring.send_by_us - 1) / 1000
    }

    /// In its hours and in its run, from the permit to the last moment of sending.
    pub(super) fn check_hours(&self) {
        let Ring { permit, contact, .. } = self.ring;
        for ms in [permit.as_millis(), self.sent_last_ms()] {
            assert!(self.open.is_open(ms), "{contact} was called at {} {}", wall(self.zone, ms), self.zone);
        }
        let (from, until) =
            self.run.unwrap_or_else(|| panic!("{contact} was called at {permit}, and there was no run"));
        let sent_last = Timestamp::from_millis(self.sent_last_ms());
        assert!(from <= *permit && until.is_none_or(|until| sent_last < until), "{contact} at {permit}: {until:?}");
    }

    /// Not later than it could be.
    pub(super) fn check_is_in_time(&self) {
        let Some(due) = self.ring.due else { return };
        let permit_ms = self.ring.permit.as_millis();
        let open_since = self.open.open_since(permit_ms);
        let run_since = self.run.map_or(0, |(from, _)| from.as_millis());
        let possible_ms = due.as_millis().max(open_since).max(run_since);
        let late_ms = permit_ms - possible_ms;
        assert!(
            late_ms <= LATE_MAX_MS,
            "{} could be called {late_ms} ms before {}",
            self.ring.contact,
            self.ring.permit
        );
        assert!(due <= self.ring.permit, "{} was due at {due}", self.ring.contact);
    }
}

/// Every call against every one before it: caps of numbers and contacts, days of the calendar.
pub(super) fn check_caps(cases: &[Case<'_>]) {
    let (mut by_number, mut by_contact) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
    for case in cases {
        by_number.entry(&case.ring.number).or_default().push(case);
        by_contact.entry(&case.ring.contact).or_default().push(case);
    }
    for (calls, caps_of) in
        by_number.values().map(|calls| (calls, true)).chain(by_contact.values().map(|calls| (calls, false)))
    {
        for case in calls {
            let caps = if caps_of { &case.rules.per_number } else { &case.rules.per_contact };
            for (count, hours) in caps {
                let within = calls.iter().filter(|other| is_before(other, case, *hours)).count();
                assert!(within < *count, "{:?}: {within} calls in {hours} h before, at most {count}", case.ring);
            }
        }
    }
    for calls in by_number.values() {
        for case in calls {
            let answered = |other: &&&Case<'_>| other.ring.outcome == Some(Outcome::Answered);
            let before = calls.iter().filter(answered).find(|other| is_before(other, case, case.rules.after_answer_h));
            assert!(before.is_none(), "{:?} was called after {:?}", case.ring, before.map(|other| other.ring));
        }
    }
    for calls in by_contact.values() {
        for case in calls {
            let day = |other: &Case<'_>| wall(case.zone, other.ring.permit.as_millis()).date();
            let same = |other: &&&Case<'_>| {
                other.ring.attempt.campaign == case.ring.attempt.campaign && day(other) == day(case)
            };
            let on_this_day = calls.iter().filter(same).count();
            assert!(on_this_day <= case.rules.per_day, "{:?}: {on_this_day} calls on one day", case.ring);
        }
    }
}

fn is_before(other: &Case<'_>, case: &Case<'_>, hours: i64) -> bool {
    let since_ms = case.ring.permit.as_millis() - other.ring.permit.as_millis();
    let is_itself = other.ring.attempt == case.ring.attempt;
    !is_itself && (0..hours * 60 * MINUTE_MS).contains(&since_ms)
}
