//! The scheduler as a whole, by Redis's own clock, and by one that is moved by hand.

mod audit;
mod edits;
mod idle;
mod office;
mod phones;
mod soonest;
mod week;

use std::time::Duration;

use redial_shared::{
    domain::{CampaignState, Outcome, schedule::LATE_TICK_MAX},
    store::Verb,
};

use super::*;
use crate::testing::World;

const DEADLINE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_scheduler_leads_works_and_lets_go_when_it_stops() {
    let (world, _) = World::at("2026-06-01 12:00").await;
    world.let_time_pass();
    let now = world.store.clock().now();
    let campaign = world.campaign("once", "", 1, now).await;
    world.store.change(campaign, Verb::Start { until: None }, "", None).await.unwrap();
    world.end(&world.call(1).await, Outcome::Answered, now).await;

    let config = Arc::new(Config::parse("", "redial.toml", std::iter::empty()).unwrap());
    let stop = CancellationToken::new();
    let scheduler = tokio::spawn(run(config, world.store.clone(), stop.clone()));
    let completed = async {
        while world.view(campaign).await.state != CampaignState::Completed {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, completed).await.expect("the leader completes a campaign that is done");
    let lease = Duration::from_secs(15);
    assert_eq!(world.store.lead("another", lease).await.unwrap(), None);

    stop.cancel();
    tokio::time::timeout(DEADLINE, scheduler).await.expect("it stops promptly").unwrap();
    assert!(world.store.lead("another", lease).await.unwrap().is_some(), "another one need not wait for the lease");
}

#[tokio::test]
async fn a_leader_that_another_one_replaced_notices_at_its_next_renewal() {
    let (world, _) = World::at("2026-06-01 12:00").await;
    let candidate = Candidate::new(world.store.clone(), Duration::from_secs(1));
    let stop = CancellationToken::new();
    let leadership = candidate.elected(&stop).await.unwrap();
    world.now("2026-06-01 12:00:01Z");
    world.leader("another").await;
    tokio::time::timeout(DEADLINE, candidate.hold(leadership, &stop)).await.expect("its term is over");
    assert!(!stop.is_cancelled());
}

#[tokio::test]
async fn a_leader_is_replaced_in_time_for_a_run_however_long_the_leases_of_workers_are() {
    let (world, now) = World::at("2026-06-01 12:00").await;
    let candidate = Candidate::new(world.store.clone(), Duration::from_secs(3600));
    candidate.elected(&CancellationToken::new()).await.unwrap();
    assert_eq!(world.store.lead("another", Duration::from_secs(15)).await.unwrap(), None);
    world.store.set_now(now + LATE_TICK_MAX / 2);
    assert!(world.store.lead("another", Duration::from_secs(15)).await.unwrap().is_some());
}
