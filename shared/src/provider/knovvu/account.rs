//! The keys of a Knovvu account.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::{
    domain::PhoneNumber,
    provider::keys::{BadKey, Keys, ResolveSecret},
};

/// Calls in one request for results, unless configured.
const BATCH_DEFAULT: u64 = 50;
const BATCH_MAX: u64 = 1_000;

/// The fields that may stand in the account, in `[call]`, or in both (`[call]` wins).
#[derive(Debug)]
pub(super) struct Account {
    pub project: Option<String>,
    pub tenant: Option<String>,
    pub access_token: Option<SecretString>,
    pub scenario_path: Option<String>,
    pub orchestrator_url: Option<String>,
    pub destination_format: DestinationFormat,
    pub batch: usize,
}

/// How `_Destination` is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DestinationFormat {
    /// `+12025550101`
    E164,
    /// `12025550101`
    Digits,
    /// `2025550101`: the national significant number, without trunk prefix
    National,
}

impl Account {
    pub fn read(keys: &Map<String, Value>, resolve: ResolveSecret<'_>) -> Result<Self, BadKey> {
        let mut keys = Keys::new(keys, "");
        let formats = [
            ("e164", DestinationFormat::E164),
            ("digits", DestinationFormat::Digits),
            ("national", DestinationFormat::National),
        ];
        let account = Self {
            project: keys.text("project")?.map(str::to_owned),
            tenant: keys.text("tenant")?.map(str::to_owned),
            access_token: keys.secret("access_token", resolve)?,
            scenario_path: keys.text("scenario_path")?.map(str::to_owned),
            orchestrator_url: keys.text("orchestrator_url")?.map(str::to_owned),
            destination_format: keys.word("destination_format", &formats)?.unwrap_or(DestinationFormat::E164),
            batch: keys.integer("batch", 1..=BATCH_MAX)?.unwrap_or(BATCH_DEFAULT) as usize,
        };
        keys.finish()?;
        Ok(account)
    }

    /// What must not show in a message.
    pub fn secrets(&self) -> Vec<&str> {
        self.access_token.iter().map(ExposeSecret::expose_secret).collect()
    }
}

impl DestinationFormat {
    /// The number as `_Destination` wants it; none if a national form was asked for and the number has none.
    pub fn write(self, number: &PhoneNumber) -> Option<String> {
        match self {
            Self::E164 => Some(number.as_e164().to_owned()),
            Self::Digits => Some(number.digits().to_owned()),
            Self::National => {
                let parsed = rlibphonenumber::PHONE_NUMBER_UTIL.parse(number.as_e164(), None).ok()?;
                Some(parsed.get_national_significant_number())
            }
        }
    }
}
