//! Integers of as few bits as they need, one after the other, lowest bit first.

use super::BlockError;

/// Bits that a value up to `largest` takes, 0 to 64.
pub fn needed(largest: u64) -> u32 {
    u64::BITS - largest.leading_zeros()
}

/// Collects integers.
#[derive(Debug, Default)]
pub struct BitWriter {
    bytes: Vec<u8>,
    pending: u128,
    pending_bits: u32,
}

impl BitWriter {
    /// Adds the lowest `bits` of `value`, which has no higher ones.
    pub fn push(&mut self, value: u64, bits: u32) {
        debug_assert!(needed(value) <= bits && bits <= 64);
        self.pending |= u128::from(value) << self.pending_bits;
        self.pending_bits += bits;
        while self.pending_bits >= 8 {
            self.bytes.push(self.pending as u8);
            self.pending >>= 8;
            self.pending_bits -= 8;
        }
    }

    /// The bytes, the last one filled up with zeros.
    pub fn finish(mut self) -> Vec<u8> {
        if self.pending_bits > 0 {
            self.bytes.push(self.pending as u8);
        }
        self.bytes
    }
}

/// Gives integers back.
#[derive(Debug)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> BitReader<'a> {
    /// From the first bit of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next integer of this many bits.
    pub fn next(&mut self, bits: u32) -> Result<u64, BlockError> {
        let end = self.at + bits as usize;
        if bits > 64 || end > self.bytes.len() * 8 {
            return Err(BlockError::Damaged("too few bits"));
        }
        let start = &self.bytes[self.at / 8..];
        let window = start.first_chunk().copied().unwrap_or_else(|| {
            let mut window = [0; 16];
            window[..start.len()].copy_from_slice(start);
            window
        });
        let value = u128::from_le_bytes(window) >> (self.at % 8);
        self.at = end;
        Ok((value & ((1_u128 << bits) - 1)) as u64)
    }
}
