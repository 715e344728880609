//! Endings against a real Redis, with the clock moved by hand.

use redial_shared::domain::{CampaignId, ContactState, Outcome};

use super::*;
use crate::{
    runs::Runs,
    testing::{World, time},
};

const BOUNDED: &str = "[schedule]\nend_at = 2026-06-01T20:00:00Z\n";

async fn begin(world: &World, campaign: CampaignId) -> Endings {
    world.store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
    Endings::new(world.store.clone(), world.leader("a").await)
}

async fn verb(world: &World, campaign: CampaignId, verb: Verb) -> CampaignState {
    world.store.change(campaign, verb, "", None).await.unwrap().state
}

#[tokio::test]
async fn a_campaign_is_completed_with_its_last_call_and_held_contacts_remain() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let campaign = world.campaign("once", "", 3, now).await;
    let endings = begin(&world, campaign).await;
    let calls = world.call(3).await;
    world.end(&calls[..1], Outcome::Answered, now).await;
    world.hold(&calls[1..2], now).await;
    assert_eq!(endings.run_once(now).await.unwrap(), Ended::default(), "one is still on a call");
    world.end(&calls[2..], Outcome::InvalidNumber, now).await;
    assert_eq!(endings.run_once(now).await.unwrap().completed, 1);
    assert_eq!(world.view(campaign).await.state, CampaignState::Completed);
    assert_eq!(world.count(campaign, ContactState::Held).await, 1);
    assert_eq!(endings.run_once(now).await.unwrap(), Ended::default(), "it ends once");
}

#[tokio::test]
async fn a_contact_that_waits_for_a_retry_keeps_its_campaign_going() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let campaign = world.campaign("once", "", 1, now).await;
    let endings = begin(&world, campaign).await;
    world.end(&world.call(1).await, Outcome::Busy, now).await;
    assert_eq!(endings.run_once(now).await.unwrap(), Ended::default());
    let later = world.now("2026-06-01 13:00");
    world.end(&world.call(1).await, Outcome::Answered, later).await;
    assert_eq!(endings.run_once(later).await.unwrap().completed, 1);
}

#[tokio::test]
async fn an_empty_list_is_not_complete_and_a_list_that_grows_revives_its_campaign() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let campaign = world.campaign("once", "", 0, now).await;
    let endings = begin(&world, campaign).await;
    assert_eq!(endings.run_once(now).await.unwrap(), Ended::default());
    for round in 0..2 {
        world.upload(campaign, round, 1, "").await;
        world.store.refresh_hours(campaign, now).await.unwrap();
        assert_eq!(world.view(campaign).await.state, CampaignState::Running);
        world.end(&world.call(1).await, Outcome::Answered, now).await;
        assert_eq!(endings.run_once(now).await.unwrap().completed, 1);
    }
}

#[tokio::test]
async fn what_is_not_finished_when_a_campaign_is_stopped_is_cancelled() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let campaign = world.campaign("once", "", 6, now).await;
    let endings = begin(&world, campaign).await;
    let calls = world.call(5).await;
    world.end(&calls[..1], Outcome::Answered, now).await;
    world.end(&calls[1..2], Outcome::Busy, now).await;
    world.hold(&calls[2..3], now).await;
    assert_eq!(verb(&world, campaign, Verb::Pause).await, CampaignState::Paused);
    assert_eq!(verb(&world, campaign, Verb::Stop).await, CampaignState::Stopping, "a paused one stops too");
    assert_eq!(world.count(campaign, ContactState::Cancelled).await, 3, "pending, waiting, held");
    assert_eq!(endings.run_once(now).await.unwrap(), Ended::default(), "two are still on calls");
    world.end(&calls[3..4], Outcome::NoAnswer, now).await;
    world.hold(&calls[4..5], now).await;
    assert_eq!(endings.run_once(now).await.unwrap().stopped, 1);
    assert_eq!(world.view(campaign).await.state, CampaignState::Stopped);
    assert_eq!(world.count(campaign, ContactState::Cancelled).await, 5);
    assert_eq!(world.count(campaign, ContactState::Completed).await, 1);
    let contacts = world.store.block_views(&world.store.fresh_info(campaign).await.unwrap(), 0).await.unwrap();
    let cancelled = contacts.iter().filter(|contact| contact.state == ContactState::Cancelled).count();
    assert_eq!(cancelled, 5, "counts and contacts agree");
    for verb in [Verb::Start { until: None }, Verb::Pause, Verb::Resume] {
        assert!(world.store.change(campaign, verb, "", None).await.is_err(), "stopped is stopped");
    }
    assert!(!world.store.change(campaign, Verb::Stop, "", None).await.unwrap().changed);
}

#[tokio::test]
async fn contacts_that_are_not_finished_at_the_end_expire_and_live_calls_are_waited_for() {
    let (world, now) = World::at("2026-06-01 19:59").await;
    let campaign = world.campaign("bounded", BOUNDED, 5, now).await;
    let endings = begin(&world, campaign).await;
    let calls = world.call(4).await;
    world.end(&calls[..1], Outcome::Answered, now).await;
    world.end(&calls[1..2], Outcome::Busy, now).await;
    assert_eq!(endings.run_once(world.now("2026-06-01 19:59:59Z")).await.unwrap(), Ended::default());
    let end = world.now("2026-06-01 20:00");
    assert_eq!(endings.run_once(end).await.unwrap(), Ended { expired: 1, ..Ended::default() });
    assert_eq!(world.count(campaign, ContactState::Expired).await, 2);
    assert_eq!(world.count(campaign, ContactState::Active).await, 2);
    assert_eq!(world.call(5).await.len(), 0, "nobody is called any more");
    assert_eq!(endings.run_once(end).await.unwrap(), Ended::default(), "it expires once");
    world.end(&calls[2..3], Outcome::Busy, end).await;
    world.end(&calls[3..4], Outcome::Answered, end).await;
    assert_eq!(endings.run_once(end).await.unwrap(), Ended { completed: 1, ..Ended::default() });
    assert_eq!(world.count(campaign, ContactState::Expired).await, 3);
    assert_eq!(world.view(campaign).await.reason, "it ended at 2026-06-01T20:00:00.000Z");
}

#[tokio::test]
async fn an_ended_campaign_is_never_revived() {
    let (world, now) = World::at("2026-06-01 19:59").await;
    let campaign = world.campaign("bounded", BOUNDED, 3, now).await;
    let endings = begin(&world, campaign).await;
    let call = world.call(1).await;
    let end = world.now("2026-06-01 20:00");
    endings.run_once(end).await.unwrap();
    // Its end is moved on when it has come already.
    world.apply("bounded", "").await;
    world.store.refresh_hours(campaign, end).await.unwrap();
    assert_eq!(world.call(5).await.len(), 0);
    world.end(&call, Outcome::Answered, end).await;
    assert_eq!(endings.run_once(end).await.unwrap().completed, 1);
    assert!(world.store.change(campaign, Verb::Start { until: None }, "", None).await.is_err());
    assert!(world.try_upload(campaign, 3, 1, "").await.is_err(), "it takes no more contacts");
}

#[tokio::test]
async fn a_paused_scheduled_or_completed_campaign_expires_too_and_a_draft_does_not() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let nightly = format!("{BOUNDED}cron = \"0 18 * * *\"\n");
    let paused = world.campaign("paused", BOUNDED, 2, now).await;
    let endings = begin(&world, paused).await;
    let call = world.call(1).await;
    verb(&world, paused, Verb::Pause).await;
    let scheduled = world.campaign("scheduled", &nightly, 2, now).await;
    verb(&world, scheduled, Verb::Arm { next_run: time("2026-06-01 18:00") }).await;
    let held = world.campaign("held", BOUNDED, 1, now).await;
    verb(&world, held, Verb::Start { until: None }).await;
    world.hold(&world.call(1).await, now).await;
    let empty = world.campaign("empty", BOUNDED, 0, now).await;
    verb(&world, empty, Verb::Start { until: None }).await;
    let draft = world.campaign("draft", BOUNDED, 2, now).await;
    assert_eq!(endings.run_once(now).await.unwrap(), Ended { completed: 1, ..Ended::default() });

    let end = world.now("2026-06-01 20:00");
    assert_eq!(endings.run_once(end).await.unwrap(), Ended { expired: 4, completed: 2, ..Ended::default() });
    let world = &world;
    let states = |campaign| async move { world.view(campaign).await.state };
    assert_eq!(states(paused).await, CampaignState::Paused, "a call is live still");
    for (campaign, expired) in [(scheduled, 2), (held, 1), (empty, 0)] {
        assert_eq!(states(campaign).await, CampaignState::Completed);
        assert_eq!(world.count(campaign, ContactState::Expired).await, expired);
        assert_eq!(world.view(campaign).await.next_run_at, None);
    }
    assert_eq!(states(draft).await, CampaignState::Draft);
    assert_eq!(world.count(draft, ContactState::Pending).await, 2);
    world.end(&call, Outcome::Answered, end).await;
    assert_eq!(endings.run_once(end).await.unwrap().completed, 1);
    assert_eq!(states(paused).await, CampaignState::Completed);
}

#[tokio::test]
async fn a_campaign_that_dials_again_rests_when_its_list_is_done_and_completes_with_its_last_run() {
    let (world, now) = World::at("2026-06-01 18:00").await;
    let twice = "[schedule]\ncron = \"0 20 * * *\"\neach_run = \"restart\"\nend_at = 2026-06-03T12:00:00Z\n";
    let campaign = world.campaign("twice", twice, 2, now).await;
    verb(&world, campaign, Verb::Arm { next_run: time("2026-06-01 20:00") }).await;
    let leadership = world.leader("a").await;
    let (runs, endings) = (Runs::new(world.store.clone(), leadership), Endings::new(world.store.clone(), leadership));
    for (day, state) in [(1, CampaignState::Scheduled), (2, CampaignState::Completed)] {
        let now = world.now(&format!("2026-06-0{day} 20:00"));
        world.store.refresh_hours(campaign, now).await.unwrap();
        runs.run_once(now).await.unwrap();
        let calls = world.call(5).await;
        assert_eq!(calls.len(), 2);
        world.end(&calls, Outcome::Answered, now).await;
        let ended = endings.run_once(now).await.unwrap();
        assert_eq!(ended.rested + ended.completed, 1);
        assert_eq!(world.view(campaign).await.state, state);
        assert_eq!(endings.run_once(now).await.unwrap(), Ended::default());
        assert_eq!(runs.run_once(now).await.unwrap(), Default::default(), "its tick does not come again");
    }
    assert_eq!(world.view(campaign).await.counts.attempts, 4);
}

#[tokio::test]
async fn what_a_former_leader_decides_is_refused() {
    let (world, now) = World::at("2026-06-01 19:59").await;
    let campaign = world.campaign("bounded", BOUNDED, 1, now).await;
    let old = begin(&world, campaign).await;
    let read_by_old = world.standing(campaign).await;
    world.store.stop_leading("a").await.unwrap();
    world.leader("b").await;
    let end = world.now("2026-06-01 20:00");
    assert!(old.run_once(end).await.is_err());
    assert!(old.end(read_by_old, end, &mut Ended::default()).await.is_err());
    assert_eq!(world.count(campaign, ContactState::Expired).await, 0);
}

#[tokio::test]
async fn an_end_that_was_moved_on_meanwhile_does_not_come() {
    let (world, now) = World::at("2026-06-01 19:59").await;
    let campaign = world.campaign("bounded", BOUNDED, 1, now).await;
    let endings = begin(&world, campaign).await;
    let read = world.standing(campaign).await;
    let end = world.now("2026-06-01 20:00");
    world.store.info(campaign, 1).await.unwrap();
    world.apply("bounded", &BOUNDED.replace("20:00", "21:00")).await;
    let mut ended = Ended::default();
    endings.end(read, end, &mut ended).await.unwrap();
    assert_eq!(ended, Ended::default());
    assert_eq!(world.count(campaign, ContactState::Expired).await, 0);
}

#[tokio::test]
async fn a_campaign_may_change_its_account_once_its_calls_in_doubt_hold_no_slot() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let campaign = world.campaign("moves", "", 1, now).await;
    begin(&world, campaign).await;
    world.end(&world.call(1).await, Outcome::Unknown, now).await;
    verb(&world, campaign, Verb::Pause).await;
    let source = "name = \"moves\"\nprovider = \"other\"\n";
    let definition = redial_shared::domain::campaign::parse(source, "moves").unwrap();
    assert!(world.store.apply(&definition, source).await.is_err(), "its phone may be ringing");
    world.now("2026-06-01 12:15:01Z");
    world.store.apply(&definition, source).await.unwrap();
    assert_eq!(world.view(campaign).await.account, "other");
    let contact = world.store.contact(&"moves".parse().unwrap(), "c0").await.unwrap().unwrap();
    assert_ne!(contact.attempts[0].account, "other", "it went through the account of its time");
}
