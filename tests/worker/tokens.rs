//! Access tokens: fetched once for all calls, replaced once when they are refused.

use crate::world::{CONTACTS, World};

#[tokio::test]
async fn a_hundred_calls_at_once_and_their_polls_share_one_token() {
    let mut world = World::start(&[]).await;
    world.wait_until_all_are_completed().await;
    world.assert_each_rang_once();
    assert_eq!(world.stub.asked().tokens, 1);
    world.stop().await;
}

#[tokio::test]
async fn a_token_that_is_revoked_among_calls_is_replaced_once_and_no_attempt_is_charged_for_it() {
    let mut world = World::start(&[30]).await;
    world.wait_until_all_are_completed().await;
    world.assert_each_rang_once();
    assert_eq!(world.stub.asked().tokens, 2);
    assert_eq!(world.campaign().await.counts.attempts as usize, CONTACTS);
    world.stop().await;
}

#[tokio::test]
async fn a_token_that_is_revoked_before_the_polls_is_replaced_once() {
    let mut world = World::start(&[CONTACTS]).await;
    world.wait_until_all_are_completed().await;
    assert_eq!(world.stub.asked().tokens, 2);
    world.stop().await;
}

#[tokio::test]
async fn an_account_whose_second_token_is_refused_too_is_paused_and_charges_nobody() {
    let mut world = World::start(&[0; CONTACTS]).await;
    let trouble = async || world.store.account_health("acme").await.unwrap().paused;
    let trouble = world.until("the account is paused", trouble).await;
    assert_eq!(trouble, "HTTP 401");
    world.stop().await;
    assert_eq!((world.campaign().await.counts.attempts, world.stub.asked().rings.len()), (0, 0));
    // A call that was slow to ask may have tried a third one.
    assert!((2..=3).contains(&world.stub.asked().tokens), "{}", world.stub.asked().tokens);
}
