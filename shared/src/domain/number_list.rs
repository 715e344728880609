//! Files of telephone numbers: text or CSV, one number a line, plain or compressed with gzip, read as a stream.
//!
//! Of a line the first column counts, or the one that the header calls `phone` or `number`; an area code and a
//! subscriber's number in columns of their own, as registries of North America write them, are one number. Empty lines
//! and those that begin with `#` are passed over.

use std::io::{BufRead, BufReader, Read};

use flate2::read::MultiGzDecoder;

use super::{
    PhoneNumber,
    contact_list::{
        Country,
        number::{BadNumber, normalise},
    },
};

/// Longest line that is taken for one number and what stands beside it, in bytes.
const LINE_BYTES_MAX: usize = 16 * 1024;
const BUFFER_BYTES: usize = 256 * 1024;
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const UTF8_BOM: &str = "\u{feff}";
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];
/// What headers call the column of numbers.
const COLUMNS: [&str; 7] = ["phone", "number", "phone_number", "phone number", "telephone", "msisdn", "mobile"];

/// One line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A number.
    Number(PhoneNumber),
    /// What is no number to be called.
    Bad(BadLine),
    /// There are no more.
    End,
}

/// A line that is no number.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BadLine {
    /// Where it stands, from 1.
    pub line: u64,
    /// What is wrong with it; never quotes the number.
    pub reason: String,
}

/// Why a file cannot be read on.
#[derive(Debug, thiserror::Error)]
#[error("the file cannot be read after line {line}: {source}")]
pub struct BrokenFile {
    /// The last line that was read.
    pub line: u64,
    source: std::io::Error,
}

/// Reads numbers one after the other, in bounded memory.
pub struct NumberListReader {
    reader: Box<dyn BufRead + Send>,
    country: Option<Country>,
    buffer: Vec<u8>,
    line: u64,
    /// The column of the numbers; none until the first line with anything in it is read.
    column: Option<usize>,
}

impl NumberListReader {
    /// Reads a file; national numbers are those of `country`.
    ///
    /// # Errors
    /// When not even its first bytes can be read.
    pub fn new(reader: impl Read + Send + 'static, country: Option<Country>) -> Result<Self, BrokenFile> {
        let mut reader: Box<dyn BufRead + Send> = Box::new(BufReader::with_capacity(BUFFER_BYTES, reader));
        let start = reader.fill_buf().map_err(|source| BrokenFile { line: 0, source })?;
        if start.starts_with(GZIP_MAGIC) {
            reader = Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(reader)));
        }
        Ok(Self { reader, country, buffer: Vec::new(), line: 0, column: None })
    }

    /// The next line with anything in it.
    ///
    /// # Errors
    /// When the file breaks off, or its compression is damaged.
    pub fn next_line(&mut self) -> Result<Line, BrokenFile> {
        while self.read_line()? {
            let line = self.line;
            let bad = |reason: String| Ok(Line::Bad(BadLine { line, reason }));
            if self.buffer.len() > LINE_BYTES_MAX {
                return bad(format!("longer than {LINE_BYTES_MAX} bytes"));
            }
            let Ok(text) = std::str::from_utf8(&self.buffer) else { return bad("not UTF-8".to_owned()) };
            let text = text.trim_start_matches(UTF8_BOM).trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let column = match self.column {
                Some(column) => column,
                None => {
                    let column = header_column(text);
                    self.column = Some(column.unwrap_or(0));
                    if column.is_some() {
                        continue;
                    }
                    0
                }
            };
            return match number(text, column, self.country) {
                Ok(number) => Ok(Line::Number(number)),
                Err(error) => bad(error.to_string()),
            };
        }
        Ok(Line::End)
    }

    /// Reads a line into the buffer, as much of it as counts; false: there is none.
    fn read_line(&mut self) -> Result<bool, BrokenFile> {
        let line = self.line;
        let broken = |source| BrokenFile { line, source };
        self.buffer.clear();
        let mut some = (&mut self.reader).take(LINE_BYTES_MAX as u64 + 1);
        if some.read_until(b'\n', &mut self.buffer).map_err(broken)? == 0 {
            return Ok(false);
        }
        self.line += 1;
        if self.buffer.len() > LINE_BYTES_MAX && !self.buffer.ends_with(b"\n") {
            self.reader.skip_until(b'\n').map_err(broken)?;
        }
        Ok(true)
    }
}

/// The column of a header that holds the numbers; none for a line that is no header, for it has digits.
fn header_column(text: &str) -> Option<usize> {
    if text.contains(|c: char| c.is_numeric()) {
        return None;
    }
    let is_numbers = |field: &str| COLUMNS.contains(&field.to_lowercase().as_str());
    Some(fields(text).position(is_numbers).unwrap_or(0))
}

fn number(text: &str, column: usize, country: Option<Country>) -> Result<PhoneNumber, BadNumber> {
    let mut of_line = fields(text).skip(column);
    let first = of_line.next().unwrap_or_default();
    if is_digits(first, 3) && of_line.next().is_some_and(|second| is_digits(second, 7)) {
        let joined: String = fields(text).skip(column).take(2).collect();
        return of_country(&joined, country);
    }
    of_country(first, country)
}

/// Ten digits of North America are the same with +1 before them, and read much faster so.
fn of_country(text: &str, country: Option<Country>) -> Result<PhoneNumber, BadNumber> {
    if is_digits(text, 10) && country.is_some_and(Country::is_north_american) {
        return normalise(&format!("+1{text}"), country);
    }
    normalise(text, country)
}

fn fields(text: &str) -> impl Iterator<Item = &str> {
    let delimiter = text.chars().find(|c| DELIMITERS.contains(c)).unwrap_or(',');
    text.split(delimiter).map(|field| field.trim().trim_matches(['"', '\'']).trim())
}

fn is_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(bytes: &[u8], country: Option<&str>) -> Vec<String> {
        let country = country.map(|code| code.parse().unwrap());
        let mut reader = NumberListReader::new(std::io::Cursor::new(bytes.to_vec()), country).unwrap();
        let mut lines = Vec::new();
        loop {
            match reader.next_line().unwrap() {
                Line::Number(number) => lines.push(number.as_e164().to_owned()),
                Line::Bad(BadLine { line, reason }) => lines.push(format!("{line}: {reason}")),
                Line::End => return lines,
            }
        }
    }

    #[test]
    fn numbers_are_read_line_by_line_and_bad_ones_told() {
        let text = "\u{feff}# opted out\n+12025550101\r\n\n(202) 555-0102\nabc\n+1 202 555 01\n\"2025550103\"";
        assert_eq!(
            read(text.as_bytes(), Some("US")),
            [
                "+12025550101",
                "+12025550102",
                "5: contains letters: write digits, with + and the calling code",
                "6: too short",
                "+12025550103"
            ]
        );
        assert!(read(b"2025550101\n", None)[0].starts_with("1: a national number without country"));
        assert!(read(b"", None).is_empty());
    }

    #[test]
    fn a_header_names_the_column_and_without_one_the_first_counts() {
        assert_eq!(read(b"Name;Phone\nAnn;+12025550101\n", None), ["+12025550101"]);
        assert_eq!(read(b"list\n+12025550101,2026-01-01\n", None), ["+12025550101"]);
        assert_eq!(read(b"+12025550101\tAnn\n", None), ["+12025550101"]);
    }

    #[test]
    fn a_registry_may_write_area_code_and_number_apart() {
        assert_eq!(read(b"202,5550101\n202,5550102\n", Some("US")), ["+12025550101", "+12025550102"]);
    }

    #[test]
    fn ten_digits_are_the_same_number_on_the_fast_way() {
        let us: Country = "US".parse().unwrap();
        for text in ["2025550101", "4165550101", "2425550101", "0025550101", "1112223333", "9005550101"] {
            assert_eq!(of_country(text, Some(us)).ok(), normalise(text, Some(us)).ok(), "{text}");
        }
    }

    #[test]
    fn compressed_files_are_unpacked_and_endless_lines_passed_over() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"+12025550101\n").unwrap();
        assert_eq!(read(&gzip.finish().unwrap(), None), ["+12025550101"]);
        let long = format!("{}\n+12025550101\n", "1".repeat(3 * LINE_BYTES_MAX));
        assert_eq!(read(long.as_bytes(), None), ["1: longer than 16384 bytes", "+12025550101"]);
        assert_eq!(read(b"\xff\xfe1\n+12025550101\n", None), ["1: not UTF-8", "+12025550101"]);
    }

    #[test]
    fn a_file_that_breaks_off_is_an_error_and_no_end() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all("+12025550101\n".repeat(1_000).as_bytes()).unwrap();
        let mut bytes = gzip.finish().unwrap();
        bytes.truncate(bytes.len() - 12);
        let mut reader = NumberListReader::new(std::io::Cursor::new(bytes), None).unwrap();
        let broken = loop {
            match reader.next_line() {
                Ok(Line::End) => panic!("it ended"),
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert!(broken.to_string().contains("cannot be read after line"), "{broken}");
    }
}
