//! Stretches of time and their arithmetic.

use super::Timestamp;

/// The instants from `from` on and before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Interval {
    /// The first instant.
    #[serde(serialize_with = "super::wire::display")]
    pub from: Timestamp,
    /// The first instant after it.
    #[serde(serialize_with = "super::wire::display")]
    pub to: Timestamp,
}

impl Interval {
    /// Whether the instant lies within.
    pub fn contains(&self, instant: Timestamp) -> bool {
        self.from <= instant && instant < self.to
    }

    /// What both have in common; nothing when that is empty.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let (from, to) = (self.from.max(other.from), self.to.min(other.to));
        (from < to).then_some(Self { from, to })
    }
}

/// Sorts, drops empty ones, and joins those that overlap or touch.
pub fn merge(mut intervals: Vec<Interval>) -> Vec<Interval> {
    intervals.retain(|interval| interval.from < interval.to);
    intervals.sort_by_key(|interval| interval.from);
    let mut merged: Vec<Interval> = Vec::with_capacity(intervals.len());
    for interval in intervals {
        match merged.last_mut() {
            Some(last) if interval.from <= last.to => last.to = last.to.max(interval.to),
            _ => merged.push(interval),
        }
    }
    merged
}

/// What two merged lists have in common, merged.
pub fn intersect(left: &[Interval], right: &[Interval]) -> Vec<Interval> {
    let (mut left_at, mut right_at) = (0, 0);
    let mut common = Vec::new();
    while let (Some(a), Some(b)) = (left.get(left_at), right.get(right_at)) {
        common.extend(a.intersection(b));
        // The one that ends first can meet nothing further.
        if a.to <= b.to {
            left_at += 1;
        } else {
            right_at += 1;
        }
    }
    common
}

/// A merged list without what another merged list covers.
pub fn subtract(intervals: &[Interval], removed: &[Interval]) -> Vec<Interval> {
    let mut rest = Vec::new();
    for interval in intervals {
        let mut from = interval.from;
        for hole in removed.iter().filter(|hole| hole.intersection(interval).is_some()) {
            if from < hole.from {
                rest.push(Interval { from, to: hole.from });
            }
            from = from.max(hole.to);
        }
        if from < interval.to {
            rest.push(Interval { from, to: interval.to });
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn intervals() -> impl Strategy<Value = Vec<Interval>> {
        let interval = (0..60_i64, 0..20_i64).prop_map(|(from, length)| Interval {
            from: Timestamp::from_millis(from),
            to: Timestamp::from_millis(from + length),
        });
        prop::collection::vec(interval, 0..8)
    }

    fn covers(intervals: &[Interval], instant_ms: i64) -> bool {
        intervals.iter().any(|interval| interval.contains(Timestamp::from_millis(instant_ms)))
    }

    fn is_merged(intervals: &[Interval]) -> bool {
        intervals.iter().all(|interval| interval.from < interval.to)
            && intervals.windows(2).all(|pair| pair[0].to < pair[1].from)
    }

    proptest! {
        #[test]
        fn arithmetic_agrees_with_looking_at_every_instant(left in intervals(), right in intervals()) {
            let (a, b) = (merge(left.clone()), merge(right.clone()));
            let (common, rest) = (intersect(&a, &b), subtract(&a, &b));
            prop_assert!(is_merged(&a) && is_merged(&common) && is_merged(&rest));
            for instant_ms in 0..90 {
                let (in_left, in_right) = (covers(&left, instant_ms), covers(&right, instant_ms));
                prop_assert_eq!(covers(&a, instant_ms), in_left);
                prop_assert_eq!(covers(&common, instant_ms), in_left && in_right);
                prop_assert_eq!(covers(&rest, instant_ms), in_left && !in_right);
            }
        }
    }
}
