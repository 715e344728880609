//! Spreadsheets (`.xlsx`): the first sheet as CSV, each of its rows on a line of its own, so that line numbers are the sheet's.

use std::{
    io::{self, Cursor, Read},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx};

use super::ListError;

/// The largest spreadsheet that is taken, in bytes as it is stored: it is held in memory while it is read.
pub(super) const SPREADSHEET_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Text handed over at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks that wait for the reader.
const CHUNKS_WAITING: usize = 4;

type Book = Xlsx<Cursor<Vec<u8>>>;
type Chunk = io::Result<Vec<u8>>;

/// Opens a spreadsheet, whose bytes are these.
///
/// # Errors
/// When it is none, or too large.
pub(super) fn open(reader: impl Read) -> Result<Box<dyn Read + Send>, ListError> {
    let mut bytes = Vec::new();
    let read_error = |source| ListError::Read { read: 0, source };
    reader.take(SPREADSHEET_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(read_error)?;
    if bytes.len() as u64 > SPREADSHEET_BYTES_MAX {
        return Err(ListError::Spreadsheet { cause: "it is larger than 256 MiB".to_owned() });
    }
    let wrong = |cause: &dyn std::fmt::Display| ListError::Spreadsheet { cause: cause.to_string() };
    let book = Book::new(Cursor::new(bytes)).map_err(|error| wrong(&error))?;
    let sheet = book.sheet_names().first().cloned().ok_or_else(|| wrong(&"it has no sheet"))?;
    let (sender, chunks) = sync_channel(CHUNKS_WAITING);
    // The sheet's cells borrow from the book: both live on a thread of their own until the text is read, or nobody wants it.
    thread::Builder::new()
        .name("spreadsheet".to_owned())
        .spawn(move || write_sheet(book, &sheet, &sender))
        .map_err(read_error)?;
    Ok(Box::new(Text { chunks, present: Cursor::new(Vec::new()) }))
}

/// The text as it comes from the thread.
struct Text {
    chunks: Receiver<Chunk>,
    present: Cursor<Vec<u8>>,
}

impl Read for Text {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.present.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.chunks.recv() {
                Ok(chunk) => self.present = Cursor::new(chunk?),
                Err(_) => return Ok(0),
            }
        }
    }
}

fn write_sheet(mut book: Book, sheet: &str, chunks: &SyncSender<Chunk>) {
    if let Err(error) = write_cells(&mut book, sheet, chunks) {
        // Nobody reads any more: there is nobody to tell.
        let _ = chunks.send(Err(io::Error::new(io::ErrorKind::InvalidData, error)));
    }
}

fn write_cells(book: &mut Book, sheet: &str, chunks: &SyncSender<Chunk>) -> Result<(), calamine::XlsxError> {
    let mut cells = book.worksheet_cells_reader(sheet)?;
    let mut text = Vec::with_capacity(CHUNK_BYTES + 1024);
    let (mut row, mut column) = (0, 0);
    while let Some(cell) = cells.next_cell()? {
        let (cell_row, cell_column) = cell.get_position();
        while row < cell_row {
            text.push(b'\n');
            (row, column) = (row + 1, 0);
        }
        while column < cell_column {
            text.push(b',');
            column += 1;
        }
        put_field(&mut text, &shown(cell.get_value()));
        if text.len() >= CHUNK_BYTES && chunks.send(Ok(std::mem::take(&mut text))).is_err() {
            return Ok(());
        }
    }
    text.push(b'\n');
    let _ = chunks.send(Ok(text));
    Ok(())
}

fn shown(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty | DataRef::Error(_) => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(flag) => flag.to_string(),
        DataRef::Int(number) => number.to_string(),
        // Whole numbers without a point or an exponent: telephone numbers are often kept as such.
        DataRef::Float(number) => number.to_string(),
        DataRef::DateTime(at) => date(at),
    }
}

fn date(at: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
    match (hour, minute, second) {
        (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
    }
}

/// A field; line breaks within it become spaces.
fn put_field(text: &mut Vec<u8>, field: &str) {
    let field = field.replace(['\r', '\n'], " ");
    if field.contains([',', '"', ';', '\t', '|']) || field.trim() != field {
        text.push(b'"');
        text.extend(field.replace('"', "\"\"").as_bytes());
        text.push(b'"');
    } else {
        text.extend(field.as_bytes());
    }
}
