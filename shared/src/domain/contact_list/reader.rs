//! Rows, one after the other.

use std::io::Read;

use super::{
    Encoding, ListError, ListHeader, ListOptions, Reject,
    columns::{Columns, Given, Role},
    fields::{Cut, Cutter, Dialect, trim_terminator},
    format::{self, Format},
    header,
    json_lines::{self, Keys},
    row::{Assembler, Reserved},
    source::Source,
};
use crate::domain::contact::Contact;

/// Longest row, in bytes. Of a longer one only the beginning is kept.
pub const ROW_BYTES_MAX: usize = 1024 * 1024;

const NOT_UTF8: &str =
    "contains bytes that are not UTF-8: save the file as UTF-8, or say what it is with --encoding windows-1252";
const BAD_QUOTES: &str = "wrongly quoted: a quotation mark is not closed, or other text follows the closing one; write a mark within a value twice";
const TOO_LONG: &str = "longer than 1 MiB: only its beginning is kept here";

/// What [`ContactListReader::next_row`] found.
#[derive(Debug)]
pub enum Row {
    /// A good row; the contact has been filled.
    Contact,
    /// A bad row; the contact holds nothing of use.
    Rejected(Reject),
    /// The list is at its end.
    End,
}

/// Reads contacts from a list of any format, in constant memory: a buffer of some hundred KiB, at most about 1.5 MiB.
pub struct ContactListReader {
    source: Source,
    assembler: Assembler,
    rows: Rows,
    header: Option<ListHeader>,
    encoding: Encoding,
    /// Where the next row begins, from 1.
    line: u64,
    keeps_rows: bool,
    /// The last good row as it stands in the list, if rows are kept.
    kept: Option<Reject>,
}

enum Rows {
    Delimited { dialect: Dialect, columns: Columns, cutter: Cutter },
    JsonLines(Keys),
}

impl ContactListReader {
    /// Opens a list: finds out its format, unpacks it, reads its header.
    ///
    /// # Errors
    /// When the file cannot be used at all; each error names the remedy.
    pub fn new(reader: impl Read + Send + 'static, options: ListOptions) -> Result<Self, ListError> {
        let opened = format::open(Box::new(reader), &options)?;
        let mut source = Source::new(opened.reader, opened.gzip);
        let assembler = Assembler::new(&options);
        if opened.format == Format::JsonLines {
            json_lines::check(&opened.sample, &options.map)?;
            let rows = Rows::JsonLines(Keys::new(options.map));
            return Ok(Self {
                source,
                assembler,
                rows,
                header: None,
                encoding: opened.encoding,
                line: 1,
                keeps_rows: false,
                kept: None,
            });
        }
        let header = header::read(&mut source, opened.format, &opened.sample, &options.map)?;
        let list_header = ListHeader::new(&header.raw, header.dialect, header.columns.roles.len());
        let rows = Rows::Delimited { dialect: header.dialect, columns: header.columns, cutter: Cutter::default() };
        let (header, line) = (Some(list_header), header.lines + 1);
        Ok(Self { source, assembler, rows, header, encoding: opened.encoding, line, keeps_rows: false, kept: None })
    }

    /// Names of the attributes. With JSON Lines it grows when a row brings new keys: rows before have fewer attributes.
    pub fn columns(&self) -> &[String] {
        match &self.rows {
            Rows::Delimited { columns, .. } => &columns.attributes,
            Rows::JsonLines(keys) => &keys.attributes,
        }
    }

    /// What the list tells beside numbers, ids and attributes. With JSON Lines it grows as [`Self::columns`] do.
    pub fn gives(&self) -> Given {
        match &self.rows {
            Rows::Delimited { columns, .. } => Given::of(columns.roles.iter().copied()),
            Rows::JsonLines(keys) => Given::of(keys.roles()),
        }
    }

    /// The header; JSON Lines has none.
    pub fn header(&self) -> Option<&ListHeader> {
        self.header.as_ref()
    }

    /// How the list is encoded; its rows are given in UTF-8, rejected ones too.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// From now on each good row is kept as it stands in the list, for [`Self::take_kept`].
    pub fn keep_rows(&mut self) {
        self.keeps_rows = true;
    }

    /// The last good row as it stands in the list, for a reject whose reason is found later: it is empty still.
    pub fn take_kept(&mut self) -> Option<Reject> {
        self.kept.take()
    }

    /// Reads the next row into `contact`, whose buffers are used again.
    ///
    /// # Errors
    /// When the input cannot be read on: a failing disk or connection, damaged compression. Rows given before stand.
    pub fn next_row(&mut self, contact: &mut Contact) -> Result<Row, ListError> {
        match &mut self.rows {
            Rows::Delimited { .. } => self.next_delimited(contact),
            Rows::JsonLines(_) => self.next_object(contact),
        }
    }

    fn next_delimited(&mut self, contact: &mut Contact) -> Result<Row, ListError> {
        while self.source.has_more()? {
            let Rows::Delimited { dialect, columns, cutter } = &mut self.rows else { break };
            let dialect = *dialect;
            cutter.restart();
            let length = match find_end(&mut self.source, cutter, dialect)? {
                RowEnd::At(length) => length,
                RowEnd::BadQuotes => return self.reject_line(dialect.terminator, BAD_QUOTES),
                RowEnd::TooFar => return self.reject_line(dialect.terminator, TOO_LONG),
            };
            let raw = trim_terminator(&self.source.bytes()[..length], dialect.terminator);
            let line = self.line;
            self.line += memchr::memchr_iter(dialect.terminator, &self.source.bytes()[..length]).count() as u64;
            let filled =
                if raw.is_empty() { None } else { Some(fill(&mut self.assembler, columns, cutter, raw, contact)) };
            let row = filled.map(|filled| row(filled, line, raw));
            let is_kept = self.keeps_rows && matches!(row, Some(Row::Contact));
            self.kept = is_kept.then(|| Reject { line, reason: String::new(), raw: raw.to_vec() });
            self.source.consume(length);
            if let Some(row) = row {
                return Ok(row);
            }
        }
        Ok(Row::End)
    }

    fn next_object(&mut self, contact: &mut Contact) -> Result<Row, ListError> {
        let Rows::JsonLines(keys) = &mut self.rows else { return Ok(Row::End) };
        while self.source.has_more()? {
            let Some(length) = self.source.line(b'\n', ROW_BYTES_MAX)? else {
                return self.reject_line(b'\n', TOO_LONG);
            };
            let raw = trim_terminator(&self.source.bytes()[..length], b'\n');
            let line = self.line;
            self.line += 1;
            if raw.trim_ascii().is_empty() {
                self.source.consume(length);
                continue;
            }
            let mark = keys.mark();
            let filled = fill_from_object(&mut self.assembler, keys, raw, contact);
            if filled.is_err() {
                keys.back_to(mark);
            }
            let row = row(filled, line, raw);
            let is_kept = self.keeps_rows && matches!(row, Row::Contact);
            self.kept = is_kept.then(|| Reject { line, reason: String::new(), raw: raw.to_vec() });
            self.source.consume(length);
            return Ok(row);
        }
        Ok(Row::End)
    }

    /// Rejects the line that starts here and goes on with the next one.
    fn reject_line(&mut self, terminator: u8, reason: &str) -> Result<Row, ListError> {
        let (line, length) = (self.line, self.source.line(terminator, ROW_BYTES_MAX)?);
        self.line += 1;
        let kept = length.unwrap_or_else(|| self.source.bytes().len().min(ROW_BYTES_MAX));
        let raw = trim_terminator(&self.source.bytes()[..kept], terminator).to_vec();
        let reason = if length.is_some() { reason } else { TOO_LONG }.to_owned();
        match length {
            Some(length) => self.source.consume(length),
            None => self.source.skip_line(terminator)?,
        }
        Ok(Row::Rejected(Reject { line, reason, raw }))
    }
}

/// Where a row ends, if it does.
enum RowEnd {
    At(usize),
    BadQuotes,
    TooFar,
}

fn find_end(source: &mut Source, cutter: &mut Cutter, dialect: Dialect) -> Result<RowEnd, ListError> {
    loop {
        match cutter.cut(source.bytes(), source.is_exhausted(), dialect) {
            Cut::Complete(length) if length <= ROW_BYTES_MAX => return Ok(RowEnd::At(length)),
            Cut::Complete(_) => return Ok(RowEnd::TooFar),
            Cut::BadQuotes => return Ok(RowEnd::BadQuotes),
            Cut::Unfinished if source.bytes().len() <= ROW_BYTES_MAX => source.fill()?,
            Cut::Unfinished if cutter.is_within_quotes() => return Ok(RowEnd::BadQuotes),
            Cut::Unfinished => return Ok(RowEnd::TooFar),
        }
    }
}

fn row(filled: Result<(), String>, line: u64, raw: &[u8]) -> Row {
    match filled {
        Ok(()) => Row::Contact,
        Err(reason) => Row::Rejected(Reject { line, reason, raw: raw.to_vec() }),
    }
}

fn fill(
    assembler: &mut Assembler,
    columns: &Columns,
    cutter: &Cutter,
    raw: &[u8],
    contact: &mut Contact,
) -> Result<(), String> {
    let text = std::str::from_utf8(raw).map_err(|_| NOT_UTF8.to_owned())?;
    let fields = &cutter.fields;
    if fields.len() > columns.roles.len() {
        return Err(format!("{} fields where the header has {}", fields.len(), columns.roles.len()));
    }
    contact.attributes.resize_with(columns.attributes.len(), String::new);
    let mut reserved = Reserved::default();
    for (place, role) in columns.roles.iter().enumerate() {
        match (role, fields.get(place)) {
            (Role::Attribute(place), Some(field)) => {
                field.copy_to(text, &mut contact.attributes[*place]);
            }
            (Role::Attribute(place), None) => contact.attributes[*place].clear(),
            (role, Some(field)) => reserved.set(*role, field.value(text)),
            (_, None) => {}
        }
    }
    assembler.fill(contact, &reserved)
}

fn fill_from_object(
    assembler: &mut Assembler,
    keys: &mut Keys,
    raw: &[u8],
    contact: &mut Contact,
) -> Result<(), String> {
    let text = std::str::from_utf8(raw).map_err(|_| NOT_UTF8.to_owned())?;
    let mut reserved = Reserved::default();
    keys.read(text, &mut reserved, &mut contact.attributes)?;
    assembler.fill(contact, &reserved)
}
