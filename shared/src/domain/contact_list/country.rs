//! Countries, by which national numbers are read.

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};

/// A country for national numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country(pub(super) Region);

impl Country {
    /// Whether its calling code is 1: national numbers have ten digits and no prefix.
    pub fn is_north_american(self) -> bool {
        PHONE_NUMBER_UTIL.get_country_code_for_region(self.0) == Some(1)
    }
}

/// Why a text is no country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a country: its ISO 3166 code of two letters is expected, such as FR or GB")]
pub struct BadCountry;

impl std::str::FromStr for Country {
    type Err = BadCountry;
    /// Takes an ISO 3166-1 alpha-2 code in any case.
    fn from_str(text: &str) -> Result<Self, BadCountry> {
        let two_letters = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
        let region =
            if two_letters { Region::from_code(text).map_err(|_| BadCountry)? } else { return Err(BadCountry) };
        PHONE_NUMBER_UTIL.get_country_code_for_region(region).map(|_| Self(region)).ok_or(BadCountry)
    }
}
