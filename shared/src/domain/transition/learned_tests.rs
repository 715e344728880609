//! What the bot learned, and rules on it.

use super::*;

const RULES: [(&str, &str); 3] =
    [("disposition = callback", "retry in 1d"), ("outcome = voicemail", "complete"), ("refused", "suppress")];

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_780_315_200_000 + seconds * 1000)
}

fn captured(values: &[(&str, &str)]) -> Captured {
    values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn ending(outcome: Outcome, values: &[(&str, &str)]) -> Ending {
    let (provider_status, reason) = Default::default();
    Ending {
        outcome,
        provider_status,
        duration_s: None,
        reason,
        hold: false,
        is_over: false,
        charged: true,
        at: at(60),
        captured: captured(values),
    }
}

/// What becomes of a contact whose first call ends so, with these attempts at most.
fn after(ending: &Ending, max_attempts: u8) -> Record {
    let begun = begin(&Record::fresh(5, 1), "12025550123", at(0), 1);
    policy(max_attempts, |policy| conclude(&begun, 1, ending, policy)).unwrap().record
}

fn policy<T>(max_attempts: u8, with: impl FnOnce(&Policy<'_>) -> T) -> T {
    let retry = RetryPolicy { max_attempts, ..RetryPolicy::default() };
    let rule = |(when, then): (&str, &str)| ResultRule { when: when.parse().unwrap(), then: then.parse().unwrap() };
    with(&Policy { retry: &retry, rules: &RULES.map(rule), calendars: &[Tz::UTC] })
}

#[test]
fn a_rule_decides_before_the_retry_policy() {
    let retried = after(&ending(Outcome::Answered, &[("disposition", "callback")]), 3);
    assert_eq!((retried.state, retried.due), (ContactState::Waiting, Some(at(60 + 86_400))));
    assert_eq!(after(&ending(Outcome::Voicemail, &[]), 3).state, ContactState::Completed);
    let refused = after(&ending(Outcome::Answered, &[("refused", "yes")]), 3);
    assert_eq!((refused.state, &*refused.reason), (ContactState::Suppressed, "refused: suppress"));
    assert_eq!(after(&ending(Outcome::Answered, &[("disposition", "sold")]), 3).state, ContactState::Completed);
}

#[test]
fn a_rule_gives_nobody_more_attempts_than_there_are() {
    let done = after(&ending(Outcome::Answered, &[("disposition", "callback")]), 1);
    assert_eq!((done.state, done.due), (ContactState::Completed, None));
    let used_up = after(&ending(Outcome::Busy, &[("disposition", "callback")]), 1);
    assert_eq!(used_up.state, ContactState::Failed);
}

#[test]
fn what_is_learned_after_the_end_decides_as_if_it_had_come_with_it() {
    let told_at_once = after(&ending(Outcome::Answered, &[("disposition", "callback")]), 3);
    let first = after(&ending(Outcome::Answered, &[]), 3);
    let late = captured(&[("disposition", "callback")]);
    let change = policy(3, |policy| learn(&first, 1, &late, policy)).unwrap();
    assert!(change.file && change.counted_before == change.counted_now);
    assert_eq!(Record { revision: told_at_once.revision, ..change.record.clone() }, told_at_once);
    assert_eq!(policy(3, |policy| learn(&change.record, 1, &late, policy)), None, "nothing new");
}

#[test]
fn what_is_learned_late_moves_nobody_who_is_called_again_or_out() {
    let waiting = after(&ending(Outcome::Busy, &[]), 3);
    let late = captured(&[("refused", "yes")]);
    let called = Record { next_number: 0, ..begin(&waiting, "12025550123", at(400), 1) };
    for before in [called, Record { state: ContactState::Cancelled, due: None, ..waiting }] {
        let change = policy(3, |policy| learn(&before, 1, &late, policy)).unwrap();
        assert_eq!((change.record.state, change.file), (before.state, false));
        assert_eq!(change.record.attempts[0].captured.get("refused"), Some("yes"));
    }
}
