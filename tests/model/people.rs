//! The model's people: who is not to be called, and how often numbers and contacts were.

use std::collections::{BTreeMap, BTreeSet};

use redial_shared::{
    domain::{AttemptId, CampaignId, ContactState, Outcome, Timestamp, caps::Caps, record::AttemptRecord},
    store::limits,
};

use crate::model::Model;

/// The workspace's lists, or a campaign's.
pub type Scope = Option<CampaignId>;

/// Who must not be called, and who was.
#[derive(Clone, Default)]
pub struct People {
    /// The caps that bind all campaigns.
    pub caps: Caps,
    pub numbers: BTreeMap<String, History>,
    pub contacts: BTreeMap<String, History>,
    /// By list and number.
    pub added: BTreeMap<(Scope, String, String), Entry>,
    pub imports: BTreeMap<(Scope, String), (Entry, BTreeSet<String>)>,
}

/// When somebody was called, in seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// 0: never.
    pub answered_s: u32,
    /// Oldest first.
    pub calls_s: Vec<u32>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Entry {
    pub since: Timestamp,
    pub until: Option<Timestamp>,
}

impl Entry {
    fn counts(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

impl Model {
    /// The lists on which a number is, with since when and until when.
    pub fn suppressions(&self, scope: Scope, digits: &str) -> Vec<(bool, String, Entry)> {
        let now = self.now();
        let binds = |of: &Scope| of.is_none() || *of == scope;
        let added = self
            .people
            .added
            .iter()
            .filter(|((of, _, number), entry)| binds(of) && number == digits && entry.counts(now));
        let added = added.map(|((of, list, _), entry)| (of.is_some(), list.clone(), *entry));
        let imported = self
            .people
            .imports
            .iter()
            .filter(|((of, _), (entry, numbers))| binds(of) && numbers.contains(digits) && entry.counts(now));
        let imported = imported.map(|((of, list), (entry, _))| (of.is_some(), list.clone(), *entry));
        added.chain(imported).collect()
    }

    /// Puts a number on a list; answers whether it is new there.
    pub fn suppress(&mut self, scope: Scope, list: &str, digits: &str, until: Option<Timestamp>) -> bool {
        let now = self.now();
        let key = (scope, list.to_owned(), digits.to_owned());
        let since = self.people.added.get(&key).filter(|entry| entry.counts(now)).map(|entry| entry.since);
        self.people.added.insert(key, Entry { since: since.unwrap_or(now), until });
        since.is_none()
    }

    /// Takes a number off every list of a scope; answers whether it was on one, even on one that has run out. (What has
    /// run out is there until it is pruned.)
    pub fn unsuppress(&mut self, scope: Scope, digits: &str) -> bool {
        let before = self.people.added.len();
        self.people.added.retain(|(of, _, number), _| *of != scope || number != digits);
        let mut gone = before > self.people.added.len();
        let imports = self.people.imports.iter_mut().filter(|((of, _), _)| *of == scope);
        imports.for_each(|(_, (_, numbers))| gone |= numbers.remove(digits));
        gone
    }

    /// What has run out is forgotten.
    pub fn prune_people(&mut self) {
        let now = self.now();
        self.people.added.retain(|_, entry| entry.counts(now));
        self.people.imports.retain(|_, (entry, _)| entry.counts(now));
    }

    /// For each number of a contact, whether no list has it.
    pub fn free_numbers(&self, attempt: AttemptId) -> Vec<bool> {
        let contact = self.contact(attempt).expect("it was claimed");
        let is_free = |digits: &str| self.suppressions(Some(attempt.campaign), digits).is_empty();
        contact.row.numbers.iter().map(|number| is_free(number.digits())).collect()
    }

    /// When a call of a campaign would satisfy all caps; none: it does.
    pub fn capped_until(&self, campaign: CampaignId, digits: &str, contact: &str, at_ms: i64) -> Option<Timestamp> {
        let none = History::default();
        let number = self.people.numbers.get(digits).unwrap_or(&none);
        let contact = self.people.contacts.get(contact).unwrap_or(&none);
        let nth = |history: &History, count: u16| history.calls_s.iter().rev().nth(usize::from(count) - 1).copied();
        let mut free_ms = Vec::new();
        for caps in [&self.people.caps, &self.campaign(campaign).definition.caps] {
            let mut free = |second: u32, window_ms: u64| free_ms.push(i64::from(second) * 1000 + window_ms as i64);
            for cap in &caps.per_number {
                nth(number, cap.count).into_iter().for_each(|second| free(second, cap.window.as_millis()));
            }
            for cap in &caps.per_contact {
                nth(contact, cap.count).into_iter().for_each(|second| free(second, cap.window.as_millis()));
            }
            if let Some(window) = caps.after_answer.filter(|_| number.answered_s > 0) {
                free(number.answered_s, window.as_millis());
            }
        }
        free_ms.into_iter().filter(|&free_ms| free_ms > at_ms).max().map(Timestamp::from_millis)
    }

    pub fn note_call(&mut self, digits: &str, contact: &str, at: Timestamp) {
        let second = second_after(at);
        self.change_histories(digits, contact, |history| {
            let place = history.calls_s.partition_point(|&call_s| call_s <= second);
            history.calls_s.insert(place, second);
        });
    }

    /// The call never was.
    pub fn forget_call(&mut self, digits: &str, contact: &str, at: Timestamp) {
        let second = second_after(at);
        self.change_histories(digits, contact, |history| {
            if let Some(place) = history.calls_s.iter().rposition(|&call_s| call_s == second || call_s + 1 == second) {
                history.calls_s.remove(place);
            }
        });
    }

    pub fn note_answer(&mut self, digits: &str, at: Timestamp) {
        let history = self.people.numbers.entry(digits.to_owned()).or_default();
        history.answered_s = history.answered_s.max(second_after(at));
    }

    /// The calls by which a contact's attempts and those of a later record differ, but for the last, were or were not made.
    pub fn correct_calls(&mut self, attempt: AttemptId, later: &[AttemptRecord]) {
        let Some(contact) = self.contact(attempt).cloned() else { return };
        let number = |record: &AttemptRecord| contact.row.numbers[usize::from(record.number)].digits().to_owned();
        let (_, former) = later.split_last().expect("an intent has an attempt");
        for lost in former {
            if !contact.attempts.iter().any(|one| one.record.revision == lost.revision) {
                self.note_call(&number(lost), &contact.row.id, lost.started_at);
            }
        }
        for withdrawn in contact.attempts.iter().map(|one| &one.record) {
            if !later.iter().any(|one| one.revision == withdrawn.revision) {
                self.forget_call(&number(withdrawn), &contact.row.id, withdrawn.started_at);
            }
        }
    }

    /// Contacts are remembered only while a cap counts their calls.
    fn change_histories(&mut self, digits: &str, contact: &str, change: impl Fn(&mut History)) {
        let all_caps: Vec<&Caps> = [&self.people.caps]
            .into_iter()
            .chain(self.campaigns.iter().map(|campaign| &campaign.definition.caps))
            .collect();
        let counts_contacts = all_caps.iter().any(|caps| !caps.per_contact.is_empty());
        let calls = all_caps.iter().flat_map(|caps| caps.per_number.iter().chain(&caps.per_contact));
        let spare = limits::HISTORY_SPARE_CALLS as usize;
        let most = calls.map(|cap| usize::from(cap.count) + spare).max().unwrap_or(0);
        let most = most.max(limits::HISTORY_MIN_CALLS as usize);
        let mut of = vec![self.people.numbers.entry(digits.to_owned()).or_default()];
        if counts_contacts {
            of.push(self.people.contacts.entry(contact.to_owned()).or_default());
        }
        for history in of {
            change(history);
            let old = history.calls_s.len().saturating_sub(most);
            history.calls_s.drain(..old);
        }
    }

    /// A contact whose number is suppressed goes on to the next one that is free, if there is any.
    pub fn move_on(&mut self, attempt: AttemptId) {
        let free = self.free_numbers(attempt);
        let max = self.campaign(attempt.campaign).definition.retry.max_attempts_per_number;
        let Some(contact) = self.contact_mut(attempt) else { return };
        let usable = |place: usize| {
            let outcomes: Vec<Outcome> = contact
                .attempts
                .iter()
                .filter(|attempt| usize::from(attempt.record.number) == place)
                .filter_map(|attempt| attempt.record.outcome)
                .collect();
            !outcomes.contains(&Outcome::InvalidNumber) && max.is_none_or(|max| outcomes.len() < usize::from(max))
        };
        let present = usize::from(contact.next_number);
        let next = (present + 1..free.len()).chain(0..present).find(|&place| free[place] && usable(place));
        match next {
            Some(place) => contact.next_number = place as u8,
            None => contact.state = ContactState::Suppressed,
        }
        contact.revision += 1;
        contact.due = None;
        contact.rests_until_ms = 0;
        contact.came_back = true;
    }
}

fn second_after(at: Timestamp) -> u32 {
    (at.as_millis() / 1000 + 1) as u32
}
