//! Schedulers that compete to lead, by a clock that is moved by hand: each round and each renewal is the real one, and comes
//! when the test says so.

use std::{collections::HashMap, time::Duration};

use redial_shared::{
    domain::{CampaignId, CampaignState, Timestamp},
    store::{Leadership, NextRun, Notes, Standing, Store, StoreError, Verb},
};

use crate::{
    endings::Endings, guards::Guards, hours::Hours, prune::Prune, reaper::Reaper, runs::Runs, service::Service,
};

/// How long a leader that says nothing is waited for.
pub(super) const LEASE: Duration = Duration::from_secs(15);
/// How often a scheduler asks to lead, or to go on leading.
const ASKS_EVERY: Duration = Duration::from_secs(3);
/// While nothing is due, the leader does a round this often. Real ones do more, and find nothing.
const ROUND_EVERY: Duration = Duration::from_secs(20);

/// One stay in office.
struct Term {
    leadership: Leadership,
    runs: Runs,
    guards: Guards,
    endings: Endings,
    hours: Hours,
    reaper: Reaper,
    prune: Prune,
    last_round: Option<Timestamp>,
}

impl Term {
    fn new(store: &Store, leadership: Leadership) -> Self {
        Self {
            leadership,
            runs: Runs::new(store.clone(), leadership),
            guards: Guards::new(store.clone(), leadership),
            endings: Endings::new(store.clone(), leadership),
            hours: Hours::new(store.clone(), leadership),
            reaper: Reaper::new(store.clone()),
            prune: Prune::new(store.clone(), leadership),
            last_round: None,
        }
    }

    /// A round of every service. Answers what each of them was refused.
    async fn round(&mut self, now: Timestamp) -> Vec<StoreError> {
        self.last_round = Some(now);
        let rounds = [
            self.runs.run_once(now).await.map(drop),
            self.guards.run_once(now).await.map(drop),
            self.endings.run_once(now).await.map(drop),
            self.hours.run_once(now).await.map(drop),
            self.reaper.run_once(now).await.map(drop),
            self.prune.run_once(now).await.map(drop),
        ];
        rounds.into_iter().filter_map(Result::err).collect()
    }
}

/// What a scheduler's process does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Process {
    Runs,
    Frozen,
    Dead,
}

struct Scheduler {
    name: String,
    store: Store,
    process: Process,
    term: Option<Term>,
    /// What it had read when it was frozen.
    read: Vec<Standing>,
}

/// A run, as it was seen to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SeenRun {
    pub(super) campaign: CampaignId,
    /// The tick it belongs to.
    pub(super) tick: Timestamp,
    /// When it began.
    pub(super) at: Timestamp,
    /// When it ends at the latest.
    pub(super) until: Option<Timestamp>,
}

/// All schedulers of a workspace.
pub(super) struct Office {
    schedulers: Vec<Scheduler>,
    /// Every run that has begun.
    pub(super) seen: Vec<SeenRun>,
    /// Terms that there were.
    pub(super) terms: Vec<Leadership>,
    /// What former leaders were refused.
    pub(super) refused: Vec<String>,
    /// What is due next as far as is known.
    due: Option<Timestamp>,
    began: HashMap<CampaignId, Option<Timestamp>>,
}

impl Office {
    /// Schedulers with these stores, which are up.
    pub(super) fn new(stores: Vec<Store>) -> Self {
        let scheduler = |(index, store)| Scheduler {
            name: format!("{index}"),
            store,
            process: Process::Runs,
            term: None,
            read: Vec::new(),
        };
        let schedulers = stores.into_iter().enumerate().map(scheduler).collect();
        let (seen, terms, refused, began) = Default::default();
        Self { schedulers, seen, terms, refused, due: None, began }
    }

    /// The scheduler that leads and is up.
    pub(super) fn leader(&self) -> Option<usize> {
        self.schedulers.iter().position(|one| one.process == Process::Runs && one.term.is_some())
    }

    /// Ends a scheduler as SIGKILL does.
    pub(super) fn kill(&mut self, index: usize) {
        let one = &mut self.schedulers[index];
        (one.process, one.term) = (Process::Dead, None);
    }

    pub(super) fn kill_all(&mut self) {
        (0..self.schedulers.len()).for_each(|index| self.kill(index));
    }

    /// Starts the dead ones again; each process has a name of its own.
    pub(super) fn revive_all(&mut self) {
        for one in self.schedulers.iter_mut().filter(|one| one.process == Process::Dead) {
            one.process = Process::Runs;
            one.name.push('+');
        }
    }

    /// SIGSTOP, just as it has read where campaigns stand.
    pub(super) async fn freeze(&mut self, index: usize) {
        let one = &mut self.schedulers[index];
        one.process = Process::Frozen;
        one.read = one.store.standings().await.unwrap();
    }

    /// SIGCONT: it goes on with what it was about to do, for it does not know yet that its lease has run out. Every write is
    /// refused.
    pub(super) async fn thaw(&mut self, index: usize, now: Timestamp) {
        let one = &mut self.schedulers[index];
        one.process = Process::Runs;
        let mut term = one.term.take().expect("it led when it was frozen");
        let (notes, leads) = (Notes { last_tick: Some(now), ..Notes::default() }, term.leadership);
        for standing in one.read.drain(..) {
            for verb in [Verb::Run { until: None, next_run: None }, Verb::Rest { next_run: None }, Verb::Complete] {
                let late = one.store.change_as_leader(&standing, verb, "late", &notes, leads).await;
                self.refused.push(late.expect_err("a late write").to_string());
            }
            let late = one.store.refresh_hours_as_leader(standing.id, now, leads).await;
            self.refused.push(late.expect_err("a late write").to_string());
        }
        self.refused.extend(term.round(now).await.iter().map(ToString::to_string));
    }

    /// The leader's round, if one is due.
    pub(super) async fn work(&mut self, now: Timestamp) {
        let Some(index) = self.leader() else { return };
        let one = &mut self.schedulers[index];
        let term = one.term.as_mut().expect("it leads");
        let waits = term.last_round.is_some_and(|last| now.since(last) < ROUND_EVERY);
        if waits && self.due.is_none_or(|due| now < due) {
            return;
        }
        let refused = term.round(now).await;
        assert!(refused.is_empty(), "the leader was refused: {refused:?}");
        self.look(index, now).await;
    }

    /// Notes which runs have begun, and what is due next.
    async fn look(&mut self, index: usize, now: Timestamp) {
        let mut due = Vec::new();
        for standing in self.schedulers[index].store.standings().await.unwrap() {
            let runs = standing.place == CampaignState::Running;
            due.extend(standing.run_until.filter(|_| runs));
            due.extend(match standing.next_run {
                NextRun::At(at) => Some(at),
                _ => None,
            });
            let known = self.began.insert(standing.id, standing.run_from);
            if runs && known.is_some_and(|known| known != standing.run_from) {
                let tick = standing.last_tick.expect("a run has a tick");
                self.seen.push(SeenRun { campaign: standing.id, tick, at: now, until: standing.run_until });
            }
        }
        self.due = due.into_iter().filter(|due| *due > now).min();
    }

    /// When somebody here has something to do.
    pub(super) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        match self.leader() {
            Some(_) => {
                Some(self.due.map_or(now + Duration::from_secs(3600), |due| due.min(now + Duration::from_secs(3600))))
            }
            None => self.schedulers.iter().any(|one| one.process == Process::Runs).then(|| now + ASKS_EVERY),
        }
    }

    /// Asks for leadership, and renews it as often as it is done until `until`: each renewal lasts a lease from then.
    pub(super) async fn ask(&mut self, now: Timestamp, until: Timestamp) {
        for one in self.schedulers.iter_mut().filter(|one| one.process == Process::Runs) {
            let lease = if one.term.is_some() { until.since(now) + LEASE } else { LEASE };
            let answer = one.store.lead(&one.name, lease).await.unwrap();
            let same = one.term.as_ref().map(|term| term.leadership) == answer;
            if !same {
                one.term = answer.map(|leadership| Term::new(&one.store, leadership));
                self.terms.extend(answer);
            }
            if answer.is_some() && !same {
                // Until the next step it renews too.
                assert_eq!(one.store.lead(&one.name, until.since(now) + LEASE).await.unwrap(), answer);
            }
        }
    }
}
