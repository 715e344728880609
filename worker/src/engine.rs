//! What all tasks of a worker share: the store, its number, its journal, and the three group commits of an attempt's life.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use redial_shared::{
    domain::{AttemptId, transition::Ending},
    store::{BeginAnswer, Intent, Placed, Settled, Settlement, Store, StoreError},
};

use crate::{
    batch::Batcher,
    journal::{Entry, Journal},
};

/// Intents that are due within this time are written together.
const BEGIN_GATHER: Duration = Duration::from_millis(3);
/// Pauses between tries while Redis is away.
const AWAY_PAUSES: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(100), Duration::from_millis(250), Duration::from_millis(500)];

/// Shared by all tasks of one worker process.
pub(crate) struct Engine {
    pub(crate) store: Store,
    pub(crate) journal: Arc<Journal>,
    worker: AtomicU32,
    placed: Batcher<Placed, Option<Settled>>,
    ended: Batcher<Settlement, Option<Settled>>,
}

impl Engine {
    pub(crate) fn new(store: Store, worker: u32) -> Arc<Self> {
        let journal = Arc::new(Journal::new(store.restarts()));
        let placed = {
            let (store, journal) = (store.clone(), journal.clone());
            Batcher::spawn(Duration::ZERO, move |calls: Vec<Placed>| {
                let (store, journal) = (store.clone(), journal.clone());
                async move {
                    journal.note(calls.iter().cloned().map(Entry::Placed));
                    let answers = persist("placed", || store.placed(&calls)).await;
                    journal.forget_old();
                    answered(calls.len(), answers)
                }
            })
        };
        let ended = {
            let (store, journal) = (store.clone(), journal.clone());
            Batcher::spawn(Duration::ZERO, move |settlements: Vec<Settlement>| {
                let (store, journal) = (store.clone(), journal.clone());
                async move {
                    journal.note(settlements.iter().cloned().map(Entry::Ended));
                    let answers = persist("conclude", || store.conclude(&settlements)).await;
                    journal.forget_old();
                    answered(settlements.len(), answers)
                }
            })
        };
        Arc::new(Self { store, journal, worker: AtomicU32::new(worker), placed, ended })
    }

    /// The number under which this process works now. It changes when a lease is lost.
    pub(crate) fn worker(&self) -> u32 {
        self.worker.load(Ordering::Relaxed)
    }

    pub(crate) fn set_worker(&self, worker: u32) {
        self.worker.store(worker, Ordering::Relaxed);
    }

    /// A batcher for the intents of one account.
    pub(crate) fn begins(&self, timeout: Duration) -> Batcher<(u32, Intent), BeginAnswer> {
        let (store, journal) = (self.store.clone(), self.journal.clone());
        Batcher::spawn(BEGIN_GATHER, move |intents: Vec<(u32, Intent)>| {
            let (store, journal) = (store.clone(), journal.clone());
            async move { begin(&store, &journal, intents, timeout).await }
        })
    }

    /// Notes that the provider took a call. Goes on trying while Redis is away.
    pub(crate) async fn placed(&self, placed: Placed) -> Option<Settled> {
        self.placed.commit(placed).await.flatten()
    }

    /// Writes an attempt's end. Goes on trying while Redis is away. When the record has changed meanwhile, the ending is
    /// applied to it as it is now; none: there is nothing to apply, such as for a withdrawal.
    pub(crate) async fn end(&self, settlement: Settlement, ending: Option<(AttemptId, Ending)>) -> Option<Settled> {
        let settled = self.ended.commit(settlement).await.flatten();
        if let (Some(Settled::Stale(_)), Some(ending)) = (&settled, ending) {
            self.end_by_record(vec![ending]).await;
        }
        settled
    }

    /// Ends attempts from their records as they are now. Goes on trying while Redis is away.
    pub(crate) async fn end_by_record(&self, endings: Vec<(AttemptId, Ending)>) {
        persist("end_attempts", || self.store.end_attempts(endings.clone())).await;
    }
}

/// Begins intents. Where the reply is lost nothing is dialed, and the intents are withdrawn if they were written.
async fn begin(
    store: &Store,
    journal: &Arc<Journal>,
    intents: Vec<(u32, Intent)>,
    timeout: Duration,
) -> Vec<BeginAnswer> {
    let mut answers = Vec::with_capacity(intents.len());
    // A lease that was lost between two intents makes two batches.
    for same_worker in intents.chunk_by(|a, b| a.0 == b.0) {
        let worker = same_worker[0].0;
        let batch: Vec<Intent> = same_worker.iter().map(|(_, intent)| intent.clone()).collect();
        match store.begin(worker, &batch, timeout).await {
            Ok(some) => {
                let begun =
                    batch.into_iter().zip(&some).filter(|(_, answer)| matches!(answer, BeginAnswer::Begun { .. }));
                journal.note(begun.map(|(intent, _)| Entry::Begun(intent, timeout)));
                journal.forget_old();
                answers.extend(some);
            }
            Err(error) => {
                tracing::warn!(%error, intents = batch.len(), "begin failed; nothing is dialed");
                tokio::spawn(withdraw_unanswered(store.clone(), journal.clone(), batch));
                answers.extend(same_worker.iter().map(|_| BeginAnswer::ClaimGone));
            }
        }
    }
    answers
}

/// An intent whose reply was lost may have been written. Nothing was sent for it: the attempt never was.
async fn withdraw_unanswered(store: Store, journal: Arc<Journal>, intents: Vec<Intent>) {
    for intent in intents {
        let attempt = intent.attempt();
        let Ok(info) = store.info(attempt.campaign, 0).await else { continue };
        if let Some(withdrawal) = info.withdrawal(&intent, &intent.record, None, "Redis did not answer in time") {
            journal.note([Entry::Ended(withdrawal.clone())]);
            persist("withdraw", || store.conclude(std::slice::from_ref(&withdrawal))).await;
        }
    }
}

fn answered(count: usize, answers: Option<Vec<Settled>>) -> Vec<Option<Settled>> {
    match answers {
        Some(answers) => answers.into_iter().map(Some).collect(),
        None => vec![None; count],
    }
}

/// Repeats a write until Redis takes it. Every write compares the record's revision, so a repeated one changes nothing.
/// None when Redis refuses it, which is logged: the intent's reaping will settle the attempt.
pub(crate) async fn persist<Answer, Trying>(what: &str, mut write: impl FnMut() -> Trying) -> Option<Answer>
where
    Trying: Future<Output = Result<Answer, StoreError>>,
{
    let mut tries = 0;
    loop {
        match write().await {
            Ok(answer) => return Some(answer),
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, what, "Redis is away; the write is repeated");
                tokio::time::sleep(AWAY_PAUSES[tries.min(AWAY_PAUSES.len() - 1)]).await;
                tries += 1;
            }
            Err(error) => {
                tracing::error!(%error, what, "a write was refused");
                return None;
            }
        }
    }
}
