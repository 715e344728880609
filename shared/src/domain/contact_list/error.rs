//! Why a whole file cannot be used, and what to do about it.

use std::io;

use super::Mapping;

/// Why a contact list cannot be read, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// Nothing in it.
    #[error("the file is empty: its first line must name the columns, one of them `phone`")]
    Empty,
    /// No column holds numbers.
    #[error("no `phone` column among {}: name the column of the numbers with `--map phone=COLUMN`, or several with `--numbers`; or rename it in the file", quoted(.columns))]
    NoPhoneColumn {
        /// The columns found.
        columns: Vec<String>,
    },
    /// The contents do not bear out the name or the format asked for.
    #[error("not {claimed} but {found}: {remedy}")]
    NotTheFormat {
        /// What the file was said to be.
        claimed: &'static str,
        /// What it is.
        found: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A spreadsheet that cannot be read.
    #[error("the spreadsheet cannot be read: {cause}; save it as `.xlsx` again, or as CSV UTF-8")]
    Spreadsheet {
        /// What is wrong with it.
        cause: String,
    },
    /// Something with many zero bytes.
    #[error("the file is no text in an encoding that is read: save it as UTF-8 (in spreadsheets: CSV UTF-8)")]
    NotText,
    /// The header is in another encoding.
    #[error(
        "line 1: the column names are not UTF-8: save the file as UTF-8 (in spreadsheets: CSV UTF-8), or say what it is with `--encoding windows-1252`"
    )]
    HeaderNotUtf8,
    /// A column that is mapped is not there.
    #[error("no column `{}` to take for `{}` among {}: correct `{}`", clip(&.mapping.column), clip(&.mapping.name), quoted(.columns), .mapping.option())]
    NoMappedColumn {
        /// What was asked for.
        mapping: Mapping,
        /// The columns found.
        columns: Vec<String>,
    },
    /// A quoted column name does not end.
    #[error("line 1: a column name is wrongly quoted: close its quotation mark, and write a mark within it twice")]
    HeaderQuotes,
    /// The header does not end.
    #[error("line 1 is longer than {limit} bytes: is this a list with a line for each contact?")]
    HeaderTooLong {
        /// Bytes that a row may have.
        limit: usize,
    },
    /// More columns than are taken.
    #[error("{found} columns, at most {limit} are taken: leave out those that no call needs")]
    TooManyColumns {
        /// Columns found.
        found: usize,
        /// Columns taken.
        limit: usize,
    },
    /// Two columns of one name.
    #[error(
        "two columns are called `{name}`: rename one or take it out, or give one another name with `--map NAME=COLUMN`"
    )]
    ColumnTwice {
        /// The name.
        name: String,
    },
    /// Truncated or damaged compression.
    #[error(
        "the gzip data is damaged or cut off after {read} bytes of text: compress or transfer the file again ({source})"
    )]
    CorruptGzip {
        /// Bytes that could be unpacked.
        read: u64,
        /// What the decompressor said.
        source: io::Error,
    },
    /// The file could not be read.
    #[error("cannot read on after {read} bytes: {source}")]
    Read {
        /// Bytes read till then.
        read: u64,
        /// What the system said.
        source: io::Error,
    },
}

impl ListError {
    /// Whether the file itself is at fault (exit code 2), not the reading of it (exit code 1).
    pub fn is_invalid_file(&self) -> bool {
        !matches!(self, Self::Read { .. })
    }
}

/// Most column names that an error lists.
const NAMES_LISTED_MAX: usize = 12;

fn quoted(names: &[String]) -> String {
    let listed = names.iter().take(NAMES_LISTED_MAX).map(|name| format!("`{}`", clip(name))).collect::<Vec<_>>();
    let more = if names.len() > NAMES_LISTED_MAX { ", …" } else { "" };
    listed.join(", ") + more
}

/// A name from a file, safe and short enough for one line.
fn clip(name: &str) -> String {
    name.chars().filter(|sign| !sign.is_control()).take(40).collect()
}
