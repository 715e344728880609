//! Containers: the low 16 bits of all numbers that share their high part.
//!
//! A sparse container holds two bytes a number, in order. One with more than 512 numbers holds, for each of the 256 high
//! bytes, where its low bytes begin (two bytes each), and then one byte a number: at the density of a national registry
//! that is 1.25 bytes a number. Scripts look numbers up in both (`include/suppressions.lua`).

use crate::store::limits::SPARSE_CONTAINER_BYTES;

const HIGH_BYTES: usize = 256;
const STARTS_BYTES: usize = HIGH_BYTES * 2;

/// The bytes of a container; `lows` is in order, each once. None holds nothing.
pub(super) fn encode(lows: &[u16]) -> Vec<u8> {
    if lows.len() * 2 <= SPARSE_CONTAINER_BYTES as usize {
        return lows.iter().flat_map(|low| low.to_be_bytes()).collect();
    }
    let mut bytes = Vec::with_capacity(STARTS_BYTES + lows.len());
    for high in 0..HIGH_BYTES as u16 {
        // The last one's start is at most 65,280, so each fits.
        let start = lows.partition_point(|low| low >> 8 < high) as u16;
        bytes.extend(start.to_be_bytes());
    }
    bytes.extend(lows.iter().map(|low| *low as u8));
    bytes
}

/// The numbers of a container, in order; none where its bytes are damaged.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<u16>> {
    let word = |pair: &[u8]| u16::from_be_bytes([pair[0], pair[1]]);
    if bytes.len() <= SPARSE_CONTAINER_BYTES as usize {
        return bytes.len().is_multiple_of(2).then(|| bytes.chunks_exact(2).map(word).collect());
    }
    let (starts, lows) = bytes.split_at(STARTS_BYTES);
    let mut starts: Vec<usize> = starts.chunks_exact(2).map(|pair| usize::from(word(pair))).collect();
    starts.push(lows.len());
    let mut all = Vec::with_capacity(lows.len());
    for (high, ends) in starts.windows(2).enumerate() {
        all.extend(lows.get(ends[0]..ends[1])?.iter().map(|low| (high as u16) << 8 | u16::from(*low)));
    }
    (all.len() == lows.len()).then_some(all)
}

/// What both hold, each number once.
pub(super) fn union(one: &[u16], other: &[u16]) -> Vec<u16> {
    let mut all = Vec::with_capacity(one.len() + other.len());
    let (mut i, mut j) = (0, 0);
    while i < one.len() && j < other.len() {
        all.push(one[i].min(other[j]));
        (i, j) = (i + usize::from(one[i] <= other[j]), j + usize::from(other[j] <= one[i]));
    }
    all.extend_from_slice(&one[i..]);
    all.extend_from_slice(&other[j..]);
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn of(numbers: &BTreeSet<u16>) -> Vec<u16> {
        numbers.iter().copied().collect()
    }

    proptest! {
        #[test]
        fn a_container_reads_back_as_it_was_written(numbers in prop::collection::btree_set(any::<u16>(), 0..2_000)) {
            let lows = of(&numbers);
            prop_assert_eq!(decode(&encode(&lows)), Some(lows));
        }

        #[test]
        fn a_union_holds_both_once(one in prop::collection::btree_set(0u16..300, 0..90),
                                   other in prop::collection::btree_set(0u16..300, 0..90)) {
            prop_assert_eq!(union(&of(&one), &of(&other)), of(&(&one | &other)));
        }

        #[test]
        fn damaged_bytes_are_none_and_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..3_000)) {
            let _ = decode(&bytes);
        }
    }

    #[test]
    fn the_fullest_container_has_all_numbers() {
        let all: Vec<u16> = (0..=u16::MAX).collect();
        let bytes = encode(&all);
        assert_eq!(bytes.len(), 512 + 65_536);
        assert_eq!(decode(&bytes), Some(all));
    }

    #[test]
    fn at_the_density_of_a_registry_a_number_takes_a_byte_and_a_quarter() {
        let lows: Vec<u16> = (0..=u16::MAX).step_by(32).collect();
        assert_eq!((lows.len(), encode(&lows).len()), (2_048, 2_560));
    }
}
