//! Uploads.

use std::{collections::BTreeMap, time::Duration};

use rand::Rng;
use redial_shared::{
    domain::{CampaignId, PhoneNumber, contact::Contact},
    store::{StoreError, view::UploadCounts},
};

use crate::{
    compare::block_of,
    world::{Step, World, failed, same},
};

/// Few enough for campaigns to meet at the same number.
pub const NUMBERS: u32 = 40;

/// One of them.
pub fn number(place: u32) -> PhoneNumber {
    // Most in one time zone, some in another.
    let start = if place % 4 == 3 { "+4420794601" } else { "+120255501" };
    PhoneNumber::from_e164(&format!("{start}{place:02}")).expect("well formed")
}

impl World {
    /// Uploads a short list, which may repeat itself, what is there already, and other campaigns' numbers.
    pub async fn upload(&mut self) -> Step {
        let Some(id) = self.any_campaign() else { return self.apply().await };
        let rows: Vec<_> = (0..self.random.random_range(1..=6)).map(|_| self.row()).collect();
        self.upload_rows(id, &rows).await
    }

    fn row(&mut self) -> Contact {
        let count = self.pick(&[1, 1, 1, 2, 3]);
        let mut numbers: Vec<PhoneNumber> = Vec::new();
        while numbers.len() < count {
            let number = self.some_number();
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        let own_id = self.chance(50).then(|| format!("customer-{}", self.random.random_range(0..NUMBERS)));
        let waits = self.chance(15).then(|| Duration::from_secs(self.random.random_range(1..3_600)));
        Contact {
            id: own_id.unwrap_or_else(|| numbers[0].as_e164().to_owned()),
            numbers,
            zone: self.pick(&[None, None, Some(chrono_tz::Europe::Paris), Some(chrono_tz::America::New_York)]),
            priority: self.pick(&[5, 5, 5, 1]),
            not_before: waits.map(|wait| self.model.now() + wait),
            attributes: vec!["Ada".to_owned()],
        }
    }

    pub fn some_number(&mut self) -> PhoneNumber {
        number(self.random.random_range(0..NUMBERS))
    }

    pub async fn upload_rows(&mut self, id: CampaignId, rows: &[Contact]) -> Step {
        let shown: Vec<_> = rows.iter().map(|row| format!("{} ({} numbers)", row.id, row.numbers.len())).collect();
        self.note(format!("upload into {}: {}", self.model.campaign(id).definition.name, shown.join(", ")));
        let answer = match self.send_rows(id, rows).await {
            Ok(counts) => Some(counts),
            Err(StoreError::Conflict(_)) => None,
            Err(error) => return Err(failed(error)),
        };
        let added = self.model.upload(id, rows);
        let expected = added.as_ref().map(|added| UploadCounts {
            accepted: added.len() as u64,
            updated: 0,
            duplicate: (rows.len() - added.len()) as u64,
        });
        same("upload", answer, expected)?;
        self.find_rows(id, added.unwrap_or_default()).await
    }

    /// Learns where the store has put rows: one by the index, all from the new blocks.
    async fn find_rows(&mut self, id: CampaignId, added: Vec<Contact>) -> Step {
        let Some(first) = added.first() else { return Ok(()) };
        let campaign = self.model.campaign(id);
        let known = campaign.contacts.iter().map(|contact| block_of(contact.position) + 1).max().unwrap_or(0);
        let found = self.store.contact(&campaign.definition.name, &first.id).await.map_err(failed)?;
        let found = found.ok_or_else(|| format!("{} was accepted and is not there", first.id))?;
        let info = self.store.fresh_info(id).await.map_err(failed)?;
        let mut positions = BTreeMap::new();
        for block in known..self.store.block_count(id).await.map_err(failed)? {
            let views = self.store.block_views(&info, block).await.map_err(failed)?;
            positions.extend(views.into_iter().map(|view| (view.id, view.position)));
        }
        same("position by the index", Some(&found.position), positions.get(&first.id))?;
        for row in added {
            let position = positions.get(&row.id).ok_or_else(|| format!("{} is in no new block", row.id))?;
            self.model.campaign_mut(id).add(*position, row);
        }
        Ok(())
    }

    async fn send_rows(&mut self, id: CampaignId, rows: &[Contact]) -> Result<UploadCounts, StoreError> {
        let columns = ["first_name".to_owned()];
        let mut upload = self.store.upload(id).await?;
        upload.push(rows.to_vec(), &columns).await?;
        upload.finish().await
    }
}
