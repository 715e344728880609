//! Integers near each other, or near the one before.

use super::{
    BlockError,
    bits::{BitReader, BitWriter, needed},
    bytes::{ByteReader, put_varint},
};

/// Bits that the description takes.
const DESCRIPTION_BITS: usize = 64;

/// Integers, made small: each is `base` plus what is stored, or the one before plus `base` plus what is stored.
#[derive(Debug)]
pub struct Integers {
    by_steps: bool,
    first: u64,
    base: u64,
    bits: u32,
    small: Vec<u64>,
}

impl Integers {
    /// Chooses what is smaller.
    pub fn of(numbers: &[u64]) -> Self {
        let (plain, steps) = (Self::plain(numbers), Self::steps(numbers));
        if steps.cost_bits() < plain.cost_bits() { steps } else { plain }
    }

    fn plain(numbers: &[u64]) -> Self {
        let base = numbers.iter().copied().min().unwrap_or(0);
        let small = numbers.iter().map(|number| number - base).collect();
        Self::sized(false, 0, base, small)
    }

    fn steps(numbers: &[u64]) -> Self {
        let first = numbers.first().copied().unwrap_or(0);
        let steps = numbers.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]) as i64).collect::<Vec<_>>();
        let base = steps.iter().copied().min().unwrap_or(0);
        let small = steps.iter().map(|step| step.wrapping_sub(base) as u64).collect();
        Self::sized(true, first, base as u64, small)
    }

    fn sized(by_steps: bool, first: u64, base: u64, small: Vec<u64>) -> Self {
        let bits = needed(small.iter().copied().max().unwrap_or(0));
        Self { by_steps, first, base, bits, small }
    }

    /// What they take.
    pub fn cost_bits(&self) -> usize {
        DESCRIPTION_BITS + self.small.len() * self.bits as usize
    }

    /// Writes the description and the integers.
    pub fn write(&self, text: &mut Vec<u8>, bits: &mut BitWriter) {
        text.extend_from_slice(&[u8::from(self.by_steps), self.bits as u8]);
        put_varint(text, self.first);
        // Steps may go down: the sign comes last, so that small ones stay short.
        put_varint(text, if self.by_steps { zigzag(self.base as i64) } else { self.base });
        self.small.iter().for_each(|&small| bits.push(small, self.bits));
    }

    /// Reads this many back.
    pub fn read(text: &mut ByteReader<'_>, bits: &mut BitReader<'_>, count: usize) -> Result<Vec<u64>, BlockError> {
        let (by_steps, width) = (text.byte()? != 0, u32::from(text.byte()?));
        let (first, base) = (text.varint()?, text.varint()?);
        if !by_steps {
            return (0..count).map(|_| Ok(bits.next(width)?.wrapping_add(base))).collect();
        }
        let base = unzigzag(base) as u64;
        let mut numbers = Vec::<u64>::with_capacity(count);
        for place in 0..count {
            let step = if place == 0 { first } else { bits.next(width)?.wrapping_add(base) };
            numbers.push(numbers.last().copied().unwrap_or(0).wrapping_add(step));
        }
        Ok(numbers)
    }
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}
