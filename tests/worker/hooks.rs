//! A provider that cannot be asked for results.

use std::time::Duration;

use redial_shared::{
    domain::{ContactState, Outcome, learned::Captured, transition::Ending},
    store::{Heard, HookTerms, Told},
};
use serde_json::Value;

use crate::{
    stub::SPEC,
    world::{CONTACTS, World},
};

const POLL: &str = "[poll]\nurl = \"/calls/{{call.id}}\"\n";
const DEFINITION: &str = "name = \"nightly\"\nprovider = \"acme\"\n[results]\npoll_first = \"1s\"\ngive_up = \"1s\"\n\
                          [retry.unknown]\ndelays = [\"1s\"]\nmax = 0\n";
const TERMS: HookTerms = HookTerms { keep_early: Duration::from_secs(60), poll_in: None };

fn spec() -> String {
    let spec = SPEC.replace(POLL, "");
    assert_ne!(spec, SPEC);
    spec
}

#[tokio::test]
async fn without_a_hook_its_calls_are_submitted() {
    let mut world = World::start_as(&spec(), DEFINITION, &[], "").await;
    world.wait_until_all_are_completed().await;
    world.assert_each_rang_once();
    assert_eq!(world.campaign().await.counts.outcomes[&Outcome::Submitted] as usize, CONTACTS);
    world.stop().await;
}

#[tokio::test]
async fn what_its_hook_is_not_told_in_time_is_given_up_and_settled_by_late_truth() {
    let mut world = World::start_as(&spec(), DEFINITION, &[], "hook_secret = \"ours\"").await;
    let failed = async || (world.contacts(ContactState::Failed).await == CONTACTS).then_some(());
    world.until("all are given up", failed).await;
    world.assert_each_rang_once();
    assert_eq!(world.campaign().await.counts.outcomes[&Outcome::Unknown] as usize, CONTACTS);
    let none_is_polled = async || {
        let polled = world.store.take_polls("acme", CONTACTS, TERMS.keep_early, Duration::ZERO).await.unwrap();
        (polled.entries.is_empty() && polled.next_due.is_none()).then_some(())
    };
    world.until("nothing is polled any more", none_is_polled).await;
    // The stub's ids are the numbers.
    let calls: Vec<String> = world.stub.asked().rings.keys().cloned().collect();
    for call_id in calls {
        let at = world.store.clock().now();
        let ending = Ending {
            outcome: Outcome::Answered,
            provider_status: "done".to_owned(),
            duration_s: Some(2.0),
            reason: String::new(),
            hold: false,
            is_over: false,
            captured: Captured::default(),
            charged: true,
            at,
        };
        let told = Told { call_id, attempt: None, ending: Some(ending), report: Value::Null, proved: true };
        assert_eq!(world.store.hear("acme", &told, &TERMS).await.unwrap(), Heard::Settled);
    }
    world.wait_until_all_are_completed().await;
    world.stop().await;
}
