//! Pruning in a real Redis, with the clock moved by hand.

use redial_shared::{
    domain::{CampaignId, Outcome},
    store::Verb,
};

use super::*;
use crate::testing::World;

fn keys(world: &World, pattern: &str) -> usize {
    let found: Vec<String> = redis::cmd("KEYS").arg(pattern).query(&mut world.redis()).unwrap();
    found.len()
}

fn locks(world: &World) -> usize {
    redis::cmd("HLEN").arg("{test}:numbers").query(&mut world.redis()).unwrap()
}

async fn start(world: &World, campaign: CampaignId) -> Prune {
    world.store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
    Prune::new(world.store.clone(), world.leader("a").await)
}

#[tokio::test]
async fn locks_and_slots_of_calls_in_doubt_are_forgotten_when_their_time_is_over() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let campaign = world.campaign("doubt", "", 3, now).await;
    let prune = start(&world, campaign).await;
    let calls = world.call(3).await;
    world.end(&calls[..2], Outcome::Unknown, now).await;
    world.end(&calls[2..], Outcome::Answered, now).await;
    assert_eq!(locks(&world), 2, "an answered call gives its number back at once");
    assert_eq!(prune.run_once(now).await.unwrap(), Pruned::default());
    let later = world.now("2026-06-01 12:15:01Z");
    let expected = Pruned { numbers: 2, slots: 4, ..Pruned::default() };
    assert_eq!(prune.run_once(later).await.unwrap(), expected, "a slot each of the campaign and of the account");
    assert_eq!(locks(&world), 0);
}

#[tokio::test]
async fn many_locks_are_forgotten_step_by_step() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let mut write = redis::cmd("HSET");
    write.arg("{test}:numbers");
    for number in 0..20_000 {
        let until = if number % 2 == 0 { now } else { now + Duration::from_millis(1) };
        write.arg(number).arg(format!("{}|owner", until.as_millis()));
    }
    write.query::<i64>(&mut world.redis()).unwrap();
    let prune = Prune::new(world.store.clone(), world.leader("a").await);
    let first = prune.run_once(now).await.unwrap().numbers;
    assert!(first > 0 && first < 10_000, "a round is bounded");
    while prune.cursor.load(Ordering::Relaxed) > 0 {
        prune.run_once(now).await.unwrap();
    }
    assert_eq!(locks(&world), 10_000);
}

#[tokio::test]
async fn what_contacts_of_an_ended_campaign_waited_in_is_dropped_and_nothing_else() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let campaign = world.campaign("ended", "", 600, now).await;
    let other = world.campaign("goes-on", "", 10, now).await;
    let prune = start(&world, campaign).await;
    for second in 0..5 {
        let now = world.now(&format!("2026-06-01 12:00:0{second}Z"));
        world.end(&world.call(50).await, Outcome::Busy, now).await;
    }
    let (counts, of_other) = (world.view(campaign).await.counts.total, keys(&world, &format!("*c:{other}*")));
    assert_eq!(prune.run_once(now).await.unwrap().keys, 0, "it goes on");
    world.store.change(campaign, Verb::Stop, "", None).await.unwrap();
    let dropped = prune.run_once(now).await.unwrap();
    assert!(dropped.keys >= 9, "its queue, buckets, hours and lanes: {dropped:?}");
    for kind in ["q", "w", "hours", "open", "closed"] {
        assert_eq!(keys(&world, &format!("*c:{campaign}:{kind}*")), 0, "{kind}");
    }
    assert!(world.standing(campaign).await.pruned);
    assert_eq!(prune.run_once(now).await.unwrap(), Pruned::default());
    assert_eq!(world.view(campaign).await.counts.total, counts);
    assert_eq!(keys(&world, &format!("*c:{other}*")), of_other);
    let info = world.store.fresh_info(campaign).await.unwrap();
    assert_eq!(world.store.block_views(&info, 0).await.unwrap().len(), 256, "its contacts are still there");
}

#[tokio::test]
async fn only_the_leader_drops_and_only_of_ended_campaigns() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let campaign = world.campaign("ended", "", 1, now).await;
    let prune = start(&world, campaign).await;
    assert!(world.store.prune_campaign(campaign, 10, prune.leadership).await.is_err());
    world.store.change(campaign, Verb::Stop, "", None).await.unwrap();
    world.store.stop_leading("a").await.unwrap();
    world.leader("b").await;
    assert!(prune.run_once(now).await.is_err());
    assert_eq!(keys(&world, &format!("*c:{campaign}:q*")), 1);
}
