//! Numbers for what rows have in common: their columns, and the time zones of their lanes.

use std::sync::Arc;

use super::Upload;
use crate::{
    domain::{CampaignId, contact::Contact},
    store::{Store, StoreError, arguments::Arguments},
};

impl Upload {
    pub(super) async fn schema(&mut self, columns: &[String]) -> Result<u16, StoreError> {
        if let Some(&schema) = self.schemas.get(columns) {
            return Ok(schema);
        }
        let text = serde_json::to_string(columns).expect("names serialise");
        let schema = self.store.intern(self.info.id, "schemas", &text).await?;
        self.schemas.insert(columns.to_vec(), schema);
        Ok(schema)
    }

    /// The lane of a contact. A zone's hours are written before its first contact is.
    pub(super) async fn lane(&mut self, contact: &Contact) -> Result<u16, StoreError> {
        let number = match self.zones.get(&contact.zone) {
            Some(&number) => number,
            None => {
                let name = contact.zone.map_or("", |zone| zone.name());
                let number = self.store.intern(self.info.id, "zones", name).await?;
                self.store.open_zone(self.info.id, number).await?;
                self.zones.insert(contact.zone, number);
                number
            }
        };
        Ok(number << 4 | u16::from(contact.priority))
    }
}

impl Store {
    async fn intern(&self, campaign: CampaignId, kind: &str, text: &str) -> Result<u16, StoreError> {
        self.connection.run("intern", Arguments::default().text(campaign).text(kind).text(text).as_slice()).await
    }

    /// Keeps a campaign's dictionary; when another upload was first, answers that one's.
    pub(super) async fn keep_dictionary(
        &self,
        campaign: CampaignId,
        dictionary: Vec<u8>,
    ) -> Result<Arc<[u8]>, StoreError> {
        let key = self.connection.keys().dictionary(campaign);
        let mut pipeline = redis::pipe();
        pipeline.cmd("SET").arg(&key).arg(dictionary).arg("NX").ignore().cmd("GET").arg(&key);
        let (kept,): (Vec<u8>,) = self.connection.query_all(&pipeline).await?;
        Ok(kept.into())
    }

    /// Writes the hours of a zone's lanes, so that its contacts can be called as soon as they are there.
    async fn open_zone(&self, campaign: CampaignId, zone: u16) -> Result<(), StoreError> {
        loop {
            let info = self.fresh_info(campaign).await?;
            let now = self.clock().now();
            let lanes: Vec<_> = (1..=9)
                .map(|priority| zone << 4 | priority)
                .map(|lane| (lane, info.open_intervals(lane, now)))
                .collect();
            if self.write_hours(campaign, info.version, &lanes).await? {
                return Ok(());
            }
        }
    }
}
