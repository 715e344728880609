//! Telephone numbers in E.164.

use std::fmt;

/// A number in E.164 (`+` and 7 to 15 digits). Its `Debug` is masked and it has no `Display`, so that no log shows it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneNumber(Box<str>);

/// Why a text is no E.164 number.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an E.164 number: `+` and 7 to 15 digits expected")]
pub struct NotE164;

impl PhoneNumber {
    /// Takes a number that is in E.164 already. Whether it exists is not checked here.
    pub fn from_e164(text: &str) -> Result<Self, NotE164> {
        let digits = text.strip_prefix('+').ok_or(NotE164)?;
        let well_formed = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if well_formed { Ok(Self(text.into())) } else { Err(NotE164) }
    }

    /// Takes what [`Self::digits`] gives.
    pub fn from_digits(digits: &str) -> Result<Self, NotE164> {
        Self::from_e164(&format!("+{digits}"))
    }

    /// `+` and digits.
    pub fn as_e164(&self) -> &str {
        &self.0
    }

    /// The digits without `+`.
    pub fn digits(&self) -> &str {
        &self.0[1..]
    }

    /// What logs and viewers may see: the first three and the last two characters.
    pub fn masked(&self) -> String {
        let text = &*self.0;
        format!("{}…{}", &text[..3], &text[text.len() - 2..])
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}
