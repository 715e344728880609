//! The rejects file: the original rows with `line` and `reason`.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::fields::{Cut, Cutter, Dialect};

/// A row that became no contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Line in the file on which the row begins; the header is line 1.
    pub line: u64,
    /// What is wrong, naming the column where it is one column's fault.
    pub reason: String,
    /// The row as it stands in the file, byte for byte, without the end of the line.
    pub raw: Vec<u8>,
}

/// The header of a list that has one, and how its rows are written: rejects are written in the list's own format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListHeader {
    /// As it stands in the file, without the end of the line.
    pub text: String,
    /// Between fields; an ASCII character.
    pub delimiter: char,
    /// At the end of lines; an ASCII character.
    pub terminator: char,
    /// Columns in the header.
    pub columns: usize,
}

impl ListHeader {
    pub(super) fn new(raw: &[u8], dialect: Dialect, columns: usize) -> Self {
        let Dialect { delimiter, terminator } = dialect;
        let text = String::from_utf8_lossy(raw).into_owned();
        Self { text, delimiter: delimiter.into(), terminator: terminator.into(), columns }
    }

    fn dialect(&self) -> Dialect {
        let ascii = |character: char, otherwise| u8::try_from(character).unwrap_or(otherwise);
        Dialect { delimiter: ascii(self.delimiter, b','), terminator: ascii(self.terminator, b'\n') }
    }
}

/// Writes rejected rows. The header is written with the first of them.
#[derive(Debug)]
pub struct RejectsWriter<W> {
    out: W,
    header: Option<ListHeader>,
    begun: bool,
}

impl<W: Write> RejectsWriter<W> {
    /// Writes to `out`: under the list's header, or without one as objects with the keys `line` and `reason` added.
    pub fn new(out: W, header: Option<ListHeader>) -> Self {
        Self { out, header, begun: false }
    }

    /// Adds one row.
    ///
    /// # Errors
    /// Those of the output.
    pub fn write(&mut self, reject: &Reject) -> io::Result<()> {
        let begun = std::mem::replace(&mut self.begun, true);
        let Some(header) = &self.header else { return write_object(&mut self.out, reject) };
        if !begun {
            write_header(&mut self.out, header.text.as_bytes(), header.dialect())?;
        }
        write_row(&mut self.out, reject, header.dialect(), header.columns)
    }

    /// Flushes and gives the output back.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

fn write_header(out: &mut impl Write, header: &[u8], dialect: Dialect) -> io::Result<()> {
    out.write_all(header)?;
    let (between, end) = (&[dialect.delimiter], &[dialect.terminator]);
    [between, &b"line"[..], between, b"reason", end].iter().try_for_each(|part| out.write_all(part))
}

/// The row unchanged, filled up so that `line` and `reason` come under their names. What would shift them is quoted:
/// surplus fields become part of the last one, a row with broken quotation marks becomes one field.
fn write_row(out: &mut impl Write, reject: &Reject, dialect: Dialect, columns: usize) -> io::Result<()> {
    let mut cutter = Cutter::default();
    let whole = cutter.cut(&reject.raw, true, dialect) == Cut::Complete(reject.raw.len());
    let fields = if !whole {
        write_quoted(out, &reject.raw)?;
        1
    } else if cutter.fields.len() > columns {
        let last = start_of(&cutter, columns - 1, &reject.raw);
        out.write_all(&reject.raw[..last])?;
        write_quoted(out, &reject.raw[last..])?;
        columns
    } else {
        out.write_all(&reject.raw)?;
        cutter.fields.len()
    };
    for _ in fields..=columns {
        out.write_all(&[dialect.delimiter])?;
    }
    write!(out, "{}", reject.line)?;
    out.write_all(&[dialect.delimiter])?;
    let quotable = |byte: u8| byte == dialect.delimiter || byte == b'"' || byte == b'\r' || byte == b'\n';
    if reject.reason.bytes().any(quotable) {
        write_quoted(out, reject.reason.as_bytes())?;
    } else {
        out.write_all(reject.reason.as_bytes())?;
    }
    out.write_all(&[dialect.terminator])
}

/// Where a field begins with its quotation mark.
fn start_of(cutter: &Cutter, field: usize, raw: &[u8]) -> usize {
    let start = cutter.fields[field].start;
    let quoted = start > 0 && raw[start - 1] == b'"';
    if quoted { start - 1 } else { start }
}

fn write_quoted(out: &mut impl Write, text: &[u8]) -> io::Result<()> {
    out.write_all(b"\"")?;
    for (place, part) in text.split(|&byte| byte == b'"').enumerate() {
        if place > 0 {
            out.write_all(b"\"\"")?;
        }
        out.write_all(part)?;
    }
    out.write_all(b"\"")
}

/// The object with two keys more; what is no object becomes the key `row`.
fn write_object(out: &mut impl Write, reject: &Reject) -> io::Result<()> {
    let reason = serde_json::to_string(&reject.reason)?;
    let object = std::str::from_utf8(&reject.raw)
        .ok()
        .map(str::trim)
        .filter(|text| text.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok());
    let start = match object.and_then(|text| text.strip_suffix('}')) {
        Some(text) if text[1..].trim().is_empty() => "{".to_owned(),
        Some(text) => format!("{text},"),
        None => format!("{{\"row\":{},", serde_json::to_string(&String::from_utf8_lossy(&reject.raw))?),
    };
    writeln!(out, "{start}\"line\":{},\"reason\":{reason}}}", reject.line)
}
