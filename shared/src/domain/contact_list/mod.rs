//! Contact lists: spreadsheets, CSV, TSV and JSON Lines, plain or compressed with gzip, read as a stream.
//!
//! ```
//! use redial_shared::domain::{contact::Contact, contact_list::{ContactListReader, ListOptions, Row}};
//!
//! let file = &b"phone,first_name\n+12025550123,Ann\n12,Bob\n"[..];
//! let mut reader = ContactListReader::new(file, ListOptions::default()).unwrap();
//! let mut contact = Contact::default();
//! let (mut accepted, mut rejected) = (0, 0);
//! loop {
//!     match reader.next_row(&mut contact).unwrap() {
//!         Row::Contact => accepted += 1,
//!         Row::Rejected(reject) => { assert_eq!(reject.line, 3); rejected += 1 }
//!         Row::End => break,
//!     }
//! }
//! assert_eq!((accepted, rejected), (1, 1));
//! ```

mod columns;
mod country;
mod encoding;
mod error;
mod fields;
mod format;
mod header;
mod json_lines;
mod mapping;
pub mod number;
mod reader;
mod rejects;
mod row;
mod source;
mod spreadsheet;
pub mod zone;

#[cfg(test)]
mod tests;

pub use columns::{COLUMNS_MAX, Given, is_reserved};
pub use country::{BadCountry, Country};
pub use encoding::{BadEncoding, Encoding};
pub use error::ListError;
pub use format::{Callable, Format, ListOptions};
pub use mapping::{BadMapping, ColumnMap, Mapping};
pub use reader::{ContactListReader, ROW_BYTES_MAX, Row};
pub use rejects::{ListHeader, Reject, RejectsWriter};
pub use row::{ID_BYTES_MAX, NUMBERS_MAX};
