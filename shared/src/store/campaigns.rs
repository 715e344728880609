//! Campaigns: their names, numbers and definitions.

use super::{
    Edition, Present, Store, StoreError, arguments::Arguments, caps, claims::campaign_id, fingerprint::fingerprint,
    limits, view::Applied,
};
use crate::domain::{CampaignId, CampaignName, campaign::CampaignDefinition};

impl Store {
    /// Creates a campaign or changes its definition. A changed one calls nobody until `write_hours` was given the hours
    /// of its new version.
    ///
    /// # Errors
    /// When Redis does not answer, a campaign with live calls would change its provider account, or one with contacts which
    /// of their numbers count.
    pub async fn apply(
        &self,
        definition: &CampaignDefinition,
        source: &str,
    ) -> Result<(Applied, CampaignId), StoreError> {
        let (applied, edition) = self.apply_to(definition, source, Present::Anything).await?;
        Ok((applied, edition.campaign))
    }

    /// The same, if `present` is there; answers the edition that is there now.
    ///
    /// # Errors
    /// As [`Store::apply`], and [`StoreError::Outdated`] when it is not.
    pub async fn apply_to(
        &self,
        definition: &CampaignDefinition,
        source: &str,
        present: Present,
    ) -> Result<(Applied, Edition), StoreError> {
        let pacing = &definition.pacing;
        for tries in 0.. {
            let arguments = Arguments::default()
                .text(&definition.name)
                .text(self.draw_id(definition.name.as_str(), tries))
                .text(source)
                .text(&definition.provider)
                .text(pacing.priority)
                .text(pacing.weight)
                .text(pacing.rate.map_or(0, |rate| rate.interval_us(limits::SEND_LAG_US)))
                .text(pacing.max_concurrent.unwrap_or(0))
                .text(u8::from(definition.schedule.cron.is_some()))
                .text(caps::rules(&definition.caps, "of the campaign"))
                .text(definition.calling_hours.zones.as_str())
                .text(present.stored())
                .text(u8::from(definition.notify.is_some()));
            let (code, id, version): (i64, String, String) = self.connection.run("apply", arguments.as_slice()).await?;
            let applied = match code {
                2 => Applied::Created,
                1 => Applied::Updated,
                0 => Applied::Unchanged,
                -1 => continue,
                -4 => return Err(Edition::outdated(&definition.name)),
                -5 => return Err(self.absence(&definition.name).await),
                -3 => {
                    return Err(StoreError::Conflict(format!(
                        "campaign `{}` has contacts, filed by its [calling_hours]: `zones` cannot change any more; apply \
                         it under another name and upload the list there",
                        definition.name
                    )));
                }
                _ => {
                    return Err(StoreError::Conflict(format!(
                        "campaign `{}` has live calls: its provider cannot change until they are over; pause it first",
                        definition.name
                    )));
                }
            };
            let version = version.parse().map_err(|_| StoreError::Corrupt(format!("version of {id}")))?;
            return Ok((applied, Edition { campaign: campaign_id(&id)?, version }));
        }
        unreachable!("one of so many ids is free")
    }

    /// A random id; with a stopped clock one that a test meets again when it is repeated.
    fn draw_id(&self, name: &str, tries: u32) -> CampaignId {
        match self.clock().is_held() {
            true => CampaignId(fingerprint(&format!("{name} {}", self.clock().now_us()), tries) as u32),
            false => CampaignId(rand::random()),
        }
    }

    /// The number of a campaign.
    ///
    /// # Errors
    /// When Redis does not answer, there is no such campaign, or it was archived.
    pub async fn campaign_id(&self, name: &CampaignName) -> Result<CampaignId, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(self.connection.keys().names()).arg(name.as_str());
        let id: Option<String> = self.connection.query(&command).await?;
        match id {
            Some(id) => campaign_id(&id),
            None => Err(self.absence(name).await),
        }
    }

    /// The last moment at which a call of a campaign that has been begun so far may be sent, microseconds of the server's
    /// clock; 0: none was begun.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn last_send_by_us(&self, campaign: CampaignId) -> Result<i64, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(self.connection.keys().campaign(campaign)).arg("send_by_us");
        Ok(self.connection.query::<Option<i64>>(&command).await?.unwrap_or(0))
    }
}
