//! A week over 40 time zones, in which clocks change: one minute of a wall clock after the other it is looked at, in seconds
//! of ours. Schedulers die, freeze and are all away for six hours, just when clocks change; workers die.
//!
//! From the end of March to the beginning of April clocks go forward in Europe and back in Australia, New Zealand and Chile;
//! from the end of October to the beginning of November they go back in Europe and in North America.

mod campaigns;

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use chrono_tz::Tz;
use redial_shared::{
    domain::{CampaignId, ContactState, Timestamp, contact::Contact},
    store::{Store, Verb},
};

use super::{
    audit::{Case, Open, check_caps},
    office::{LEASE, Office, SeenRun},
    phones::Phones,
};
use crate::testing::{World, time};
use campaigns::{Kind, again_and_again, everywhere};

const HOUR_MS: i64 = 3_600_000;

/// What happens in a week.
struct Week {
    from: &'static str,
    to: &'static str,
    /// No scheduler runs meanwhile: six hours.
    outage: [&'static str; 2],
    /// The leader is killed.
    killed: &'static str,
    /// The leader is frozen, and goes on.
    frozen: [&'static str; 2],
}

const SPRING: Week = Week {
    from: "2026-03-28 20:30",
    to: "2026-04-05 20:00",
    outage: ["2026-03-28 22:30", "2026-03-29 04:30"],
    killed: "2026-03-31 05:59:59Z",
    frozen: ["2026-04-04 13:59:50Z", "2026-04-04 14:20"],
};
const AUTUMN: Week = Week {
    from: "2026-10-24 20:30",
    to: "2026-11-01 20:00",
    outage: ["2026-11-01 02:30", "2026-11-01 08:30"],
    killed: "2026-10-25 00:29:59Z",
    frozen: ["2026-10-28 11:59:50Z", "2026-10-28 12:20"],
};

/// The week as it goes on.
struct Simulation {
    _world: World,
    stores: Vec<Store>,
    campaigns: Vec<(CampaignId, Kind)>,
    office: Office,
    phones: Phones,
    steps: usize,
    from: Timestamp,
    to: Timestamp,
}

impl Simulation {
    async fn new(week: &Week, seed: u64) -> Self {
        let (world, from) = World::at(week.from).await;
        let mut stores = vec![world.store.clone()];
        for _ in 0..2 {
            stores.push(world.another_store().await);
        }
        let mut campaigns = Vec::new();
        for kind in everywhere().into_iter().chain(again_and_again()) {
            let id = world.apply(kind.name, &kind.tables).await;
            let mut upload = world.store.upload(id).await.unwrap();
            upload.push(kind.contacts.iter().map(|(_, contact)| contact.clone()), &[]).await.unwrap();
            assert_eq!(upload.finish().await.unwrap().accepted, kind.contacts.len() as u64);
            let first = kind.ticks(from, time(week.to)).first().copied();
            let verb = first.map_or(Verb::Start { until: None }, |next_run| Verb::Arm { next_run });
            world.store.change(id, verb, "", None).await.unwrap();
            campaigns.push((id, kind));
        }
        let answers = campaigns.iter().map(|(id, kind)| (*id, kind.answers.clone())).collect();
        let office = Office::new(stores[1..].to_vec());
        let phones = Phones::new(world.store.clone(), seed, answers).await;
        Self { _world: world, stores, campaigns, office, phones, steps: 0, from, to: time(week.to) }
    }

    /// From one instant at which something happens to the next.
    async fn run(&mut self, week: &Week, openings: &HashMap<(CampaignId, Tz), Open>) {
        let mut looks = self.looks(week, openings);
        let mut now = self.from;
        let mut killed = None;
        while now < self.to {
            self.steps += 1;
            self.stores.iter().for_each(|store| store.set_now(now));
            if now == self.from {
                self.office.ask(now, now).await;
            }
            self.happens(week, now, &mut killed).await;
            self.office.work(now).await;
            let more = self.phones.work(now).await;
            if now.as_millis() % (12 * HOUR_MS) == 9 * HOUR_MS {
                self.nobody_is_forgotten(now, openings).await;
            }
            looks = looks.split_off(&(now + Duration::from_millis(1)));
            let nexts = [more, self.office.next(now), looks.first().copied(), Some(self.to)];
            let next = nexts.into_iter().flatten().min().unwrap().max(now + Duration::from_millis(1));
            self.office.ask(now, next).await;
            now = next;
        }
    }

    /// Instants that are looked at whatever happens: hours that open or close, the moment before, and what the week brings.
    fn looks(&self, week: &Week, openings: &HashMap<(CampaignId, Tz), Open>) -> BTreeSet<Timestamp> {
        let edges = openings.values().flat_map(Open::edges).flat_map(|edge| [edge - 1, edge]);
        let hours = (self.from.as_millis() / HOUR_MS + 1..self.to.as_millis() / HOUR_MS).map(|hour| hour * HOUR_MS);
        let of_week = [week.outage[0], week.outage[1], week.killed, week.frozen[0], week.frozen[1]].map(time);
        edges.chain(hours).map(Timestamp::from_millis).chain(of_week).collect()
    }

    async fn happens(&mut self, week: &Week, now: Timestamp, put_by: &mut Option<usize>) {
        let at = |text: &str| now == time(text);
        let leader = self.office.leader();
        if at(week.outage[0]) {
            self.office.kill_all();
        } else if at(week.outage[1]) {
            self.office.revive_all();
            self.office.ask(now, now).await;
        } else if at(week.killed) {
            self.office.kill(leader.expect("somebody leads"));
        } else if at(week.frozen[0]) {
            // Whoever was killed has been started again by then.
            self.office.revive_all();
            *put_by = leader;
            self.office.freeze(leader.expect("somebody leads")).await;
        } else if at(week.frozen[1]) {
            self.office.thaw(put_by.take().expect("one was frozen"), now).await;
        } else if now.as_millis() % (10 * HOUR_MS) == 0 {
            self.phones.die(6).await;
        }
    }

    /// Whoever could have been called for some time has been.
    async fn nobody_is_forgotten(&self, now: Timestamp, openings: &HashMap<(CampaignId, Tz), Open>) {
        for (id, kind) in self.campaigns.iter().filter(|(_, kind)| kind.schedule.is_none()) {
            for (zone, contact) in &kind.contacts {
                let view = self.stores[0].contact(&kind.name.parse().unwrap(), &contact.id).await.unwrap().unwrap();
                let waits = matches!(view.state, ContactState::Pending | ContactState::Waiting);
                let late = now.since(view.next_attempt_at.unwrap_or(self.from)) > LEASE * 8;
                let open = &openings[&(*id, *zone)];
                let long_open = (0..3).all(|minutes| open.is_open(now.as_millis() - minutes * 60_000));
                assert!(!(waits && late && long_open), "{} of {} waits at {now}: {view:?}", contact.id, kind.name);
            }
        }
    }

    fn judge(&self, week: &Week, openings: &HashMap<(CampaignId, Tz), Open>) {
        let by_id: HashMap<_, _> = self.campaigns.iter().map(|(id, kind)| (*id, kind)).collect();
        let mut attempts = BTreeSet::new();
        let mut cases = Vec::new();
        for ring in &self.phones.rings {
            assert!(attempts.insert(ring.attempt), "{ring:?}: twice");
            let id = ring.attempt.campaign;
            let kind = by_id[&id];
            let zone = kind.contacts.iter().find(|(_, contact)| contact.id == ring.contact).unwrap().0;
            let run = match kind.schedule {
                Some(_) => self.run_at(id, ring.permit).map(|run| (run.at, run.until)),
                None => Some((self.from, None)),
            };
            cases.push(Case { ring, rules: &kind.rules, zone, open: &openings[&(id, zone)], run });
        }
        for case in &cases {
            case.check_hours();
            case.check_is_in_time();
        }
        check_caps(&cases);
        for (id, kind) in &self.campaigns {
            self.check_runs(week, *id, kind);
        }
        // In every zone: caps that several campaigns share may keep single contacts all week.
        for (id, kind) in &self.campaigns {
            let called: BTreeSet<_> =
                cases.iter().filter(|case| case.ring.attempt.campaign == *id).map(|case| case.zone.name()).collect();
            assert!(kind.contacts.iter().all(|(zone, _)| called.contains(zone.name())), "{}: {called:?}", kind.name);
        }
    }

    fn run_at(&self, id: CampaignId, at: Timestamp) -> Option<&SeenRun> {
        self.office.seen.iter().rfind(|run| run.campaign == id && run.at <= at)
    }

    /// Each tick has had its run, once; those of the outage as the campaign says.
    fn check_runs(&self, week: &Week, id: CampaignId, kind: &Kind) {
        let Some((_, _, _, run_for, run_once)) = kind.schedule else { return };
        let [down, up] = week.outage.map(time);
        let all = kind.ticks(self.from, self.to);
        let (missed, on_time): (Vec<Timestamp>, Vec<Timestamp>) =
            all.into_iter().partition(|tick| (down..=up).contains(tick));
        let caught_up = missed.last().filter(|tick| run_once || up < **tick + run_for);
        let mut expected: Vec<_> = on_time.into_iter().map(|tick| (tick, tick)).collect();
        expected.extend(caught_up.map(|tick| (*tick, up)));
        expected.sort();
        let seen: Vec<_> = self.office.seen.iter().filter(|run| run.campaign == id).collect();
        let ticks_of =
            |runs: &[(Timestamp, Timestamp)]| runs.iter().map(|(tick, _)| tick.to_string()).collect::<Vec<_>>();
        assert_eq!(
            seen.iter().map(|run| run.tick.to_string()).collect::<Vec<_>>(),
            ticks_of(&expected),
            "{}",
            kind.name
        );
        for (run, (_, earliest)) in seen.iter().zip(expected) {
            let latest = earliest + LEASE + Duration::from_secs(5);
            assert!((earliest..=latest).contains(&run.at), "{}: {run:?} began at {}", kind.name, run.at);
            if kind.tables.contains("restart") {
                self.check_all_called_once(kind, run);
            }
        }
    }

    fn check_all_called_once(&self, kind: &Kind, run: &SeenRun) {
        let of_run = |contact: &Contact| {
            let calls = self
                .phones
                .rings
                .iter()
                .filter(|ring| ring.attempt.campaign == run.campaign && ring.contact == contact.id);
            calls.filter(|ring| self.run_at(run.campaign, ring.permit) == Some(run)).count()
        };
        let counts: Vec<_> = kind.contacts.iter().map(|(_, contact)| of_run(contact)).collect();
        assert_eq!(counts, vec![1; kind.contacts.len()], "{}: {run:?}", kind.name);
    }
}

async fn simulate(week: &Week, seed: u64) {
    let mut simulation = Simulation::new(week, seed).await;
    let mut openings = HashMap::new();
    for (id, kind) in &simulation.campaigns {
        for (zone, _) in &kind.contacts {
            let (from, to) = (simulation.from, simulation.to + Duration::from_secs(3600));
            openings.entry((*id, *zone)).or_insert_with(|| Open::new(&kind.rules, *zone, from, to));
        }
    }
    simulation.run(week, &openings).await;
    let judging = std::time::Instant::now();
    simulation.judge(week, &openings);
    let Simulation { office, phones, .. } = &simulation;
    let tokens: Vec<_> = office.terms.iter().map(|term| term.token).collect();
    assert_eq!(tokens, [1, 2, 3, 4], "one leader after the other, under a higher token each");
    assert!(!office.refused.is_empty());
    assert!(office.refused.iter().all(|error| error == "another scheduler leads by now"), "{:?}", office.refused);
    eprintln!("{} steps, judged in {:?}", simulation.steps, judging.elapsed());
    eprintln!(
        "{} calls in {} runs; {} late writes were refused",
        phones.rings.len(),
        office.seen.len(),
        office.refused.len()
    );
}

#[tokio::test]
async fn a_week_in_which_clocks_go_forward_here_and_back_there_keeps_hours_caps_and_runs() {
    simulate(&SPRING, 1).await;
}

#[tokio::test]
async fn a_week_in_which_clocks_go_back_on_both_sides_of_the_ocean_keeps_hours_caps_and_runs() {
    simulate(&AUTUMN, 2).await;
}
