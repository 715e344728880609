//! Upload: contacts into lanes, a block at a time, each contact once.
//!
//! A row is compared with the campaign's contacts, by the index and, for blocks that are not in it yet, by what is held in
//! memory; so it is known at once whether it is a duplicate. Blocks are then written behind exactly those that were
//! compared with: should another upload have come in between, its blocks are read, and what they make duplicates is taken
//! out. Memory holds a bounded part of the list: see the constants here and in `lanes`.

mod held;
mod lanes;
mod names;
mod progress;
mod rows;
mod updates;
mod writer;

use std::{collections::HashMap, sync::Arc};

use super::{
    CampaignInfo, Store, StoreError,
    block::train_dictionary,
    index::{Entry, IndexState, keys_of},
    view::UploadCounts,
};
use crate::domain::{CampaignId, contact::Contact, contact_list::Reject, geography::Clues};
use held::{Held, Standing};
use lanes::Lanes;
pub(super) use names::state_of;
use rows::{Bound, Row, Rows};
pub use updates::Foreseen;
use updates::Updates;
use writer::Writer;

/// Rows from which a campaign's first upload learns its compression dictionary.
const SAMPLE: Bound = Bound { rows: 2_000, bytes: 2 * 1024 * 1024 };
/// With fewer a dictionary costs more than it saves.
const SAMPLE_ROWS_MIN: usize = 512;
/// Rows that are looked up together.
const LOOKUP: Bound = Bound { rows: 1_024, bytes: 1024 * 1024 };
/// Duplicates of unwritten rows that are kept until those are written.
const REPEATS: Bound = Bound { rows: 4_096, bytes: 4 * 1024 * 1024 };
/// Blocks on their way to Redis at once.
const BLOCKS_ON_THEIR_WAY: usize = 16;
/// Keys held before they are taken into the index: as many as it has, within these bounds.
const HELD_KEYS_MIN: u64 = 16 * 1024;
const HELD_KEYS_MAX: u64 = 512 * 1024;
/// Blocks of others that are read to be compared with; more are taken into the index first.
const OTHERS_READ_MAX: u32 = 64;

/// An upload in progress. What has been written stays written when it ends early; the same list can be sent again.
pub struct Upload {
    store: Store,
    info: Arc<CampaignInfo>,
    schemas: HashMap<Vec<String>, u16>,
    /// Of each schema, which attribute is the `state` column.
    state_columns: HashMap<u16, Option<usize>>,
    /// Numbers of places: by what they follow from, and by what they are interned as.
    clues: HashMap<Clues, u16>,
    places: HashMap<String, u16>,
    arrivals: u64,
    /// Rows that have not been compared with anything.
    arrived: Rows,
    /// The first rows of the campaign's first list, until its dictionary is made.
    sample: Option<Rows>,
    lanes: Lanes,
    writer: Writer,
    /// Duplicates of rows that are not written.
    repeats: Rows,
    held: Held,
    /// Rows that change contacts; none: they are duplicates.
    updates: Option<Updates>,
    /// Rows that could not change their contacts.
    refused: Vec<Reject>,
    /// Blocks that rows are compared with.
    blocks: u32,
    /// How often edits had added numbers to contacts when rows were compared with these.
    numbers_added: u64,
    /// The index as it was when it had just the first `entries_from` blocks.
    index: IndexState,
    entries_from: u32,
    /// What it lacks of `blocks`.
    entries: Vec<Entry>,
    counts: UploadCounts,
}

impl Store {
    /// Begins an upload into a campaign.
    ///
    /// # Errors
    /// When Redis does not answer, there is no such campaign, or it has ended.
    pub async fn upload(&self, campaign: CampaignId) -> Result<Upload, StoreError> {
        let info = self.fresh_info(campaign).await?;
        if self.unfinished(campaign).await?.is_some() {
            return Err(writer::ended());
        }
        let (blocks, numbers_added) = self.extent(campaign).await?;
        self.index_blocks(&info, blocks).await?;
        let virgin = info.dictionary.is_none() && blocks == 0;
        Ok(Upload {
            store: self.clone(),
            schemas: HashMap::new(),
            state_columns: HashMap::new(),
            clues: HashMap::new(),
            places: HashMap::new(),
            arrivals: 0,
            arrived: Rows::default(),
            sample: virgin.then(Rows::default),
            lanes: Lanes::default(),
            writer: Writer::new(self.clone(), info.clone(), info.dictionary.clone()),
            repeats: Rows::default(),
            held: Held::new(blocks == 0),
            updates: None,
            refused: Vec::new(),
            blocks,
            numbers_added,
            index: self.index_state(campaign).await?,
            entries_from: blocks,
            entries: Vec::new(),
            counts: UploadCounts::default(),
            info,
        })
    }
}

impl Upload {
    /// Adds contacts whose attributes follow `columns`.
    ///
    /// # Errors
    /// When Redis does not answer, or the campaign has ended.
    pub async fn push(
        &mut self,
        contacts: impl IntoIterator<Item = Contact>,
        columns: &[String],
    ) -> Result<(), StoreError> {
        self.push_rows(contacts.into_iter().map(|contact| (contact, None)), columns).await
    }

    /// As [`Self::push`], each with its row as it stands in the list: of those that are refused later, [`Self::take_refused`]
    /// gives it back.
    ///
    /// # Errors
    /// As those of [`Self::push`].
    pub async fn push_rows(
        &mut self,
        contacts: impl IntoIterator<Item = (Contact, Option<Reject>)>,
        columns: &[String],
    ) -> Result<(), StoreError> {
        let schema = self.schema(columns).await?;
        for (contact, kept) in contacts {
            self.arrivals += 1;
            self.arrived.push(Row { contact, schema, arrival: self.arrivals, kept });
            if self.arrived.fill(LOOKUP) {
                self.take_arrived().await?;
            }
        }
        Ok(())
    }

    /// Rows accepted and found duplicate so far; rows on their way are not counted yet.
    pub fn counts(&self) -> UploadCounts {
        self.counts
    }

    /// Writes what is still on its way.
    ///
    /// # Errors
    /// When Redis does not answer, or the campaign has ended.
    pub async fn finish(mut self) -> Result<UploadCounts, StoreError> {
        self.end().await
    }

    /// As [`Self::finish`], where refused rows are still to be taken.
    ///
    /// # Errors
    /// As those of [`Self::finish`].
    pub async fn end(&mut self) -> Result<UploadCounts, StoreError> {
        loop {
            self.take_arrived().await?;
            self.write_all().await?;
            if self.arrived.is_empty() {
                self.extend_index().await?;
                self.apply_updates().await?;
                if self.arrived.is_empty() {
                    break;
                }
            }
        }
        self.store.hold_zoneless(self.info.id).await?;
        Ok(self.counts)
    }

    /// Takes all rows that have arrived, in their order. Those that another upload throws into doubt arrive again.
    async fn take_arrived(&mut self) -> Result<(), StoreError> {
        while !self.arrived.is_empty() {
            if self.repeats.fill(REPEATS) || self.holds_many() {
                self.write_all().await?;
            }
            if self.holds_many() {
                self.extend_index().await?;
            }
            if self.has_many_updates() {
                // New rows before them have their numbers first.
                self.write_all().await?;
                self.apply_updates().await?;
            }
            let mut rows = self.arrived.take();
            rows.sort_unstable_by_key(|row| row.arrival);
            let mut rows = self.without_indexed(rows).await?.into_iter();
            while self.arrived.is_empty()
                && let Some(row) = rows.next()
            {
                self.take(row).await?;
            }
            self.arrived.extend(rows);
        }
        Ok(())
    }

    /// Takes a row that is not in the index.
    async fn take(&mut self, row: Row) -> Result<(), StoreError> {
        match self.held.holder(keys_of(&row.contact)) {
            Some(Standing::Written) => self.counts.duplicate += 1,
            Some(Standing::Unwritten) => self.repeats.extend([row]),
            None => {
                self.held.hold(keys_of(&row.contact), Standing::Unwritten);
                match &mut self.sample {
                    None => self.file_in_lane(row).await?,
                    Some(sample) => {
                        sample.extend([row]);
                        if sample.fill(SAMPLE) {
                            self.learn_dictionary().await?;
                        }
                    }
                }
                self.write_down_to(BLOCKS_ON_THEIR_WAY).await?;
            }
        }
        Ok(())
    }

    async fn learn_dictionary(&mut self) -> Result<(), StoreError> {
        let sample = self.sample.take().map_or(Vec::new(), |mut sample| sample.take());
        if sample.len() >= SAMPLE_ROWS_MIN {
            let contacts: Vec<Contact> = sample.iter().map(|row| row.contact.clone()).collect();
            if let Some(dictionary) = train_dictionary(&contacts) {
                self.writer.set_dictionary(self.store.keep_dictionary(self.info.id, dictionary).await?);
            }
        }
        for row in sample {
            self.file_in_lane(row).await?;
        }
        Ok(())
    }

    async fn file_in_lane(&mut self, row: Row) -> Result<(), StoreError> {
        let place = (self.lane(&row.contact, row.schema).await?, row.schema);
        if let Some((place, rows)) = self.lanes.add(place, row) {
            self.writer.pack(place, rows);
        }
        Ok(())
    }
}
