//! What the leader asks of Redis while nothing happens.

use redial_shared::store::Verb;

use super::*;
use crate::{
    service::Service,
    testing::{World, commands},
};

const CAMPAIGNS: usize = 500;

/// Services and how often each does a round in a second.
async fn second(world: &World, services: &(Runs, Guards, Endings, Hours, Uncap, Reaper)) -> u64 {
    let (now, before) = (world.store.clock().now(), commands(world));
    let (runs, guards, endings, hours, uncap, reaper) = services;
    for _ in 0..2 {
        runs.run_once(now).await.unwrap();
        guards.run_once(now).await.unwrap();
        endings.run_once(now).await.unwrap();
        while hours.run_once(now).await.unwrap().left > 0 {}
    }
    uncap.run_once(now).await.unwrap();
    reaper.run_once(now).await.unwrap();
    commands(world) - before
}

#[tokio::test]
async fn with_five_hundred_campaigns_in_which_nothing_happens_the_leader_asks_next_to_nothing() {
    let (world, _) = World::at("2026-06-01 12:00").await;
    let mut campaigns = Vec::new();
    for index in 0..CAMPAIGNS {
        let campaign = world.apply(&format!("c{index}"), "[calling_hours]\ndaily = [\"13:00-14:00\"]\n").await;
        world.store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
        campaigns.push(campaign);
    }
    let (store, leads) = (&world.store, world.leader("a").await);
    let services = (
        Runs::new(store.clone(), leads),
        Guards::new(store.clone(), leads),
        Endings::new(store.clone(), leads),
        Hours::new(store.clone(), leads),
        Uncap::new(store.clone()),
        Reaper::new(store.clone()),
    );
    let first = second(&world, &services).await;
    second(&world, &services).await;
    let idle = second(&world, &services).await;
    world.store.change(campaigns[7], Verb::Pause, "", None).await.unwrap();
    let one_changed = second(&world, &services).await;
    eprintln!(
        "{CAMPAIGNS} campaigns, commands in a second: at first {first}, idle {idle}, with one change {one_changed}"
    );
    assert!(first > CAMPAIGNS as u64, "all are read once");
    assert!(idle <= 40, "{idle} commands");
    assert!(one_changed <= 80, "{one_changed} commands");
}
