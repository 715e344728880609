//! Numbers for what rows have in common: their columns, and where their lanes' contacts can be.

use std::sync::Arc;

use chrono_tz::Tz;

use super::Upload;
use crate::{
    domain::{
        CampaignId, PhoneNumber,
        contact::Contact,
        geography::{Clues, State},
        record::Record,
    },
    store::{CampaignInfo, Row, Store, StoreError, arguments::Arguments, limits},
};

impl Upload {
    pub(super) async fn schema(&mut self, columns: &[String]) -> Result<u16, StoreError> {
        if let Some(&schema) = self.schemas.get(columns) {
            return Ok(schema);
        }
        let schema = self.store.schema_of(self.info.id, columns).await?;
        self.schemas.insert(columns.to_vec(), schema);
        self.state_columns.insert(schema, state_column(columns));
        Ok(schema)
    }

    /// The lane of a contact: that of all its numbers or, where the number that is dialed counts, of its first one. The
    /// lanes of its other numbers are made then too, for it moves there when their turn comes.
    pub(super) async fn lane(&mut self, contact: &Contact, schema: u16) -> Result<u16, StoreError> {
        let state = self.state(contact, schema);
        let counted = if self.info.follows_number() { 1 } else { contact.numbers.len() };
        let place = self.place(Clues::new(contact.zone, state, &contact.numbers[..counted])).await?;
        for number in &contact.numbers[counted..] {
            self.place(Clues::new(contact.zone, state, std::slice::from_ref(number))).await?;
        }
        Ok(place << 4 | u16::from(contact.priority))
    }

    fn state(&self, contact: &Contact, schema: u16) -> Option<State> {
        let column = (*self.state_columns.get(&schema)?)?;
        State::named(contact.attributes.get(column)?)
    }

    /// The number of a place. Its hours are written before its first contact is.
    async fn place(&mut self, clues: Clues) -> Result<u16, StoreError> {
        if let Some(&number) = self.clues.get(&clues) {
            return Ok(number);
        }
        let text = clues.whereabouts().to_string();
        let number = match self.places.get(&text) {
            Some(&number) => number,
            None => self.store.open_place(self.info.id, &text).await?,
        };
        self.places.insert(text, number);
        self.clues.insert(clues, number);
        Ok(number)
    }
}

impl Store {
    /// The number of a text; none if it is new and there are `most` already.
    async fn intern(&self, campaign: CampaignId, kind: &str, text: &str, most: u64) -> Result<Option<u16>, StoreError> {
        let arguments = Arguments::default().text(campaign).text(kind).text(text).text(most);
        let number: i64 = self.connection.run("intern", arguments.as_slice()).await?;
        Ok(u16::try_from(number).ok())
    }

    /// The number of a list of columns.
    pub(in crate::store) async fn schema_of(
        &self,
        campaign: CampaignId,
        columns: &[String],
    ) -> Result<u16, StoreError> {
        let text = serde_json::to_string(columns).expect("names serialise");
        let schema = self.intern(campaign, "schemas", &text, limits::SCHEMAS_MAX).await?;
        schema.ok_or_else(|| StoreError::Conflict("too many different lists of columns".to_owned()))
    }

    /// The lanes of a contact: of each of its numbers where the one that is dialed counts, else the one of all of them.
    pub(in crate::store) async fn lanes_of(
        &self,
        info: &CampaignInfo,
        zone: Option<Tz>,
        state: Option<State>,
        priority: u8,
        numbers: &[PhoneNumber],
    ) -> Result<Vec<u16>, StoreError> {
        let counted = if info.follows_number() { 1 } else { numbers.len() };
        let mut lanes = Vec::with_capacity(numbers.len());
        for some in numbers.chunks(counted) {
            let text = Clues::new(zone, state, some).whereabouts().to_string();
            let place = match info.place_numbers.get(&text) {
                Some(number) => *number as u16,
                None => self.open_place(info.id, &text).await?,
            };
            lanes.push(place << 4 | u16::from(priority));
        }
        Ok(lanes)
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

    /// The number of a place, whose lanes' hours are written, so that contacts there can be called as soon as they are
    /// filed.
    async fn open_place(&self, campaign: CampaignId, text: &str) -> Result<u16, StoreError> {
        let place = self.intern(campaign, "zones", text, limits::PLACES_MAX).await?.ok_or_else(too_many_places)?;
        loop {
            let info = self.fresh_info(campaign).await?;
            let capped = self.write_place_caps(&info, std::iter::once(place), None).await?;
            let open = info.open_intervals(place << 4, self.clock().now());
            let lanes: Vec<_> = (1..=9).map(|priority| (place << 4 | priority, open.clone())).collect();
            if capped && self.write_hours(campaign, info.version, &lanes, None).await? {
                return Ok(place);
            }
        }
    }

    /// The record of a contact that has none yet, in a lane: pending, and knowing the lane of each of its numbers where these
    /// have lanes of their own.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn fresh_record(&self, info: &CampaignInfo, lane: u16, row: &Row) -> Result<Record, StoreError> {
        let numbers = &row.contact.numbers;
        let mut record = Record::fresh(lane, numbers.len() as u8);
        if info.follows_number() && numbers.len() > 1 {
            let zone = info.whereabouts(lane).listed_zone();
            let state = state_of(info.columns(row), &row.contact.attributes);
            let place_of = |number| Clues::new(zone, state, std::slice::from_ref(number)).whereabouts().to_string();
            let texts: Vec<String> = numbers.iter().map(place_of).collect();
            let fresh;
            let known = match texts.iter().all(|text| info.place_numbers.contains_key(text)) {
                true => info,
                false => {
                    fresh = self.fresh_info(info.id).await?;
                    &*fresh
                }
            };
            for text in texts {
                let place = match known.place_numbers.get(&text) {
                    Some(number) => *number as u16,
                    // A later version of Redial may know more of a number than the one that filed it.
                    None => self.open_place(info.id, &text).await?,
                };
                record.number_lanes.push(place << 4 | u16::from(CampaignInfo::priority(lane)));
            }
        }
        Ok(record)
    }
}

/// The state that a row's attributes name.
pub(in crate::store) fn state_of(columns: &[String], attributes: &[String]) -> Option<State> {
    State::named(attributes.get(state_column(columns)?)?)
}

/// The place of the `state` column among a list's attributes.
fn state_column(columns: &[String]) -> Option<usize> {
    columns.iter().position(|name| name.eq_ignore_ascii_case("state"))
}

fn too_many_places() -> StoreError {
    StoreError::Conflict(format!(
        "the campaign's contacts can be in more than {} different sets of time zones and regions: split the list over \
         several campaigns, or leave out numbers that are far from each other",
        limits::PLACES_MAX
    ))
}
