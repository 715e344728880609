//! Encodings other than UTF-8: recognised where the first bytes leave no doubt, and turned into UTF-8 as the list is read.

use std::{
    fmt,
    io::{self, Read},
    str::FromStr,
};

use encoding_rs::{Decoder, DecoderResult};

use super::ListError;

/// Bytes decoded at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// Bytes by which UTF-16 is told from other text.
const START_BYTES: usize = 256;
/// Lines with letters that are not ASCII from which Windows-1252 is believed: fewer may be stray bytes in UTF-8.
const LINES_MIN: usize = 3;
/// Stands for what cannot be decoded: no UTF-8, so that the row is rejected and the rest is not.
const UNDECODABLE: u8 = 0xff;
const UTF8_BOM: &[u8] = b"\xef\xbb\xbf";
const UTF16_LE_BOM: &[u8] = b"\xff\xfe";
const UTF16_BE_BOM: &[u8] = b"\xfe\xff";
const UTF32_BOMS: [&[u8]; 2] = [b"\xff\xfe\0\0", b"\0\0\xfe\xff"];

/// How a list's text is encoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// With or without a byte order mark.
    #[default]
    Utf8,
    /// "Unicode text" of spreadsheet programs.
    Utf16Le,
    /// The same with the bytes of each unit the other way round.
    Utf16Be,
    /// Western European, one byte a character.
    Windows1252,
}

/// Why a text names no encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an encoding that is read: utf-8, utf-16le, utf-16be or windows-1252 is expected")]
pub struct BadEncoding;

impl Encoding {
    /// Its name, as IANA writes it, in small letters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }

    fn decoder(self) -> Decoder {
        let encoding = match self {
            Self::Utf8 => encoding_rs::UTF_8,
            Self::Utf16Le => encoding_rs::UTF_16LE,
            Self::Utf16Be => encoding_rs::UTF_16BE,
            Self::Windows1252 => encoding_rs::WINDOWS_1252,
        };
        encoding.new_decoder_with_bom_removal()
    }
}

impl FromStr for Encoding {
    type Err = BadEncoding;
    /// Takes its name in any case.
    fn from_str(text: &str) -> Result<Self, BadEncoding> {
        let known = [Self::Utf8, Self::Utf16Le, Self::Utf16Be, Self::Windows1252];
        known.into_iter().find(|encoding| encoding.as_str().eq_ignore_ascii_case(text)).ok_or(BadEncoding)
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The encoding of a list that begins so: the one that is `claimed`, unless a mark belies it; else what leaves no doubt; else
/// UTF-8, whose rows are checked one by one.
pub(super) fn settle(claimed: Option<Encoding>, sample: &[u8]) -> Result<Encoding, ListError> {
    let marked = by_mark(sample)?;
    match (claimed, marked) {
        (Some(claimed), Some(marked)) if claimed != marked => Err(ListError::NotTheFormat {
            claimed: claimed.as_str(),
            found: marked.as_str(),
            remedy: "say no encoding: its first bytes tell it",
        }),
        (Some(claimed), _) => Ok(claimed),
        (None, Some(marked)) => Ok(marked),
        (None, None) => by_contents(sample),
    }
}

fn by_mark(sample: &[u8]) -> Result<Option<Encoding>, ListError> {
    if UTF32_BOMS.iter().any(|mark| sample.starts_with(mark)) {
        return Err(ListError::NotText);
    }
    let marks = [(UTF8_BOM, Encoding::Utf8), (UTF16_LE_BOM, Encoding::Utf16Le), (UTF16_BE_BOM, Encoding::Utf16Be)];
    Ok(marks.into_iter().find(|(mark, _)| sample.starts_with(mark)).map(|(_, encoding)| encoding))
}

fn by_contents(sample: &[u8]) -> Result<Encoding, ListError> {
    // No text has zero bytes but in UTF-16, where every other byte of Latin letters, digits and signs is one.
    let start = &sample[..sample.len().min(START_BYTES)];
    let zeros = |parity: usize| start.iter().skip(parity).step_by(2).filter(|&&byte| byte == 0).count();
    let many = |zeros: usize| start.len() >= 8 && zeros * 4 > start.len();
    match (zeros(0), zeros(1)) {
        (few, odd) if many(odd) && few * 16 < odd => Ok(Encoding::Utf16Le),
        (even, few) if many(even) && few * 16 < even => Ok(Encoding::Utf16Be),
        (even, odd) if many(even) || many(odd) => Err(ListError::NotText),
        _ if is_windows_1252(sample) => Ok(Encoding::Windows1252),
        _ => Ok(Encoding::Utf8),
    }
}

/// Whether every line that is not ASCII is Western European text, and there are several of them.
fn is_windows_1252(sample: &[u8]) -> bool {
    let mut lines = 0;
    for line in sample.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_ascii()) {
        if !is_western(line) {
            return false;
        }
        lines += 1;
    }
    lines >= LINES_MIN
}

/// Whether a line holds no character of UTF-8, and only letters and signs of Western Europe, as they stand in its words: one
/// or two together. Other alphabets of one byte a character, and those of several, make longer runs of such bytes.
fn is_western(line: &[u8]) -> bool {
    let words = |byte: &u8| byte.is_ascii();
    line.utf8_chunks().all(|chunk| chunk.valid().is_ascii())
        && line.split(words).all(|run| run.len() <= 2 && run.iter().all(|&byte| is_western_letter(byte)))
}

/// Leaves out what is rare in the West and common elsewhere: of Iceland's letters those that are Turkish or Czech in the
/// encodings of these.
fn is_western_letter(byte: u8) -> bool {
    let elsewhere = matches!(byte, 0xd0 | 0xd7 | 0xdd | 0xde | 0xf0 | 0xf7 | 0xfd | 0xfe);
    let signs = matches!(byte, 0x80 | 0x92 | 0x96 | 0x97 | 0xa0 | 0xb0 | 0xb4 | 0x8c | 0x9c);
    (byte >= 0xc0 && !elsewhere) || signs
}

/// The text of `reader` in UTF-8, without a byte order mark. What cannot be decoded becomes a byte that is no UTF-8.
pub(super) fn to_utf8(reader: Box<dyn Read + Send>, encoding: Encoding) -> Box<dyn Read + Send> {
    let (raw, text) = (vec![0; CHUNK_BYTES], Vec::with_capacity(2 * CHUNK_BYTES));
    Box::new(Decoding { reader, decoder: encoding.decoder(), raw, begin: 0, end: 0, last: false, text, given: 0 })
}

/// Decodes as it is read.
struct Decoding {
    reader: Box<dyn Read + Send>,
    decoder: Decoder,
    /// What was read, of which `begin..end` is not decoded yet.
    raw: Vec<u8>,
    begin: usize,
    end: usize,
    /// Nothing comes after what was read.
    last: bool,
    /// What was decoded, of which the first `given` bytes have been handed over.
    text: Vec<u8>,
    given: usize,
}

impl Read for Decoding {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            if self.begin == self.end && self.last {
                return Ok(0);
            }
            self.decode_some()?;
        }
        let count = buffer.len().min(self.text.len() - self.given);
        buffer[..count].copy_from_slice(&self.text[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

impl Decoding {
    fn decode_some(&mut self) -> io::Result<()> {
        if self.begin == self.end {
            let count = self.reader.read(&mut self.raw)?;
            (self.begin, self.end, self.last) = (0, count, count == 0);
        }
        self.text.resize(2 * CHUNK_BYTES, 0);
        let raw = &self.raw[self.begin..self.end];
        // Room for the byte that may come behind.
        let room = self.text.len() - 1;
        let (result, read, mut written) =
            self.decoder.decode_to_utf8_without_replacement(raw, &mut self.text[..room], self.last);
        self.begin += read;
        if let DecoderResult::Malformed(..) = result {
            self.text[written] = UNDECODABLE;
            written += 1;
        }
        self.text.truncate(written);
        self.given = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], encoding: Encoding) -> Vec<u8> {
        let mut text = Vec::new();
        to_utf8(Box::new(io::Cursor::new(bytes.to_vec())), encoding).read_to_end(&mut text).unwrap();
        text
    }

    #[test]
    fn text_of_any_length_comes_out_whole_and_what_cannot_be_decoded_is_no_utf8() {
        let long = "Zoë, Łódź, 東京 𝄞\n".repeat(20_000);
        let units = |to_bytes: fn(u16) -> [u8; 2]| long.encode_utf16().flat_map(to_bytes).collect::<Vec<_>>();
        assert_eq!(decoded(&units(u16::to_le_bytes), Encoding::Utf16Le), long.as_bytes());
        assert_eq!(decoded(&units(u16::to_be_bytes), Encoding::Utf16Be), long.as_bytes());
        assert_eq!(decoded(b"\xff\xfea\0\x00\xd8b\0c", Encoding::Utf16Le), b"a\xffb\xff", "half a pair, half a unit");
        assert_eq!(decoded(b"Ren\xe9 \x80", Encoding::Windows1252), "René €".as_bytes());
    }

    #[test]
    fn windows_1252_is_believed_where_several_lines_leave_no_doubt() {
        let encoding = |lines: &[&[u8]]| by_contents(&lines.join(&b"\n"[..])).unwrap();
        let french: [&[u8]; 4] = [b"phone,pr\xe9nom", b"+33199001201,Zo\xeb", b"+33199001202,Fran\xe7oise", b"x,Ann"];
        assert_eq!(encoding(&french), Encoding::Windows1252);
        assert_eq!(encoding(&french[1..]), Encoding::Utf8, "two lines may be stray");
        assert_eq!(encoding(&[&french[..], &["1,Zoë".as_bytes()]].concat()), Encoding::Utf8);
        let cyrillic: [&[u8]; 3] = [b"\xc8\xe2\xe0\xed", b"\xce\xeb\xfc\xe3\xe0", b"\xc0\xed\xed\xe0"];
        assert_eq!(encoding(&cyrillic), Encoding::Utf8);
        let polish: [&[u8]; 3] = [b"\xa3ukasz", b"Micha\xb3", b"Pawe\xb3"];
        assert_eq!(encoding(&polish), Encoding::Utf8);
    }

    #[test]
    fn an_encoding_that_its_mark_belies_is_refused() {
        assert_eq!(settle(Some(Encoding::Windows1252), b"phone\n").unwrap(), Encoding::Windows1252);
        assert!(settle(Some(Encoding::Windows1252), b"\xff\xfep\0").is_err());
        assert!(matches!(settle(None, b"\xff\xfe\0\0p\0\0\0"), Err(ListError::NotText)));
        assert!("latin-7".parse::<Encoding>().is_err() && "UTF-16LE".parse() == Ok(Encoding::Utf16Le));
    }
}
