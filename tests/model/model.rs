//! What the store has to do, as plainly as it can be said: lists and loops, no index, no queue, no script.
//!
//! Everything that the store does is here a short method on lists. Where the store is free (which contacts a claim hands
//! out, and at which instants), `claims` says what any answer must obey and takes what was answered.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use redial_shared::{
    domain::{
        AttemptId, CampaignId, CampaignState, ContactState, Interval, Outcome, PhoneNumber, Place, Timestamp,
        calling_hours::NumbersThatCount,
        campaign::CampaignDefinition,
        contact,
        geography::{Clues, Whereabouts},
        record::AttemptRecord,
        retry::PastAttempt,
    },
    store::view::Counts,
};

use crate::{pace::Pace, people::People};

/// One workspace.
#[derive(Clone, Default)]
pub struct Model {
    /// The one clock.
    pub now_ms: i64,
    pub accounts: BTreeMap<String, Account>,
    pub campaigns: Vec<Campaign>,
    pub claims: Vec<Claim>,
    /// When each live worker's lease ends.
    pub leases: BTreeMap<u32, i64>,
    /// Until then a restart of Redis is being recovered from.
    pub recovering_until_ms: i64,
    pub restarted_ms: i64,
    /// The workers that this recovery waits for.
    pub replaying: BTreeSet<u32>,
    pub people: People,
}

/// A provider account.
#[derive(Clone, Default)]
pub struct Account {
    pub pace: Pace,
    /// Live calls at once; 0: no limit.
    pub max_live: u32,
    pub paused: bool,
    pub blocked_until_ms: i64,
}

#[derive(Clone)]
pub struct Campaign {
    pub id: CampaignId,
    pub definition: CampaignDefinition,
    pub source: String,
    pub version: u32,
    pub state: CampaignState,
    /// What a paused one goes back to.
    pub paused_from: CampaignState,
    /// What its unfinished contacts have become: `cancelled` or `expired`.
    pub ended: Option<ContactState>,
    pub run_until: Option<Timestamp>,
    /// The open hours of each place, and of which version they are.
    pub hours: BTreeMap<String, (u32, Vec<Interval>)>,
    pub pace: Pace,
    pub contacts: Vec<Contact>,
    /// The most attempts that any version of its definition has allowed.
    pub max_attempts: usize,
}

#[derive(Clone, PartialEq)]
pub struct Contact {
    pub position: u32,
    pub row: contact::Contact,
    /// Counts its changes.
    pub revision: u32,
    pub state: ContactState,
    pub due: Option<Timestamp>,
    pub next_number: u8,
    /// How often in a row it was missed for nobody's fault.
    pub put_off: u8,
    pub attempts: Vec<Attempt>,
    /// Whether it was handed out and came back: it stands before those who never were.
    pub came_back: bool,
    /// It was put aside until then, for nobody's fault.
    pub rests_until_ms: i64,
}

/// One attempt, with all that it occupies.
#[derive(Clone, PartialEq)]
pub struct Attempt {
    /// What the store keeps of it.
    pub record: AttemptRecord,
    pub digits: String,
    /// Until when it holds a live-call slot.
    pub slot_until_ms: i64,
    /// Until when nobody else calls its number.
    pub number_until_ms: i64,
    /// From when it is in doubt, until its worker tells of it.
    pub intent_until_ms: Option<i64>,
}

/// A contact handed to a worker.
#[derive(Clone, PartialEq, Eq)]
pub struct Claim {
    pub worker: u32,
    pub campaign: CampaignId,
    pub position: u32,
    /// The contact's revision then: a claim of another one is void.
    pub revision: u32,
    pub expires_ms: i64,
}

impl Model {
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now_ms)
    }

    pub fn campaign(&self, id: CampaignId) -> &Campaign {
        self.campaigns.iter().find(|campaign| campaign.id == id).expect("every id comes from the model")
    }

    pub fn campaign_mut(&mut self, id: CampaignId) -> &mut Campaign {
        self.campaigns.iter_mut().find(|campaign| campaign.id == id).expect("every id comes from the model")
    }

    /// None when a restart of Redis has lost it.
    pub fn contact_mut(&mut self, attempt: AttemptId) -> Option<&mut Contact> {
        let campaign = self.campaigns.iter_mut().find(|campaign| campaign.id == attempt.campaign);
        campaign?.contact_mut(attempt.position)
    }

    pub fn contact(&self, attempt: AttemptId) -> Option<&Contact> {
        self.campaigns.iter().find(|campaign| campaign.id == attempt.campaign)?.contact(attempt.position)
    }

    /// Whether a contact has this attempt.
    pub fn knows(&self, attempt: AttemptId) -> bool {
        let contact = self.contact(attempt);
        contact.is_some_and(|contact| contact.attempts.iter().any(|one| one.record.revision == attempt.revision))
    }

    pub fn has_lease(&self, worker: u32) -> bool {
        self.leases.get(&worker).is_some_and(|&end_ms| end_ms > self.now_ms)
    }

    pub fn claims_of(&self, campaign: CampaignId) -> usize {
        self.claims.iter().filter(|claim| claim.campaign == campaign).count()
    }

    /// Every attempt of the workspace.
    pub fn attempts(&self) -> impl Iterator<Item = &Attempt> {
        self.campaigns.iter().flat_map(|campaign| &campaign.contacts).flat_map(|contact| &contact.attempts)
    }

    /// Whether an attempt anywhere in the workspace is dialing, on a call or in doubt at this number.
    pub fn number_in_use(&self, digits: &str) -> bool {
        self.attempts().any(|attempt| attempt.digits == digits && attempt.number_until_ms > self.now_ms)
    }

    /// Live calls and claims of an account.
    pub fn occupied(&self, account: &str) -> usize {
        let campaigns = self.campaigns.iter().filter(|campaign| campaign.definition.provider == account);
        campaigns.map(|campaign| campaign.live_calls(self.now_ms) + self.claims_of(campaign.id)).sum()
    }
}

impl Campaign {
    pub fn new(id: CampaignId, definition: CampaignDefinition, source: String) -> Self {
        Self {
            id,
            max_attempts: definition.retry.max_attempts.into(),
            definition,
            source,
            version: 1,
            state: CampaignState::Draft,
            paused_from: CampaignState::Running,
            ended: None,
            run_until: None,
            hours: BTreeMap::new(),
            pace: Pace::default(),
            contacts: Vec::new(),
        }
    }

    /// Whether calls may start.
    pub fn is_dialing(&self, now_ms: i64) -> bool {
        let run_is_over = self.run_until.is_some_and(|until| until.as_millis() <= now_ms);
        self.state == CampaignState::Running && self.ended.is_none() && !run_is_over
    }

    pub fn contact(&self, position: u32) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.position == position)
    }

    pub fn contact_mut(&mut self, position: u32) -> Option<&mut Contact> {
        self.contacts.iter_mut().find(|contact| contact.position == position)
    }

    pub fn live_calls(&self, now_ms: i64) -> usize {
        let attempts = self.contacts.iter().flat_map(|contact| &contact.attempts);
        attempts.filter(|attempt| attempt.slot_until_ms > now_ms).count()
    }

    /// Where a contact can be: by all its numbers, or by the one that is called next.
    pub fn whereabouts(&self, contact: &Contact) -> Whereabouts {
        let numbers = &contact.row.numbers;
        let next = std::slice::from_ref(&numbers[usize::from(contact.next_number)]);
        Clues::new(contact.row.zone, None, if self.follows_number() { next } else { numbers }).whereabouts()
    }

    pub fn place(&self, contact: &Contact) -> Place {
        self.whereabouts(contact).place
    }

    /// Every place where a row's contact can come to stand.
    pub fn places(&self, row: &contact::Contact) -> Vec<String> {
        let shown = |counted: &[PhoneNumber]| Clues::new(row.zone, None, counted).whereabouts().to_string();
        match self.follows_number() {
            true => row.numbers.chunks(1).map(shown).collect(),
            false => vec![shown(&row.numbers)],
        }
    }

    pub fn follows_number(&self) -> bool {
        self.definition.calling_hours.zones == NumbersThatCount::Dialed
    }

    /// The open interval of a contact that is not over at `now_ms`, as far as its place's hours are known.
    pub fn interval(&self, contact: &Contact, now_ms: i64) -> Option<Interval> {
        let (version, intervals) = self.hours.get(&self.whereabouts(contact).to_string())?;
        let next = intervals.iter().find(|interval| interval.to.as_millis() > now_ms);
        next.copied().filter(|_| *version == self.version)
    }

    pub fn is_open(&self, contact: &Contact, now_ms: i64) -> bool {
        self.interval(contact, now_ms).is_some_and(|interval| interval.from.as_millis() <= now_ms)
    }

    /// The zones whose calendar days count for a contact. (All numbers of a case have one.)
    pub fn calendars(&self, contact: &Contact) -> Vec<Tz> {
        self.place(contact).zones
    }

    /// A contact's state as users see it: what is not finished when its campaign ends has ended with it.
    pub fn shown_state(&self, contact: &Contact) -> ContactState {
        match (self.ended, contact.state) {
            (Some(ended), ContactState::Pending | ContactState::Waiting | ContactState::Held) => ended,
            (_, state) => state,
        }
    }

    pub fn counts(&self) -> Counts {
        let mut counts = Counts { total: self.contacts.len() as u64, ..Counts::default() };
        for contact in &self.contacts {
            *counts.by_state.entry(self.shown_state(contact)).or_default() += 1;
            counts.attempts += contact.attempts.len() as u64;
            for outcome in contact.attempts.iter().filter_map(|attempt| attempt.record.outcome) {
                *counts.outcomes.entry(outcome).or_default() += 1;
            }
        }
        counts
    }
}

impl Contact {
    pub fn new(position: u32, row: contact::Contact) -> Self {
        Self {
            position,
            row,
            revision: 0,
            state: ContactState::Pending,
            due: None,
            next_number: 0,
            put_off: 0,
            attempts: Vec::new(),
            came_back: false,
            rests_until_ms: 0,
        }
    }

    /// Before this instant it is not called.
    pub fn due_ms(&self) -> i64 {
        let untouched = self.revision == 0;
        let due = self.due.or(self.row.not_before.filter(|_| untouched));
        due.map_or(0, Timestamp::as_millis)
    }

    pub fn is_callable(&self) -> bool {
        matches!(self.state, ContactState::Pending | ContactState::Waiting)
    }

    pub fn history(&self) -> Vec<PastAttempt> {
        let past = |attempt: &AttemptRecord| {
            Some(PastAttempt {
                number: attempt.number,
                outcome: attempt.outcome?,
                started_at: attempt.started_at,
                ended_at: attempt.ended_at?,
            })
        };
        self.attempts.iter().filter_map(|attempt| past(&attempt.record)).collect()
    }

    pub fn last_outcome(&self) -> Option<Outcome> {
        self.attempts.iter().rev().find_map(|attempt| attempt.record.outcome)
    }
}
