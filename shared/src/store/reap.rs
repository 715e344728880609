//! Reaping: what a process that died, or a reply that was lost, left behind. Any process may do it.

use super::{Store, StoreError};
use crate::domain::{AttemptId, Outcome, learned::Captured, transition::Ending};

/// Claims and intents reaped in one go.
const REAP_BATCH: usize = 256;

/// What one round of reaping did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reaped {
    /// Workers whose lease had run out.
    pub workers: u64,
    /// Contacts returned to their lanes: nothing had rung.
    pub claims: usize,
    /// Attempts that are now in doubt.
    pub in_doubt: usize,
}

impl Store {
    /// One round: ends leases, returns claims, and concludes overdue intents as `unknown`.
    ///
    /// # Errors
    /// When Redis does not answer: the next round does it.
    pub async fn reap(&self) -> Result<Reaped, StoreError> {
        let workers = self.end_leases(None).await?;
        let claims = self.reap_claims(REAP_BATCH).await?;
        let overdue = self.overdue_intents(REAP_BATCH).await?;
        let mut reaped = Reaped { workers, claims, in_doubt: 0 };
        if overdue.is_empty() {
            return Ok(reaped);
        }
        let ending = Ending {
            outcome: Outcome::Unknown,
            provider_status: String::new(),
            duration_s: None,
            reason: "the worker that dialed it did not tell what became of it".to_owned(),
            hold: false,
            is_over: false,
            captured: Captured::default(),
            charged: true,
            at: self.clock().now(),
        };
        reaped.in_doubt =
            self.end_attempts(overdue.iter().map(|(attempt, _)| (*attempt, ending.clone())).collect()).await?;
        self.drop_settled_intents(&overdue).await?;
        Ok(reaped)
    }

    /// Forgets intents whose attempts are not live: they have been settled.
    async fn drop_settled_intents(&self, intents: &[(AttemptId, u32)]) -> Result<(), StoreError> {
        let records = self.records(intents.iter().map(|(attempt, _)| *attempt)).await?;
        let live = |attempt: &AttemptId, record: &Option<crate::domain::record::Record>| {
            let past = record.iter().flat_map(|record| &record.attempts).find(|past| past.revision == attempt.revision);
            past.is_some_and(|past| past.outcome.is_none())
        };
        let mut command = redis::cmd("ZREM");
        command.arg(self.connection.keys().intents());
        let mut settled = 0;
        for ((attempt, worker), record) in intents.iter().zip(&records) {
            if !live(attempt, record) {
                let AttemptId { campaign, position, revision } = attempt;
                command.arg(format!("{campaign}:{position}:{revision}:{worker}"));
                settled += 1;
            }
        }
        if settled > 0 { self.connection.query::<i64>(&command).await.map(drop) } else { Ok(()) }
    }
}
