//! Changes of caps in a real Redis, with the clock moved by hand.

use redial_shared::{
    domain::{CampaignId, ContactState, Outcome, campaign, caps::Caps},
    store::Verb,
};

use super::*;
use crate::testing::World;

const RETRIES: &str = "[retry]\nmax_attempts = 9\n[retry.busy]\ndelays = [\"0s\"]\nmax = 9\n";

fn tables(caps: &str) -> String {
    format!("{caps}\n{RETRIES}")
}

fn of_redial_toml(text: &str) -> Caps {
    campaign::parse(&format!("name = \"x\"\nprovider = \"x\"\n{text}"), "x").unwrap().caps
}

/// A campaign whose three contacts were called once, and wait for caps: its own, or those of all.
async fn capped(name: &str, caps: &str, of_all: &str) -> (World, CampaignId, Uncap) {
    let (world, now) = World::at("2026-06-01 12:00").await;
    world.store.set_caps(&of_redial_toml(of_all)).await.unwrap();
    let campaign = world.campaign(name, &tables(caps), 3, now).await;
    world.store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
    let uncap = Uncap::new(world.store.clone());
    settle(&world, &uncap).await;
    world.end(&world.call(3).await, Outcome::Busy, now).await;
    world.now("2026-06-01 12:01");
    assert_eq!(world.call(3).await.len(), 0);
    assert_eq!(world.count(campaign, ContactState::Waiting).await, 3);
    (world, campaign, uncap)
}

/// The rounds that it takes to notice a change and to act on it. Answers how many wait no longer.
async fn settle(world: &World, uncap: &Uncap) -> usize {
    let now = world.store.clock().now();
    let first = uncap.run_once(now).await.unwrap().contacts;
    let second = uncap.run_once(now).await.unwrap().contacts;
    assert_eq!((first, uncap.run_once(now).await.unwrap().contacts), (0, 0));
    second
}

async fn apply(world: &World, campaign: CampaignId, name: &str, caps: &str) {
    world.apply(name, &tables(caps)).await;
    world.store.refresh_hours(campaign, world.store.clock().now()).await.unwrap();
}

#[tokio::test]
async fn contacts_come_up_again_when_the_cap_that_keeps_them_is_gone() {
    let (world, campaign, uncap) = capped("nightly", "[caps]\nper_number = [\"1 per 24h\"]", "").await;
    apply(&world, campaign, "nightly", "[caps]\nper_number = [\"2 per 24h\"]").await;
    assert_eq!(settle(&world, &uncap).await, 3);
    assert_eq!(world.call(5).await.len(), 3);
    // What stood for the old cap is no longer true.
    assert_eq!(world.count(campaign, ContactState::Active).await, 3);
    world.now("2026-06-02 12:00:30Z");
    assert_eq!(world.call(5).await.len(), 0);
}

#[tokio::test]
async fn a_change_of_other_caps_leaves_those_who_wait_where_they_are() {
    let (world, campaign, uncap) = capped("nightly", "[caps]\nper_number = [\"1 per 24h\"]", "").await;
    apply(&world, campaign, "nightly", "[caps]\nper_number = [\"1 per 24h\"]\nafter_answer = \"7d\"").await;
    world.apply("other", "[caps]\nper_number = [\"1 per 1h\"]\n").await;
    assert_eq!(settle(&world, &uncap).await, 0);
    // Another leader looks once, and finds the same.
    assert_eq!(settle(&world, &Uncap::new(world.store.clone())).await, 0);
    assert_eq!(world.call(5).await.len(), 0);
    apply(&world, campaign, "nightly", "").await;
    assert_eq!(
        settle(&world, &Uncap::new(world.store.clone())).await,
        3,
        "a leader that came after the change sees it too"
    );
    assert_eq!(world.call(5).await.len(), 3);
}

#[tokio::test]
async fn caps_of_redial_toml_let_go_too() {
    let (world, campaign, uncap) = capped("nightly", "", "[caps]\nper_number = [\"1 per 7d\"]").await;
    world.store.set_caps(&of_redial_toml("")).await.unwrap();
    assert_eq!(settle(&world, &uncap).await, 3);
    assert_eq!(world.call(5).await.len(), 3);
    assert_eq!(world.count(campaign, ContactState::Active).await, 3);
}
