//! Telephone numbers as the simulator keeps them: 8 bytes each.

use std::fmt;

/// A number as it was received. Two numbers are one phone if their digits are the same, with or without `+`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(u64);

/// Set in [`Number`] when the text began with `+`.
const PLUS: u64 = 1 << 63;
/// So that 1 followed by the digits stays below 2^63.
const DIGITS_MAX: usize = 18;

impl Number {
    /// Reads digits with an optional `+` before them; 1 to 18 digits. Leading zeros count.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        if digits.is_empty() || digits.len() > DIGITS_MAX || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        // A leading 1 keeps leading zeros apart.
        let value = digits.bytes().fold(1u64, |value, b| value * 10 + u64::from(b - b'0'));
        Some(Self(if digits.len() < text.len() { value | PLUS } else { value }))
    }

    /// The same for every spelling of one phone.
    pub(crate) const fn phone(self) -> u64 {
        self.0 & !PLUS
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.phone().to_string();
        write!(f, "{}{}", if self.0 & PLUS == 0 { "" } else { "+" }, &text[1..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_it_was_read() {
        for text in ["+12025550101", "2025550101", "0612", "0", "+000", "+999999999999999"] {
            assert_eq!(Number::parse(text).unwrap().to_string(), text);
        }
        for bad in ["", "+", "+1 202", "sip:a@b", "1234567890123456789"] {
            assert_eq!(Number::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_plus_makes_no_other_phone_but_a_leading_zero_does() {
        let phone = |text| Number::parse(text).unwrap().phone();
        assert_eq!(phone("+12025550101"), phone("12025550101"));
        assert_ne!(phone("0612"), phone("612"));
    }
}
