//! Edits of calling hours while schedulers write hours and workers hold claims, step by step in every order.
//!
//! Whoever writes hours does it in steps: it reads the definition, computes, writes what a preset caps, and then the hours, some
//! lanes at a time. Between any two of them another process may do anything: edit, take over the lead, claim, begin.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use rand::{Rng, SeedableRng, rngs::SmallRng};
use redial_shared::{
    domain::{CampaignId, Interval, Outcome, Timestamp, campaign},
    store::{BeginAnswer, CampaignInfo, Claim, Claimed, Leadership, Store, StoreError, Verb},
};

use super::phones;
use crate::testing::{World, time};

const NOON: &str = "2026-06-01 12:00";
const CONTACTS: usize = 600;
const RANDOM_CASES: u64 = 150;
const LEASE: std::time::Duration = std::time::Duration::from_secs(15);

/// Hours that are open at noon, closed (and capped), and open again.
const DEFINITIONS: [(&str, bool); 3] = [
    ("[calling_hours]\ndaily = [\"00:00-24:00\"]\ntimezone = \"UTC\"\n", true),
    ("[calling_hours]\npreset = \"us-debt\"\ndaily = [\"19:00-21:00\"]\ntimezone = \"UTC\"\n", false),
    ("[calling_hours]\ndaily = [\"10:00-14:00\"]\ntimezone = \"UTC\"\n", true),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Becomes the leader, whoever led before.
    TakeOver,
    /// Puts another definition in force.
    Apply(usize),
    /// Reads the campaign and computes its hours.
    Read,
    WriteCaps,
    /// Writes the hours of one half of the lanes.
    WriteHours(usize),
    /// All of that at once, which is when `apply` answers.
    WriteAll,
    Claim,
    Begin,
}
use Step::*;

const WRITING: [Step; 4] = [Read, WriteCaps, WriteHours(0), WriteHours(1)];

/// The open intervals of each lane.
type LaneHours = Vec<(u16, Vec<Interval>)>;

/// A process that is stopped and goes on between its steps.
struct Process {
    name: String,
    steps: VecDeque<Step>,
    is_scheduler: bool,
    leadership: Option<Leadership>,
    read: Option<(Arc<CampaignInfo>, LaneHours)>,
    claimed: Option<Claimed>,
}

impl Process {
    fn new(name: String, steps: &[Step]) -> Self {
        let (leadership, read, claimed) = (None, None, None);
        let is_scheduler = steps.contains(&TakeOver);
        Self { name, steps: steps.iter().copied().collect(), is_scheduler, leadership, read, claimed }
    }
}

struct Edits {
    world: World,
    /// Of schedulers, of the API, of workers.
    stores: [Store; 3],
    campaign: CampaignId,
    worker: u32,
    leader: String,
    in_force: usize,
    /// Where the preset caps calls.
    capped_places: BTreeSet<String>,
    now: Timestamp,
}

impl Edits {
    async fn new() -> Self {
        let (world, now) = World::at(NOON).await;
        let campaign = world.apply("edits", DEFINITIONS[0].0).await;
        for (index, zone) in ["America/New_York", "America/Chicago"].into_iter().enumerate() {
            world.upload(campaign, index * CONTACTS, CONTACTS, zone).await;
        }
        world.store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
        let stores = [world.another_store().await, world.another_store().await, world.another_store().await];
        let worker = stores[2].open_lease(LEASE, "worker").await.unwrap();
        let (leader, capped_places) = Default::default();
        let mut edits = Self { world, stores, campaign, worker, leader, in_force: 0, capped_places, now };
        edits.apply(1).await;
        edits.world.store.refresh_hours(campaign, now).await.unwrap();
        edits.capped_places = edits.capped();
        assert!(!edits.capped_places.is_empty());
        edits
    }

    fn capped(&self) -> BTreeSet<String> {
        let scopes: BTreeSet<String> = redis::cmd("HKEYS").arg("{test}:caps").query(&mut self.world.redis()).unwrap();
        scopes.into_iter().filter(|scope| scope.starts_with(&format!("{}:", self.campaign))).collect()
    }

    /// Back to open hours that are written.
    async fn open_again(&mut self) {
        self.apply(0).await;
        self.world.store.refresh_hours(self.campaign, self.now).await.unwrap();
    }

    async fn apply(&mut self, index: usize) {
        // Each is another definition than the one before, also when that has the same hours.
        let source =
            format!("name = \"edits\"\nprovider = \"acme\"\n# {}\n{}", self.next_number(), DEFINITIONS[index].0);
        let definition = campaign::parse(&source, "edits").unwrap();
        self.stores[1].apply(&definition, &source).await.unwrap();
        self.in_force = index;
    }

    fn next_number(&self) -> u64 {
        rand::rng().random()
    }

    async fn take(&mut self, process: &mut Process) {
        let Some(step) = process.steps.pop_front() else { return };
        let store = &self.stores[usize::from(!process.is_scheduler)];
        match step {
            TakeOver => {
                store.stop_leading(&self.leader).await.unwrap();
                self.leader.clone_from(&process.name);
                process.leadership = store.lead(&process.name, LEASE).await.unwrap();
            }
            Apply(index) => self.apply(index).await,
            Read => {
                let info = store.fresh_info(self.campaign).await.unwrap();
                let hours = info.hours(self.now);
                process.read = Some((info, hours));
            }
            WriteCaps | WriteHours(_) => {
                let written = self.write(store, process, step).await;
                match written {
                    Ok(true) => {}
                    // It begins anew.
                    Ok(false) => process.steps = WRITING.into_iter().collect(),
                    Err(error) => {
                        assert_ne!(self.leader, process.name, "the leader was refused: {error}");
                        process.steps.clear();
                    }
                }
            }
            WriteAll => store.refresh_hours(self.campaign, self.now).await.unwrap(),
            Claim => {
                let Claim::Granted(mut claimed, _) = self.stores[2].claim(self.worker, "acme", 1, false).await.unwrap()
                else {
                    panic!("not granted")
                };
                process.claimed = claimed.pop();
            }
            Begin => self.begin(process).await,
        }
    }

    async fn write(&self, store: &Store, process: &Process, step: Step) -> Result<bool, StoreError> {
        let (info, hours) = process.read.as_ref().expect("it has read");
        let WriteHours(half) = step else {
            return store.write_place_caps(info, info.place_numbers(), process.leadership).await;
        };
        let middle = hours.len() / 2;
        let lanes = if half == 0 { &hours[..middle] } else { &hours[middle..] };
        store.write_hours(self.campaign, info.version, lanes, process.leadership).await
    }

    /// Nobody begins a call that the definition in force does not allow, whatever has been written of it so far.
    async fn begin(&self, process: &mut Process) {
        let Some(claimed) = process.claimed.take() else { return };
        let store = &self.stores[2];
        let intent = phones::intent(store, self.worker, claimed).await;
        let answer = store.begin(self.worker, std::slice::from_ref(&intent), LEASE).await.unwrap()[0];
        match answer {
            BeginAnswer::Begun { .. } => {
                assert!(DEFINITIONS[self.in_force].1, "a call was begun outside the new hours");
                self.world.end(&[intent.attempt()], Outcome::Answered, self.now).await;
            }
            BeginAnswer::WindowClosed => {}
            other => panic!("{other:?}"),
        }
    }

    /// What stands written is what the definition in force says.
    async fn check_written(&self) {
        let info = self.world.store.fresh_info(self.campaign).await.unwrap();
        let mut redis = self.world.redis();
        let written: HashMap<u16, String> =
            redis::cmd("HGETALL").arg(format!("{{test}}:c:{}:hours", self.campaign)).query(&mut redis).unwrap();
        for (lane, intervals) in info.hours(self.now) {
            let spans: Vec<_> =
                intervals.iter().map(|one| format!("{}-{}", one.from.as_millis(), one.to.as_millis())).collect();
            assert_eq!(written[&lane], format!("{}|{}", info.version, spans.join(",")));
        }
        let has_preset = DEFINITIONS[self.in_force].0.contains("preset");
        let expected = if has_preset { self.capped_places.clone() } else { BTreeSet::new() };
        assert_eq!(self.capped(), expected, "what the preset caps at each place");
    }
}

/// Every order in which so many steps of each process can come.
fn orders(left: &mut [usize], so_far: &mut Vec<usize>, found: &mut Vec<Vec<usize>>) {
    if left.iter().all(|steps| *steps == 0) {
        found.push(so_far.clone());
    }
    for process in 0..left.len() {
        if left[process] > 0 {
            left[process] -= 1;
            so_far.push(process);
            orders(left, so_far, found);
            so_far.pop();
            left[process] += 1;
        }
    }
}

#[tokio::test]
async fn hours_that_were_edited_hold_from_the_answer_on_wherever_the_leader_is_with_writing_the_old_ones() {
    let mut edits = Edits::new().await;
    let mut found = Vec::new();
    orders(&mut [4, 2, 2], &mut Vec::new(), &mut found);
    assert_eq!(found.len(), 420);
    for order in found {
        edits.open_again().await;
        let mut leader = Process::new("leader".to_owned(), &[TakeOver]);
        edits.take(&mut leader).await;
        leader.steps = WRITING.into_iter().collect();
        let mut processes = [
            leader,
            Process::new("api".to_owned(), &[Apply(1), WriteAll]),
            Process::new("worker".to_owned(), &[Claim, Begin]),
        ];
        for index in order {
            edits.take(&mut processes[index]).await;
        }
        // A leader that met another version does not leave it at that, but nobody has to wait for it.
        edits.check_written().await;
    }
}

#[tokio::test]
async fn hours_that_were_edited_hold_also_against_leaders_that_were_deposed_and_edits_side_by_side() {
    let mut edits = Edits::new().await;
    let leads: Vec<Step> = [TakeOver].into_iter().chain(WRITING).chain(WRITING).collect();
    for seed in 0..RANDOM_CASES {
        let mut random = SmallRng::seed_from_u64(seed);
        edits.open_again().await;
        let mut processes: Vec<Process> =
            ["old", "new"].map(|name| Process::new(format!("{name}-{seed}"), &leads)).into_iter().collect();
        for index in [1, 2, 1] {
            let steps: Vec<Step> = [Apply(index)].into_iter().chain(WRITING).collect();
            processes.push(Process::new("api".to_owned(), &steps));
        }
        processes.extend((0..3).map(|_| Process::new("worker".to_owned(), &[Claim, Begin, Claim, Begin])));

        eprintln!("seed {seed}");
        while processes.iter().any(|process| !process.steps.is_empty()) {
            let index = random.random_range(0..processes.len());
            edits.take(&mut processes[index]).await;
        }
        edits.check_written().await;
    }
}

#[tokio::test]
async fn what_was_closed_by_an_edit_is_called_again_as_soon_as_another_has_opened_it() {
    let mut edits = Edits::new().await;
    for index in [1, 2, 1, 0] {
        edits.apply(index).await;
        edits.world.store.refresh_hours(edits.campaign, time(NOON)).await.unwrap();
        let mut worker = Process::new("worker".to_owned(), &[Claim, Begin]);
        edits.take(&mut worker).await;
        assert_eq!(worker.claimed.is_some(), DEFINITIONS[index].1);
        edits.take(&mut worker).await;
    }
}
