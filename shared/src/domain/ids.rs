//! A newtype for each identifier, parsed once, at the edge.

use std::{fmt, str::FromStr};

/// A campaign's name: `[a-z0-9-]`, 1 to 64 characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CampaignName(String);

/// Why a text is no campaign name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no campaign name: 1 to 64 characters of a-z, 0-9 and `-`")]
pub struct BadCampaignName(String);

impl CampaignName {
    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CampaignName {
    type Err = BadCampaignName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadCampaignName(text.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for CampaignName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A campaign's number in its workspace: drawn at random when the campaign is created, never reused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CampaignId(pub u32);

impl fmt::Display for CampaignId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// A contact's place in its campaign: block number × rows per block + row. Never reused.
pub type ContactPosition = u32;

/// One attempt: the contact it calls and the revision of the contact's record that its intent created. Unique for ever,
/// and all that is needed to find the attempt again. Written `campaign-position-revision` in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AttemptId {
    /// Whose contact.
    pub campaign: CampaignId,
    /// Which contact.
    pub position: ContactPosition,
    /// The record's revision written by `begin`.
    pub revision: u32,
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:x}-{:x}", self.campaign, self.position, self.revision)
    }
}

/// Why a text is no attempt id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an attempt id: campaign-position-revision in hexadecimal expected")]
pub struct BadAttemptId;

impl FromStr for AttemptId {
    type Err = BadAttemptId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('-').map(|part| u32::from_str_radix(part, 16).map_err(|_| BadAttemptId));
        let mut next = || parts.next().unwrap_or(Err(BadAttemptId));
        let id = Self { campaign: CampaignId(next()?), position: next()?, revision: next()? };
        if parts.next().is_some() { Err(BadAttemptId) } else { Ok(id) }
    }
}
