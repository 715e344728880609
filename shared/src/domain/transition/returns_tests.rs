//! Contacts that come back from an attempt that never was.

use super::*;

const BASE_MS: i64 = 1_800_000_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(BASE_MS + second * 1_000)
}

fn ending(outcome: Outcome, charged: bool, second: i64) -> Ending {
    Ending {
        outcome,
        provider_status: "failed: ag_missed".to_owned(),
        duration_s: None,
        reason: String::new(),
        hold: false,
        is_over: false,
        charged,
        at: at(second),
        captured: Captured::default(),
    }
}

fn begun(before: &Record) -> (Record, u32) {
    let record = begin(before, "12025550101", at(0), 1);
    let attempt = record.revision;
    (record, attempt)
}

fn conclude_it(before: &Record, attempt: u32, ending: &Ending) -> Option<Change> {
    let retry = RetryPolicy::default();
    conclude(before, attempt, ending, &Policy { retry: &retry, rules: &[], calendars: &[Tz::UTC] })
}

#[test]
fn an_end_that_is_not_charged_is_no_attempt_and_changes_nothing_when_it_is_told_again() {
    let (live, attempt) = begun(&Record::fresh(5, 1));
    let change = conclude_it(&live, attempt, &ending(Outcome::Error, false, 10)).unwrap();
    assert!(change.file && change.record.attempts.is_empty());
    assert_eq!((change.attempts, change.counted_before, change.counted_now), (-1, None, None));
    assert_eq!((change.record.state, change.record.due), (ContactState::Pending, Some(at(40))));
    assert_eq!(change.record.reason, "missed at the provider: failed: ag_missed");
    assert!(conclude_it(&change.record, attempt, &ending(Outcome::Error, false, 11)).is_none());
    assert!(conclude_it(&change.record, attempt, &ending(Outcome::Answered, true, 11)).is_none(), "nor when it errs");
    let (next, _) = begun(&change.record);
    assert!(conclude_it(&next, attempt, &ending(Outcome::Error, false, 50)).is_none(), "nor during the next attempt");
}

#[test]
fn who_is_put_off_for_nobodys_fault_waits_30_s_and_twice_as_long_each_time_up_to_5_min() {
    let mut record = Record::fresh(5, 1);
    let mut waits = Vec::new();
    for time in 0..20 {
        let (live, attempt) = begun(&record);
        let change = match time % 2 {
            0 => put_off(&live, attempt, at(0), "the agent is busy"),
            _ => conclude_it(&live, attempt, &ending(Outcome::Error, false, 0)),
        };
        record = change.unwrap().record;
        waits.push(record.due.unwrap().since(at(0)).as_secs());
    }
    assert_eq!(waits[..6], [30, 60, 120, 240, 300, 300]);
    assert_eq!(waits[19], 300);
    let (live, attempt) = begun(&record);
    let busy = conclude_it(&live, attempt, &ending(Outcome::Busy, true, 0)).unwrap().record;
    let (live, attempt) = begun(&busy);
    let again = put_off(&live, attempt, at(0), "").unwrap().record;
    assert_eq!(again.due, Some(at(30)), "an attempt that counts ends the row");
    assert_eq!(again.state, ContactState::Waiting);
}

#[test]
fn what_was_in_doubt_and_turns_out_not_to_be_charged_is_taken_back_with_its_count() {
    let (live, attempt) = begun(&Record::fresh(5, 1));
    let doubted = conclude_it(&live, attempt, &ending(Outcome::Unknown, true, 10)).unwrap().record;
    let change = conclude_it(&doubted, attempt, &ending(Outcome::Error, false, 20)).unwrap();
    assert_eq!((change.attempts, change.counted_before, change.counted_now), (-1, Some(Outcome::Unknown), None));
    assert!(change.file && change.record.attempts.is_empty());
    // An older attempt is corrected, and decides nothing.
    let (next, _) = begun(&doubted);
    let change = conclude_it(&next, attempt, &ending(Outcome::Error, false, 20)).unwrap();
    assert!(!change.file);
    assert_eq!((change.record.state, change.record.attempts.len()), (ContactState::Active, 1));
    let taken_out = Record { state: ContactState::Cancelled, ..doubted };
    let change = conclude_it(&taken_out, attempt, &ending(Outcome::Error, false, 20)).unwrap();
    assert!(!change.file, "who was taken out is not called");
    assert_eq!(change.record.state, ContactState::Cancelled);
}

#[test]
fn a_struck_attempt_of_a_former_run_is_no_longer_counted_as_one() {
    let (live, attempt) = begun(&Record::fresh(5, 1));
    let doubted = conclude_it(&live, attempt, &ending(Outcome::Unknown, true, 10)).unwrap().record;
    let rerun = restart(&doubted).unwrap().record;
    let change = conclude_it(&rerun, attempt, &ending(Outcome::Error, false, 20)).unwrap();
    assert_eq!((change.record.former_attempts, change.file), (0, false));
    assert_eq!(change.record.state, ContactState::Pending);
}

#[test]
fn who_was_to_be_taken_out_meanwhile_is_and_neither_waits_nor_is_held() {
    let (live, attempt) = begun(&Record::fresh(5, 1));
    let asked = cancel(&live).unwrap().record;
    for change in [
        conclude_it(&asked, attempt, &ending(Outcome::Error, false, 10)),
        put_off(&asked, attempt, at(10), "the agent is busy"),
        hold_back(&asked, attempt, "outside its hours"),
    ] {
        let change = change.unwrap();
        assert_eq!((change.record.state, change.record.due, change.file), (ContactState::Cancelled, None, false));
    }
}

#[test]
fn a_contact_that_is_held_back_was_not_called() {
    let (live, attempt) = begun(&Record::fresh(5, 1));
    let change = hold_back(&live, attempt, "outside its hours").unwrap();
    assert_eq!((change.record.state, change.file, change.attempts), (ContactState::Held, false, -1));
    assert_eq!((change.record.reason.as_str(), change.record.attempts.len()), ("outside its hours", 0));
    assert!(release(&change.record).unwrap().file);
}
