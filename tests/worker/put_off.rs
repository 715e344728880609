//! Calls that their requests put off to a later time.

use std::time::Duration;

use redial_shared::domain::{ContactState, Timestamp};

use crate::{
    stub::SPEC,
    world::{CONTACTS, DEFINITION, World},
};

fn spec() -> String {
    let keys = "[call]\nat = { type = \"time\" }\n[auth.headers]";
    let spec = SPEC.replace("title = \"Stub\"\n", "title = \"Stub\"\nscheduled_by = \"at\"\n");
    spec.replace("[auth.headers]", keys).replace("{ to = \"{{number}}\" }", "{ to = \"{{number}}\", at = \"{{at}}\" }")
}

fn definition(at: Timestamp, hours: &str) -> String {
    format!("{DEFINITION}[call]\nat = \"{at}\"\n{hours}")
}

fn now() -> Timestamp {
    chrono::Utc::now().into()
}

#[tokio::test]
async fn a_call_that_would_be_put_off_to_outside_the_calling_hours_is_not_requested_and_its_contact_held() {
    let at = now() + Duration::from_secs(3_600);
    let (from, to) = (at - Duration::from_secs(600), at + Duration::from_secs(600));
    let hours = format!(
        "[calling_hours]\ndaily = [\"00:00-24:00\"]\ntimezone = \"Etc/UTC\"\nrestricted = [{{ from = {from}, to = {to} }}]\n"
    );
    let mut world = World::start_as(&spec(), &definition(at, &hours), &[], "").await;
    let held = async || (world.contacts(ContactState::Held).await == CONTACTS).then_some(());
    world.until("all are held", held).await;
    assert!(world.stub.asked().rings.is_empty());
    assert_eq!(world.campaign().await.counts.attempts, 0);
    let reason = format!("its call would be put off to {at}, outside its calling hours");
    assert!(world.contact_views().await.iter().all(|contact| contact.reason == reason));
    world.stop().await;
}

#[tokio::test]
async fn a_call_that_is_put_off_counts_from_its_time() {
    let at = now() + Duration::from_secs(5);
    let mut world = World::start_as(&spec(), &definition(at, ""), &[], "").await;
    world.wait_until_all_are_completed().await;
    world.assert_each_rang_once();
    for contact in world.contact_views().await {
        let attempt = &contact.attempts[0];
        assert_eq!(attempt.started_at, at);
        assert!(attempt.ended_at.is_some_and(|ended| ended >= at + Duration::from_secs(1)), "not asked for before");
    }
    world.stop().await;
}
