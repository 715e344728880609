//! What processes keep of a campaign between calls: its definition, zones, columns and dictionary.

use std::{collections::HashMap, convert::Infallible, sync::Arc};

use chrono_tz::Tz;

use super::{Store, StoreError};
use crate::domain::{
    CampaignId, CampaignName, Place, Timestamp,
    calling_hours::NumbersThatCount,
    campaign::{self, CampaignDefinition},
    geography::Whereabouts,
};

/// A campaign's definition and what its blocks refer to. Immutable: a new version is a new value.
#[derive(Debug)]
pub struct CampaignInfo {
    /// Its number.
    pub id: CampaignId,
    /// Its name.
    pub name: CampaignName,
    /// Counts the changes of its definition.
    pub version: u32,
    /// The definition.
    pub definition: CampaignDefinition,
    /// The definition as it was applied, TOML.
    pub source: String,
    /// The accounts that it had before its present one, each with the end of its time, oldest first.
    former_accounts: Vec<(Timestamp, String)>,
    /// Where contacts can be, by number.
    pub(super) places: Vec<Arc<Whereabouts>>,
    /// The numbers of these, by what they are interned as.
    pub(super) place_numbers: HashMap<String, usize>,
    /// The calendars of contacts whose zones nobody knows.
    other_calendars: Vec<Tz>,
    /// Attribute names by schema number.
    pub(super) schemas: Vec<Arc<[String]>>,
    /// zstd dictionary of its blocks.
    pub(super) dictionary: Option<Arc<[u8]>>,
}

impl CampaignInfo {
    /// Where a lane's contacts can be, and whence that is known.
    pub fn whereabouts(&self, lane: u16) -> Arc<Whereabouts> {
        self.places.get(usize::from(lane >> 4)).cloned().unwrap_or_default()
    }

    /// Where a lane's contacts can be.
    pub fn place(&self, lane: u16) -> Place {
        self.whereabouts(lane).place.clone()
    }

    /// The zone of a lane's contacts, where they can be in one only.
    pub fn zone(&self, lane: u16) -> Option<Tz> {
        self.places.get(usize::from(lane >> 4)).and_then(|whereabouts| whereabouts.only_zone())
    }

    /// Whether a contact stands in the lane of the number that is called next.
    pub fn follows_number(&self) -> bool {
        self.definition.calling_hours.zones == NumbersThatCount::Dialed
    }

    /// The priority of a lane's contacts, 1 to 9.
    pub fn priority(lane: u16) -> u8 {
        (lane & 15) as u8
    }

    /// The zones whose calendars count for a lane's contacts, each of them: theirs, else those of the calling hours, else
    /// UTC.
    pub fn calendars(&self, lane: u16) -> &[Tz] {
        let own = self.places.get(usize::from(lane >> 4)).map(|whereabouts| whereabouts.place.zones.as_slice());
        own.filter(|zones| !zones.is_empty()).unwrap_or(&self.other_calendars)
    }

    /// The account through which a call of this instant went.
    pub fn account_at(&self, instant: Timestamp) -> &str {
        let former = self.former_accounts.iter().find(|(until, _)| instant < *until);
        former.map_or(&self.definition.provider, |(_, account)| account)
    }

    /// The numbers of its places.
    pub fn place_numbers(&self) -> std::ops::Range<u16> {
        0..self.places.len() as u16
    }

    /// Every lane that can exist: each place with each priority.
    pub fn lanes(&self) -> impl Iterator<Item = u16> + '_ {
        self.place_numbers().flat_map(|place| (1..=9).map(move |priority| place << 4 | priority))
    }
}

impl Store {
    /// The campaign as of at least `version`, from memory if it is there.
    ///
    /// # Errors
    /// When Redis does not answer, or there is no such campaign.
    pub async fn info(&self, campaign: CampaignId, version: u32) -> Result<Arc<CampaignInfo>, StoreError> {
        match self.cache().info(campaign) {
            Some(info) if info.version >= version => Ok(info),
            _ => self.fresh_info(campaign).await,
        }
    }

    /// The campaign as it is now.
    ///
    /// # Errors
    /// When Redis does not answer, or there is no such campaign.
    pub async fn fresh_info(&self, campaign: CampaignId) -> Result<Arc<CampaignInfo>, StoreError> {
        let (cache, keys) = (self.cache(), self.connection.keys());
        let mut pipeline = redis::pipe();
        pipeline.atomic();
        pipeline.cmd("HMGET").arg(keys.campaign(campaign)).arg("name").arg("version").arg("former_accounts");
        pipeline.cmd("GET").arg(keys.definition(campaign));
        pipeline.cmd("HGETALL").arg(keys.zones(campaign));
        pipeline.cmd("HGETALL").arg(keys.schemas(campaign));
        pipeline.cmd("GET").arg(keys.dictionary(campaign));
        type Answer = (
            (Option<String>, Option<u32>, Option<String>),
            Option<String>,
            HashMap<String, usize>,
            HashMap<String, usize>,
            Option<Vec<u8>>,
        );
        let ((name, version, accounts), source, place_numbers, schemas, dictionary): Answer =
            self.connection.query_all(&pipeline).await?;
        let (Some(name), Some(version), Some(source)) = (name, version, source) else {
            return Err(StoreError::NoCampaign(campaign.to_string()));
        };
        let known = cache.info(campaign);
        let definition = match known.as_ref().filter(|known| known.source == source) {
            Some(known) => known.definition.clone(),
            None => campaign::parse(&source, &name).map_err(|error| StoreError::Corrupt(error.to_string()))?,
        };
        let schemas = in_order(&schemas)
            .iter()
            .map(|names| serde_json::from_str::<Vec<String>>(names).map(Arc::from))
            .collect::<Result<_, _>>()
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let info = Arc::new(CampaignInfo {
            id: campaign,
            name: definition.name.clone(),
            version,
            other_calendars: other_calendars(&definition),
            definition,
            source,
            former_accounts: accounts.iter().flat_map(|text| text.lines()).filter_map(former_account).collect(),
            places: places(known.as_deref().map_or(&[], |known| &known.places), &place_numbers),
            place_numbers,
            schemas,
            dictionary: dictionary.map(Arc::from),
        });
        cache.keep_info(&info);
        Ok(info)
    }

    /// The dictionary of a campaign's blocks. It comes with the first large list and stays; a campaign may have been read
    /// before that.
    pub(super) async fn dictionary(&self, info: &CampaignInfo) -> Result<Option<Arc<[u8]>>, StoreError> {
        if info.dictionary.is_some() {
            return Ok(info.dictionary.clone());
        }
        let mut command = redis::cmd("GET");
        command.arg(self.connection.keys().dictionary(info.id));
        Ok(self.connection.query::<Option<Vec<u8>>>(&command).await?.map(Arc::from))
    }

    /// The campaign, knowing all that one of its lanes refers to.
    pub(super) async fn info_of_lane(
        &self,
        campaign: CampaignId,
        version: u32,
        lane: u16,
    ) -> Result<Arc<CampaignInfo>, StoreError> {
        let info = self.info(campaign, version).await?;
        if info.places.len() > usize::from(lane >> 4) { Ok(info) } else { self.fresh_info(campaign).await }
    }
}

fn other_calendars(definition: &CampaignDefinition) -> Vec<Tz> {
    let of_hours = definition.calling_hours.zones_for(&Place::default()).filter(|zones| !zones.is_empty());
    of_hours.unwrap_or_else(|| vec![Tz::UTC])
}

/// Interned texts by their numbers.
fn in_order(numbers: &HashMap<String, usize>) -> Vec<&str> {
    let mut texts: Vec<_> = numbers.iter().map(|(text, number)| (number, text.as_str())).collect();
    texts.sort_unstable();
    texts.into_iter().map(|(_, text)| text).collect()
}

/// Places by their numbers; what is known stays, for there only come new ones.
fn places(known: &[Arc<Whereabouts>], numbers: &HashMap<String, usize>) -> Vec<Arc<Whereabouts>> {
    let new = in_order(numbers).into_iter().skip(known.len());
    let read = |text: &str| Arc::new(text.parse().unwrap_or_else(|never: Infallible| match never {}));
    known.iter().take(numbers.len()).cloned().chain(new.map(read)).collect()
}

/// `until_ms account`
fn former_account(line: &str) -> Option<(Timestamp, String)> {
    let (until_ms, account) = line.split_once(' ')?;
    Some((Timestamp::from_millis(until_ms.parse().ok()?), account.to_owned()))
}
