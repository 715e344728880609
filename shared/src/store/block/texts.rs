//! Texts one after the other.

use super::{
    BlockError, ROW_TEXT_BYTES_MAX,
    bytes::{ByteReader, put_varint},
};

/// Where a text begins and ends among the block's text.
pub type Span = (u32, u32);

/// A zero ends each text.
const ENDED: u8 = 0;
/// All lengths come first, because some text holds a zero.
const COUNTED: u8 = 1;

/// Writes texts. An end mark is smaller than lengths: zstd takes it for a part of the word.
pub fn write<'a>(texts: impl Iterator<Item = &'a str> + Clone, out: &mut Vec<u8>) {
    if texts.clone().any(|text| text.as_bytes().contains(&0)) {
        out.push(COUNTED);
        texts.clone().for_each(|text| put_varint(out, text.len() as u64));
        texts.for_each(|text| out.extend_from_slice(text.as_bytes()));
        return;
    }
    out.push(ENDED);
    for text in texts {
        out.extend_from_slice(text.as_bytes());
        out.push(0);
    }
}

/// Reads this many texts back.
pub fn read(text: &mut ByteReader<'_>, count: usize) -> Result<Vec<Span>, BlockError> {
    match text.byte()? {
        ENDED => (0..count)
            .map(|_| {
                let missing = BlockError::Damaged("a text without end");
                let length = memchr::memchr(0, text.rest()).ok_or(missing)?;
                let span = span(text, length)?;
                text.byte()?;
                Ok(span)
            })
            .collect(),
        COUNTED => {
            let lengths = (0..count).map(|_| text.length(ROW_TEXT_BYTES_MAX)).collect::<Result<Vec<_>, _>>()?;
            lengths.into_iter().map(|length| span(text, length)).collect()
        }
        _ => Err(BlockError::Damaged("unknown kind of texts")),
    }
}

/// Takes the next text.
pub fn span(text: &mut ByteReader<'_>, length: usize) -> Result<Span, BlockError> {
    let start = text.position();
    text.take(length)?;
    let place = |at: usize| u32::try_from(at).map_err(|_| BlockError::Damaged("too much text"));
    Ok((place(start)?, place(start + length)?))
}
