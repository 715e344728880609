//! An account whose calls wait for people to take them.

use std::time::Duration;

use crate::{
    stub::{PEOPLE, SPEC, Stub},
    world::{DEFINITION, World},
};

#[tokio::test]
async fn no_call_starts_before_people_are_there_and_then_all_do() {
    let spec =
        format!("{SPEC}{PEOPLE}").replace("[auth.headers]", "respect_people = { type = \"boolean\" }\n[auth.headers]");
    let stub = Stub::serve(&[]).await;
    stub.asked().people_come_at = Some((chrono::Utc::now() + Duration::from_secs(3)).into());
    let mut world = World::start_at(stub, &spec, DEFINITION, "respect_people = true").await;
    let waits = async || world.store.account_health("acme").await.unwrap().waits;
    let (_, reason) = world.until("it is known that nobody is there", waits).await;
    assert_eq!(reason, "nobody is there to take calls");
    world.wait_until_all_are_completed().await;
    world.assert_each_rang_once();
    world.stop().await;
    let asked = world.stub.asked();
    assert!(asked.nobody >= 1 && asked.calls_to_nobody == 0, "{} {}", asked.nobody, asked.calls_to_nobody);
}
