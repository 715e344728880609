//! Which event is sent when: those of one contact in their order, each again until it is taken, and one at a time while the
//! receiver takes none.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use redial_shared::{
    domain::{ContactPosition, Timestamp},
    store::FeedId,
};

/// Events that are sent at once.
const AT_ONCE: usize = 32;
/// After so many failures in a row the receiver is taken for down.
const FAILURES_MAX: u32 = 5;
/// First pause of a receiver that is down; doubled each time.
const REST_FIRST: Duration = Duration::from_secs(1);
const REST_MAX: Duration = Duration::from_secs(300);
/// First pause of an event that was not taken; tripled each time.
const AGAIN_FIRST: Duration = Duration::from_secs(5);
const AGAIN_MAX: Duration = Duration::from_secs(4 * 3600);
/// The longest pause that a receiver can ask for.
const ASKED_MAX: Duration = Duration::from_secs(3600);

/// An event's place: its entry in the outbox, and which event of that entry it is.
pub(super) type Place = (FeedId, u8);

/// Whose events keep their order: a contact's, or (none) the campaign's own.
pub(super) type Subject = Option<ContactPosition>;

/// The events of one campaign that wait to be sent.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: BTreeMap<Place, Waiting>,
    sent: usize,
    /// In a row.
    failures: u32,
    /// How often in a row the receiver was given a rest.
    rests: u32,
    rest_until: Timestamp,
}

#[derive(Debug)]
struct Waiting {
    subject: Subject,
    tries: u32,
    not_before: Timestamp,
    is_sent: bool,
}

impl Queue {
    /// Adds an event behind those of its subject.
    pub(super) fn push(&mut self, place: Place, subject: Subject) {
        let waiting = Waiting { subject, tries: 0, not_before: Timestamp::default(), is_sent: false };
        self.waiting.insert(place, waiting);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether events of an entry are still there.
    pub(super) fn holds(&self, entry: FeedId) -> bool {
        self.waiting.range((entry, 0)..=(entry, u8::MAX)).next().is_some()
    }

    /// What is to be sent now; it counts as sent until one of the other functions is told of it.
    pub(super) fn take(&mut self, now: Timestamp) -> Vec<Place> {
        let most = if self.is_down() { 1 } else { AT_ONCE };
        let room = if now < self.rest_until { 0 } else { most.saturating_sub(self.sent) };
        let mut passed = HashSet::new();
        let mut taken = Vec::new();
        for (place, waiting) in &mut self.waiting {
            if taken.len() == room {
                break;
            }
            let is_first = passed.insert(waiting.subject);
            if is_first && !waiting.is_sent && waiting.not_before <= now {
                waiting.is_sent = true;
                taken.push(*place);
            }
        }
        self.sent += taken.len();
        taken
    }

    /// When something may be sent again that may not be now; none: not before something else happens.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let mut passed = HashSet::new();
        let first = self.waiting.values().filter(|waiting| passed.insert(waiting.subject) && !waiting.is_sent);
        first.map(|waiting| waiting.not_before.max(self.rest_until)).min()
    }

    /// It was taken, or is given up.
    pub(super) fn done(&mut self, place: Place, is_taken: bool) {
        if self.waiting.remove(&place).is_some_and(|waiting| waiting.is_sent) {
            self.sent -= 1;
        }
        if is_taken {
            (self.failures, self.rests, self.rest_until) = (0, 0, Timestamp::default());
        }
    }

    /// It was not taken. `asked`: the pause that the receiver asks for.
    pub(super) fn failed(&mut self, place: Place, now: Timestamp, asked: Option<Duration>) {
        let asked = asked.unwrap_or_default().min(ASKED_MAX);
        self.failures += 1;
        // Those that were sent together fail together: they count as one.
        if self.is_down() && now >= self.rest_until {
            self.rest_until = now + grown(REST_FIRST, 2, self.rests, REST_MAX);
            self.rests += 1;
        }
        self.rest_until = self.rest_until.max(now + asked);
        let (is_down, rest_until) = (self.is_down(), self.rest_until);
        let Some(waiting) = self.waiting.get_mut(&place) else { return };
        let own = now + grown(AGAIN_FIRST, 3, waiting.tries, AGAIN_MAX);
        // Whether a receiver is back is found out as soon as its rest is over.
        waiting.not_before = if is_down { own.min(rest_until) } else { own };
        waiting.tries += 1;
        waiting.is_sent = false;
        self.sent -= 1;
    }

    /// Whether the receiver is taken for down: it took none of the last five.
    pub(super) fn is_down(&self) -> bool {
        self.failures >= FAILURES_MAX
    }
}

fn grown(first: Duration, factor: u32, times: u32, most: Duration) -> Duration {
    first.saturating_mul(factor.saturating_pow(times)).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(ms: u64) -> Place {
        (format!("{ms}-0").parse().unwrap(), 0)
    }

    fn at(s: i64) -> Timestamp {
        Timestamp::from_millis(s * 1000)
    }

    #[test]
    fn events_of_one_contact_wait_for_those_before_them_and_others_do_not() {
        let mut queue = Queue::default();
        for (ms, subject) in [(1, Some(7)), (2, Some(7)), (3, Some(8)), (4, None)] {
            queue.push(place(ms), subject);
        }
        assert_eq!(queue.take(at(0)), [place(1), place(3), place(4)]);
        queue.failed(place(1), at(0), None);
        assert_eq!((queue.take(at(4)), queue.next_due()), (vec![], Some(at(5))));
        assert_eq!(queue.take(at(5)), [place(1)]);
        queue.done(place(1), true);
        assert_eq!(queue.take(at(5)), [place(2)]);
    }

    #[test]
    fn at_most_so_many_are_sent_at_once() {
        let mut queue = Queue::default();
        (0..100).for_each(|ms| queue.push(place(ms), Some(ms as ContactPosition)));
        assert_eq!(queue.take(at(0)).len(), AT_ONCE);
        assert!(queue.take(at(0)).is_empty());
        queue.done(place(0), true);
        assert_eq!(queue.take(at(0)).len(), 1);
    }

    #[test]
    fn a_receiver_that_takes_none_is_asked_with_one_event_at_a_time_ever_more_seldom() {
        let mut queue = Queue::default();
        (0..100).for_each(|ms| queue.push(place(ms), Some(ms as ContactPosition)));
        for sent in queue.take(at(0)) {
            queue.failed(sent, at(0), None);
        }
        assert!(queue.is_down() && queue.take(at(0)).is_empty());
        let (mut now, mut pauses) = (at(0), Vec::new());
        for _ in 0..12 {
            let due = queue.next_due().unwrap();
            pauses.push(due.since(now).as_secs());
            now = due;
            let sent = queue.take(now);
            assert_eq!(sent.len(), 1);
            queue.failed(sent[0], now, None);
        }
        assert!(pauses.is_sorted() && pauses.last() == Some(&300), "{pauses:?}");
        now = queue.next_due().unwrap();
        let sent = queue.take(now);
        queue.done(sent[0], true);
        assert_eq!(queue.take(now).len(), AT_ONCE, "it is back");
    }

    #[test]
    fn one_event_that_is_never_taken_keeps_nobody_else_waiting() {
        let mut queue = Queue::default();
        queue.push(place(0), Some(0));
        let (mut now, mut pauses) = (at(0), Vec::new());
        for ms in 1..12 {
            queue.push(place(ms), Some(ms as ContactPosition));
            assert_eq!(queue.take(now), [place(0), place(ms)]);
            queue.failed(place(0), now, None);
            queue.done(place(ms), true);
            let due = queue.next_due().unwrap();
            pauses.push(due.since(now).as_secs());
            now = due;
        }
        assert_eq!(pauses[..4], [5, 15, 45, 135]);
        assert_eq!(pauses.last(), Some(&(4 * 3600)));
    }

    #[test]
    fn a_pause_that_the_receiver_asks_for_is_kept() {
        let mut queue = Queue::default();
        queue.push(place(0), Some(0));
        queue.push(place(1), Some(1));
        queue.take(at(0));
        queue.failed(place(0), at(0), Some(Duration::from_secs(60)));
        queue.done(place(1), false);
        queue.push(place(2), Some(2));
        assert!(queue.take(at(59)).is_empty());
        assert_eq!(queue.take(at(60)), [place(0), place(2)]);
    }
}
