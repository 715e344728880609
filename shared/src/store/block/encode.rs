//! Building a block.

use super::{
    ATTRIBUTES_MAX, BlockError, Compressor, ROW_TEXT_BYTES_MAX, ROWS_MAX, TEXT_BYTES_FULL, TEXT_BYTES_GROWN, VERSION,
    VERSION_FIRST,
    bits::BitWriter,
    bytes::{put_bytes, put_varint},
    values::Values,
};
use crate::domain::{contact::Contact, contact_list::NUMBERS_MAX};

/// Why a contact does not go into a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// The block has as many rows or as much text as it may have: finish it and begin another.
    #[error("the block is full")]
    Full,
    /// No block takes this contact.
    #[error("the contact has more than {ROW_TEXT_BYTES_MAX} bytes of text or {ATTRIBUTES_MAX} attributes")]
    TooLarge,
    /// Each contact has 1 to 10 numbers, unless it was erased.
    #[error("the contact has {0} numbers instead of 1 to {NUMBERS_MAX}")]
    Numbers(usize),
}

/// Collects the contacts of one lane and one list of attribute names.
#[derive(Debug)]
pub struct BlockBuilder {
    lane: u16,
    schema: u16,
    generation: u32,
    rows: usize,
    text_bytes: usize,
    number_counts: Values,
    first_numbers: Values,
    further_numbers: Values,
    ids: Values,
    not_before: Values,
    attributes: Vec<Values>,
    /// How many of `attributes` are in use; the others keep their buffers.
    attributes_used: usize,
}

impl BlockBuilder {
    /// An empty block of a lane; `schema` says which list of attribute names its rows have.
    pub fn new(lane: u16, schema: u16) -> Self {
        Self {
            lane,
            schema,
            generation: 0,
            rows: 0,
            text_bytes: 0,
            number_counts: Values::default(),
            first_numbers: Values::default(),
            further_numbers: Values::default(),
            ids: Values::default(),
            not_before: Values::default(),
            attributes: Vec::new(),
            attributes_used: 0,
        }
    }

    /// The same for a block that is written again, for the `generation`th time: its rows may have grown, and some may have
    /// been erased, so that they have no number.
    pub fn again(lane: u16, schema: u16, generation: u32) -> Self {
        Self { generation, ..Self::new(lane, schema) }
    }

    /// Rows so far.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row yet.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Whether it takes no further row.
    pub fn is_full(&self) -> bool {
        let full = if self.generation == 0 { TEXT_BYTES_FULL } else { TEXT_BYTES_GROWN };
        self.rows == ROWS_MAX || self.text_bytes >= full
    }

    /// Adds a row. The contact's zone and priority are the lane's.
    ///
    /// # Errors
    /// When the block is full or the contact beyond its bounds; the block is as before.
    pub fn push(&mut self, contact: &Contact) -> Result<(), PushError> {
        let text_bytes = contact.id.len() + contact.attributes.iter().map(String::len).sum::<usize>();
        if self.is_full() {
            return Err(PushError::Full);
        }
        if text_bytes > ROW_TEXT_BYTES_MAX || contact.attributes.len() > ATTRIBUTES_MAX {
            return Err(PushError::TooLarge);
        }
        let (first, further) = match contact.numbers.split_first() {
            Some((first, further)) => (first.digits(), further),
            None if self.generation > 0 => (NUMBERLESS, &[][..]),
            None => return Err(PushError::Numbers(0)),
        };
        if contact.numbers.len() > NUMBERS_MAX {
            return Err(PushError::Numbers(contact.numbers.len()));
        }
        self.text_bytes += text_bytes;
        self.number_counts.push(COUNTS[contact.numbers.len()]);
        self.first_numbers.push(first);
        further.iter().for_each(|number| self.further_numbers.push(number.digits()));
        let is_number = contact.numbers.first().is_some_and(|first| first.as_e164() == contact.id);
        self.ids.push(if is_number { "" } else { &contact.id });
        let not_before = contact.not_before.map(|instant| instant.as_millis().to_string());
        self.not_before.push(&not_before.unwrap_or_default());
        self.push_attributes(&contact.attributes);
        self.rows += 1;
        Ok(())
    }

    fn push_attributes(&mut self, values: &[String]) {
        self.attributes_used = self.attributes_used.max(values.len());
        self.attributes.resize_with(self.attributes.len().max(values.len()), Values::default);
        for (column, value) in self.attributes.iter_mut().zip(values) {
            column.fill_up(self.rows);
            column.push(value);
        }
    }

    /// Packs the rows into a block and leaves the builder empty for the next one of the same lane.
    ///
    /// # Errors
    /// When there is no row, or zstd fails.
    pub fn finish(&mut self, compressor: &mut Compressor) -> Result<Vec<u8>, BlockError> {
        let rows_less_one = self.rows.checked_sub(1).and_then(|rows| u8::try_from(rows).ok());
        let rows_less_one = rows_less_one.ok_or(BlockError::Damaged("no rows"))?;
        let attributes = self.attributes_used;
        let (text, bits) = self.take_parts();
        let packed = compressor.pack(&text)?;
        let mut block = Vec::with_capacity(packed.len() + bits.len() + 16);
        block.push(if self.generation == 0 { VERSION_FIRST } else { VERSION });
        block.extend_from_slice(&self.lane.to_le_bytes());
        block.push(rows_less_one);
        block.extend_from_slice(&self.schema.to_le_bytes());
        if self.generation > 0 {
            block.extend_from_slice(&self.generation.to_le_bytes());
        }
        put_varint(&mut block, attributes as u64);
        put_varint(&mut block, text.len() as u64);
        put_bytes(&mut block, &packed);
        block.extend_from_slice(&bits);
        Ok(block)
    }

    /// The text and the bits of the rows, which are then forgotten.
    pub(super) fn take_parts(&mut self) -> (Vec<u8>, Vec<u8>) {
        let (mut text, mut bits) = (Vec::with_capacity(self.text_bytes / 2 + 256), BitWriter::default());
        self.number_counts.encode(&mut text, &mut bits);
        self.first_numbers.encode_phone_digits(&mut text, &mut bits);
        self.further_numbers.encode_phone_digits(&mut text, &mut bits);
        self.ids.encode(&mut text, &mut bits);
        self.not_before.encode(&mut text, &mut bits);
        for column in &mut self.attributes[..self.attributes_used] {
            column.fill_up(self.rows);
            column.encode(&mut text, &mut bits);
        }
        self.clear();
        (text, bits.finish())
    }

    fn clear(&mut self) {
        (self.rows, self.text_bytes, self.attributes_used) = (0, 0, 0);
        let fixed = [&mut self.number_counts, &mut self.first_numbers, &mut self.further_numbers];
        fixed.into_iter().for_each(Values::clear);
        [&mut self.ids, &mut self.not_before].into_iter().for_each(Values::clear);
        self.attributes.iter_mut().for_each(Values::clear);
    }
}

/// Stands in the column of first numbers for a row that has none; its count says so.
const NUMBERLESS: &str = "1";

/// Counts of numbers as text.
const COUNTS: [&str; NUMBERS_MAX + 1] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
