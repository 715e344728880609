//! Telephone numbers: a common start (calling code, area, exchange) by index, the rest as an integer.

use std::collections::HashMap;

use super::{
    BlockError,
    bits::{BitReader, BitWriter, needed},
    bytes::{ByteReader, put_varint},
    values::{Values, tag},
};

/// Longest start that is tried, in digits.
const HEAD_DIGITS_MAX: u32 = 7;
/// Most starts of a block.
const HEADS_MAX: usize = 128;
/// What it costs to describe a start.
const HEAD_BITS: usize = 40;
/// E.164 numbers have no more.
const DIGITS_MAX: usize = 15;

/// The numbers with one start: all that lie from `base` on within `bits`.
#[derive(Debug, Clone, Copy)]
struct Head {
    base: u64,
    largest: u64,
    rows: usize,
}

impl Head {
    fn bits(&self) -> u32 {
        needed(self.largest - self.base)
    }
}

/// One way to group the numbers.
struct Grouping {
    heads: Vec<Head>,
    indices: Vec<usize>,
}

impl Grouping {
    /// By the number of digits and the first `digits` of them; none if there are too many groups.
    fn by(numbers: &[(u64, u32)], digits: u32) -> Option<Self> {
        let mut known = HashMap::new();
        let (mut heads, mut indices) = (Vec::<Head>::new(), Vec::with_capacity(numbers.len()));
        for &(number, length) in numbers {
            let next = heads.len();
            let key = (length, number / 10_u64.pow(length.saturating_sub(digits)));
            let index = *known.entry(key).or_insert(next);
            if index == next {
                if next == HEADS_MAX {
                    return None;
                }
                heads.push(Head { base: number, largest: number, rows: 0 });
            }
            let head = &mut heads[index];
            *head = Head { base: head.base.min(number), largest: head.largest.max(number), rows: head.rows + 1 };
            indices.push(index);
        }
        Some(Self { heads, indices })
    }

    fn index_bits(&self) -> u32 {
        needed(self.heads.len().saturating_sub(1) as u64)
    }

    fn cost_bits(&self) -> usize {
        let rests = self.heads.iter().map(|head| HEAD_BITS + head.rows * head.bits() as usize).sum::<usize>();
        rests + self.indices.len() * self.index_bits() as usize
    }
}

/// Writes the column if all its values are digits without a zero in front.
pub fn encode(values: &Values, text: &mut Vec<u8>, bits: &mut BitWriter) -> bool {
    let number = |digits: &str| {
        let plain = digits.len() <= DIGITS_MAX && !digits.starts_with('0');
        Some((digits.parse::<u64>().ok().filter(|_| plain)?, digits.len() as u32))
    };
    let Some(numbers) = values.iter().map(number).collect::<Option<Vec<_>>>().filter(|all| !all.is_empty()) else {
        return false;
    };
    let groupings = (0..=HEAD_DIGITS_MAX).map_while(|digits| Grouping::by(&numbers, digits));
    let Some(best) = groupings.min_by_key(Grouping::cost_bits) else { return false };
    text.push(tag::HEADS);
    put_varint(text, best.heads.len() as u64);
    for head in &best.heads {
        put_varint(text, head.base);
        text.push(head.bits() as u8);
    }
    let index_bits = best.index_bits();
    for ((number, _), &index) in numbers.iter().zip(&best.indices) {
        let head = &best.heads[index];
        bits.push(index as u64, index_bits);
        bits.push(number - head.base, head.bits());
    }
    true
}

/// Reads the numbers back.
pub fn read(text: &mut ByteReader<'_>, bits: &mut BitReader<'_>, count: usize) -> Result<Vec<u64>, BlockError> {
    let heads = text.length(HEADS_MAX)?;
    let heads = (0..heads).map(|_| Ok((text.varint()?, u32::from(text.byte()?))));
    let heads = heads.collect::<Result<Vec<_>, BlockError>>()?;
    let index_bits = needed((heads.len() as u64).saturating_sub(1));
    let number = |_| {
        let index = bits.next(index_bits)? as usize;
        let (base, width) = *heads.get(index).ok_or(BlockError::Damaged("an index out of bounds"))?;
        Ok(bits.next(width)?.wrapping_add(base))
    };
    (0..count).map(number).collect()
}
