//! Rows of an upload that the index does not know yet, and which later rows of the same list repeat them.

use std::collections::{HashMap, HashSet};

/// Ids and numbers of rows that are buffered, in flight or undecided, as fingerprints.
#[derive(Default)]
pub(super) struct Unwritten {
    /// Which row has it, and how many keys that row has.
    keys: HashMap<u64, (u32, usize)>,
    /// Those of rows that are open.
    open: HashSet<u64>,
    rows: u32,
}

/// How a row relates to those before it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// It shares nothing with them.
    New,
    /// It has every key of one of them, so it is a duplicate whatever becomes of that one.
    Duplicate,
    /// It is a duplicate if one of them turns out to be none.
    Open,
}

impl Unwritten {
    /// Notes a row, unless it is a duplicate.
    pub(super) fn relate(&mut self, keys: &[u64]) -> Relation {
        let shared: Vec<_> = keys.iter().filter_map(|key| self.keys.get(key).copied()).collect();
        let holds_all_of = |&(row, count): &(u32, usize)| shared.iter().filter(|(one, _)| *one == row).count() == count;
        if shared.iter().any(holds_all_of) {
            return Relation::Duplicate;
        }
        if !shared.is_empty() || keys.iter().any(|key| self.open.contains(key)) {
            self.open.extend(keys);
            return Relation::Open;
        }
        self.rows += 1;
        self.keys.extend(keys.iter().map(|&key| (key, (self.rows, keys.len()))));
        Relation::New
    }

    /// Forgets the keys of written rows: the index knows them.
    pub(super) fn forget(&mut self, keys: &[u64]) {
        for key in keys {
            self.keys.remove(key);
        }
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.open.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_duplicate_at_once_only_if_it_is_one_whatever_becomes_of_the_others() {
        let mut unwritten = Unwritten::default();
        assert_eq!(unwritten.relate(&[1, 2]), Relation::New);
        assert_eq!(unwritten.relate(&[1, 2]), Relation::Duplicate);
        assert_eq!(unwritten.relate(&[3, 2, 1]), Relation::Duplicate);
        assert_eq!(unwritten.relate(&[2, 3]), Relation::Open, "should 1 be in the campaign already, this row is not");
        assert_eq!(unwritten.relate(&[3]), Relation::Open);
        assert_eq!(unwritten.relate(&[4]), Relation::New);
        unwritten.forget(&[1, 2]);
        assert_eq!(unwritten.relate(&[1]), Relation::New);
        assert_eq!(unwritten.relate(&[2]), Relation::Open, "the row before it that has 2 comes first");
    }
}
