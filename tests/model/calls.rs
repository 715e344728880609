//! The calls that were really made, whatever Redis knows of them.

use redial_shared::{
    domain::{AttemptId, Timestamp},
    store::Intent,
};

use crate::world::{Step, World};

impl World {
    /// A request was sent: a phone rings that nobody else calls.
    pub fn rings(&mut self, worker: usize, intent: &Intent, sent_at: Timestamp) -> Step {
        let attempt = intent.attempt();
        let digits = intent.record.attempts.last().map_or(String::new(), |last| last.dialed.clone());
        if let Some((other, until_ms)) = self.ringing.get(&digits).filter(|(_, until)| *until > sent_at.as_millis()) {
            return Err(format!("{attempt} calls {digits}, which {other} calls until {until_ms}"));
        }
        self.ringing.insert(digits, (attempt, intent.number_until.as_millis()));
        self.workers[worker].sent.push(attempt);
        match self.calls.insert(attempt) {
            true => Ok(()),
            false => Err(format!("a call was made for {attempt} before")),
        }
    }

    /// A call has ended, or is not known to go on.
    pub fn is_over(&mut self, attempt: AttemptId) {
        self.ringing.retain(|_, (one, _)| *one != attempt);
    }

    /// Every call that was made stands in the record of its contact.
    pub fn check_calls_are_known(&self) -> Step {
        match self.calls.iter().find(|attempt| !self.model.knows(**attempt)) {
            None => Ok(()),
            Some(attempt) => Err(format!("a call was made for {attempt}, of which its contact does not know")),
        }
    }

    /// Forgets what nobody can know any more: calls of contacts that Redis has lost, and those of which only a process
    /// that is gone knew.
    pub fn forget_calls(&mut self) {
        let is_alive = |attempt: &AttemptId| self.workers.iter().any(|worker| worker.sent.contains(attempt));
        let is_known = |attempt: &AttemptId| {
            self.model.contact(*attempt).is_some() && (self.model.knows(*attempt) || is_alive(attempt))
        };
        self.calls.retain(is_known);
        self.begun.retain(is_known);
        let calls = &self.calls;
        self.ringing.retain(|_, (attempt, _)| calls.contains(attempt));
    }
}
