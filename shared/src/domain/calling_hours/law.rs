//! One set of hours that must allow a call: the campaign's own, or those of a rule of its preset.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;

use super::{CallingHours, DaySpan, Week};
use crate::domain::{
    Interval, Timestamp,
    holidays::PublicHolidays,
    interval,
    local_time::{self, Stretch},
    preset::Rule,
};

/// Hours and days as the clocks of some zones show them; all must agree.
pub(super) struct Law<'a> {
    /// The rule that says so; none: the campaign itself.
    pub(super) rule: Option<&'a Rule>,
    pub(super) zones: Vec<Tz>,
    week: Option<&'a Week>,
    dates: Option<&'a BTreeSet<NaiveDate>>,
    public_holidays: Option<&'a PublicHolidays>,
}

impl<'a> Law<'a> {
    pub(super) fn of_campaign(hours: &'a CallingHours, zones: Vec<Tz>) -> Self {
        let CallingHours { week, holidays, public_holidays, .. } = hours;
        let (week, public_holidays) = (week.as_ref(), public_holidays.as_ref());
        Self { rule: None, zones, week, dates: Some(holidays), public_holidays }
    }

    pub(super) fn of_rule(rule: &'a Rule, zones: Vec<Tz>) -> Self {
        let (week, public_holidays) = (rule.hours.as_ref(), rule.holidays.as_ref());
        Self { rule: Some(rule), zones, week, dates: None, public_holidays }
    }

    /// When the clocks of all its zones allow a call.
    pub(super) fn open(&self, from: Timestamp, to: Timestamp) -> Vec<Interval> {
        let all = vec![Interval { from, to }];
        self.zones.iter().fold(all, |open, zone| interval::intersect(&open, &self.open_in(*zone, from, to)))
    }

    /// When the clock of one zone allows a call.
    pub(super) fn open_in(&self, zone: Tz, from: Timestamp, to: Timestamp) -> Vec<Interval> {
        let (mut open, mut closed) = (Vec::new(), Vec::new());
        for stretch in local_time::stretches(zone, from, to) {
            for day in days_touching(&stretch) {
                if self.is_holiday(day) {
                    closed.extend(on_the_wall(&stretch, day, DaySpan::WHOLE_DAY));
                } else {
                    open.extend(self.spans_on(day).iter().filter_map(|span| on_the_wall(&stretch, day, *span)));
                }
            }
        }
        interval::subtract(&interval::merge(open), &interval::merge(closed))
    }

    /// Whether it allows no call on a day, whatever the hour, because of a holiday.
    pub(super) fn is_holiday(&self, day: NaiveDate) -> bool {
        self.holds_on(day) && (self.is_own_holiday(day) || self.is_public_holiday(day))
    }

    /// Whether nobody knows if a day is a public holiday.
    pub(super) fn is_unknown_year(&self, day: NaiveDate) -> bool {
        use chrono::Datelike;
        self.public_holidays.is_some_and(|holidays| !holidays.years().contains(&day.year()))
    }

    /// Whose public holidays it keeps.
    pub(super) fn public_holidays(&self) -> Option<&'a PublicHolidays> {
        self.public_holidays
    }

    pub(super) fn is_public_holiday(&self, day: NaiveDate) -> bool {
        self.public_holidays.is_some_and(|holidays| holidays.closes(day))
    }

    /// The spans that begin on a day, holidays aside. Before it holds, and when it holds no longer, all of it.
    pub(super) fn spans_on(&self, day: NaiveDate) -> &[DaySpan] {
        match self.week {
            Some(week) if self.holds_on(day) => week.on(day),
            _ => &[DaySpan::WHOLE_DAY],
        }
    }

    fn is_own_holiday(&self, day: NaiveDate) -> bool {
        self.dates.is_some_and(|dates| dates.contains(&day))
    }

    fn holds_on(&self, day: NaiveDate) -> bool {
        self.rule.is_none_or(|rule| rule.holds_on(day))
    }
}

/// The calendar days whose spans can reach into a stretch: those it shows, and the one before, whose last span may end
/// after midnight.
fn days_touching(stretch: &Stretch) -> impl Iterator<Item = NaiveDate> + use<> {
    let first = stretch.wall(stretch.span.from).date();
    let last = stretch.wall(stretch.span.to).date();
    let before = first.checked_sub_days(Days::new(1)).unwrap_or(first);
    before.iter_days().take_while(move |day| *day <= last)
}

/// A day's span as a stretch's clocks show it, as far as the stretch goes.
fn on_the_wall(stretch: &Stretch, day: NaiveDate, span: DaySpan) -> Option<Interval> {
    let midnight = stretch.instant(day.and_time(NaiveTime::MIN));
    let minutes = |count: u16| std::time::Duration::from_secs(u64::from(count) * 60);
    let shown = Interval { from: midnight + minutes(span.start_min()), to: midnight + minutes(span.end_min()) };
    shown.intersection(&stretch.span)
}
