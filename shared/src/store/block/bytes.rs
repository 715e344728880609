//! Checked reading of bytes, and integers of variable length.

use super::BlockError;

/// Adds an integer: seven bits a byte, lowest first, the highest bit set on all but the last.
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Adds bytes behind their length.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// What is left of some bytes, and where it begins.
#[derive(Debug)]
pub struct ByteReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> ByteReader<'a> {
    /// From the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes have been taken.
    pub fn position(&self) -> usize {
        self.at
    }

    /// All that is left.
    pub fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// The next bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], BlockError> {
        let taken = self.rest().get(..count).ok_or(BlockError::Damaged("too few bytes"))?;
        self.at += count;
        Ok(taken)
    }

    /// The next byte.
    pub fn byte(&mut self) -> Result<u8, BlockError> {
        Ok(self.take(1)?[0])
    }

    /// The next integer.
    pub fn varint(&mut self) -> Result<u64, BlockError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(BlockError::Damaged("an endless integer"))
    }

    /// The next integer as a length of at most `limit`.
    pub fn length(&mut self, limit: usize) -> Result<usize, BlockError> {
        let length = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
        if length <= limit { Ok(length) } else { Err(BlockError::Damaged("a length out of bounds")) }
    }
}
