//! One shard: entries, one after the other.

use super::{Entry, low_bits};
use crate::domain::ContactPosition;

/// Bytes of an entry.
const ENTRY_BYTES: usize = 8;

/// The positions under a fingerprint.
pub(super) fn positions(shard: &[u8], fingerprint: u32) -> impl Iterator<Item = ContactPosition> {
    entries(shard).filter(move |entry| entry.fingerprint == fingerprint).map(|entry| entry.position)
}

/// Deals what a shard has, and `added`, out to the shards that it becomes when there are `2^more_bits` instead of
/// `2^bits`: itself first, then every `2^bits`th.
pub(super) fn deal(shard: &[u8], added: &[Entry], bits: u32, more_bits: u32) -> Vec<Vec<u8>> {
    if bits == more_bits {
        let mut whole = Vec::with_capacity(shard.len() + added.len() * ENTRY_BYTES);
        whole.extend_from_slice(shard);
        added.iter().for_each(|entry| push(&mut whole, entry));
        return vec![whole];
    }
    let mut dealt = vec![Vec::new(); 1 << (more_bits - bits)];
    for entry in entries(shard).chain(added.iter().copied()) {
        push(&mut dealt[(low_bits(entry.fingerprint, more_bits) >> bits) as usize], &entry);
    }
    dealt
}

/// What a shard has but for the entries of one contact, and how many those were.
pub(super) fn without(shard: &[u8], position: ContactPosition) -> (Vec<u8>, u64) {
    let mut kept = Vec::with_capacity(shard.len());
    entries(shard).filter(|entry| entry.position != position).for_each(|entry| push(&mut kept, &entry));
    let gone = (shard.len() - kept.len()) / ENTRY_BYTES;
    (kept, gone as u64)
}

fn entries(shard: &[u8]) -> impl Iterator<Item = Entry> {
    let (whole, _) = shard.as_chunks::<ENTRY_BYTES>();
    whole.iter().map(|&[a, b, c, d, e, f, g, h]| Entry {
        fingerprint: u32::from_le_bytes([a, b, c, d]),
        position: u32::from_le_bytes([e, f, g, h]),
    })
}

fn push(shard: &mut Vec<u8>, entry: &Entry) {
    shard.extend_from_slice(&entry.fingerprint.to_le_bytes());
    shard.extend_from_slice(&entry.position.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(fingerprint: u32, position: u32) -> Entry {
        Entry { fingerprint, position }
    }

    #[test]
    fn contacts_may_share_a_fingerprint() {
        let [shard] = deal(&[], &[entry(7, 1), entry(9, 2), entry(7, 3)], 0, 0).try_into().unwrap();
        assert_eq!(positions(&shard, 7).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(positions(&shard, 8).count(), 0);
    }

    #[test]
    fn every_entry_goes_where_its_fingerprint_is_looked_for() {
        let before = [entry(0b0010, 1), entry(0b0110, 2), entry(0b1010, 3)];
        let [shard] = deal(&[], &before, 2, 2).try_into().unwrap();
        let dealt = deal(&shard, &[entry(0b1110, 4)], 2, 4);
        let found: Vec<Vec<_>> =
            dealt.iter().map(|shard| entries(shard).map(|entry| entry.position).collect()).collect();
        assert_eq!(found, [[1], [2], [3], [4]]);
    }
}
