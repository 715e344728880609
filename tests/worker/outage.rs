//! A provider that is down, and comes back.

use crate::world::{CONTACTS, World};

/// Calls that are on their way when it is found out, at most: those whose permits were given already.
const ON_THEIR_WAY_MAX: usize = 30;

#[tokio::test]
async fn while_a_provider_is_down_calls_wait_and_something_harmless_shows_when_it_is_back() {
    let mut world = World::start_with(&[], "rate = \"50/s\"").await;
    world.stub.asked().is_down = true;
    let down = async || world.store.account_health("acme").await.unwrap().down;
    let (_, cause) = world.until("it is found down", down).await;
    assert!(cause.contains("500"), "{cause}");
    let asked = async || (world.stub.asked().failed_checks >= 2).then_some(());
    world.until("it was asked again and again", asked).await;
    let failed_calls = world.stub.asked().failed_calls;
    assert!(failed_calls <= ON_THEIR_WAY_MAX, "{failed_calls}");
    world.stub.asked().is_down = false;
    world.wait_until_all_are_completed().await;
    world.assert_each_rang_once();
    assert_eq!(world.stub.asked().failed_calls, failed_calls, "it was not tried by calls");
    world.stop().await;
    assert_eq!(world.campaign().await.counts.attempts as usize, CONTACTS + failed_calls);
}
