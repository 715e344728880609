//! From what people write as a telephone number to E.164.
//!
//! The rules are those of libphonenumber. Its parser is built for any text and costs about 1 µs a number; most lists
//! are in E.164 already, with or without spaces, and for these it is enough to ask whether the number is valid as it
//! stands. A test holds both ways against each other.

use std::sync::LazyLock;

use rlibphonenumber::{
    PHONE_NUMBER_UTIL, ParseError, PhoneNumber as Parsed, PhoneNumberFormat, Region, ValidationError,
};

use super::Country;
use crate::domain::PhoneNumber;

/// Longest text taken for a number, in bytes.
const TEXT_BYTES_MAX: usize = 100;
/// Most digits of an E.164 number, calling code included.
const DIGITS_MAX: usize = 15;

/// Why a text is no number to be called. Never quotes the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadNumber {
    /// Nothing there.
    #[error("empty")]
    Empty,
    /// Letters: a vanity number, a spreadsheet's `1.2E+10`, a comment.
    #[error("contains letters: write digits, with + and the calling code")]
    Letters,
    /// Other signs than those people group digits with.
    #[error("contains other signs than digits, spaces and + - . ( ) /")]
    Signs,
    /// A number behind a switchboard, which no campaign can dial.
    #[error("has an extension, which cannot be dialed")]
    Extension,
    /// National, and nothing says of which country.
    #[error("a national number without country: write + and the calling code, or fill the `country` column")]
    NoCountry,
    /// No country has this calling code.
    #[error("unknown calling code")]
    CallingCode,
    /// Shorter than any number of its country.
    #[error("too short")]
    TooShort,
    /// Longer than any number of its country.
    #[error("too long")]
    TooLong,
    /// Its country has no such number.
    #[error("not a valid number of its country")]
    Invalid,
}

/// Reads a number as it was written: E.164 with or without grouping, or national to `country`.
///
/// # Errors
/// Says why it is no number to be called.
pub fn normalise(text: &str, country: Option<Country>) -> Result<PhoneNumber, BadNumber> {
    let (text, country) = (text.trim(), country.map(|country| country.0));
    if let Some(number) = already_e164(text) {
        return Ok(number);
    }
    check_signs(text, country)?;
    let parsed = PHONE_NUMBER_UTIL.parse(text, country).map_err(|error| why_unparsed(&error, text, country))?;
    if !parsed.extension().is_empty() {
        return Err(BadNumber::Extension);
    }
    if !PHONE_NUMBER_UTIL.is_valid_number(&parsed) {
        return Err(why_invalid(&parsed));
    }
    // Some German numbers have more than the 15 digits that E.164 allows.
    PhoneNumber::from_e164(&PHONE_NUMBER_UTIL.format(&parsed, PhoneNumberFormat::E164)).map_err(|_| BadNumber::TooLong)
}

/// The fast way: `+` and digits, perhaps grouped, that are a valid number as they stand.
fn already_e164(text: &str) -> Option<PhoneNumber> {
    let mut compact = [0; DIGITS_MAX + 1];
    let mut length = 1;
    compact[0] = b'+';
    for &byte in text.strip_prefix('+')?.as_bytes() {
        match byte {
            b'0'..=b'9' => {
                *compact.get_mut(length)? = byte;
                length += 1;
            }
            b' ' | b'-' | b'.' | b'(' | b')' => {}
            _ => return None,
        }
    }
    let parsed = as_it_stands(&compact[1..length])?;
    let main_region = PHONE_NUMBER_UTIL.get_region_for_country_code(parsed.country_code)?;
    // The main region is asked first: the library finds the region by trying all of them, then validates once more.
    let valid = PHONE_NUMBER_UTIL.is_valid_number_for_region(&parsed, main_region)
        || PHONE_NUMBER_UTIL.is_valid_number(&parsed);
    valid.then(|| PhoneNumber::from_e164(std::str::from_utf8(&compact[..length]).ok()?).ok())?
}

/// The digits of an international number, without looking for a trunk prefix within.
fn as_it_stands(digits: &[u8]) -> Option<Parsed> {
    let calling_code_digits = usize::from(*CALLING_CODE_DIGITS.get(value(digits.get(..3)?) as usize)?);
    let (calling_code, national) = digits.split_at(calling_code_digits);
    let leading_zeros = national.iter().take_while(|&&digit| digit == b'0').count();
    let unknown_code = calling_code.is_empty();
    let misread_by_the_library = calling_code == b"375" && national.first() == Some(&b'8');
    if unknown_code || misread_by_the_library || leading_zeros == national.len() {
        return None;
    }
    Some(Parsed {
        country_code: i32::try_from(value(calling_code)).ok()?,
        national_number: value(national),
        italian_leading_zero: (leading_zeros > 0).then_some(true),
        number_of_leading_zeros: if leading_zeros > 1 { Some(i32::try_from(leading_zeros).ok()?) } else { None },
        ..Parsed::default()
    })
}

/// By the first three digits of a number: how many of them are the calling code, 0 where there is none.
static CALLING_CODE_DIGITS: LazyLock<[u8; 1000]> = LazyLock::new(|| {
    let mut digits_by_start = [0; 1000];
    for code in PHONE_NUMBER_UTIL.get_supported_calling_codes() {
        let (digits, first, count) = match code {
            1..=9 => (1, code * 100, 100),
            10..=99 => (2, code * 10, 10),
            _ => (3, code, 1),
        };
        let first = usize::try_from(first).unwrap_or(digits_by_start.len());
        digits_by_start.iter_mut().skip(first).take(count).for_each(|entry| *entry = digits);
    }
    digits_by_start
});

fn value(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'))
}

/// libphonenumber picks a number out of almost any text; a list's cell must be a number and nothing else.
fn check_signs(text: &str, country: Option<Region>) -> Result<(), BadNumber> {
    if text.is_empty() {
        return Err(BadNumber::Empty);
    }
    if text.len() > TEXT_BYTES_MAX {
        return Err(BadNumber::TooLong);
    }
    if text.chars().any(char::is_alphabetic) {
        let parsed = PHONE_NUMBER_UTIL.parse(text, country);
        let extension = parsed.is_ok_and(|parsed| !parsed.extension().is_empty());
        return Err(if extension { BadNumber::Extension } else { BadNumber::Letters });
    }
    let mut digits = 0;
    for sign in text.chars() {
        match sign {
            _ if sign.is_numeric() => digits += 1,
            '+' | '＋' if digits == 0 => {}
            _ if groups_digits(sign) => {}
            _ => return Err(BadNumber::Signs),
        }
    }
    if digits == 0 { Err(BadNumber::Signs) } else { Ok(()) }
}

/// Spaces, hyphens, brackets, and the invisible marks that copying from other programs leaves.
fn groups_digits(sign: char) -> bool {
    let invisible =
        matches!(sign, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}');
    let hyphen = matches!(sign, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}');
    invisible || hyphen || sign.is_whitespace() || matches!(sign, '.' | '(' | ')' | '[' | ']' | '/')
}

fn why_unparsed(error: &ParseError, text: &str, country: Option<Region>) -> BadNumber {
    let international = text.contains(['+', '＋']);
    match error {
        _ if !international && country.is_none() => BadNumber::NoCountry,
        ParseError::InvalidCountryCode => BadNumber::CallingCode,
        ParseError::TooLongNsn => BadNumber::TooLong,
        ParseError::TooShortNsn | ParseError::TooShortAfterIdd | ParseError::NotANumber(_) => BadNumber::TooShort,
    }
}

fn why_invalid(parsed: &Parsed) -> BadNumber {
    match PHONE_NUMBER_UTIL.is_possible_number_with_reason(parsed) {
        Err(ValidationError::TooShort) => BadNumber::TooShort,
        Err(ValidationError::TooLong) => BadNumber::TooLong,
        Err(ValidationError::InvalidCountryCode) => BadNumber::CallingCode,
        _ => BadNumber::Invalid,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn e164(text: &str, country: Option<Region>) -> Result<String, BadNumber> {
        normalise(text, country.map(Country)).map(|number| number.as_e164().to_owned())
    }

    #[test]
    fn grouping_signs_and_trunk_prefixes_are_taken_off() {
        for (text, country, expected) in [
            ("+12025550123", None, "+12025550123"),
            (" +1 (202) 555-0123 ", None, "+12025550123"),
            ("+44 (0)20 7946 0018", None, "+442079460018"),
            ("(+33) 1 99 00 12 34", None, "+33199001234"),
            ("\u{202a}+33\u{a0}1\u{a0}99\u{a0}00\u{a0}12\u{a0}34\u{202c}", None, "+33199001234"),
            ("01 99 00 12 34", Some(Region::FR), "+33199001234"),
            ("0033199001234", Some(Region::FR), "+33199001234"),
            ("011 44 20 7946 0018", Some(Region::US), "+442079460018"),
            ("(202) 555-0123", Some(Region::US), "+12025550123"),
            ("+12025550123", Some(Region::FR), "+12025550123"),
            ("＋１２０２５５５０１２３", None, "+12025550123"),
        ] {
            assert_eq!(e164(text, country).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_single_valid_number_is_refused_with_its_reason() {
        for (text, country, expected) in [
            ("", None, BadNumber::Empty),
            ("2025550123", None, BadNumber::NoCountry),
            ("12", Some(Region::FR), BadNumber::TooShort),
            ("0033199001234", None, BadNumber::NoCountry),
            ("+1202555012", None, BadNumber::TooShort),
            ("+120255501234", None, BadNumber::TooLong),
            ("+1 202 555 0123 ext. 5", None, BadNumber::Extension),
            ("+1 202 555 0123 x5", None, BadNumber::Extension),
            ("1.20256E+10", Some(Region::US), BadNumber::Letters),
            ("+1 202 555 O123", None, BadNumber::Letters),
            ("+12025550123,+12025550124", None, BadNumber::Signs),
            ("+12025550123/+12025550124", None, BadNumber::Signs),
            ("+12025550123;5", None, BadNumber::Signs),
            ("---", None, BadNumber::Signs),
            ("+2101234567", None, BadNumber::CallingCode),
            ("+11112223333", None, BadNumber::Invalid),
            ("+375810006960", None, BadNumber::Invalid),
        ] {
            assert_eq!(e164(text, country).unwrap_err(), expected, "{text}");
        }
    }

    /// What the library alone makes of a number in international form.
    fn by_the_library(text: &str) -> Option<String> {
        let parsed = PHONE_NUMBER_UTIL.parse(text, None).ok()?;
        PHONE_NUMBER_UTIL
            .is_valid_number(&parsed)
            .then(|| PHONE_NUMBER_UTIL.format(&parsed, PhoneNumberFormat::E164).into_owned())
    }

    /// A few numbers behind every three digits after every calling code, in every length.
    #[test]
    fn the_fast_way_agrees_with_the_library_everywhere() {
        let mut fast = 0;
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for code in PHONE_NUMBER_UTIL.get_supported_calling_codes() {
            for start in 0..1000 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let digits = format!("{code}{start:03}{:012}", (state >> 20) % 1_000_000_000_000);
                for length in 7..=DIGITS_MAX.min(digits.len()) {
                    let text = format!("+{}", &digits[..length]);
                    if let Some(number) = already_e164(&text) {
                        fast += 1;
                        assert_eq!(Some(number.as_e164()), by_the_library(&text).as_deref());
                    }
                }
            }
        }
        assert!(fast > 50_000, "only {fast} numbers took the fast way");
    }

    proptest! {
        #[test]
        fn grouping_changes_nothing(code in prop::sample::select(vec![1, 33, 34, 39, 44, 49, 7, 55, 90, 375, 54, 81]),
                                    groups in prop::collection::vec(("[0-9]{1,4}", "[ .()-]{0,2}"), 2..5)) {
            let written = groups.iter().fold(format!("+{code}"), |text, (digits, signs)| text + digits + signs);
            let expected = by_the_library(&written).filter(|number| number.len() <= DIGITS_MAX + 1);
            prop_assert_eq!(e164(&written, None).ok(), expected);
        }
    }
}
