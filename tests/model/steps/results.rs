//! Answers from the provider: polled, pushed, late, twice, and contradicting each other.

use std::time::Duration;

use rand::Rng;
use redial_shared::{
    domain::{AttemptId, Outcome, polling, transition::Ending},
    store::{Claimed, Heard, HookTerms, PollEntry, Reaped, StoreError, Told, limits},
};

use crate::world::{ACCOUNTS, Job, Step, World, failed, same};

/// What providers answer.
const ANSWERS: [Outcome; 9] = [
    Outcome::Answered,
    Outcome::Answered,
    Outcome::Voicemail,
    Outcome::Busy,
    Outcome::Busy,
    Outcome::NoAnswer,
    Outcome::NoAnswer,
    Outcome::TemporarilyUnavailable,
    Outcome::Unknown,
];
/// How long a worker that polls is waited for.
const TAKEN: Duration = Duration::from_secs(7);
const SEND_LAG: Duration = Duration::from_micros(limits::SEND_LAG_US);
const FILL: Duration = Duration::from_millis(500);
const HOOK: HookTerms = HookTerms { keep_early: TAKEN, poll_in: Some(FILL) };

impl World {
    pub async fn poll(&mut self) -> Step {
        let (account, most) = (self.pick(&ACCOUNTS), self.random.random_range(1..8));
        if self.chance(60) {
            self.advance(1_000);
        }
        let finished = self.random.random_range(20..90);
        self.poll_for(account, most, finished).await.map(drop)
    }

    /// Polls one batch; of the calls, `finished` in a hundred have ended. Answers how many were asked for, and when the
    /// next one is due.
    pub async fn poll_for(
        &mut self,
        account: &str,
        most: usize,
        finished: u32,
    ) -> Result<(usize, Option<i64>), String> {
        let taken = self.store.take_polls(account, most, TAKEN, FILL).await.map_err(failed)?;
        let (entries, next) = (taken.entries, taken.next_due);
        let asked = entries.len();
        if self.chance(5) {
            return Ok((asked, next.map(|next| next.as_millis())));
        }
        let (mut endings, mut again, mut over) = (Vec::new(), Vec::new(), Vec::new());
        for entry in entries {
            self.check_polled(account, &entry)?;
            if self.chance(finished) {
                let outcome = self.pick(&ANSWERS);
                endings.push((entry.attempt, self.answer(outcome)));
                if outcome != Outcome::Unknown {
                    over.push(entry);
                }
                continue;
            }
            let results = self.model.campaign(entry.attempt.campaign).definition.results.clone();
            let age = self.model.now().since(entry.started_at);
            if age >= results.give_up.duration() {
                endings.push((entry.attempt, self.ending(Outcome::Unknown, false)));
            }
            match polling::next_poll(&results, age) {
                Some(pause) => again.push((entry, self.model.now() + pause)),
                None => over.push(entry),
            }
        }
        self.note(format!("poll {account}: {} ended, {} go on, {} no more", endings.len(), again.len(), over.len()));
        self.store.poll_again(account, &again).await.map_err(failed)?;
        self.end_attempts(endings).await?;
        self.store.end_polls(account, &over).await.map_err(failed)?;
        Ok((asked, next.map(|next| next.as_millis())))
    }

    /// What a provider says of a call that is over; some it does not charge.
    fn answer(&mut self, outcome: Outcome) -> Ending {
        let charged = outcome == Outcome::Unknown || !self.chance(10);
        Ending { charged, is_over: self.chance(50), ..self.ending(outcome, false) }
    }

    /// Only calls of which more is to be learned are asked for.
    fn check_polled(&mut self, account: &str, entry: &PollEntry) -> Step {
        let has_moved = self.model.campaign(entry.attempt.campaign).definition.provider != account;
        let contact = self.model.contact_mut(entry.attempt).ok_or("a poll for no contact")?;
        let of = |attempt: &&crate::model::Attempt| attempt.record.revision == entry.attempt.revision;
        let Some(attempt) = contact.attempts.iter().find(of) else {
            // It was missed at the provider, and not charged.
            return if has_moved || self.redis_has_crashed {
                Ok(())
            } else {
                Err(format!("{} is polled and is not", entry.attempt))
            };
        };
        same("call id", entry.call_id.as_str(), attempt.record.call_id.as_str())?;
        same("started at", entry.started_at, attempt.record.started_at)?;
        let open = attempt.record.outcome.is_none_or(|outcome| outcome == Outcome::Unknown);
        if open || has_moved || self.redis_has_crashed {
            Ok(())
        } else {
            Err(format!("{} is polled after its end", entry.attempt))
        }
    }

    /// Answers to any attempts that ever were, often to those in doubt.
    pub async fn webhook(&mut self) -> Step {
        let only_in_doubt = self.chance(40);
        let mut attempts = Vec::new();
        for campaign in &self.model.campaigns {
            for contact in &campaign.contacts {
                let id = |revision| AttemptId { campaign: campaign.id, position: contact.position, revision };
                let records = contact.attempts.iter().map(|attempt| &attempt.record);
                let asked_for = records.filter(|record| !only_in_doubt || record.outcome == Some(Outcome::Unknown));
                attempts.extend(asked_for.map(|record| (id(record.revision), record.started_at)));
            }
        }
        if attempts.is_empty() {
            return self.begin().await;
        }
        let mut endings = Vec::new();
        for _ in 0..self.random.random_range(1..=3) {
            let ((attempt, started_at), outcome) = (self.pick(&attempts), self.pick(&ANSWERS));
            // Nothing is answered before it was sent.
            self.advance_to((started_at + SEND_LAG).as_millis());
            endings.push((attempt, self.answer(outcome)));
        }
        if self.chance(50) {
            let (attempt, ending) = endings.remove(0);
            self.hear(attempt, ending).await?;
        }
        self.end_attempts(endings).await
    }

    /// The same through the hook of the account that placed the call, signed.
    async fn hear(&mut self, attempt: AttemptId, ending: Ending) -> Step {
        let started_at = self.model.contact_mut(attempt).and_then(|contact| {
            let found = contact.attempts.iter().find(|past| past.record.revision == attempt.revision);
            found.map(|past| past.record.started_at)
        });
        let info = self.store.fresh_info(attempt.campaign).await.map_err(failed)?;
        let account = info.account_at(started_at.ok_or("an answer to no attempt")?).to_owned();
        self.note(format!("hook of {account}: {attempt} {}", ending.outcome));
        let told = Told {
            call_id: String::new(),
            attempt: Some(attempt),
            ending: Some(ending.clone()),
            report: serde_json::Value::Null,
            proved: true,
        };
        let heard = match self.store.hear(&account, &told, &HOOK).await {
            Err(StoreError::Unwilling(_)) => None,
            heard => Some(heard.map_err(failed)?),
        };
        same("hooks wait", heard.is_none(), self.model.recovering_until_ms > self.model.now_ms)?;
        let Some(heard) = heard else { return Ok(()) };
        self.is_over(attempt);
        same("heard", heard == Heard::Settled, self.conclude(attempt, &ending))
    }

    /// What a worker is about to call has answered after all: its former attempt was in doubt.
    pub async fn late_truth(&mut self, worker: usize) -> Step {
        let in_doubt = |job: &Job| {
            let last = job.claimed.record.as_ref()?.attempts.last()?;
            let Claimed { campaign, position, .. } = job.claimed;
            let id = AttemptId { campaign, position, revision: last.revision };
            (last.outcome == Some(Outcome::Unknown)).then_some(id)
        };
        let attempts: Vec<_> = self.workers[worker].jobs.iter().filter_map(in_doubt).collect();
        let mut endings = Vec::new();
        for attempt in attempts {
            let outcome = self.pick(&ANSWERS);
            endings.push((attempt, self.answer(outcome)));
        }
        if endings.is_empty() { Ok(()) } else { self.end_attempts(endings).await }
    }

    pub async fn end_attempts(&mut self, endings: Vec<(AttemptId, Ending)>) -> Step {
        let shown: Vec<_> = endings.iter().map(|(attempt, ending)| format!("{attempt} {}", ending.outcome)).collect();
        self.note(format!("answers: {}", shown.join(", ")));
        let written = self.store.end_attempts(endings.clone()).await.map_err(failed)?;
        let mut expected = 0;
        for (attempt, ending) in &endings {
            self.is_over(*attempt);
            expected += usize::from(self.conclude(*attempt, ending));
        }
        same("answers written", written, expected)
    }

    /// By the campaign's present definition; false when there is nothing to conclude.
    fn conclude(&mut self, attempt: AttemptId, ending: &Ending) -> bool {
        let campaign = self.model.campaigns.iter().find(|campaign| campaign.id == attempt.campaign);
        let definition = campaign.map(|campaign| campaign.definition.clone());
        let is_concluded = definition.is_some_and(|definition| self.model.conclude(attempt, ending, &definition));
        if is_concluded && !ending.charged {
            self.calls.remove(&attempt);
        }
        is_concluded
    }

    /// Reaps, sometimes just after a lease has ended.
    pub async fn reap_later(&mut self) -> Step {
        if self.chance(30) {
            let worker = self.some_worker(|worker| !worker.calls.is_empty());
            self.advance_to(self.lease_end_ms(worker));
        }
        self.reap().await.map(drop)
    }

    /// Answers whether there was anything to reap.
    pub async fn reap(&mut self) -> Result<bool, String> {
        let reaped = self.store.reap().await.map_err(failed)?;
        let workers = self.model.end_leases(None) as u64;
        let claims = self.model.reap_claims();
        let overdue =
            if self.model.recovering_until_ms > self.model.now_ms { Vec::new() } else { self.model.in_doubt() };
        let ending = Ending { provider_status: String::new(), ..self.ending(Outcome::Unknown, false) };
        let reason = "the worker that dialed it did not tell what became of it".to_owned();
        let ending = Ending { reason, ..ending };
        for attempt in &overdue {
            self.is_over(*attempt);
            self.conclude(*attempt, &ending);
        }
        self.note(format!("reap: {reaped:?}"));
        same("reaped", reaped, Reaped { workers, claims, in_doubt: overdue.len() })?;
        Ok(reaped != Reaped::default())
    }
}
