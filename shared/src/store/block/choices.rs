//! Columns of few different values.

use std::collections::HashMap;

use super::{
    BlockError, ROWS_MAX,
    bits::{BitReader, BitWriter, needed},
    bytes::{ByteReader, put_varint},
    texts::{self, Span},
    values::{Values, tag},
};

/// Writes a column as indices into its different values if that takes fewer than `limit_bits`.
pub fn encode_below(
    values: &Values,
    limit_bits: usize,
    text_bits_per_byte: usize,
    text: &mut Vec<u8>,
    bits: &mut BitWriter,
) -> bool {
    let mut indices = Vec::with_capacity(values.len());
    let mut known = HashMap::new();
    let mut distinct = Vec::new();
    let mut text_bits = 0;
    for value in values.iter() {
        let next = distinct.len();
        let index = *known.entry(value).or_insert(next);
        if index == next {
            distinct.push(value);
            text_bits += (value.len() + 1) * text_bits_per_byte;
            if text_bits >= limit_bits {
                return false;
            }
        }
        indices.push(index as u64);
    }
    let width = needed(distinct.len() as u64 - 1);
    if text_bits + indices.len() * width as usize >= limit_bits {
        return false;
    }
    text.push(tag::CHOICES);
    put_varint(text, distinct.len() as u64);
    texts::write(distinct.into_iter(), text);
    indices.into_iter().for_each(|index| bits.push(index, width));
    true
}

/// Reads a column back: where the value of each row lies.
pub fn read(text: &mut ByteReader<'_>, bits: &mut BitReader<'_>, rows: usize) -> Result<Vec<Span>, BlockError> {
    let count = text.length(ROWS_MAX * crate::domain::contact_list::NUMBERS_MAX)?;
    let distinct = texts::read(text, count)?;
    let width = needed((count as u64).saturating_sub(1));
    let value = |index: u64| distinct.get(index as usize).copied().ok_or(BlockError::Damaged("an index out of bounds"));
    (0..rows).map(|_| value(bits.next(width)?)).collect()
}
