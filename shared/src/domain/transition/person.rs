//! What becomes of a record when somebody edits or erases its contact.

use super::{Change, callable_state, next_revision};
use crate::domain::{
    ContactState, Timestamp,
    record::{AttemptRecord, NO_NUMBER, Record},
    retry::{RetryPolicy, is_usable},
};

/// The reason of an erased contact; one that was not finished is cancelled for it.
pub const ERASED: &str = "erased by request";
/// The reason of a contact that was called and waits for a time which an edit gave it.
pub const NOT_BEFORE: &str = "its `not_before` says so";
const NO_NUMBER_LEFT: &str = "no number is left that may be called";

/// What an edit of a contact's row means for its record.
#[derive(Debug, Clone)]
pub struct Edited<'a> {
    /// For each number that it had, its place among those that it has now; none: it was taken off.
    pub moved: Vec<Option<u8>>,
    /// The digits of each number that it had.
    pub digits: Vec<String>,
    /// How many numbers it has now.
    pub numbers: u8,
    /// The lane of each number, or the one lane of all of them.
    pub lanes: Vec<u16>,
    /// `not_before`, if that has changed.
    pub not_before: Option<Option<Timestamp>>,
    /// The generation of its block that has the edited row.
    pub generation: u32,
    /// Nobody could tell when the contact may be called, and now that is known.
    pub lifts_hold: bool,
    /// Which of its numbers may be called once more.
    pub retry: &'a RetryPolicy,
}

/// A contact was edited. What it was called for stays; a finished one stays finished; a call that goes on, goes on.
pub fn edit(before: &Record, edited: &Edited<'_>) -> Change {
    let mut record = next_revision(before);
    record.generation = edited.generation;
    record.numbers = edited.numbers;
    let moved = |number: u8| edited.moved.get(usize::from(number)).copied().flatten();
    for attempt in record.attempts.iter_mut().filter(|attempt| attempt.number != NO_NUMBER) {
        let digits = edited.digits.get(usize::from(attempt.number)).map_or("", String::as_str);
        attempt.move_number(moved(attempt.number), digits);
    }
    record.number_lanes = if edited.lanes.len() > 1 { edited.lanes.clone() } else { Vec::new() };
    record.lane = edited.lanes.first().copied().unwrap_or(before.lane);
    let history = record.history();
    let usable = || (0..edited.numbers).find(|&number| is_usable(edited.retry, &history, number));
    let next = moved(before.next_number).or_else(usable);
    record.turn_to(next.unwrap_or(0));
    if edited.lifts_hold && record.state == ContactState::Held {
        record.state = callable_state(&record);
        record.reason.clear();
    }
    let mut file = false;
    if matches!(record.state, ContactState::Pending | ContactState::Waiting) {
        record.due = due(before, &record, edited.not_before);
        if record.due != before.due && edited.not_before == Some(record.due) && record.due.is_some() {
            // One that was not called waits for nothing else: its reason told of something that is over.
            let reason = if record.state == ContactState::Waiting { NOT_BEFORE } else { "" };
            reason.clone_into(&mut record.reason);
        }
        file = (record.state, record.due, record.lane) != (before.state, before.due, before.lane);
        if next.is_none() {
            (record.state, record.due, file) = (ContactState::Failed, None, false);
            NO_NUMBER_LEFT.clone_into(&mut record.reason);
        }
    }
    Change { record, file, counted_before: None, counted_now: None, attempts: 0 }
}

/// One that was called waits for its retry at least; one that was not, for nothing else.
fn due(before: &Record, record: &Record, not_before: Option<Option<Timestamp>>) -> Option<Timestamp> {
    match not_before {
        None => before.due,
        Some(not_before) if record.state == ContactState::Waiting => before.due.max(not_before),
        Some(not_before) => not_before,
    }
}

/// Nothing of a contact is to be known any more but how it was counted. None while it is on a call.
pub fn erase(before: &Record, generation: u32) -> Option<Change> {
    if before.state == ContactState::Active {
        return None;
    }
    let mut record = next_revision(before);
    if before.state.is_open() || before.state == ContactState::Held {
        record.state = ContactState::Cancelled;
    }
    record.generation = generation;
    (record.numbers, record.next_number, record.due) = (0, 0, None);
    record.number_lanes.clear();
    ERASED.clone_into(&mut record.reason);
    for attempt in &mut record.attempts {
        (attempt.number, attempt.then) = (NO_NUMBER, None);
        attempt.erase();
    }
    Some(Change { record, file: false, counted_before: None, counted_now: None, attempts: 0 })
}

/// Nothing of the calls to a number that was taken off the contact is to be known any more, but how they were counted. None
/// where there are none, or one of them is live.
pub fn forget_number(before: &Record, digits: &str) -> Option<Change> {
    let mut record = next_revision(before);
    let to_it = |attempt: &&mut AttemptRecord| attempt.digits(&[]) == Some(digits);
    let mut forgotten = false;
    for attempt in record.attempts.iter_mut().filter(to_it) {
        attempt.outcome?;
        attempt.erase();
        forgotten = true;
    }
    forgotten.then_some(Change { record, file: false, counted_before: None, counted_now: None, attempts: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Outcome,
        learned::Captured,
        record::CalledThen,
        transition::{Ending, Policy, begin, conclude, learn, restart, withdraw},
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + second * 1_000)
    }

    fn busy(second: i64) -> Ending {
        Ending {
            outcome: Outcome::Busy,
            provider_status: "Busy".to_owned(),
            duration_s: None,
            reason: String::new(),
            hold: false,
            is_over: false,
            charged: true,
            at: at(second),
            captured: Captured::default(),
        }
    }

    fn edited(retry: &RetryPolicy, moved: Vec<Option<u8>>, numbers: u8, lanes: Vec<u16>) -> Edited<'_> {
        let digits = (1..=moved.len()).map(|place| format!("1202555010{place}")).collect();
        Edited { moved, digits, numbers, lanes, not_before: None, generation: 1, lifts_hold: false, retry }
    }

    #[test]
    fn a_call_goes_on_though_its_number_was_taken_off_and_the_next_one_goes_to_a_new_number() {
        let retry = RetryPolicy::default();
        let policy = Policy { retry: &retry, rules: &[], calendars: &[] };
        let live = begin(&Record::fresh(5, 1), "12025550101", at(0), 1);
        let change = edit(&live, &edited(&retry, vec![None], 1, vec![5]));
        assert_eq!((change.record.state, change.file), (ContactState::Active, false));
        let ended = conclude(&change.record, live.revision, &busy(20), &policy).unwrap();
        assert_eq!((ended.record.state, ended.record.next_number, ended.file), (ContactState::Waiting, 0, true));
        assert_eq!(ended.record.attempts[0].number, NO_NUMBER);
        assert_eq!(ended.record.attempts[0].digits(&[]), Some("12025550101"));
        let withdrawn = withdraw(&change.record, live.revision, None, "").unwrap();
        assert_eq!((withdrawn.record.next_number, withdrawn.record.state), (0, ContactState::Pending));
    }

    #[test]
    fn an_attempt_keeps_the_number_called_and_the_place_it_had_through_any_edits() {
        let retry = RetryPolicy::default();
        let mut waiting = begin(&Record::fresh(5, 2), "12025550101", at(0), 1);
        (waiting.state, waiting.attempts[0].outcome) = (ContactState::Waiting, Some(Outcome::Busy));
        let moved = edit(&waiting, &edited(&retry, vec![Some(1), Some(0)], 2, vec![5])).record;
        assert_eq!((moved.attempts[0].number, moved.attempts[0].place_then()), (1, Some(0)));
        let back = edit(&moved, &edited(&retry, vec![Some(1), Some(0)], 2, vec![5])).record;
        assert_eq!(back.attempts, waiting.attempts, "nothing more is kept of it");
        let off = edit(&moved, &edited(&retry, vec![Some(0), None], 1, vec![5])).record;
        assert_eq!(off.attempts[0].then, Some(CalledThen { number: 0, digits: "12025550102".to_owned() }));
        let again = edit(&off, &edited(&retry, vec![None], 1, vec![5])).record;
        assert_eq!(again.attempts, off.attempts);
        assert!(forget_number(&off, "12025550101").is_none());
        let forgotten = forget_number(&off, "12025550102").unwrap().record;
        assert_eq!((forgotten.attempts[0].digits(&[]), forgotten.attempts[0].place_then()), (None, Some(0)));
        assert_eq!(erase(&off, 2).unwrap().record.attempts[0].place_then(), None);
    }

    #[test]
    fn who_waits_is_filed_anew_only_where_lane_or_time_change() {
        let retry = RetryPolicy::default();
        let before = Record { due: Some(at(60)), ..Record::fresh(5, 2) };
        let stays = edit(&before, &edited(&retry, vec![Some(1), Some(0)], 2, vec![5]));
        assert_eq!((stays.file, stays.record.next_number, stays.record.due), (false, 1, Some(at(60))));
        let moves = edit(&before, &edited(&retry, vec![Some(0), None], 1, vec![21]));
        assert_eq!((moves.file, moves.record.lane, moves.record.numbers), (true, 21, 1));
        let later = Edited { not_before: Some(Some(at(90))), ..edited(&retry, vec![Some(0), Some(1)], 2, vec![5]) };
        assert_eq!((edit(&before, &later).file, edit(&before, &later).record.due), (true, Some(at(90))));
    }

    #[test]
    fn who_waits_for_an_edited_time_and_not_for_the_retry_says_so() {
        let retry = RetryPolicy::default();
        let reason = "busy: retry 1 of 3".to_owned();
        let before = Record { state: ContactState::Waiting, due: Some(at(60)), reason, ..Record::fresh(5, 1) };
        let with = |not_before: Option<Timestamp>| {
            let edited = Edited { not_before: Some(not_before), ..edited(&retry, vec![Some(0)], 1, vec![5]) };
            let record = edit(&before, &edited).record;
            (record.due, record.reason)
        };
        assert_eq!(with(Some(at(90))), (Some(at(90)), NOT_BEFORE.to_owned()));
        for earlier in [None, Some(at(30)), Some(at(60))] {
            assert_eq!(with(earlier), (Some(at(60)), before.reason.clone()));
        }
    }

    #[test]
    fn late_news_of_a_call_to_a_forgotten_number_is_not_noted() {
        let retry = RetryPolicy::default();
        let policy = Policy { retry: &retry, rules: &[], calendars: &[] };
        let live = begin(&Record::fresh(5, 2), "12025550101", at(0), 1);
        let unknown = Ending { outcome: Outcome::Unknown, ..busy(20) };
        let doubtful = conclude(&live, live.revision, &unknown, &policy).unwrap().record;
        let off = edit(&doubtful, &edited(&retry, vec![None, Some(0)], 1, vec![5])).record;
        let learned: Captured = [("name".to_owned(), "Ann".to_owned())].into_iter().collect();
        assert!(conclude(&off, live.revision, &busy(40), &policy).is_some(), "before, it is");
        assert!(learn(&off, live.revision, &learned, &policy).is_some());
        let forgotten = forget_number(&off, "12025550101").unwrap().record;
        assert!(conclude(&forgotten, live.revision, &busy(40), &policy).is_none());
        assert!(learn(&forgotten, live.revision, &learned, &policy).is_none());
    }

    #[test]
    fn a_finished_contact_stays_finished_and_one_without_a_number_left_fails() {
        let retry = RetryPolicy { max_attempts_per_number: Some(1), ..RetryPolicy::default() };
        let policy = Policy { retry: &retry, rules: &[], calendars: &[] };
        let live = begin(&Record::fresh(5, 2), "12025550101", at(0), 1);
        let waiting = conclude(&live, live.revision, &busy(20), &policy).unwrap().record;
        assert_eq!((waiting.state, waiting.next_number), (ContactState::Waiting, 1));
        let one_left = edit(&waiting, &edited(&retry, vec![Some(0), None], 1, vec![5])).record;
        assert_eq!(one_left.state, ContactState::Failed);
        let again = edit(&one_left, &edited(&retry, vec![Some(0)], 2, vec![5]));
        assert_eq!((again.record.state, again.file), (ContactState::Failed, false));
    }

    #[test]
    fn of_an_erased_contact_only_what_was_counted_is_left_and_nothing_moves_it_any_more() {
        let retry = RetryPolicy::default();
        let policy = Policy { retry: &retry, rules: &[], calendars: &[] };
        let mut live = begin(&Record::fresh(5, 1), "12025550101", at(0), 1);
        assert!(erase(&live, 1).is_none());
        live.attempts[0].call_id = "call".to_owned();
        let unknown = Ending { outcome: Outcome::Unknown, ..busy(20) };
        let waiting = conclude(&live, live.revision, &unknown, &policy).unwrap().record;
        let erased = erase(&waiting, 1).unwrap().record;
        let attempt = &erased.attempts[0];
        assert_eq!((erased.state, attempt.outcome), (ContactState::Cancelled, Some(Outcome::Unknown)));
        assert_eq!((&*attempt.call_id, &*attempt.dialed, &*attempt.provider_status), ("", "", ""));
        let learned: Captured = [("name".to_owned(), "Ann".to_owned())].into_iter().collect();
        assert!(conclude(&erased, live.revision, &busy(40), &policy).is_none());
        assert!(learn(&erased, live.revision, &learned, &policy).is_none() && restart(&erased).is_none());
    }
}
