//! Ends that are not charged to the contact.

use redial_shared::domain::ContactState;

use crate::{
    stub::SPEC,
    world::{CONTACTS, DEFINITION, World},
};

#[tokio::test]
async fn a_call_that_was_missed_at_the_provider_is_no_attempt_and_its_contact_is_put_off() {
    let spec = SPEC.replace("outcome = \"answered\"", "outcome = \"error\"\ncharged = false");
    assert_ne!(spec, SPEC);
    let mut world = World::start_as(&spec, DEFINITION, &[], "").await;
    let missed = async || {
        let all_rang = world.stub.asked().rings.len() == CONTACTS;
        let campaign = world.campaign().await;
        (all_rang && campaign.counts.attempts == 0).then_some(campaign)
    };
    let campaign = world.until("all are missed", missed).await;
    assert!(campaign.counts.outcomes.values().all(|count| *count == 0), "{:?}", campaign.counts);
    assert_eq!(campaign.counts.by_state[&ContactState::Pending] as usize, CONTACTS);
    for contact in world.contact_views().await {
        assert_eq!((contact.state, contact.attempts.len()), (ContactState::Pending, 0));
        assert_eq!(contact.reason, "missed at the provider: done");
        assert!(contact.next_attempt_at.is_some(), "it comes up again by itself");
    }
    world.stop().await;
    world.assert_each_rang_once();
}
