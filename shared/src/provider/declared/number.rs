//! Numbers: how they are written, and which are refused before anything is sent.

use regex::Regex;

use super::{account::Account, request::filled};
use crate::{domain::PhoneNumber, provider::spec::Number};

/// An account's rules for numbers.
pub(super) struct Numbers {
    format: Format,
    allow: Vec<Regex>,
    allow_reason: String,
    deny: Vec<(Regex, String)>,
}

/// How numbers are written.
#[derive(Clone, Copy)]
enum Format {
    /// `+12025550101`
    E164,
    /// `12025550101`
    Digits,
    /// `2025550101`: the national significant number, without trunk prefix
    National,
}

impl Numbers {
    pub fn new(number: &Number, account: &Account) -> Self {
        let regex = |pattern: &String| Regex::new(pattern).expect("provider files are checked when read");
        let format = match number.format.as_ref().map(|format| filled(format, account)).as_deref() {
            Some("digits") => Format::Digits,
            Some("national") => Format::National,
            _ => Format::E164,
        };
        Self {
            format,
            allow: number.allow.iter().map(regex).collect(),
            allow_reason: number.allow_reason.clone(),
            deny: number.deny.iter().map(|denied| (regex(&denied.pattern), denied.reason.clone())).collect(),
        }
    }

    /// Whether the provider takes a number at all.
    pub fn check(&self, number: &PhoneNumber) -> Result<(), String> {
        let number = number.as_e164();
        if let Some((_, reason)) = self.deny.iter().find(|(pattern, _)| pattern.is_match(number)) {
            return Err(reason.clone());
        }
        match self.allow.is_empty() || self.allow.iter().any(|pattern| pattern.is_match(number)) {
            true => Ok(()),
            false => Err(self.allow_reason.clone()),
        }
    }

    /// The number as the provider wants it; none if a national form was asked for and the number has none.
    pub fn write(&self, number: &PhoneNumber) -> Option<String> {
        match self.format {
            Format::E164 => Some(number.as_e164().to_owned()),
            Format::Digits => Some(number.digits().to_owned()),
            Format::National => {
                let parsed = rlibphonenumber::PHONE_NUMBER_UTIL.parse(number.as_e164(), None).ok()?;
                Some(parsed.get_national_significant_number())
            }
        }
    }
}
