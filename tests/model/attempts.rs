//! The model's attempts: begin, withdraw, placed, conclude, and what reaping makes of them.

use std::time::Duration;

use redial_shared::{
    domain::{
        AttemptId, ContactState, Outcome, Timestamp,
        campaign::CampaignDefinition,
        record::AttemptRecord,
        retry::{NextStep, next_step},
        transition::Ending,
    },
    store::{BeginAnswer, Intent, limits},
};

use crate::model::{Attempt, Contact, Model};

impl Model {
    /// Why an intent must be refused; nothing: it must be written. Several reasons may hold at once.
    pub fn refusals(&self, worker: u32, intent: &Intent) -> Vec<BeginAnswer> {
        let claimed = &intent.claimed;
        if !self.owns(worker, intent) {
            return vec![BeginAnswer::ClaimGone];
        }
        let campaign = self.campaign(claimed.campaign);
        let contact = campaign.contact(claimed.position).expect("claims are of contacts");
        let permit = Timestamp::from_millis(claimed.permit_us / 1000);
        let open = campaign.interval(contact, self.now_ms).is_some_and(|interval| interval.contains(permit));
        let digits = &intent.record.attempts.last().expect("an intent has an attempt").dialed;
        let mut reasons = Vec::new();
        let mut refuse = |applies: bool, answer| {
            if applies {
                reasons.push(answer);
            }
        };
        refuse(!self.has_lease(worker), BeginAnswer::LeaseLost);
        refuse(self.now_ms * 1000 > claimed.permit_us + limits::SEND_LAG_US as i64, BeginAnswer::TooLate);
        let may_dial = campaign.is_dialing(self.now_ms) && self.recovering_until_ms <= self.now_ms;
        refuse(!may_dial, BeginAnswer::NotDialing);
        refuse(campaign.version != claimed.version || !open, BeginAnswer::WindowClosed);
        let changed = contact.revision + 1 != intent.record.revision || !contact.is_callable();
        refuse(changed, BeginAnswer::RecordChanged);
        refuse(self.number_in_use(digits), BeginAnswer::NumberInUse);
        refuse(!self.suppressions(Some(claimed.campaign), digits).is_empty(), BeginAnswer::Suppressed);
        let capped = self.capped_until(claimed.campaign, digits, &contact.row.id, permit.as_millis());
        refuse(capped.is_some(), BeginAnswer::Capped { until: capped.unwrap_or_default() });
        reasons
    }

    fn owns(&self, worker: u32, intent: &Intent) -> bool {
        let claimed = &intent.claimed;
        let own = |claim: &crate::model::Claim| {
            claim.worker == worker && claim.campaign == claimed.campaign && claim.position == claimed.position
        };
        self.claims.iter().any(own)
    }

    /// The last moment for the request of an intent that is written.
    pub fn send_by_us(&self, worker: u32, intent: &Intent) -> i64 {
        let campaign = self.campaign(intent.claimed.campaign);
        let contact = campaign.contact(intent.claimed.position);
        let open = contact.and_then(|contact| campaign.interval(contact, self.now_ms));
        let closes = open.map(|interval| interval.to.as_millis());
        let ends = [self.leases.get(&worker).copied(), closes, campaign.run_until.map(Timestamp::as_millis)];
        let first = ends.into_iter().flatten().map(|end_ms| end_ms * 1000).min().unwrap_or(i64::MAX);
        first.min(intent.claimed.permit_us + limits::SEND_LAG_US as i64)
    }

    /// Does what the store answered to an intent.
    pub fn begin(&mut self, worker: u32, intent: &Intent, answer: BeginAnswer, timeout_ms: i64) {
        let position = intent.claimed.position;
        let rests_until_ms = self.now_ms + limits::NUMBER_BUSY_MS as i64;
        self.drop_claim(worker, intent.claimed.campaign, position);
        if matches!(answer, BeginAnswer::Begun { .. }) {
            self.note_intent(intent);
        }
        if answer == BeginAnswer::Suppressed {
            return self.move_on(intent.attempt());
        }
        let Some(contact) = self.contact_mut(intent.attempt()) else { return };
        match answer {
            BeginAnswer::Begun { send_by_us } => contact.begin(intent, send_by_us, timeout_ms),
            BeginAnswer::NumberInUse => {
                contact.came_back = true;
                contact.rests_until_ms = rests_until_ms;
            }
            BeginAnswer::Capped { until } => {
                contact.state = ContactState::Waiting;
                contact.due = Some(until);
                contact.revision += 1;
                contact.came_back = true;
                contact.rests_until_ms = 0;
            }
            BeginAnswer::ClaimGone => {}
            _ => contact.came_back = true,
        }
    }

    /// Its call counts.
    pub fn note_intent(&mut self, intent: &Intent) {
        let dialed = intent.record.attempts.last().expect("an intent has an attempt").dialed.clone();
        let at = intent.record.attempts.last().expect("an intent has an attempt").started_at;
        self.note_call(&dialed, &intent.contact_id, at);
    }

    /// The attempt never was. Nothing happens unless the contact's last one is just as its intent had it.
    pub fn withdraw(&mut self, attempt: AttemptId, intended: &AttemptRecord, due: Option<Timestamp>) {
        let Some(contact) = self.contact_mut(attempt) else { return };
        if let Some(last) = contact.attempts.pop_if(|last| last.record == *intended) {
            contact.revision += 1;
            contact.next_number = last.record.number;
            contact.state = if contact.attempts.is_empty() { ContactState::Pending } else { ContactState::Waiting };
            contact.due = due;
            contact.came_back = true;
            let id = contact.row.id.clone();
            self.forget_call(&last.record.dialed, &id, last.record.started_at);
        }
    }

    /// The provider took the call.
    pub fn placed(&mut self, attempt: AttemptId, call_id: &str, sent_at: Timestamp) {
        let Some(contact) = self.contact_mut(attempt) else { return };
        let Some(past) = contact.attempts.iter_mut().find(|past| past.record.revision == attempt.revision) else {
            return;
        };
        if past.record.call_id.is_empty() {
            call_id.clone_into(&mut past.record.call_id);
            past.record.started_at = sent_at;
            past.intent_until_ms = None;
            contact.revision += 1;
        }
    }

    /// An attempt ended, or what is known of its end has changed: from in doubt to certain. A certain end stays. The end
    /// of the last attempt decides what becomes of the contact, by the policy of `definition`.
    pub fn conclude(&mut self, attempt: AttemptId, ending: &Ending, definition: &CampaignDefinition) -> bool {
        let past = self.contact(attempt).and_then(|contact| {
            let past = contact.attempts.iter().find(|past| past.record.revision == attempt.revision);
            past.map(|past| (past.record.dialed.clone(), past.record.started_at))
        });
        let id = self.contact(attempt).map(|contact| contact.row.id.clone()).unwrap_or_default();
        let changed = self.end(attempt, ending, definition);
        match past.filter(|_| changed) {
            Some((dialed, started_at)) if !ending.charged => self.forget_call(&dialed, &id, started_at),
            Some((dialed, started_at)) if ending.outcome == Outcome::Answered => self.note_answer(&dialed, started_at),
            _ => {}
        }
        changed
    }

    fn end(&mut self, attempt: AttemptId, ending: &Ending, definition: &CampaignDefinition) -> bool {
        let campaign = self.campaigns.iter_mut().find(|campaign| campaign.id == attempt.campaign);
        let Some(campaign) = campaign else { return false };
        let calendars =
            campaign.contact(attempt.position).map(|contact| campaign.calendars(contact)).unwrap_or_default();
        let Some(contact) = campaign.contact_mut(attempt.position) else { return false };
        let Some(index) = contact.attempts.iter().position(|past| past.record.revision == attempt.revision) else {
            return false;
        };
        let past = &mut contact.attempts[index];
        let is_certain = !ending.charged || ending.outcome != Outcome::Unknown;
        let in_doubt = past.record.outcome == Some(Outcome::Unknown) && is_certain;
        if past.record.outcome.is_some() && !in_doubt {
            return false;
        }
        if !ending.charged {
            if contact.strike(index, ending.at) && campaign.ended.is_none() {
                campaign.reopen();
            }
            return true;
        }
        past.conclude(ending, definition);
        contact.revision += 1;
        if index + 1 < contact.attempts.len() {
            return true;
        }
        contact.due = None;
        contact.rests_until_ms = 0;
        contact.put_off = 0;
        contact.state = ContactState::Held;
        if ending.hold {
            return true;
        }
        match next_step(&definition.retry, &contact.history(), contact.row.numbers.len() as u8, &calendars) {
            NextStep::Finished { state, .. } => contact.state = state,
            NextStep::CallAgain { number, not_before, .. } => {
                contact.state = ContactState::Waiting;
                contact.next_number = number;
                contact.due = Some(not_before);
                let last = &mut contact.attempts[index];
                last.number_until_ms = last.number_until_ms.min(not_before.as_millis());
                last.slot_until_ms = last.slot_until_ms.min(not_before.as_millis());
                if campaign.ended.is_none() {
                    campaign.reopen();
                }
            }
        }
        true
    }

    /// The attempts that nobody has told of in time.
    pub fn in_doubt(&self) -> Vec<AttemptId> {
        let mut found = Vec::new();
        for campaign in &self.campaigns {
            for contact in &campaign.contacts {
                let overdue = |a: &&Attempt| a.intent_until_ms.is_some_and(|until_ms| until_ms <= self.now_ms);
                found.extend(contact.attempts.iter().filter(overdue).map(|attempt| AttemptId {
                    campaign: campaign.id,
                    position: contact.position,
                    revision: attempt.record.revision,
                }));
            }
        }
        found
    }

    /// Whether reaping would find anything.
    pub fn has_overdue(&self) -> bool {
        let is_over = |at_ms: i64| at_ms <= self.now_ms;
        self.leases.values().any(|&end_ms| is_over(end_ms))
            || self.claims.iter().any(|claim| is_over(claim.expires_ms))
            || self.attempts().any(|attempt| attempt.intent_until_ms.is_some_and(is_over))
    }

    /// Forgets workers whose lease is over, and `leaving`; nobody waits for what they were dialing.
    pub fn end_leases(&mut self, leaving: Option<u32>) -> usize {
        let now_ms = self.now_ms;
        if self.recovering_until_ms > now_ms {
            return 0;
        }
        let before = self.leases.len();
        let dead: Vec<u32> = self
            .leases
            .iter()
            .filter(|&(&worker, &end_ms)| end_ms <= now_ms || Some(worker) == leaving)
            .map(|(&worker, _)| worker)
            .collect();
        self.leases.retain(|worker, _| !dead.contains(worker));
        let attempts =
            self.campaigns.iter_mut().flat_map(|campaign| &mut campaign.contacts).flat_map(|c| &mut c.attempts);
        for attempt in attempts.filter(|attempt| dead.contains(&attempt.record.worker)) {
            attempt.intent_until_ms = attempt.intent_until_ms.map(|until_ms| until_ms.min(now_ms));
        }
        before - self.leases.len()
    }
}

impl Contact {
    pub fn begin(&mut self, intent: &Intent, send_by_us: i64, timeout_ms: i64) {
        let record = intent.record.attempts.last().expect("an intent has an attempt").clone();
        self.revision = intent.record.revision;
        self.state = ContactState::Active;
        self.due = None;
        self.attempts.push(Attempt {
            digits: record.dialed.clone(),
            record,
            slot_until_ms: intent.slot_until.as_millis(),
            number_until_ms: intent.number_until.as_millis(),
            intent_until_ms: Some((send_by_us + 999) / 1000 + timeout_ms + limits::INTENT_GRACE_MS as i64),
        });
    }
}

impl Contact {
    /// The attempt is not charged: it never was. After the last one the contact comes up again after 30 s, and after twice
    /// as long each time in a row, at most 5 min; then it answers true.
    fn strike(&mut self, index: usize, at: Timestamp) -> bool {
        let is_last = index + 1 == self.attempts.len();
        let past = self.attempts.remove(index);
        self.revision += 1;
        if !is_last {
            return false;
        }
        self.next_number = past.record.number;
        self.state = if self.attempts.is_empty() { ContactState::Pending } else { ContactState::Waiting };
        self.due = Some(at + Duration::from_secs([30, 60, 120, 240, 300][usize::from(self.put_off).min(4)]));
        self.put_off = (self.put_off + 1).min(15);
        self.came_back = true;
        self.rests_until_ms = 0;
        true
    }
}

impl Attempt {
    /// One in doubt may be ringing, one submitted may be talking: they keep their slot and their number for a while, unless
    /// the provider says that they are over.
    fn conclude(&mut self, ending: &Ending, definition: &CampaignDefinition) {
        let record: &mut AttemptRecord = &mut self.record;
        record.outcome = Some(ending.outcome);
        record.ended_at = Some(ending.at.max(record.started_at));
        record.provider_status.clone_from(&ending.provider_status);
        record.reason.clone_from(&ending.reason);
        self.intent_until_ms = None;
        let results = &definition.results;
        let held = match ending.outcome {
            _ if ending.is_over => None,
            Outcome::Unknown => Some(record.started_at + results.max_call.duration()),
            Outcome::Submitted => Some(record.started_at + results.assume_call.duration()),
            _ => None,
        };
        match held.filter(|&until| until > ending.at) {
            Some(until) => {
                self.number_until_ms = until.as_millis();
                self.slot_until_ms = self.slot_until_ms.min(until.as_millis());
            }
            None => (self.slot_until_ms, self.number_until_ms) = (0, 0),
        }
    }
}
