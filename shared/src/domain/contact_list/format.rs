//! What kind of list a file is: by what the caller says, by its name, by its first bytes.

use std::{
    fmt,
    io::{self, Cursor, Read},
    sync::Arc,
};

use flate2::read::MultiGzDecoder;

use super::{ColumnMap, Country, Encoding, ListError, encoding, spreadsheet};
use crate::domain::PhoneNumber;

/// Bytes looked at to tell formats, encodings and delimiters apart.
pub(super) const SAMPLE_BYTES: usize = 64 * 1024;
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZIP_MAGIC: &[u8] = b"PK\x03\x04";
const UTF8_BOM: &[u8] = b"\xef\xbb\xbf";

/// How rows are written. Each may be compressed with gzip besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Separated by comma, semicolon, tab or bar, whichever the header uses.
    Csv,
    /// Separated by tabs.
    Tsv,
    /// One JSON object a line.
    JsonLines,
    /// A spreadsheet, `.xlsx`: its first sheet. Not compressed besides.
    Spreadsheet,
}

/// What the caller knows of a list.
#[derive(Debug, Clone, Default)]
pub struct ListOptions {
    /// Its format; absent: by its name, else by its contents.
    pub format: Option<Format>,
    /// Its name or path: the ending tells the format, and `.gz` that it is compressed.
    pub file_name: Option<String>,
    /// Its encoding; absent: what its first bytes leave no doubt of, else UTF-8. Spreadsheets have none.
    pub encoding: Option<Encoding>,
    /// What its columns are taken for.
    pub map: ColumnMap,
    /// Country of national numbers in rows without `country`.
    pub default_country: Option<Country>,
    /// Which numbers can be called at all; absent: every valid one.
    pub callable: Option<Callable>,
}

/// Tells of a number whether it can be called, and if not, why.
#[derive(Clone)]
pub struct Callable(Arc<NumberCheck>);

type NumberCheck = dyn Fn(&PhoneNumber) -> Result<(), String> + Send + Sync;

impl Callable {
    /// As `check` says.
    pub fn new(check: impl Fn(&PhoneNumber) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(check))
    }

    /// Whether any of these can be called.
    ///
    /// # Errors
    /// Why the first cannot be, if none can.
    pub fn any(&self, numbers: &[PhoneNumber]) -> Result<(), String> {
        let first = numbers.first().map_or(Ok(()), |number| (self.0)(number));
        if first.is_ok() || numbers[1..].iter().any(|number| (self.0)(number).is_ok()) { Ok(()) } else { first }
    }
}

impl fmt::Debug for Callable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callable")
    }
}

impl ListOptions {
    /// The format that is claimed, and whether compression is.
    fn claim(&self) -> (Option<Format>, bool) {
        let name = self.file_name.as_deref().unwrap_or_default().to_ascii_lowercase();
        let (stem, gzip) = name.strip_suffix(".gz").map_or((name.as_str(), false), |stem| (stem, true));
        let ending = stem.rsplit_once('.').map(|(_, ending)| ending);
        let by_name = match ending {
            Some("csv") => Some(Format::Csv),
            Some("tsv" | "tab") => Some(Format::Tsv),
            Some("jsonl" | "ndjson") => Some(Format::JsonLines),
            Some("xlsx" | "xlsm") => Some(Format::Spreadsheet),
            _ => None,
        };
        (self.format.or(by_name), gzip)
    }
}

/// An opened list: its format, and its bytes without compression and byte order mark.
pub(super) struct Opened {
    pub format: Format,
    pub gzip: bool,
    pub encoding: Encoding,
    pub reader: Box<dyn Read + Send>,
    /// The first bytes, which `reader` gives again.
    pub sample: Vec<u8>,
}

/// Looks at the first bytes, unpacks, and checks that the file is what it claims to be.
pub(super) fn open(mut reader: Box<dyn Read + Send>, options: &ListOptions) -> Result<Opened, ListError> {
    let (claimed, claims_gzip) = options.claim();
    let (mut sample, mut failure) = read_sample(&mut reader);
    let gzip = sample.starts_with(GZIP_MAGIC);
    if failure.is_none() {
        check_compression(gzip, claims_gzip, options, sample.is_empty())?;
    }
    let may_be_sheet = matches!(claimed, None | Some(Format::Spreadsheet));
    let is_sheet = may_be_sheet && failure.is_none() && sample.starts_with(ZIP_MAGIC);
    if is_sheet {
        reader = spreadsheet::open(Cursor::new(sample).chain(reader))?;
        (sample, failure) = read_sample(&mut reader);
    } else if claimed == Some(Format::Spreadsheet) && failure.is_none() {
        return Err(ListError::NotTheFormat {
            claimed: "a spreadsheet",
            found: "something else",
            remedy: "save it as `.xlsx`, or name it `.csv` if it is one",
        });
    }
    if gzip {
        reader = Box::new(MultiGzDecoder::new(Cursor::new(sample).chain(reader)));
        (sample, failure) = read_sample(&mut reader);
    }
    reader = after_sample(reader, failure, gzip, &sample)?;
    let encoding = if is_sheet { Encoding::Utf8 } else { encoding::settle(options.encoding, &sample)? };
    if encoding != Encoding::Utf8 {
        reader = encoding::to_utf8(Box::new(Cursor::new(sample).chain(reader)), encoding);
        (sample, failure) = read_sample(&mut reader);
        reader = after_sample(reader, failure, gzip, &sample)?;
    }
    if sample.starts_with(UTF8_BOM) {
        sample.drain(..UTF8_BOM.len());
    }
    if sample.iter().all(u8::is_ascii_whitespace) && sample.len() < SAMPLE_BYTES - UTF8_BOM.len() {
        return Err(ListError::Empty);
    }
    let format = settle(claimed.filter(|format| *format != Format::Spreadsheet), &sample)?;
    Ok(Opened { format, gzip, encoding, reader: Box::new(Cursor::new(sample.clone()).chain(reader)), sample })
}

fn read_sample(reader: &mut impl Read) -> (Vec<u8>, Option<io::Error>) {
    let mut sample = Vec::with_capacity(SAMPLE_BYTES);
    let failure = reader.take(SAMPLE_BYTES as u64).read_to_end(&mut sample).err();
    (sample, failure)
}

/// What gives the rest behind the sample. What came before a damage is good: its rows are read, then the damage is reported.
fn after_sample(
    reader: Box<dyn Read + Send>,
    failure: Option<io::Error>,
    gzip: bool,
    sample: &[u8],
) -> Result<Box<dyn Read + Send>, ListError> {
    match failure {
        None => Ok(reader),
        Some(source) if sample.is_empty() => Err(read_error(source, gzip, 0)),
        Some(source) => Ok(Box::new(Failing(Some(source)))),
    }
}

/// Gives an error that was met while looking ahead.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Tells damaged compression from a failing disk or connection.
pub(super) fn read_error(source: io::Error, gzip: bool, read: u64) -> ListError {
    let damaged = matches!(
        source.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    );
    if gzip && damaged { ListError::CorruptGzip { read, source } } else { ListError::Read { read, source } }
}

fn check_compression(gzip: bool, claimed: bool, options: &ListOptions, empty: bool) -> Result<(), ListError> {
    let named = options.file_name.is_some() && options.claim().0.is_some();
    match (gzip, claimed) {
        _ if empty => Err(ListError::Empty),
        (false, true) => Err(ListError::NotTheFormat {
            claimed: "gzip",
            found: "something else",
            remedy: "take `.gz` off its name, or compress it with gzip",
        }),
        (true, false) if named => Err(ListError::NotTheFormat {
            claimed: "plain text",
            found: "gzip",
            remedy: "add `.gz` to its name, or unpack it with gunzip",
        }),
        _ => Ok(()),
    }
}

/// The claimed format where the contents can be that, else the one they look like.
fn settle(claimed: Option<Format>, sample: &[u8]) -> Result<Format, ListError> {
    if sample.starts_with(ZIP_MAGIC) {
        let remedy = "give a spreadsheet the ending `.xlsx`, or save it as CSV UTF-8";
        return Err(ListError::NotTheFormat {
            claimed: "a list in text",
            found: "a zip archive or spreadsheet",
            remedy,
        });
    }
    let first = sample.iter().copied().find(|byte| !byte.is_ascii_whitespace());
    match (claimed, first) {
        (None, Some(b'{')) => Ok(Format::JsonLines),
        (None | Some(Format::JsonLines), Some(b'[')) => Err(ListError::NotTheFormat {
            claimed: "JSON Lines",
            found: "one JSON array",
            remedy: "write one object a line, for instance with `jq -c '.[]'`",
        }),
        (Some(Format::JsonLines), Some(first)) if first != b'{' => Err(ListError::NotTheFormat {
            claimed: "JSON Lines",
            found: "something else",
            remedy: "write one JSON object a line, or name the file `.csv` if it is one",
        }),
        (Some(Format::Csv | Format::Tsv), Some(b'{')) if looks_like_json_lines(sample) => {
            Err(ListError::NotTheFormat { claimed: "CSV", found: "JSON Lines", remedy: "name the file `.jsonl`" })
        }
        (claimed, _) => Ok(claimed.unwrap_or(Format::Csv)),
    }
}

fn looks_like_json_lines(sample: &[u8]) -> bool {
    let first_line = sample.split(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty());
    first_line.is_some_and(|line| serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok())
}
