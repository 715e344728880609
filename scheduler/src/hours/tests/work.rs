//! What it costs Redis to open and to close calling hours: by lanes, whatever the length of their lists.

use std::{collections::BTreeMap, time::Instant};

use redial_shared::domain::{PhoneNumber, contact::Contact};

use super::*;
use crate::testing::commands;

const ZONES: usize = 60;
const PRIORITIES: usize = 3;
const LANES: usize = ZONES * PRIORITIES;
/// Contacts uploaded in one go.
const PART: usize = 10_000;
/// What may differ for reasons of its own: a claim takes fewer entries of a short queue than of a long one.
const SPARE: u64 = 20;

/// Commands that Redis has executed, those within scripts too, and the microseconds that scripts took.
#[derive(Debug, Clone, Copy)]
struct Work {
    commands: u64,
    microseconds: u64,
}

impl Work {
    fn so_far(world: &World) -> Self {
        let info: String = redis::cmd("INFO").arg("commandstats").query(&mut world.redis()).unwrap();
        // A script's time is that of its commands too.
        let of_scripts = info.lines().filter(|line| line.starts_with("cmdstat_eval"));
        let spent =
            |line: &str| line.split([':', ',']).find_map(|part| part.strip_prefix("usec=")?.parse::<u64>().ok());
        let (commands, microseconds) = (commands(world), of_scripts.filter_map(spent).sum());
        Self { commands, microseconds }
    }

    fn since(world: &World, before: Self) -> Self {
        let now = Self::so_far(world);
        let microseconds = now.microseconds - before.microseconds;
        Self { commands: now.commands - before.commands, microseconds }
    }
}

fn contact(index: usize) -> Contact {
    let zones: Vec<_> = chrono_tz::TZ_VARIANTS.iter().step_by(7).take(ZONES).copied().collect();
    Contact {
        id: format!("c{index}"),
        // Of no country: places differ by their zones alone.
        numbers: vec![PhoneNumber::from_e164(&format!("+999{index:08}")).unwrap()],
        zone: Some(zones[index % ZONES]),
        priority: 1 + (index / ZONES % PRIORITIES) as u8,
        ..Contact::default()
    }
}

/// Writes the hours of a list, and lets them open and close: what each of these was to Redis.
async fn measure(contacts: usize) -> BTreeMap<&'static str, Work> {
    let (world, now) = World::at("2026-06-01 11:00").await;
    let campaign = world.apply("world", "[calling_hours]\ndaily = [\"12:00-18:00\"]\ntimezone = \"UTC\"\n").await;
    let mut upload = world.store.upload(campaign).await.unwrap();
    for from in (0..contacts).step_by(PART) {
        upload.push((from..contacts.min(from + PART)).map(contact), &[]).await.unwrap();
    }
    assert_eq!(upload.finish().await.unwrap().accepted, contacts as u64);
    world.store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
    let hours = Hours::new(world.store.clone(), world.leader("a").await);
    let mut works = BTreeMap::new();
    let before = Work::so_far(&world);
    let started = Instant::now();
    hours.run_once(now).await.unwrap();
    works.insert("written", Work::since(&world, before));
    eprintln!("{contacts} contacts: hours written within {:?}", started.elapsed());
    for (what, at) in [("opened", "2026-06-01 12:00"), ("closed", "2026-06-01 18:00")] {
        world.now(at);
        let worker = world.store.open_lease(std::time::Duration::from_secs(15), "worker").await.unwrap();
        let before = Work::so_far(&world);
        let claim = world.store.claim(worker, "acme", 1, false).await.unwrap();
        works.insert(what, Work::since(&world, before));
        let granted = matches!(claim, redial_shared::store::Claim::Granted(claimed, _) if claimed.len() == 1);
        assert_eq!(granted, what == "opened");
    }
    let closed: usize =
        redis::cmd("ZCARD").arg(format!("{{test}}:c:{campaign}:closed")).query(&mut world.redis()).unwrap();
    assert_eq!(closed, LANES, "every lane waits for its next opening");
    works
}

#[tokio::test]
async fn hours_open_and_close_at_the_cost_of_their_lanes_however_many_contacts_stand_in_them() {
    let (short, long) = (measure(LANES * 2).await, measure(LANES * 40).await);
    for (what, few) in &short {
        let many = long[what];
        eprintln!("{what}: {few:?}, with 20 times the contacts {many:?}");
        assert!(many.commands.abs_diff(few.commands) <= SPARE, "{what}: {few:?}, with 20 times the contacts {many:?}");
    }
}

#[tokio::test]
#[ignore = "a measurement of a minute or two: cargo nextest run -p redial-scheduler --run-ignored only --no-capture million"]
async fn what_the_hours_of_a_million_contacts_cost() {
    for (what, work) in measure(1_000_000).await {
        eprintln!("1,000,000 contacts in {LANES} lanes, {what}: {work:?}");
    }
}
