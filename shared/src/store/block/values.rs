//! A column while a block is being built, and the choice of how to write it.

use super::{bits::BitWriter, bytes::put_bytes, choices, heads, integers::Integers, template::Template, texts};

/// How a column is written: the byte that stands before it.
pub mod tag {
    /// No text at all.
    pub const EMPTY: u8 = 0;
    /// One text for all rows.
    pub const CONSTANT: u8 = 1;
    /// A template and integers.
    pub const NUMBERS: u8 = 2;
    /// Telephone numbers by their common starts.
    pub const HEADS: u8 = 3;
    /// Few texts and indices.
    pub const CHOICES: u8 = 4;
    /// A text for each row.
    pub const TEXTS: u8 = 5;
}

/// What zstd makes of a byte of text, in bits, to weigh it against integers. Measured on names, cities and products.
const ZSTD_BITS_PER_BYTE: usize = 3;

/// The values of one column.
#[derive(Debug, Default, Clone)]
pub struct Values {
    text: String,
    ends: Vec<usize>,
}

impl Values {
    /// Adds a row's value.
    pub fn push(&mut self, value: &str) {
        self.text.push_str(value);
        self.ends.push(self.text.len());
    }

    /// Gives rows that have no value an empty one.
    pub fn fill_up(&mut self, rows: usize) {
        self.ends.resize(rows.max(self.ends.len()), self.text.len());
    }

    /// Forgets all values.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// All of them in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.text[start..*end])
    }

    /// Writes the column in the way that takes least room.
    pub fn encode(&self, text: &mut Vec<u8>, bits: &mut BitWriter) {
        let Some(first) = self.iter().next().filter(|_| !self.text.is_empty()) else {
            text.push(tag::EMPTY);
            return;
        };
        if self.iter().all(|value| value == first) {
            text.push(tag::CONSTANT);
            put_bytes(text, first.as_bytes());
            return;
        }
        let as_text_bits = self.text.len() * ZSTD_BITS_PER_BYTE;
        let numbers = Template::fit(self.iter()).map(|(template, numbers)| (template, Integers::of(&numbers)));
        let numbers = numbers.filter(|(_, integers)| integers.cost_bits() < as_text_bits);
        let best_bits = numbers.as_ref().map_or(as_text_bits, |(_, integers)| integers.cost_bits());
        if choices::encode_below(self, best_bits, ZSTD_BITS_PER_BYTE, text, bits) {
            return;
        }
        match numbers {
            Some((template, integers)) => {
                text.push(tag::NUMBERS);
                template.write(text);
                integers.write(text, bits);
            }
            None => {
                text.push(tag::TEXTS);
                texts::write(self.iter(), text);
            }
        }
    }

    /// As `encode`, for the digits of telephone numbers.
    pub fn encode_phone_digits(&self, text: &mut Vec<u8>, bits: &mut BitWriter) {
        if !heads::encode(self, text, bits) {
            self.encode(text, bits);
        }
    }
}
