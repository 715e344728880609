//! What workers tell of their calls: placed, ended, withdrawn.

use std::time::Duration;

use rand::Rng;
use redial_shared::{
    domain::{
        Outcome, Timestamp,
        learned::Captured,
        transition::{self, Ending},
    },
    store::{Placed, PollEntry, Settled, Settlement},
};

use crate::{
    journal::Entry,
    world::{Call, Fate, Step, World, failed, same},
};

impl World {
    /// A worker tells what became of one of its calls.
    pub async fn settle(&mut self) -> Step {
        let busy: Vec<_> = (0..self.workers.len()).filter(|&worker| !self.workers[worker].calls.is_empty()).collect();
        if busy.is_empty() {
            return self.begin().await;
        }
        let worker = self.pick(&busy);
        let index = self.random.random_range(0..self.workers[worker].calls.len());
        let call = self.workers[worker].calls.remove(index);
        let fate = self.fate();
        self.settle_call(worker, call, fate).await
    }

    pub async fn settle_call(&mut self, worker: usize, call: Call, fate: Fate) -> Step {
        let Some(sent_at) = call.sent_at else { return self.withdraw(worker, &call, fate).await };
        self.advance_to(sent_at.as_millis());
        let (outcome, hold) = match self.random.random_range(0..20) {
            0..11 => return self.placed(worker, &call, sent_at, fate).await,
            11..13 => return self.withdraw(worker, &call, fate).await,
            13 => (Outcome::InvalidNumber, false),
            14 => (Outcome::Rejected, false),
            15 => (Outcome::Error, false),
            16 => (Outcome::Error, true),
            17 => (Outcome::Submitted, false),
            _ => (Outcome::Unknown, false),
        };
        let ending = self.ending(outcome, hold);
        self.end(worker, &call, sent_at, ending, fate).await
    }

    pub fn ending(&mut self, outcome: Outcome, hold: bool) -> Ending {
        let provider_status = format!("status {}", self.next_serial());
        Ending {
            outcome,
            provider_status,
            duration_s: None,
            reason: if hold { "a human must look at it".to_owned() } else { String::new() },
            hold,
            is_over: false,
            charged: true,
            at: self.model.now(),
            captured: Captured::default(),
        }
    }

    /// The provider took the call. A worker repeats this until it is answered, and by the record as it is now if that
    /// has changed meanwhile.
    async fn placed(&mut self, worker: usize, call: &Call, sent_at: Timestamp, fate: Fate) -> Step {
        let attempt = call.intent.attempt();
        let call_id = format!("call-{}", self.next_serial());
        self.note(format!("{attempt} placed as {call_id} ({fate:?})"));
        let mut record = call.record.clone();
        let mut noted = false;
        let tries = if fate == Fate::ReplyLost { 2 } else { 1 };
        for _ in 0..tries {
            while let Some(placed) = transition::placed(&record, attempt.revision, &call_id, sent_at) {
                let entry = PollEntry { attempt, started_at: sent_at, call_id: call_id.clone() };
                let first = sent_at + call.info.definition.results.poll_first.duration();
                let number = call.record.attempts.last().expect("it has this attempt").worker;
                // An answer may come before the call's own response; then there is nothing to poll for.
                let known = placed.attempts.iter().find(|past| past.revision == attempt.revision);
                let outcome = known.and_then(|past| past.outcome);
                let open = outcome.is_none_or(|outcome| outcome == Outcome::Unknown);
                let poll = open.then_some((entry, first));
                let placed = Placed { attempt, record: placed, worker: number, poll, findable: None };
                if !std::mem::replace(&mut noted, true) {
                    self.journal(worker, Entry::Placed(placed.clone()));
                }
                match self.store.placed(&[placed]).await.map_err(failed)?.remove(0) {
                    Settled::Stale(Some(present)) => record = present,
                    Settled::Stale(None) | Settled::Written => break,
                }
            }
        }
        self.model.placed(attempt, &call_id, sent_at);
        Ok(())
    }

    async fn end(&mut self, worker: usize, call: &Call, sent_at: Timestamp, ending: Ending, fate: Fate) -> Step {
        let attempt = call.intent.attempt();
        self.is_over(attempt);
        self.note(format!("{attempt} ended by its worker: {} ({fate:?})", ending.outcome));
        let mut record = call.record.clone();
        record.attempts.last_mut().expect("it has this attempt").started_at = sent_at;
        let settlement = call.info.settlement(attempt, &record, &ending).ok_or("nothing to settle")?;
        let unchanged = self.model.contact_mut(attempt).is_some_and(|contact| contact.revision == record.revision);
        let info = call.info.clone();
        self.journal(worker, Entry::Ended { settlement: settlement.clone(), sent_at, ending: ending.clone(), info });
        let settled = self.write(&settlement, fate).await?;
        same("written", settled == Settled::Written, unchanged)?;
        if unchanged {
            let contact = self.model.contact_mut(attempt).expect("it is unchanged");
            contact.attempts.last_mut().expect("it has this attempt").record.started_at = sent_at;
            self.model.conclude(attempt, &ending, &call.info.definition);
            return Ok(());
        }
        self.end_attempts(vec![(attempt, ending)]).await
    }

    /// Nothing was sent, or it was refused without charge.
    async fn withdraw(&mut self, worker: usize, call: &Call, fate: Fate) -> Step {
        let attempt = call.intent.attempt();
        let intended = call.record.attempts.last().expect("it has this attempt").clone();
        let due = self.chance(30).then(|| self.model.now() + Duration::from_secs(self.random.random_range(0..90)));
        self.note(format!("{attempt} withdrawn by {} until {due:?} ({fate:?})", intended.worker));
        let withdrawal = call.info.withdrawal(&call.intent, &call.record, due, "").ok_or("nothing to withdraw")?;
        self.journal(worker, Entry::Withdrawn { settlement: withdrawal.clone(), intended: intended.clone(), due });
        self.is_over(attempt);
        self.calls.remove(&attempt);
        let mut settled = self.write(&withdrawal, fate).await?;
        while let Settled::Stale(Some(present)) = settled {
            // Some other attempt of the contact has got its answer meanwhile; this one is still to be withdrawn.
            let it = present.attempts.last() == Some(&intended);
            let Some(again) = call.info.withdrawal(&call.intent, &present, due, "").filter(|_| it) else { break };
            settled = self.write(&again, Fate::Answered).await?;
        }
        self.model.withdraw(attempt, &intended, due);
        Ok(())
    }

    /// Workers repeat a settlement until it is answered.
    async fn write(&mut self, settlement: &Settlement, fate: Fate) -> Result<Settled, String> {
        let one = std::slice::from_ref(settlement);
        let mut settled = self.store.conclude(one).await.map_err(failed)?.remove(0);
        if fate == Fate::ReplyLost {
            let again = self.store.conclude(one).await.map_err(failed)?.remove(0);
            same("the repeated settlement", &again, &settled)?;
            settled = again;
        }
        self.settled.push(settlement.clone());
        Ok(settled)
    }

    /// A settlement comes once more, long after.
    pub async fn settle_again(&mut self) -> Step {
        if self.settled.is_empty() {
            return self.settle().await;
        }
        let settlement = self.pick(&self.settled.clone());
        self.note(format!("{} settled once more", settlement.attempt));
        self.store.conclude(&[settlement]).await.map(drop).map_err(failed)
    }
}
