//! The first line of a delimited list: its delimiter and its columns.

use super::{
    ColumnMap, Format, ListError, ROW_BYTES_MAX,
    columns::{Columns, Role},
    fields::{Cut, Cutter, Dialect, trim_terminator},
    source::Source,
};

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// What the header tells.
#[derive(Debug)]
pub(super) struct Header {
    pub dialect: Dialect,
    pub columns: Columns,
    /// The line as it stands in the file, without terminator.
    pub raw: Vec<u8>,
    /// Lines it takes, empty ones before it included.
    pub lines: u64,
}

/// Reads the header and goes past it.
pub(super) fn read(source: &mut Source, format: Format, sample: &[u8], map: &ColumnMap) -> Result<Header, ListError> {
    let terminator = if sample.contains(&b'\n') || !sample.contains(&b'\r') { b'\n' } else { b'\r' };
    let mut lines = 1;
    loop {
        let Some(length) = source.line(terminator, ROW_BYTES_MAX)? else {
            return Err(ListError::HeaderTooLong { limit: ROW_BYTES_MAX });
        };
        if length == 0 {
            return Err(ListError::Empty);
        }
        if !trim_terminator(&source.bytes()[..length], terminator).trim_ascii().is_empty() {
            break;
        }
        source.consume(length);
        lines += 1;
    }
    let candidates = if format == Format::Tsv { &b"\t"[..] } else { &DELIMITERS[..] };
    let parsed = candidates.iter().map(|&delimiter| names(source, Dialect { delimiter, terminator }));
    let best = choose(parsed.collect::<Result<Vec<_>, _>>()?, map)?;
    let raw = trim_terminator(&source.bytes()[..best.length], terminator).to_vec();
    lines += memchr::memchr_iter(terminator, &raw).count() as u64;
    let columns = Columns::from_names(&best.names, map)?;
    source.consume(best.length);
    Ok(Header { dialect: best.dialect, columns, raw, lines })
}

/// The header as one delimiter cuts it.
struct Reading {
    dialect: Dialect,
    names: Vec<String>,
    length: usize,
}

fn names(source: &mut Source, dialect: Dialect) -> Result<Result<Reading, ListError>, ListError> {
    let mut cutter = Cutter::default();
    loop {
        match cutter.cut(source.bytes(), source.is_exhausted(), dialect) {
            Cut::Unfinished if source.bytes().len() > ROW_BYTES_MAX => return Ok(Err(ListError::HeaderQuotes)),
            Cut::Unfinished => source.fill()?,
            Cut::BadQuotes => return Ok(Err(ListError::HeaderQuotes)),
            Cut::Complete(length) => {
                let Ok(text) = std::str::from_utf8(&source.bytes()[..length]) else {
                    return Ok(Err(ListError::HeaderNotUtf8));
                };
                let names = cutter.fields.iter().map(|field| field.value(text).into_owned()).collect();
                return Ok(Ok(Reading { dialect, names, length }));
            }
        }
    }
}

/// The reading that finds a `phone` column, among several the one that finds most columns.
fn choose(readings: Vec<Result<Reading, ListError>>, map: &ColumnMap) -> Result<Reading, ListError> {
    let rank = |reading: &Reading| {
        let phones = reading.names.iter().any(|name| matches!(Role::reserved(map.name_of(name)), Some(Role::Phone(_))));
        (phones, reading.names.len())
    };
    let mut best: Result<Reading, ListError> = Err(ListError::Empty);
    for reading in readings {
        best = match (best, reading) {
            (Ok(best), Ok(other)) => Ok(if rank(&other) > rank(&best) { other } else { best }),
            (Ok(best), Err(_)) => Ok(best),
            (Err(_), other) => other,
        };
    }
    best
}
