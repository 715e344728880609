//! What the bot learned is captured and acted on.

use redial_shared::domain::{ContactState, Outcome};

use crate::{
    stub::SPEC,
    world::{CONTACTS, DEFINITION, World},
};

const RULES: &str = r#"
capture = { rings = "/heard/rings", ends = "/heard/ends" }
rules = [
    { when = "ends = 7 and rings < 2", then = "retry in 1s" },
    { when = "ends = 3", then = "suppress" },
]
"#;

#[tokio::test]
async fn rules_call_again_and_suppress_by_what_was_learned() {
    let definition = DEFINITION.replace("[results]\n", &format!("[results]{RULES}"));
    let mut world = World::start_as(SPEC, &definition, &[], "").await;
    let a_tenth = CONTACTS / 10;
    let done = async || {
        let suppressed = world.contacts(ContactState::Suppressed).await;
        let completed = world.contacts(ContactState::Completed).await;
        (suppressed == a_tenth && completed == CONTACTS - a_tenth).then_some(())
    };
    world.until("all are completed or suppressed", done).await;
    let counts = world.campaign().await.counts;
    assert_eq!(counts.outcomes.into_iter().collect::<Vec<_>>(), [(Outcome::Answered, (CONTACTS + a_tenth) as u64)]);
    for (number, rings) in &world.stub.asked().rings {
        assert_eq!(*rings, if number.ends_with('7') { 2 } else { 1 }, "{number}");
    }
    let name = "nightly".parse().unwrap();
    let contact = world.store.contact(&name, "+12025550117").await.unwrap().unwrap();
    let rings: Vec<_> = contact.attempts.iter().map(|attempt| attempt.captured.get("rings")).collect();
    assert_eq!(rings, [Some("1"), Some("2")]);
    let refused = world.store.contact(&name, "+12025550133").await.unwrap().unwrap();
    assert_eq!(refused.reason, "ends = 3: suppress");
    // Those who asked for it are on the list of the whole workspace.
    let number = |number: &str| redial_shared::domain::PhoneNumber::from_e164(number).unwrap();
    let numbers = [number("+12025550133"), number("+12025550117")];
    let lists = world.store.suppressions(None, &numbers).await.unwrap();
    assert!(lists[0].len() == 1 && lists[1].is_empty(), "{lists:?}");
    world.stop().await;
}
