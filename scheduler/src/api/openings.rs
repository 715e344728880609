//! When the contacts of a campaign can be called: their own time, moved to when its runs and calling hours allow it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use redial_shared::{
    domain::{
        CampaignState, ContactState, Interval, Place, Timestamp,
        calling_hours::{self, CallingHours, Hold, open_intervals},
    },
    store::view::{CampaignView, ContactView},
};

/// How far ahead openings are looked for.
const AHEAD: Duration = Duration::from_secs(15 * 24 * 3600);

/// Why there is no opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// Nobody can tell when the contact may be called.
    Held(Hold),
    /// Not within the next 15 days.
    TooLong,
}

/// Intervals in which a contact may be called.
type Open = Result<Arc<[Interval]>, Closed>;

/// The openings of one campaign from now on. Each place is looked up once, however many contacts it has.
pub struct Openings {
    state: CampaignState,
    next_run_at: Option<Timestamp>,
    run_until: Option<Timestamp>,
    /// Who is not finished then expires.
    end_at: Option<Timestamp>,
    hours: CallingHours,
    now: Timestamp,
    by_place: Mutex<HashMap<Place, Open>>,
}

impl Openings {
    /// Those of a campaign as it stands.
    pub fn new(campaign: &CampaignView, hours: &CallingHours, now: Timestamp) -> Self {
        let CampaignView { state, next_run_at, run_until, .. } = *campaign;
        Self { state, next_run_at, run_until, end_at: None, hours: hours.clone(), now, by_place: Mutex::default() }
    }

    /// The same of a campaign that ends then.
    pub fn until(self, end_at: Option<Timestamp>) -> Self {
        Self { end_at, ..self }
    }

    /// When the campaign ends, if that is before `at`.
    pub fn end_before(&self, at: Timestamp) -> Option<Timestamp> {
        self.end_at.filter(|end_at| *end_at <= at)
    }

    /// The present, from which they count.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// When a contact can be called next, if anything but its turn keeps it: its own time, its campaign's runs, its hours. None
    /// where its campaign ends before. Of a paused campaign: if it went on now.
    pub fn next_attempt_at(&self, contact: &ContactView) -> Option<Timestamp> {
        let at = self.next_opening(contact).or(contact.next_attempt_at);
        at.filter(|at| self.end_before(*at).is_none())
    }

    fn next_opening(&self, contact: &ContactView) -> Option<Timestamp> {
        let own = contact.next_attempt_at;
        let is_open = matches!(contact.state, ContactState::Pending | ContactState::Waiting);
        let begins = match self.state {
            CampaignState::Running => Some(self.now),
            CampaignState::Paused if own.is_some() => Some(self.now),
            CampaignState::Scheduled => self.next_run_at,
            _ => None,
        };
        let begins = begins.filter(|_| is_open)?;
        let place = &contact.whereabouts.place;
        let first = |from: Timestamp| self.first_open(place, own.map_or(from, |own| own.max(from)));
        let mut at = first(begins).ok();
        if let (Some(found), Some(until), Some(next_run)) = (at, self.run_until, self.next_run_at)
            && self.state == CampaignState::Running
            && found >= until
        {
            at = first(next_run).ok();
        }
        at.filter(|at| *at > self.now)
    }

    /// The first instant from `earliest` on at which a contact that can be there may be called.
    ///
    /// # Errors
    /// When none is known.
    pub fn first_open(&self, place: &Place, earliest: Timestamp) -> Result<Timestamp, Closed> {
        let open = self.of_place(place)?;
        let later = open.iter().find(|interval| interval.to > earliest);
        later.map(|interval| interval.from.max(earliest)).ok_or(Closed::TooLong)
    }

    /// Which rule keeps a contact from being called at an instant, in words; none if nothing does.
    pub fn rule_that_closes(&self, place: &Place, at: Timestamp) -> Option<String> {
        let closed = calling_hours::closed(&self.hours, place, at).ok().flatten();
        closed.map(|closed| closed.why)
    }

    fn of_place(&self, place: &Place) -> Open {
        let mut by_place = self.by_place.lock().expect("no panic while held");
        if let Some(open) = by_place.get(place) {
            return open.clone();
        }
        let open = look(&self.hours, place, self.now);
        by_place.insert(place.clone(), open.clone());
        open
    }
}

fn look(hours: &CallingHours, place: &Place, now: Timestamp) -> Open {
    match hours.hold(place) {
        Some(hold) => Err(Closed::Held(hold)),
        None => Ok(open_intervals(hours, place, now, now + AHEAD).into()),
    }
}
