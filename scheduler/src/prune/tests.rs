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

#[tokio::test]
async fn a_removed_campaign_is_out_of_sight_at_once_and_leaves_nothing_but_what_caps_count() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let caps = "[caps]\nper_number = [\"3 per 24h\"]\n";
    let campaign = world.campaign("gone", caps, 600, now).await;
    let other = world.campaign("stays", "", 10, now).await;
    let prune = start(&world, campaign).await;
    world.end(&world.call(50).await, Outcome::Busy, now).await;
    let name = "gone".parse().unwrap();
    assert!(world.store.contact(&name, "c1").await.unwrap().is_some(), "there is an index");
    assert!(world.store.remove_campaign(&name, None).await.is_err(), "it runs");
    world.store.change(campaign, Verb::Stop, "", None).await.unwrap();
    world.store.change(campaign, Verb::Stopped, "", None).await.unwrap();
    let (of_other, histories) = (keys(&world, &format!("*c:{other}*")), keys(&world, "{test}:h:*"));
    assert!(histories > 0);
    world.store.remove_campaign(&name, None).await.unwrap();
    assert!(world.store.campaign_id(&name).await.is_err() && world.store.campaigns().await.unwrap().len() == 1);
    // Whoever began to drop it dies; the leader goes on.
    assert!(world.store.drop_removed(campaign).await.unwrap());
    assert!(prune.run_once(now).await.unwrap().removals > 0);
    assert_eq!(keys(&world, &format!("*{campaign}*")), 0);
    let caps: Vec<String> = redis::cmd("HKEYS").arg("{test}:caps").query(&mut world.redis()).unwrap();
    assert!(caps.iter().all(|scope| !scope.contains(&campaign.to_string())), "{caps:?}");
    assert!(world.store.removing().await.unwrap().is_empty() && !world.store.drop_removed(campaign).await.unwrap());
    assert_eq!((keys(&world, &format!("*c:{other}*")), keys(&world, "{test}:h:*")), (of_other, histories));
    world.apply("gone", "").await;
    assert_eq!(world.store.campaigns().await.unwrap().len(), 2, "its name is free");
    assert_eq!(prune.run_once(now).await.unwrap(), Pruned::default());
}

#[tokio::test]
async fn campaigns_of_test_calls_go_a_day_after_their_end_and_no_others() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let passing = world.campaign("trial-call-1a2b3c", "", 1, now).await;
    let other = world.campaign("trial", "", 1, now).await;
    world.store.note_passing(passing).await.unwrap();
    let prune = start(&world, passing).await;
    world.store.change(other, Verb::Start { until: None }, "", None).await.unwrap();
    world.end(&world.call(2).await, Outcome::Answered, now).await;
    for campaign in [passing, other] {
        world.store.change(campaign, Verb::Complete, "", None).await.unwrap();
    }
    prune.run_once(world.now("2026-06-02 11:59:59Z")).await.unwrap();
    assert_eq!(world.store.campaigns().await.unwrap().len(), 2);
    prune.run_once(world.now("2026-06-02 12:00:00Z")).await.unwrap();
    let left: Vec<_> = world.store.campaigns().await.unwrap().into_iter().map(|campaign| campaign.id).collect();
    assert_eq!(left, [other]);
    assert_eq!(keys(&world, &format!("*{passing}*")), 0);
}
