use redial_shared::domain::{AttemptId, CampaignId, Outcome};

use super::*;

const TERMS: Terms = Terms { overlap: Duration::from_secs(60), newest_first: true };

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + second * 1_000)
}

fn entry(call_id: &str, second: i64) -> PollEntry {
    let attempt = AttemptId { campaign: CampaignId(1), position: 1, revision: 1 };
    PollEntry { attempt, started_at: at(second), call_id: call_id.to_owned() }
}

fn report(call_id: &str, status: &str) -> CallReport {
    let report = match status {
        "finished" => Report::Ended { outcome: Outcome::Answered, duration_s: None, charged: true },
        _ => Report::Pending,
    };
    CallReport {
        call_id: call_id.to_owned(),
        attempt: None,
        provider_status: status.to_owned(),
        report,
        document: Value::Null,
    }
}

#[test]
fn a_reading_begins_where_the_last_one_ended() {
    let mut tail = Tail::default();
    let entries = [entry("1", 0), entry("2", 5)];
    assert_eq!(tail.next_reading(&entries, TERMS, at(10)), (at(-60), Reach::Back), "from the oldest call on");
    tail.take_in(vec![report("2", "connected"), report("1", "finished")], at(10));
    tail.is_read(at(-60), at(10), true);
    assert_eq!(tail.next_reading(&entries, TERMS, at(12)), (at(-50), Reach::News));
    tail.is_read(at(-50), at(12), false);
    assert_eq!(tail.next_reading(&entries, TERMS, at(14)), (at(-48), Reach::News));
    assert_eq!(tail.next_reading(&entries, TERMS, at(41)), (at(-50), Reach::Whole), "now and then all of it");
    let oldest_first = Terms { newest_first: false, ..TERMS };
    assert_eq!(tail.next_reading(&entries, oldest_first, at(14)).1, Reach::Whole, "what is new comes last");
}

#[test]
fn a_page_that_ends_with_what_is_known_has_nothing_new_behind_it() {
    let mut tail = Tail::default();
    assert!(tail.take_in(vec![report("3", "assigned"), report("2", "connected")], at(1)));
    assert!(!tail.take_in(vec![report("4", "assigned"), report("3", "finished"), report("2", "connected")], at(3)));
    assert!(tail.take_in(vec![report("4", "assigned"), report("2", "finished")], at(5)));
    assert!(!tail.take_in(Vec::new(), at(7)));
    let told = tail.of("2", at(8)).unwrap();
    assert_eq!(told.provider_status, "finished", "for whoever asks for it later");
}

#[test]
fn calls_that_no_reading_has_told_of_are_looked_for_further_back_but_not_all_the_time() {
    let mut tail = Tail::default();
    tail.next_reading(&[entry("9", 1_000)], TERMS, at(1_000));
    tail.is_read(at(940), at(1_000), false);
    let entries = [entry("1", 100), entry("9", 1_000)];
    assert_ne!(tail.next_reading(&entries, TERMS, at(1_002)).1, Reach::Back, "it was just looked back");
    assert_eq!(tail.next_reading(&entries, TERMS, at(1_021)), (at(40), Reach::Back));
    assert_ne!(tail.next_reading(&entries, TERMS, at(1_023)).1, Reach::Back);
    tail.take_in(vec![report("1", "connected")], at(1_021));
    assert_ne!(tail.next_reading(&entries, TERMS, at(1_100)).1, Reach::Back, "the other is not listed yet");
}

#[test]
fn after_a_reading_that_failed_half_way_all_is_read() {
    let mut tail = Tail::default();
    tail.next_reading(&[entry("1", 0)], TERMS, at(10));
    tail.is_read(at(-60), at(10), true);
    tail.is_cut = true;
    tail.take_in(vec![report("1", "connected")], at(12));
    assert_eq!(tail.next_reading(&[entry("1", 0)], TERMS, at(14)), (at(-50), Reach::Whole));
    tail.is_read(at(-50), at(14), true);
    assert_eq!(tail.next_reading(&[entry("1", 0)], TERMS, at(16)).1, Reach::News);
}

#[test]
fn calls_that_nobody_asks_for_are_forgotten_and_looked_for_when_somebody_does() {
    let mut tail = Tail::default();
    tail.take_in(vec![report("1", "connected"), report("2", "connected")], at(0));
    tail.is_read(at(-60), at(0), true);
    let kept = KEPT.as_secs() as i64;
    tail.of("2", at(10)).unwrap();
    tail.forget_old(at(kept + 1));
    assert!(tail.of("1", at(kept + 1)).is_none() && tail.of("2", at(kept + 1)).is_some());
    assert_eq!(tail.next_reading(&[entry("1", -10)], TERMS, at(kept + 1)), (at(-70), Reach::Back));
}
