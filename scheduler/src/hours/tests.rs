//! Hours against a real Redis, with the clock moved by hand.

mod work;

use redial_shared::{
    domain::{ContactState, Outcome},
    store::Verb,
};

use super::*;
use crate::testing::World;

const PARIS: &str = "[calling_hours]\ndaily = [\"10:00-20:00\"]\n";

async fn paris(world: &World, contacts: usize) -> CampaignId {
    let campaign = world.apply("paris", PARIS).await;
    world.upload(campaign, 0, contacts, "Europe/Paris").await;
    world.store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
    campaign
}

fn written(written: usize) -> HoursCounts {
    HoursCounts { written, left: 0 }
}

#[tokio::test]
async fn calls_start_in_calling_hours_only_also_on_the_days_on_which_clocks_change() {
    let (world, now) = World::at("2026-03-28 12:00").await;
    paris(&world, 20).await;
    let hours = Hours::new(world.store.clone(), world.leader("a").await);
    hours.run_once(now).await.unwrap();
    let nights = [
        // Winter time, then summer time from the 29th on.
        ("2026-03-28 18:59", 1),
        ("2026-03-28 19:00", 0),
        ("2026-03-29 07:59", 0),
        ("2026-03-29 08:00", 1),
        ("2026-03-29 17:59", 1),
        ("2026-03-29 18:00", 0),
    ];
    for (at, calls) in nights {
        world.now(at);
        assert_eq!(world.call(1).await.len(), calls, "{at}");
    }
    let now = world.now("2026-10-24 12:00");
    hours.run_once(now).await.unwrap();
    for (at, calls) in
        [("2026-10-24 18:00", 0), ("2026-10-25 08:59", 0), ("2026-10-25 09:00", 1), ("2026-10-25 18:59", 1)]
    {
        world.now(at);
        assert_eq!(world.call(1).await.len(), calls, "{at}");
    }
}

#[tokio::test]
async fn hours_close_by_themselves_when_every_scheduler_is_dead_and_the_next_leader_extends_them() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let campaign = paris(&world, 10).await;
    let old = Hours::new(world.store.clone(), world.leader("old").await);
    old.run_once(now).await.unwrap();
    world.now("2026-06-02 12:00");
    assert_eq!(world.call(1).await.len(), 1, "they were written two days ahead");
    world.now("2026-06-03 11:59");
    assert_eq!(world.call(1).await.len(), 1);
    let now = world.now("2026-06-03 12:00");
    assert_eq!(world.call(1).await.len(), 0, "nobody has said that this hour is open");

    world.store.stop_leading("old").await.unwrap();
    let new = Hours::new(world.store.clone(), world.leader("new").await);
    assert_eq!(new.run_once(now).await.unwrap(), written(1));
    assert_eq!(world.call(1).await.len(), 1);
    // What the old leader computed long ago comes late.
    let refused = old.write(campaign, crate::testing::time("2026-06-01 12:00")).await.unwrap_err();
    assert_eq!(refused.to_string(), "another scheduler leads by now");
    assert_eq!(world.call(1).await.len(), 1);
}

#[tokio::test]
async fn hours_are_written_again_every_hour_and_when_the_definition_has_changed() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let campaign = paris(&world, 10).await;
    let hours = Hours::new(world.store.clone(), world.leader("a").await);
    assert_eq!(hours.run_once(now).await.unwrap(), written(1));
    assert_eq!(hours.run_once(world.now("2026-06-01 12:59")).await.unwrap(), written(0));
    assert_eq!(hours.run_once(world.now("2026-06-01 13:00")).await.unwrap(), written(1));

    // Whoever applied this died before it wrote the new version's hours.
    world.apply("paris", &PARIS.replace("20:00", "18:00")).await;
    assert_eq!(world.call(1).await.len(), 0, "the old version's hours count no more");
    let now = world.now("2026-06-01 13:01");
    assert_eq!(hours.run_once(now).await.unwrap(), written(1));
    assert_eq!(world.call(1).await.len(), 1);
    world.now("2026-06-01 16:00");
    assert_eq!(world.call(1).await.len(), 0, "18:00 in Paris");

    world.store.change(campaign, Verb::Stop, "", None).await.unwrap();
    assert_eq!(hours.run_once(world.now("2026-06-01 17:00")).await.unwrap(), written(0));
}

#[tokio::test]
async fn a_round_is_bounded_and_serves_campaigns_that_dial_first() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    for index in 0..CAMPAIGNS_PER_ROUND {
        world.apply(&format!("draft-{index}"), "").await;
    }
    let running = paris(&world, 1).await;
    world.apply("paris", &PARIS.replace("20:00", "21:00")).await;
    let hours = Hours::new(world.store.clone(), world.leader("a").await);
    assert_eq!(hours.due(&world.store.standings().await.unwrap(), now)[0], running);
    assert_eq!(hours.run_once(now).await.unwrap(), HoursCounts { written: CAMPAIGNS_PER_ROUND, left: 1 });
    assert_eq!(world.call(1).await.len(), 1);
    assert_eq!(hours.run_once(now).await.unwrap(), written(1));
}

#[tokio::test]
async fn a_contact_whose_zone_nobody_knows_is_held_until_its_hours_need_none() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let campaign = world.apply("paris", PARIS).await;
    world.upload(campaign, 0, 300, "").await;
    world.upload(campaign, 300, 5, "Europe/Paris").await;
    assert_eq!(world.count(campaign, ContactState::Held).await, 300);
    assert_eq!(world.count(campaign, ContactState::Pending).await, 5);
    assert_eq!(world.store.release(campaign, None).await.unwrap().released, 0, "they would be held again");
    assert_eq!(world.count(campaign, ContactState::Held).await, 300);

    world.apply("paris", &format!("{PARIS}unknown_zone = {{ assume = \"Europe/Paris\" }}\n")).await;
    assert_eq!(world.store.release(campaign, Some(&[0, 2])).await.unwrap().released, 2);
    assert_eq!(world.store.release(campaign, None).await.unwrap().released, 298);
    let hours = Hours::new(world.store.clone(), world.leader("a").await);
    hours.run_once(now).await.unwrap();
    world.store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
    assert_eq!(world.call(400).await.len() + world.call(400).await.len(), 305);
}

#[tokio::test]
async fn waiting_contacts_are_held_when_their_campaign_is_given_hours_that_nobody_can_tell() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let campaign = world.campaign("anytime", "", 3, now).await;
    world.store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
    world.end(&world.call(2).await, Outcome::Busy, now).await;
    world.apply("anytime", PARIS).await;
    let hours = Hours::new(world.store.clone(), world.leader("a").await);
    hours.run_once(now).await.unwrap();
    assert_eq!(world.count(campaign, ContactState::Held).await, 3);
    world.apply("anytime", "").await;
    hours.run_once(now).await.unwrap();
    assert_eq!(world.store.release(campaign, None).await.unwrap().released, 3);
    assert_eq!(world.count(campaign, ContactState::Waiting).await, 2);
    assert_eq!(world.call(9).await.len(), 3);
}
