//! Intents.

use rand::Rng;
use redial_shared::{
    domain::{AttemptId, Outcome, Timestamp, transition},
    store::{BeginAnswer, Intent, PollEntry, limits::SEND_LAG_US},
};

use crate::{
    journal::Entry,
    world::{Call, Fate, Job, Step, TIMEOUT, World, failed},
};

impl World {
    /// A worker begins some of what it has claimed: mostly just before the permits, sometimes late.
    pub async fn begin(&mut self) -> Step {
        let busy: Vec<_> = (0..self.workers.len()).filter(|&worker| !self.workers[worker].jobs.is_empty()).collect();
        if busy.is_empty() {
            return self.claim().await;
        }
        let worker = self.pick(&busy);
        if self.chance(10) {
            self.late_truth(worker).await?;
        }
        let count = self.random.random_range(1..=self.workers[worker].jobs.len());
        let jobs: Vec<_> = self.workers[worker].jobs.drain(..count).collect();
        if self.chance(70) {
            let first_us = jobs.iter().map(|job| job.claimed.permit_us).min().unwrap_or(0);
            self.advance_to(first_us / 1000 - 12);
        }
        let fate = self.fate();
        self.begin_jobs(worker, jobs, fate).await
    }

    pub async fn begin_jobs(&mut self, worker: usize, jobs: Vec<Job>, fate: Fate) -> Step {
        let number = self.workers[worker].number;
        let intents: Vec<_> = jobs.iter().map(|job| intent(job, number)).collect();
        let ids: Vec<_> = intents.iter().map(|intent| intent.attempt().to_string()).collect();
        self.note(format!("worker {number} begins {} ({fate:?})", ids.join(" ")));
        let answers = match fate {
            Fate::NeverSent => vec![BeginAnswer::ClaimGone; intents.len()],
            _ => self.store.begin(number, &intents, TIMEOUT).await.map_err(failed)?,
        };
        for ((job, intent), answer) in jobs.into_iter().zip(intents).zip(answers) {
            if fate != Fate::NeverSent {
                self.check_begin(number, &intent, answer)?;
            }
            if fate == Fate::Answered && matches!(answer, BeginAnswer::Begun { .. }) {
                self.journal(worker, Entry::Begun(intent.clone()));
            }
            // Where no answer comes, nothing is sent, and the worker withdraws what may have been written.
            let sent_at = match answer {
                BeginAnswer::Begun { send_by_us } if fate == Fate::Answered => self.send(&intent, send_by_us),
                _ => None,
            };
            if let Some(sent_at) = sent_at {
                self.rings(worker, &intent, sent_at)?;
            }
            if fate != Fate::Answered || matches!(answer, BeginAnswer::Begun { .. }) {
                let record = intent.record.clone();
                self.workers[worker].calls.push(Call { record, intent, info: job.info, sent_at });
            }
        }
        Ok(())
    }

    fn check_begin(&mut self, worker: u32, intent: &Intent, answer: BeginAnswer) -> Step {
        let refusals = self.model.refusals(worker, intent);
        let attempt = intent.attempt();
        self.note(format!("  {attempt}: {answer:?}"));
        match answer {
            BeginAnswer::Begun { send_by_us } if refusals.is_empty() => {
                let expected = self.model.send_by_us(worker, intent);
                if send_by_us != expected {
                    return Err(format!("{attempt} may be sent until {send_by_us}, not until {expected}"));
                }
                if !self.begun.insert(attempt) {
                    return Err(format!("{attempt} was begun before"));
                }
                let campaign = self.model.campaign(attempt.campaign);
                let contact = campaign.contact(attempt.position).ok_or("no contact")?;
                if contact.attempts.len() >= campaign.max_attempts {
                    return Err(format!("{attempt} is one attempt too many"));
                }
            }
            BeginAnswer::Begun { .. } => return Err(format!("{attempt} was begun in spite of {refusals:?}")),
            refused if refusals.contains(&refused) => {}
            refused => return Err(format!("{attempt} was refused as {refused:?}; the model knows of {refusals:?}")),
        }
        self.model.begin(worker, intent, answer, TIMEOUT.as_millis() as i64);
        Ok(())
    }

    /// The request leaves between its permit and `send_by`, unless something holds it up.
    fn send(&mut self, intent: &Intent, send_by_us: i64) -> Option<Timestamp> {
        let lag_us = self.random.random_range(0..SEND_LAG_US as i64 * 5 / 4);
        let sent_us = intent.claimed.permit_us.max(self.model.now_ms * 1000) + lag_us;
        (sent_us <= send_by_us).then(|| Timestamp::from_millis(sent_us / 1000))
    }
}

/// The intent for a claimed contact's next number, as a worker makes it.
fn intent(job: &Job, worker: u32) -> Intent {
    let Job { claimed, before, info, row } = job;
    let permit = Timestamp::from_millis(claimed.permit_us / 1000);
    let results = &info.definition.results;
    let digits = row.numbers[usize::from(before.next_number)].digits();
    let last = before.attempts.last().filter(|last| last.outcome == Some(Outcome::Unknown) && !last.call_id.is_empty());
    Intent {
        claimed: claimed.clone(),
        contact_id: row.id.clone(),
        record: transition::begin(before, digits, permit, worker),
        slot_until: permit + results.max_call.duration(),
        number_until: permit + results.give_up.duration().max(results.max_call.duration()),
        ends_poll: last.map(|last| PollEntry {
            attempt: AttemptId { campaign: claimed.campaign, position: claimed.position, revision: last.revision },
            started_at: last.started_at,
            call_id: last.call_id.clone(),
        }),
    }
}
