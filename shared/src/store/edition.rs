//! Which definition of a campaign a change was decided from, so that nobody overwrites what another has changed meanwhile.

use std::{fmt, str::FromStr};

use super::{Store, StoreError, claims::campaign_id};
use crate::domain::{CampaignId, CampaignName};

/// One version of one campaign's definition. Written `campaign-version`; never the same for two of them, also where a
/// campaign was removed and another one has its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition {
    /// The campaign.
    pub campaign: CampaignId,
    /// Counts the changes of its definition, from 1.
    pub version: u32,
}

/// What must be there for a definition to be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Present {
    /// It does not matter.
    Anything,
    /// No campaign of this name.
    Nothing,
    /// This edition.
    Edition(Edition),
}

/// Why a text is no edition.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an edition: campaign-version expected")]
pub struct BadEdition;

impl Store {
    /// The edition of a campaign's definition that counts now.
    ///
    /// # Errors
    /// When Redis does not answer, or there is no such campaign.
    pub async fn edition(&self, name: &CampaignName) -> Result<Edition, StoreError> {
        let campaign = self.campaign_id(name).await?;
        let mut command = redis::cmd("HGET");
        command.arg(self.connection.keys().campaign(campaign)).arg("version");
        let version: Option<u32> = self.connection.query(&command).await?;
        Ok(Edition { campaign, version: version.ok_or_else(|| StoreError::NoCampaign(name.to_string()))? })
    }
}

impl Edition {
    pub(super) fn outdated(name: &CampaignName) -> StoreError {
        StoreError::Outdated(format!("the definition of `{name}` is not the one that was asked for"))
    }
}

impl Present {
    /// As the script compares it.
    pub(super) fn stored(self) -> String {
        match self {
            Self::Anything => String::new(),
            Self::Nothing => "-".to_owned(),
            Self::Edition(Edition { campaign, version }) => format!("{campaign} {version}"),
        }
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.campaign, self.version)
    }
}

impl FromStr for Edition {
    type Err = BadEdition;

    fn from_str(text: &str) -> Result<Self, BadEdition> {
        let (campaign, version) = text.split_once('-').ok_or(BadEdition)?;
        let campaign = campaign_id(campaign).map_err(|_| BadEdition)?;
        Ok(Self { campaign, version: version.parse().map_err(|_| BadEdition)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edition_is_read_as_it_is_written() {
        let edition = Edition { campaign: CampaignId(0x2a), version: 7 };
        assert_eq!(edition.to_string(), "0000002a-7");
        assert_eq!("0000002a-7".parse(), Ok(edition));
        for wrong in ["", "0000002a", "0000002a-", "x-1", "0000002a-1x"] {
            assert_eq!(wrong.parse::<Edition>(), Err(BadEdition), "{wrong}");
        }
    }
}
