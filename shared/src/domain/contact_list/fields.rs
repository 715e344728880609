//! Where the fields of a delimited row lie.
//!
//! Own code instead of the `csv` crate: a rejected row must be given back byte for byte, a mark that is opened and never
//! closed must spoil its own line and not the rest of the file, and rows without any mark are cut at memory speed.

use std::borrow::Cow;

/// How a file separates fields and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    pub delimiter: u8,
    /// `\n`; `\r` in files of very old programs.
    pub terminator: u8,
}

/// One field, without its quotation marks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub start: usize,
    pub end: usize,
    /// It holds marks written twice.
    doubled: bool,
}

impl Field {
    /// The bytes as they are written in the row.
    pub fn written<'a>(&self, row: &'a str) -> &'a str {
        &row[self.start..self.end]
    }

    /// The value.
    pub fn value<'a>(&self, row: &'a str) -> Cow<'a, str> {
        let written = self.written(row);
        if self.doubled { Cow::Owned(written.replace("\"\"", "\"")) } else { Cow::Borrowed(written) }
    }

    /// Puts the value in place of what `target` holds.
    pub fn copy_to(&self, row: &str, target: &mut String) {
        target.clear();
        if self.doubled { target.push_str(&self.value(row)) } else { target.push_str(self.written(row)) }
    }
}

/// What came of looking for a row's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The row has this many bytes, its terminator included.
    Complete(usize),
    /// The row goes on behind the bytes given.
    Unfinished,
    /// Something other than a delimiter follows a closing mark, or the input ends within marks.
    BadQuotes,
}

/// Cuts one row into fields; takes up where it stopped when more bytes have come.
#[derive(Debug, Default)]
pub(super) struct Cutter {
    pub fields: Vec<Field>,
    at: usize,
    field_start: usize,
    quoted: bool,
    doubled: bool,
}

impl Cutter {
    /// Forgets the row before.
    pub fn restart(&mut self) {
        self.fields.clear();
        (self.at, self.field_start, self.quoted, self.doubled) = (0, 0, false, false);
    }

    /// Whether the row looked at so far ends within quotation marks.
    pub fn is_within_quotes(&self) -> bool {
        self.quoted
    }

    /// Looks on in `bytes`, which starts with the row's first byte; `all` says that the input ends with it.
    pub fn cut(&mut self, bytes: &[u8], all: bool, dialect: Dialect) -> Cut {
        loop {
            if self.quoted {
                match self.close(bytes, all, dialect) {
                    Ok(()) => continue,
                    Err(cut) => return cut,
                }
            }
            if self.at == self.field_start && bytes.get(self.at) == Some(&b'"') {
                self.quoted = true;
                self.at += 1;
                self.field_start = self.at;
                continue;
            }
            match memchr::memchr2(dialect.delimiter, dialect.terminator, &bytes[self.at..]) {
                Some(offset) => {
                    let at = self.at + offset;
                    if bytes[at] == dialect.terminator {
                        self.push(without_carriage_return(bytes, self.field_start, at), at + 1);
                        return Cut::Complete(at + 1);
                    }
                    self.push(at, at + 1);
                }
                None if all => {
                    self.push(without_carriage_return(bytes, self.field_start, bytes.len()), bytes.len());
                    return Cut::Complete(bytes.len());
                }
                None => {
                    self.at = bytes.len().max(self.at);
                    return Cut::Unfinished;
                }
            }
        }
    }

    /// Closes a quoted field, after which the row goes on; else says how the row ends.
    fn close(&mut self, bytes: &[u8], all: bool, dialect: Dialect) -> Result<(), Cut> {
        loop {
            let Some(offset) = memchr::memchr(b'"', &bytes[self.at..]) else {
                self.at = bytes.len();
                return Err(if all { Cut::BadQuotes } else { Cut::Unfinished });
            };
            let mark = self.at + offset;
            let rest = &bytes[mark + 1..];
            // Whether a mark closes shows in the byte after it, for `\r` in the two after it.
            if !all && (rest.is_empty() || rest == b"\r") {
                self.at = mark;
                return Err(Cut::Unfinished);
            }
            if rest.first() == Some(&b'"') {
                self.doubled = true;
                self.at = mark + 2;
                continue;
            }
            let line_end = if rest.starts_with(b"\r") && dialect.terminator == b'\n' { &rest[1..] } else { rest };
            let next = bytes.len() - line_end.len() + 1;
            self.quoted = false;
            return match (rest.first(), line_end.first()) {
                (Some(&byte), _) if byte == dialect.delimiter => {
                    self.push(mark, mark + 2);
                    Ok(())
                }
                (_, None) => {
                    self.push(mark, bytes.len());
                    Err(Cut::Complete(bytes.len()))
                }
                (_, Some(&byte)) if byte == dialect.terminator => {
                    self.push(mark, next);
                    Err(Cut::Complete(next))
                }
                _ => Err(Cut::BadQuotes),
            };
        }
    }

    fn push(&mut self, end: usize, next: usize) {
        self.fields.push(Field { start: self.field_start, end, doubled: self.doubled });
        (self.at, self.field_start, self.doubled) = (next, next, false);
    }
}

fn without_carriage_return(bytes: &[u8], start: usize, end: usize) -> usize {
    if end > start && bytes[end - 1] == b'\r' { end - 1 } else { end }
}

/// The row without its terminator.
pub(super) fn trim_terminator(row: &[u8], terminator: u8) -> &[u8] {
    let row = row.strip_suffix(&[terminator]).unwrap_or(row);
    if terminator == b'\n' { row.strip_suffix(b"\r").unwrap_or(row) } else { row }
}
