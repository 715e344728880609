//! The model's restarts of Redis: what is lost, and what workers restore of it.

use redial_shared::{
    domain::{
        Outcome,
        record::{AttemptRecord, Record},
    },
    store::{Intent, Placed, limits},
};

use crate::{
    journal::Entry,
    model::{Attempt, Contact, Model},
};

impl Model {
    /// Redis has lost all that came after `kept`. Time goes on, and permits that were given stay given.
    pub fn lose(&mut self, kept: Self) {
        let lost = std::mem::replace(self, kept);
        self.now_ms = lost.now_ms;
        for (name, account) in &mut self.accounts {
            account.pace.remember(&lost.accounts[name].pace);
        }
        for campaign in &mut self.campaigns {
            if let Some(lost) = lost.campaigns.iter().find(|lost| lost.id == campaign.id) {
                campaign.pace.remember(&lost.pace);
            }
        }
    }

    /// Somebody has met the new Redis: leases last, and nothing new begins until all workers have replayed.
    pub fn restart(&mut self, lease_ms: i64) {
        let until_ms = self.now_ms + lease_ms.max(limits::RECOVERY_MIN_MS as i64);
        self.restarted_ms = self.now_ms;
        self.recovering_until_ms = until_ms;
        self.replaying = self.leases.keys().copied().collect();
        self.leases.values_mut().for_each(|end_ms| *end_ms = until_ms.max(*end_ms));
    }

    /// A worker has replayed.
    pub fn replayed(&mut self, worker: u32) {
        self.replaying.remove(&worker);
        if self.replaying.is_empty() {
            let until_ms = self.restarted_ms + limits::RECOVERY_MIN_MS as i64;
            self.recovering_until_ms = if until_ms > self.now_ms { until_ms } else { 0 };
        }
    }

    /// Repeats a write. What is there already, or has another base by now, changes nothing.
    pub fn replay(&mut self, entry: &Entry, timeout_ms: i64) {
        match entry {
            Entry::Begun(intent) => self.replay_begun(intent, timeout_ms),
            Entry::Placed(placed) => self.replay_placed(placed),
            Entry::Ended { settlement, sent_at, ending, info } => {
                let attempt = settlement.attempt;
                if let Some(contact) = self.contact_mut(attempt).filter(|c| c.revision == settlement.expected) {
                    contact.attempts.last_mut().expect("it has this attempt").record.started_at = *sent_at;
                    self.conclude(attempt, ending, &info.definition);
                }
            }
            Entry::Withdrawn { settlement, intended, due } => {
                if self.contact_mut(settlement.attempt).is_some_and(|c| c.revision == settlement.expected) {
                    self.withdraw(settlement.attempt, intended, *due);
                }
            }
        }
    }

    /// An intent that is there, is older than the contact, or whose contact is lost, stays away.
    fn replay_begun(&mut self, intent: &Intent, timeout_ms: i64) {
        let attempt = intent.attempt();
        let dialed = intent.record.attempts.last().expect("an intent has an attempt");
        let Some(contact) = self.contact_mut(attempt) else { return };
        let number = contact.row.numbers.get(usize::from(dialed.number));
        let is_it = number.is_some_and(|number| number.digits() == dialed.dialed);
        if is_it && contact.revision < intent.record.revision {
            self.correct_calls(attempt, &intent.record.attempts);
            self.note_intent(intent);
            let contact = self.contact_mut(attempt).expect("it is there");
            contact.overtake(&intent.record);
            contact.begin(intent, intent.claimed.permit_us + limits::SEND_LAG_US as i64, timeout_ms);
            self.drop_claim(dialed.worker, attempt.campaign, attempt.position);
        }
    }

    fn replay_placed(&mut self, placed: &Placed) {
        let attempt = placed.attempt;
        let call = placed.record.attempts.iter().find(|past| past.revision == attempt.revision);
        let call = call.expect("it has this attempt");
        if self.contact_mut(attempt).is_some_and(|contact| contact.revision + 1 == placed.record.revision) {
            self.placed(attempt, &call.call_id, call.started_at);
        }
    }
}

impl Contact {
    /// Its former attempts are as a later record has them. One that is in doubt may occupy its slot and number still.
    fn overtake(&mut self, later: &Record) {
        let before = std::mem::take(&mut self.attempts);
        let (_, former) = later.attempts.split_last().expect("an intent has an attempt");
        let as_later = |record: &AttemptRecord| {
            let in_doubt = record.outcome == Some(Outcome::Unknown);
            let known = before.iter().find(|past| past.record.revision == record.revision).filter(|_| in_doubt);
            Attempt {
                record: record.clone(),
                digits: known.map_or(String::new(), |known| known.digits.clone()),
                slot_until_ms: known.map_or(0, |known| known.slot_until_ms),
                number_until_ms: known.map_or(0, |known| known.number_until_ms),
                intent_until_ms: None,
            }
        };
        self.attempts = former.iter().map(as_later).collect();
        self.put_off = later.put_off;
    }
}
