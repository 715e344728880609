//! Guards against a real Redis, with the clock moved by hand.

use super::*;
use crate::testing::World;

const GUARD: &str = "[guard]\npause_if = [\"error > 20% of 10\"]\n";

#[tokio::test]
async fn too_many_bad_ends_among_the_last_calls_pause_the_campaign_and_after_a_resume_it_starts_anew() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let campaign = world.campaign("once", GUARD, 60, now).await;
    world.store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
    let guards = Guards::new(world.store.clone(), world.leader("a").await);
    let round = async |answered: usize, error: usize| {
        let calls = world.call(answered + error).await;
        world.end(&calls[..answered], Outcome::Answered, now).await;
        world.end(&calls[answered..], Outcome::Error, now).await;
        guards.run_once(now).await.unwrap().paused
    };
    assert_eq!(round(0, 0).await, 0);
    assert_eq!(round(0, 5).await, 0, "five calls are too few to tell");
    assert_eq!(round(15, 0).await, 0, "fifteen good ones came after them");
    assert_eq!(round(10, 2).await, 0, "two of the last twelve");
    assert_eq!(round(0, 3).await, 1, "five of the last fifteen");
    let view = world.view(campaign).await;
    assert_eq!(view.state, CampaignState::Paused);
    assert_eq!(view.reason, "guard: error in 33% of the last 15 calls, 20% allowed");
    assert_eq!(guards.run_once(now).await.unwrap().paused, 0);
    world.store.change(campaign, Verb::Resume, "", None).await.unwrap();
    assert_eq!(guards.run_once(now).await.unwrap().paused, 0, "what was before is forgiven");
    assert_eq!(round(8, 2).await, 0);
}
