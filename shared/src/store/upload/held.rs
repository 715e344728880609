//! Ids and numbers that the index does not have yet, and a notion of those that it has.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// The keys of rows that were accepted, as fingerprints of 64 bits: at most one accidental match in some million lists of a
/// million rows.
pub(super) struct Held {
    keys: HashMap<u64, Standing, BuildHasherDefault<AsItIs>>,
    indexed: Indexed,
}

/// Where a row stands that has a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is in a block that Redis has.
    Written,
    /// It is on its way there. If another upload brings one of its keys first, it becomes a duplicate itself.
    Unwritten,
}

/// What the index has.
enum Indexed {
    Nothing,
    /// At most these.
    These(Filter),
    Anything,
}

impl Held {
    /// For a campaign without contacts, or one of whose keys nothing is known.
    pub(super) fn new(empty: bool) -> Self {
        Self { keys: HashMap::default(), indexed: if empty { Indexed::Nothing } else { Indexed::Anything } }
    }

    /// Where the row stands that has one of these keys; one that is written counts before one that is not.
    pub(super) fn holder(&self, keys: impl Iterator<Item = u64>) -> Option<Standing> {
        let mut holder = None;
        for key in keys {
            match self.keys.get(&key) {
                Some(Standing::Written) => return Some(Standing::Written),
                Some(Standing::Unwritten) => holder = Some(Standing::Unwritten),
                None => {}
            }
        }
        holder
    }

    /// Notes keys of a row.
    pub(super) fn hold(&mut self, keys: impl Iterator<Item = u64>, standing: Standing) {
        self.keys.extend(keys.map(|key| (key, standing)));
    }

    /// Forgets the keys of rows that are not written.
    pub(super) fn release_unwritten(&mut self) {
        self.keys.retain(|_, standing| *standing == Standing::Written);
    }

    /// All keys are in the index now.
    pub(super) fn move_to_index(&mut self) {
        if let Indexed::Nothing = self.indexed {
            self.indexed = Indexed::These(Filter::new());
        }
        if let Indexed::These(filter) = &mut self.indexed {
            self.keys.keys().for_each(|key| filter.insert(*key));
        }
        self.keys.clear();
    }

    /// Others have put keys into the index that were never seen here.
    pub(super) fn distrust_index(&mut self) {
        self.indexed = Indexed::Anything;
    }

    /// Whether a key may be in the index.
    pub(super) fn may_be_indexed(&self, key: u64) -> bool {
        match &self.indexed {
            Indexed::Nothing => false,
            Indexed::These(filter) => filter.may_have(key),
            Indexed::Anything => true,
        }
    }
}

/// Hashes fingerprints, which are hashes already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// A set of keys in constant memory that may claim to have one that it has not: with two million keys one in a thousand,
/// with twenty million one in three. (A Bloom filter whose bits of one key lie in one cache line.)
struct Filter(Box<[[u64; LINE_WORDS]]>);

const LINES: usize = 1 << 17;
const LINE_WORDS: usize = 8;
/// Bits that are set for a key; each is chosen by 9 bits of it.
const BITS_PER_KEY: u32 = 5;

impl Filter {
    fn new() -> Self {
        Self(vec![[0; LINE_WORDS]; LINES].into())
    }

    fn insert(&mut self, key: u64) {
        let line = &mut self.0[line_of(key)];
        bits_of(key).for_each(|(word, mask)| line[word] |= mask);
    }

    fn may_have(&self, key: u64) -> bool {
        let line = &self.0[line_of(key)];
        bits_of(key).all(|(word, mask)| line[word] & mask != 0)
    }
}

fn line_of(key: u64) -> usize {
    (key >> 47) as usize % LINES
}

fn bits_of(key: u64) -> impl Iterator<Item = (usize, u64)> {
    (0..BITS_PER_KEY).map(move |n| {
        let bit = (key >> (9 * n)) as usize % (64 * LINE_WORDS);
        (bit / 64, 1 << (bit % 64))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fingerprint::fingerprint;

    #[test]
    fn a_written_holder_counts_before_one_that_may_still_turn_out_a_duplicate() {
        let mut held = Held::new(true);
        held.hold([1, 2].into_iter(), Standing::Unwritten);
        assert_eq!(held.holder([2, 3].into_iter()), Some(Standing::Unwritten));
        held.hold([3].into_iter(), Standing::Written);
        assert_eq!(held.holder([2, 3].into_iter()), Some(Standing::Written));
        held.release_unwritten();
        assert_eq!(held.holder([1, 2].into_iter()), None);
    }

    #[test]
    fn of_a_campaign_that_was_empty_it_is_known_what_the_index_has() {
        let mut held = Held::new(true);
        assert!(!held.may_be_indexed(1));
        held.hold([1].into_iter(), Standing::Written);
        held.move_to_index();
        assert!(held.may_be_indexed(1) && !held.may_be_indexed(2));
        assert_eq!(held.holder([1].into_iter()), None);
        held.distrust_index();
        assert!(held.may_be_indexed(2));
        assert!(Held::new(false).may_be_indexed(1));
    }

    #[test]
    fn a_filter_has_every_key_and_claims_few_others() {
        let key = |n: u32| fingerprint(&n.to_string(), 0);
        let mut filter = Filter::new();
        (0..2_000_000).for_each(|n| filter.insert(key(n)));
        assert!((0..2_000_000).all(|n| filter.may_have(key(n))));
        let claimed = (2_000_000..2_100_000).filter(|&n| filter.may_have(key(n))).count();
        assert!(claimed < 500, "{claimed} of 100,000");
    }
}
