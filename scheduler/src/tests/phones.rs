//! A worker whose calls take as long and end as the test says, by a clock that is moved by hand.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use rand::{Rng, SeedableRng, rngs::SmallRng};
use redial_shared::{
    domain::{
        AttemptId, CampaignId, ContactPosition, Outcome, Timestamp, learned::Captured, record::Record, transition,
        transition::Ending,
    },
    store::{BeginAnswer, Claim, Claimed, Intent, Placed, Store},
};

const TIMEOUT: Duration = Duration::from_secs(10);
const SLOT: Duration = Duration::from_secs(900);
const LONG: Duration = Duration::from_secs(400 * 24 * 3600);
const BATCH: usize = 50;
/// Claims at one instant.
const ROUNDS_MAX: usize = 20;

/// A call that may have rung.
#[derive(Debug, Clone)]
pub(super) struct Ring {
    pub(super) attempt: AttemptId,
    pub(super) contact: String,
    pub(super) number: String,
    /// It is sent from here on …
    pub(super) permit: Timestamp,
    /// … and before this instant, in microseconds.
    pub(super) send_by_us: i64,
    /// When the contact was to be called, the epoch for the first time; none: nobody knows, for its worker died or its
    /// number was busy.
    pub(super) due: Option<Timestamp>,
    /// How it ended; none: its worker died.
    pub(super) outcome: Option<Outcome>,
}

/// How calls of a campaign end: outcomes, each with its share.
pub(super) type Answers = Vec<(Outcome, u32)>;

pub(super) struct Phones {
    store: Store,
    worker: u32,
    random: SmallRng,
    answers: HashMap<CampaignId, Answers>,
    live: BTreeMap<(Timestamp, AttemptId), Outcome>,
    due: HashMap<(CampaignId, ContactPosition), Option<Timestamp>>,
    /// Every call, in the order in which they were begun.
    pub(super) rings: Vec<Ring>,
}

impl Phones {
    pub(super) async fn new(store: Store, seed: u64, answers: HashMap<CampaignId, Answers>) -> Self {
        let worker = store.open_lease(LONG, "worker").await.unwrap();
        let (live, due, rings) = Default::default();
        Self { store, worker, random: SmallRng::seed_from_u64(seed), answers, live, due, rings }
    }

    /// Ends calls that are over, and calls whoever can be called now. Answers when there is more to do.
    pub(super) async fn work(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.end_calls(now).await;
        self.store.reap().await.unwrap();
        let mut wait = None;
        for _ in 0..ROUNDS_MAX {
            let Claim::Granted(claimed, more) = self.store.claim(self.worker, "acme", BATCH, false).await.unwrap()
            else {
                panic!("not granted")
            };
            wait = more.map(|more| more.max(now + Duration::from_millis(1)));
            let (worker, count) = (self.worker, claimed.len());
            let begun = self.begin(worker, claimed).await;
            // Who was refused comes up later, of which a worker is told.
            let done = begun.len() == count && more.is_none_or(|more| more > now);
            for (ring, outcome, placed) in begun {
                self.store.placed(&[placed]).await.unwrap();
                let talks = Duration::from_millis(self.random.random_range(500..40_000));
                self.live.insert((ring.permit + talks, ring.attempt), outcome);
                self.rings.push(Ring { outcome: Some(outcome), ..ring });
            }
            if done {
                break;
            }
        }
        let over = self.live.first_key_value().map(|((at, _), _)| *at);
        [wait, over].into_iter().flatten().min()
    }

    /// A worker claims some contacts, begins calls to the first few of them, and dies.
    pub(super) async fn die(&mut self, few: usize) {
        let worker = self.store.open_lease(super::office::LEASE, "short-lived").await.unwrap();
        let Claim::Granted(mut claimed, _) = self.store.claim(worker, "acme", 2 * few, false).await.unwrap() else {
            panic!("not granted")
        };
        // When these come up again hangs on who finds out that it is dead.
        for claimed in &claimed {
            self.due.insert((claimed.campaign, claimed.position), None);
        }
        claimed.truncate(few);
        for (ring, ..) in self.begin(worker, claimed).await {
            self.rings.push(ring);
        }
    }

    async fn begin(&mut self, worker: u32, claimed: Vec<Claimed>) -> Vec<(Ring, Outcome, Placed)> {
        let mut begun = Vec::new();
        let mut intents = Vec::with_capacity(claimed.len());
        for claimed in claimed {
            intents.push(intent(&self.store, worker, claimed).await);
        }
        if intents.is_empty() {
            return begun;
        }
        let answers = self.store.begin(worker, &intents, TIMEOUT).await.unwrap();
        for (intent, answer) in intents.into_iter().zip(answers) {
            let of = (intent.claimed.campaign, intent.claimed.position);
            match answer {
                BeginAnswer::Begun { send_by_us } => {
                    let permit = Timestamp::from_millis(intent.claimed.permit_us / 1000);
                    let number = intent.record.attempts.last().expect("a live attempt").dialed.clone();
                    let (attempt, contact) = (intent.attempt(), intent.contact_id.clone());
                    let due = self.due.insert(of, None).unwrap_or(Some(Timestamp::default()));
                    let ring = Ring { attempt, contact, number, permit, send_by_us, due, outcome: None };
                    let record = transition::placed(&intent.record, attempt.revision, "call", permit).unwrap();
                    let placed = Placed { attempt, record, worker, poll: None, findable: None };
                    begun.push((ring, self.draw(attempt.campaign), placed));
                }
                BeginAnswer::Capped { until } => drop(self.due.insert(of, Some(until))),
                BeginAnswer::NumberInUse => drop(self.due.insert(of, None)),
                BeginAnswer::WindowClosed | BeginAnswer::NotDialing | BeginAnswer::TooLate => {}
                other => panic!("{other:?}"),
            }
        }
        begun
    }

    async fn end_calls(&mut self, now: Timestamp) {
        while let Some(over) = self.live.first_entry().filter(|call| call.key().0 <= now) {
            let ((at, attempt), outcome) = over.remove_entry();
            let ended = self.store.end_attempts(vec![(attempt, ending(outcome, at))]).await.unwrap();
            assert_eq!(ended, 1);
            let record = self.store.record(attempt.campaign, attempt.position).await.unwrap();
            self.due.insert((attempt.campaign, attempt.position), record.and_then(|record| record.due));
        }
    }

    fn draw(&mut self, campaign: CampaignId) -> Outcome {
        let answers = &self.answers[&campaign];
        let mut share = self.random.random_range(0..answers.iter().map(|(_, share)| share).sum());
        for (outcome, of_it) in answers {
            if share < *of_it {
                return *outcome;
            }
            share -= of_it;
        }
        unreachable!("a share is below the sum")
    }
}

/// What a worker wants to begin.
pub(super) async fn intent(store: &Store, worker: u32, claimed: Claimed) -> Intent {
    let (_, rows) = store.rows(claimed.campaign, claimed.version, [claimed.position]).await.unwrap();
    let contact = &rows[&claimed.position].contact;
    let before = claimed.record.clone().unwrap_or_else(|| Record::fresh(claimed.lane, contact.numbers.len() as u8));
    let permit = Timestamp::from_millis(claimed.permit_us / 1000);
    let digits = contact.numbers[usize::from(before.next_number)].digits();
    let record = transition::begin(&before, digits, permit, worker);
    let until = permit + SLOT;
    let contact_id = contact.id.clone();
    Intent { claimed, contact_id, record, slot_until: until, number_until: until, ends_poll: None }
}

fn ending(outcome: Outcome, at: Timestamp) -> Ending {
    Ending {
        outcome,
        provider_status: String::new(),
        duration_s: None,
        reason: String::new(),
        hold: false,
        is_over: false,
        charged: true,
        at,
        captured: Captured::default(),
    }
}
