//! Texts that are numbers in a fixed dress: `12025550123`, `C0012345`, `2026-12-01`, `1234.50 EUR`.

use super::{
    BlockError,
    bytes::{ByteReader, put_bytes},
};

/// Most digits that surely fit an integer of 64 bits.
const DIGITS_MAX: usize = 18;
const SEPARATORS_MAX: usize = 4;
/// Longest prefix and suffix, in bytes.
const AFFIX_BYTES_MAX: usize = 255;

/// The dress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    prefix: String,
    suffix: String,
    /// Sign and how many digits follow it, from the right.
    separators: Vec<(u8, u8)>,
    /// Fewest digits; a shorter number gets zeros in front.
    width: u8,
}

impl Template {
    /// The dress that all values wear, and their numbers. None where they have none in common or would not come back
    /// exactly as they are.
    pub fn fit<'a>(values: impl Iterator<Item = &'a str> + Clone) -> Option<(Self, Vec<u64>)> {
        let first = values.clone().next()?;
        let start = first.find(|sign: char| sign.is_ascii_digit())?;
        let end = first.rfind(|sign: char| sign.is_ascii_digit())? + 1;
        let (prefix, suffix) = (&first[..start], &first[end..]);
        let mut template =
            Self { prefix: prefix.to_owned(), suffix: suffix.to_owned(), separators: Vec::new(), width: u8::MAX };
        template.separators = separators(&first[start..end])?;
        if prefix.len().max(suffix.len()) > AFFIX_BYTES_MAX {
            return None;
        }
        let mut numbers = Vec::with_capacity(super::ROWS_MAX);
        let mut longest_with_zero = 0;
        for value in values {
            let (number, digits, leading_zero) = template.undress(value)?;
            numbers.push(number);
            template.width = template.width.min(digits);
            longest_with_zero = longest_with_zero.max(if leading_zero { digits } else { 0 });
        }
        (longest_with_zero <= template.width).then_some((template, numbers))
    }

    /// The number, how many digits it is written with, and whether the first is a zero.
    fn undress(&self, value: &str) -> Option<(u64, u8, bool)> {
        let body = value.strip_prefix(&*self.prefix)?.strip_suffix(&*self.suffix)?.as_bytes();
        let (mut number, mut scale, mut digits) = (0_u64, 1_u64, 0_usize);
        let mut separators = self.separators.iter().rev().peekable();
        for &byte in body.iter().rev() {
            if byte.is_ascii_digit() {
                if digits == DIGITS_MAX {
                    return None;
                }
                number += u64::from(byte - b'0') * scale;
                scale *= 10;
                digits += 1;
            } else {
                separators.next_if(|(sign, after)| *sign == byte && usize::from(*after) == digits)?;
            }
        }
        let leading_zero = body.first() == Some(&b'0');
        let complete = digits > 0 && separators.next().is_none() && body[0].is_ascii_digit();
        complete.then_some((number, u8::try_from(digits).ok()?, leading_zero))
    }

    /// The text of a number.
    pub fn dress(&self, number: u64, out: &mut String) {
        out.push_str(&self.prefix);
        let digits = format!("{number:0width$}", width = usize::from(self.width));
        let mut separators = self.separators.iter().peekable();
        for (place, digit) in digits.char_indices() {
            let following = digits.len() - place;
            while let Some((sign, _)) = separators.next_if(|(_, after)| usize::from(*after) >= following) {
                if place > 0 {
                    out.push(char::from(*sign));
                }
            }
            out.push(digit);
        }
        out.push_str(&self.suffix);
    }

    /// Adds the description.
    pub fn write(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.prefix.as_bytes());
        put_bytes(out, self.suffix.as_bytes());
        out.push(self.width);
        out.push(self.separators.len() as u8);
        self.separators.iter().for_each(|(sign, after)| out.extend_from_slice(&[*sign, *after]));
    }

    /// Reads a description back.
    pub fn read(text: &mut ByteReader<'_>) -> Result<Self, BlockError> {
        let prefix = affix(text)?;
        let suffix = affix(text)?;
        let (width, count) = (text.byte()?, usize::from(text.byte()?));
        let separators = text.take(count * 2)?.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>();
        let sound = usize::from(width) <= DIGITS_MAX
            && count <= SEPARATORS_MAX
            && separators.iter().all(|(sign, _)| sign.is_ascii());
        if sound {
            Ok(Self { prefix, suffix, separators, width })
        } else {
            Err(BlockError::Damaged("a number's dress"))
        }
    }
}

fn affix(text: &mut ByteReader<'_>) -> Result<String, BlockError> {
    let length = text.length(AFFIX_BYTES_MAX)?;
    let bytes = text.take(length)?;
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| BlockError::Damaged("text that is not UTF-8"))
}

/// Signs between digits with the digits that follow each; none if they are too many or not ASCII.
fn separators(body: &str) -> Option<Vec<(u8, u8)>> {
    let mut found = Vec::new();
    let digits = body.bytes().filter(u8::is_ascii_digit).count();
    let mut before = 0;
    for byte in body.bytes() {
        if byte.is_ascii_digit() {
            before += 1;
        } else if found.len() < SEPARATORS_MAX && byte.is_ascii() {
            found.push((byte, u8::try_from(digits - before).ok()?));
        } else {
            return None;
        }
    }
    Some(found)
}
