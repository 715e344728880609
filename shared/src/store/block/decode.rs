//! Reading a block.

use std::borrow::Cow;

use super::{
    ATTRIBUTES_MAX, BlockError, Decompressor, GENERATION_BYTES, HEADER_BYTES, TEXT_BYTES_MAX, VERSION, VERSION_FIRST,
    bits::BitReader,
    bytes::ByteReader,
    choices, heads,
    integers::Integers,
    template::Template,
    texts::{self, Span},
    values::tag,
};
use crate::domain::{PhoneNumber, Timestamp, contact::Contact, contact_list::NUMBERS_MAX};

/// One column, ready to be looked up.
#[derive(Debug)]
enum Column {
    /// The same text in all rows.
    Same(Span),
    Numbers(Template, Vec<u64>),
    Digits(Vec<u64>),
    Texts(Vec<Span>),
}

/// An unpacked block.
#[derive(Debug)]
pub struct Block {
    lane: u16,
    schema: u16,
    generation: u32,
    text: Vec<u8>,
    /// Where each row's further numbers begin in `further_numbers`, and at last where they end.
    further_starts: Vec<usize>,
    /// Rows without any number, in order.
    numberless: Vec<usize>,
    first_numbers: Column,
    further_numbers: Column,
    ids: Column,
    not_before: Column,
    attributes: Vec<Column>,
}

impl Block {
    /// Unpacks what [`super::BlockBuilder::finish`] made.
    ///
    /// # Errors
    /// When the bytes are damaged, of a later version, or packed with another dictionary.
    pub fn decode(bytes: &[u8], decompressor: &mut Decompressor) -> Result<Self, BlockError> {
        let header = bytes.get(..HEADER_BYTES).ok_or(BlockError::Damaged("too few bytes"))?;
        let body = &bytes[HEADER_BYTES..];
        let (generation, body) = match header[0] {
            VERSION_FIRST => (0, body),
            VERSION => {
                let (generation, body) =
                    body.split_first_chunk::<GENERATION_BYTES>().ok_or(BlockError::Damaged("too few bytes"))?;
                (u32::from_le_bytes(*generation), body)
            }
            found => return Err(BlockError::Version { found }),
        };
        let (lane, schema) = (u16::from_le_bytes([header[1], header[2]]), u16::from_le_bytes([header[4], header[5]]));
        let rows = usize::from(header[3]) + 1;
        let mut body = ByteReader::new(body);
        let (attributes, text_length) = (body.length(ATTRIBUTES_MAX)?, body.length(TEXT_BYTES_MAX)?);
        let packed_length = body.length(bytes.len())?;
        let text = decompressor.unpack(body.take(packed_length)?, text_length)?;
        let (mut reader, mut bits) = (ByteReader::new(&text), BitReader::new(body.rest()));
        let mut column = |rows: usize| Column::read(&mut reader, &mut bits, rows);
        let (further_starts, numberless) = further_starts(&column(rows)?, &text, rows)?;
        let first_numbers = column(rows)?;
        let further_numbers = column(further_starts[rows])?;
        let (ids, not_before) = (column(rows)?, column(rows)?);
        let attributes = (0..attributes).map(|_| column(rows)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            lane,
            schema,
            generation,
            text,
            further_starts,
            numberless,
            first_numbers,
            further_numbers,
            ids,
            not_before,
            attributes,
        })
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.further_starts.len() - 1
    }

    /// Never: a block has at least one row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The lane all rows are in.
    pub fn lane(&self) -> u16 {
        self.lane
    }

    /// Which list of attribute names the rows have.
    pub fn schema(&self) -> u16 {
        self.schema
    }

    /// How often it was written again.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// A row, from 0; none beyond the last.
    pub fn row(&self, index: usize) -> Option<Row<'_>> {
        (index < self.len()).then_some(Row { block: self, index })
    }

    /// All rows in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.len()).map(|index| Row { block: self, index })
    }
}

/// One row of a block.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    block: &'a Block,
    index: usize,
}

impl<'a> Row<'a> {
    /// The contact's id.
    ///
    /// # Errors
    /// When the block is damaged.
    pub fn id(&self) -> Result<Cow<'a, str>, BlockError> {
        match self.block.ids.get(&self.block.text, self.index) {
            id if id.is_empty() => Ok(Cow::Owned(self.first_number()?.as_e164().to_owned())),
            id => Ok(id),
        }
    }

    /// The number that is tried first.
    ///
    /// # Errors
    /// When the block is damaged.
    pub fn first_number(&self) -> Result<PhoneNumber, BlockError> {
        self.block.first_numbers.number(&self.block.text, self.index)
    }

    /// All numbers in the order in which they are tried; an erased contact has none.
    ///
    /// # Errors
    /// When the block is damaged.
    pub fn numbers(&self) -> Result<Vec<PhoneNumber>, BlockError> {
        if self.block.numberless.binary_search(&self.index).is_ok() {
            return Ok(Vec::new());
        }
        let further = self.block.further_starts[self.index]..self.block.further_starts[self.index + 1];
        let further = further.map(|place| self.block.further_numbers.number(&self.block.text, place));
        std::iter::once(self.first_number()).chain(further).collect()
    }

    /// The value of an attribute, by its place in the schema; empty beyond the last.
    pub fn attribute(&self, place: usize) -> Cow<'a, str> {
        let column = self.block.attributes.get(place);
        column.map_or(Cow::Borrowed(""), |column| column.get(&self.block.text, self.index))
    }

    /// The instant before which the contact is not called.
    ///
    /// # Errors
    /// When the block is damaged.
    pub fn not_before(&self) -> Result<Option<Timestamp>, BlockError> {
        let text = self.block.not_before.get(&self.block.text, self.index);
        if text.is_empty() {
            return Ok(None);
        }
        let unix_ms = text.parse().map_err(|_| BlockError::Damaged("a time that is none"))?;
        Ok(Some(Timestamp::from_millis(unix_ms)))
    }

    /// The whole contact. Its zone is none and its priority the default one, for these are the lane's; attributes that
    /// only other rows of the block have are empty.
    ///
    /// # Errors
    /// When the block is damaged.
    pub fn to_contact(&self) -> Result<Contact, BlockError> {
        Ok(Contact {
            id: self.id()?.into_owned(),
            numbers: self.numbers()?,
            not_before: self.not_before()?,
            attributes: (0..self.block.attributes.len()).map(|place| self.attribute(place).into_owned()).collect(),
            ..Contact::default()
        })
    }
}

impl Column {
    fn read(text: &mut ByteReader<'_>, bits: &mut BitReader<'_>, rows: usize) -> Result<Self, BlockError> {
        match text.byte()? {
            tag::EMPTY => Ok(Self::Same((0, 0))),
            tag::CONSTANT => {
                let length = text.length(super::ROW_TEXT_BYTES_MAX)?;
                texts::span(text, length).map(Self::Same)
            }
            tag::NUMBERS => Ok(Self::Numbers(Template::read(text)?, Integers::read(text, bits, rows)?)),
            tag::HEADS => heads::read(text, bits, rows).map(Self::Digits),
            tag::CHOICES => choices::read(text, bits, rows).map(Self::Texts),
            tag::TEXTS => texts::read(text, rows).map(Self::Texts),
            _ => Err(BlockError::Damaged("an unknown kind of column")),
        }
    }

    /// The value of a row; empty beyond the last.
    fn get<'a>(&self, text: &'a [u8], row: usize) -> Cow<'a, str> {
        let borrowed =
            |(start, end): Span| String::from_utf8_lossy(text.get(start as usize..end as usize).unwrap_or_default());
        match self {
            Self::Same(span) => borrowed(*span),
            Self::Texts(spans) => spans.get(row).copied().map_or(Cow::Borrowed(""), borrowed),
            Self::Digits(numbers) => numbers.get(row).map_or(Cow::Borrowed(""), |number| number.to_string().into()),
            Self::Numbers(template, numbers) => {
                let mut value = String::with_capacity(24);
                numbers.get(row).inspect(|number| template.dress(**number, &mut value));
                Cow::Owned(value)
            }
        }
    }

    fn number(&self, text: &[u8], row: usize) -> Result<PhoneNumber, BlockError> {
        let number = format!("+{}", self.get(text, row));
        PhoneNumber::from_e164(&number).map_err(|_| BlockError::Damaged("a number that is none"))
    }
}

/// Sums up how many numbers rows have beyond the first, and tells which have none.
fn further_starts(counts: &Column, text: &[u8], rows: usize) -> Result<(Vec<usize>, Vec<usize>), BlockError> {
    let (mut starts, mut numberless) = (Vec::with_capacity(rows + 1), Vec::new());
    let mut sum = 0;
    for row in 0..rows {
        starts.push(sum);
        let count = counts.get(text, row).parse::<usize>().ok().filter(|&count| count <= NUMBERS_MAX);
        let count = count.ok_or(BlockError::Damaged("a count of numbers out of bounds"))?;
        if count == 0 {
            numberless.push(row);
        }
        sum += count.saturating_sub(1);
    }
    starts.push(sum);
    Ok((starts, numberless))
}
