//! Blocks: up to 256 contacts, immutable and compressed.
//!
//! A contact nobody has called yet is only a row in a block, so a block must be small above all, and cheap to write by
//! the million. Rows are stored by column, because a column's values resemble each other: values that are numbers in a
//! fixed dress (telephone numbers, dates, amounts, `C0012345`) become integers of as few bits as their range needs,
//! columns of few values become indices, and the rest is text for zstd with the campaign's dictionary.
//!
//! ```text
//! version u8 | lane u16 | rows − 1 u8 | schema u16          little-endian, plain, for scripts and tools
//! generation u32                                           only in version 2: blocks that were written again
//! attributes varint | text length varint | zstd length varint
//! zstd(text): how each column is encoded, and its text      columns: number count, first number, further numbers,
//! bits: the integers and indices of all columns             id, not_before, attributes
//! ```
//!
//! A lane's time zones and priority are the lane's and not stored with its rows. What is read back is checked against
//! every bound: damaged bytes give an error or other rows, never a panic or a large allocation.

mod bits;
mod bytes;
mod choices;
mod compress;
mod decode;
mod encode;
mod heads;
mod integers;
mod template;
mod texts;
mod values;

#[cfg(test)]
mod tests;

pub use compress::{Compressor, DICTIONARY_BYTES_MAX, Decompressor, LEVEL_DEFAULT, train_dictionary};
pub use decode::{Block, Row};
pub use encode::{BlockBuilder, PushError};

/// Most rows of a block.
pub const ROWS_MAX: usize = 256;
/// A block takes no further row once its rows have this much text, in bytes.
pub const TEXT_BYTES_FULL: usize = 256 * 1024;
/// Most text of one row, in bytes.
pub const ROW_TEXT_BYTES_MAX: usize = 1024 * 1024;
/// Most text of a block with all that describes it, in bytes; more is not unpacked.
const TEXT_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most attributes of a row.
const ATTRIBUTES_MAX: usize = crate::domain::contact_list::COLUMNS_MAX;
/// Of blocks as their lists were uploaded.
const VERSION_FIRST: u8 = 1;
/// Of blocks that were written again, because contacts in them were edited or erased.
const VERSION: u8 = 2;
const HEADER_BYTES: usize = 6;
const GENERATION_BYTES: usize = 4;
/// As [`TEXT_BYTES_FULL`] for a block that is written again: its rows may have grown.
const TEXT_BYTES_GROWN: usize = 3 * TEXT_BYTES_FULL;

/// Why bytes are no block.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    /// Written by a later version of Redial.
    #[error(
        "a block of version {found}, this program knows {VERSION}: run the version of Redial that wrote it, or a later one"
    )]
    Version {
        /// The version found.
        found: u8,
    },
    /// Damaged, or packed with another dictionary.
    #[error("a damaged block ({0}): restore Redis from a backup, or upload the list again")]
    Damaged(&'static str),
    /// zstd refuses.
    #[error("zstd: {0}")]
    Zstd(#[from] std::io::Error),
}
