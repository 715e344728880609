//! The index from an id or number to the contact that has it.
//!
//! It follows the blocks: a campaign's contacts are its blocks, the index holds what stands in the first so many of them,
//! and whoever looks something up first takes the rest in (`passes`). So blocks are written fast, in any number, and a
//! process that dies between a block and its entries has lost nothing.
//!
//! An entry is 8 bytes, little-endian: a fingerprint of 32 bits and the contact's position. Entries lie in `2^bits` shards
//! by the lowest bits of the fingerprint, each a plain string of some hundred bytes. Several contacts may share a
//! fingerprint, so every hit is compared with the contact itself.

mod lookup;
mod passes;
mod shard;

use std::fmt;

pub(super) use lookup::Known;

use super::{StoreError, fingerprint::fingerprint};
use crate::domain::{ContactPosition, contact::Contact};

/// Entries of a shard, on average, beyond which there are twice as many shards.
const SHARD_ENTRIES_MAX: u64 = 64;

/// Whose an id or number may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// The fingerprint of the id or number.
    pub(super) fingerprint: u32,
    /// The contact.
    pub(super) position: ContactPosition,
}

impl Entry {
    /// For a key, by its fingerprint of 64 bits.
    pub(super) fn new(key: u64, position: ContactPosition) -> Self {
        Self { fingerprint: short(key), position }
    }
}

/// How far the index has come. Stored as text; every change of a shard changes it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct IndexState {
    /// Blocks that are in it, from the first.
    pub(super) indexed: u32,
    bits: u32,
    entries: u64,
    /// Changes so far: shards that were read before one are not written after it, though all else has become as it was.
    changes: u64,
    pass: Option<Pass>,
}

/// A pass over all shards that takes more blocks in, and may make more shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pass {
    /// Blocks that will be in the index when it is done.
    to: u32,
    /// There will be `2^bits` shards.
    bits: u32,
    /// Shards before this one are done.
    cursor: u64,
}

impl IndexState {
    /// Entries that it has.
    pub(super) fn entries(&self) -> u64 {
        self.entries
    }

    /// How many shards there may be of an index that stands so.
    ///
    /// # Errors
    /// When the text is none.
    pub(super) fn shards(text: &str) -> Result<u64, StoreError> {
        let state = Self::parse(text)?;
        Ok(1 << state.pass.map_or(state.bits, |pass| pass.bits.max(state.bits)))
    }

    /// The shard that has a fingerprint's entries.
    fn shard_of(&self, fingerprint: u32) -> u64 {
        let shard = low_bits(fingerprint, self.bits);
        match self.pass {
            Some(pass) if shard < pass.cursor => low_bits(fingerprint, pass.bits),
            _ => shard,
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        let corrupt = || StoreError::Corrupt(format!("the place of an index, `{text}`"));
        let numbers = text.split_whitespace().map(|number| number.parse::<u64>().map_err(|_| corrupt()));
        let small = |number: u64| u32::try_from(number).map_err(|_| corrupt());
        let (indexed, bits, entries, changes, pass) = match *numbers.collect::<Result<Vec<_>, _>>()? {
            [] => return Ok(Self::default()),
            [indexed, bits, entries, changes] => (indexed, bits, entries, changes, None),
            [indexed, bits, entries, changes, to, more_bits, cursor] => {
                (indexed, bits, entries, changes, Some(Pass { to: small(to)?, bits: small(more_bits)?, cursor }))
            }
            _ => return Err(corrupt()),
        };
        let widest = pass.map_or(bits, |pass| u64::from(pass.bits));
        if bits > widest || widest > 32 {
            return Err(corrupt());
        }
        Ok(Self { indexed: small(indexed)?, bits: small(bits)?, entries, changes, pass })
    }
}

impl fmt::Display for IndexState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { indexed, bits, entries, changes, pass } = self;
        if *self == Self::default() {
            return Ok(());
        }
        write!(f, "{indexed} {bits} {entries} {changes}")?;
        pass.map_or(Ok(()), |Pass { to, bits, cursor }| write!(f, " {to} {bits} {cursor}"))
    }
}

fn low_bits(fingerprint: u32, bits: u32) -> u64 {
    u64::from(fingerprint) & ((1 << bits) - 1)
}

/// The part of a fingerprint that is stored.
fn short(key: u64) -> u32 {
    (key >> 32) as u32
}

/// Ids and numbers by which a contact is known, each once, as fingerprints.
pub(super) fn keys_of(contact: &Contact) -> impl Iterator<Item = u64> + '_ {
    let numbers = contact.numbers.iter().map(|number| number.as_e164());
    let own_id = contact.numbers.iter().all(|number| number.as_e164() != contact.id);
    numbers.chain(own_id.then_some(contact.id.as_str())).map(key)
}

/// The fingerprint of an id or number.
pub(super) fn key(text: &str) -> u64 {
    fingerprint(text, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(text: &str) -> IndexState {
        IndexState::parse(text).unwrap()
    }

    #[test]
    fn a_place_is_read_back_as_it_was_written() {
        for text in ["", "5 3 700 12", "5 3 700 12 9 4 2"] {
            assert_eq!(state(text).to_string(), text);
        }
        assert_eq!(IndexState::default().to_string(), "");
        for damaged in ["5", "5 3 700 12 9", "a b c d", "5 40 1 1", "5 3 700 12 9 2 0"] {
            assert!(IndexState::parse(damaged).is_err(), "{damaged}");
        }
    }

    #[test]
    fn behind_a_pass_there_are_more_shards_than_before_it() {
        let state = state("5 2 700 12 9 3 1");
        assert_eq!(state.shard_of(0b1100), 0b100, "shard 0 of 4 is done: it has become 0 and 4 of 8");
        assert_eq!(state.shard_of(0b1111), 0b11, "shard 3 of 4 is not");
    }
}
