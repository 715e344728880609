//! Upload: contacts into lanes, a block at a time, each contact once.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use tokio::task::JoinSet;

use super::{
    CampaignInfo, Store, StoreError,
    arguments::Arguments,
    block::{BlockBuilder, Compressor, LEVEL_DEFAULT, train_dictionary},
    contacts::{has_key, index_hash},
    fingerprint::fingerprint,
    limits,
    unwritten::{Relation, Unwritten},
    view::UploadCounts,
};
use crate::domain::{CampaignId, ContactPosition, contact::Contact};

/// Rows from which a campaign's first upload learns its compression dictionary.
const SAMPLE_ROWS: usize = 2_000;
/// Below this a dictionary costs more than it saves.
const SAMPLE_ROWS_MIN: usize = 512;
/// Rows kept until those before them are written.
const UNDECIDED_MAX: usize = 1_000;
/// Blocks on their way to Redis at once.
const BLOCKS_IN_FLIGHT: usize = 8;

/// An upload in progress. What has been written stays written when it ends early; the same list can be sent again.
pub struct Upload {
    store: Store,
    info: Arc<CampaignInfo>,
    schemas: HashMap<Vec<String>, u16>,
    zones: HashMap<String, u16>,
    sample: Option<Vec<(Contact, u16)>>,
    dictionary: Option<Arc<[u8]>>,
    buffers: BTreeMap<(u16, u16), Buffer>,
    in_flight: JoinSet<Result<Written, StoreError>>,
    unwritten: Unwritten,
    /// Rows that share a key with an unwritten one: what they are shows when that one is written.
    undecided: Vec<(Contact, u16)>,
    counts: UploadCounts,
}

#[derive(Default)]
struct Buffer {
    contacts: Vec<Contact>,
}

struct Written {
    counts: UploadCounts,
    keys: Vec<u64>,
}

impl Store {
    /// Begins an upload into a campaign.
    ///
    /// # Errors
    /// When Redis does not answer, or there is no such campaign.
    pub async fn upload(&self, campaign: CampaignId) -> Result<Upload, StoreError> {
        let info = self.fresh_info(campaign).await?;
        let virgin = info.dictionary.is_none() && self.block_count(campaign).await? == 0;
        Ok(Upload {
            store: self.clone(),
            schemas: HashMap::new(),
            zones: HashMap::new(),
            sample: virgin.then(Vec::new),
            dictionary: info.dictionary.clone(),
            info,
            buffers: BTreeMap::new(),
            in_flight: JoinSet::new(),
            unwritten: Unwritten::default(),
            undecided: Vec::new(),
            counts: UploadCounts::default(),
        })
    }

    async fn intern(&self, campaign: CampaignId, kind: &str, text: &str) -> Result<u16, StoreError> {
        self.connection.run("intern", Arguments::default().text(campaign).text(kind).text(text).as_slice()).await
    }
}

impl Upload {
    /// Adds a contact whose attributes follow `columns`.
    ///
    /// # Errors
    /// When Redis does not answer, or the campaign has ended.
    pub async fn push(&mut self, contact: Contact, columns: &[String]) -> Result<(), StoreError> {
        let schema = self.schema(columns).await?;
        self.take(contact, schema).await?;
        if self.undecided.len() >= UNDECIDED_MAX { self.decide().await } else { Ok(()) }
    }

    async fn take(&mut self, contact: Contact, schema: u16) -> Result<(), StoreError> {
        let keys = keys_of(&contact).map(|key| fingerprint(key, 0)).collect::<Vec<_>>();
        match (self.unwritten.relate(&keys), &mut self.sample) {
            (Relation::Duplicate, _) => self.counts.duplicate += 1,
            (Relation::Open, _) => self.undecided.push((contact, schema)),
            (Relation::New, None) => self.buffer(contact, schema).await?,
            (Relation::New, Some(sample)) => {
                sample.push((contact, schema));
                if sample.len() >= SAMPLE_ROWS {
                    self.learn_dictionary().await?;
                }
            }
        }
        Ok(())
    }

    /// Writes all, so that the index can tell what the undecided rows are, and takes those in their order.
    async fn decide(&mut self) -> Result<(), StoreError> {
        self.write_all().await?;
        self.unwritten.clear();
        for (contact, schema) in std::mem::take(&mut self.undecided) {
            self.take(contact, schema).await?;
        }
        Ok(())
    }

    /// Rows accepted and found duplicate so far; rows on their way are not counted yet.
    pub fn counts(&self) -> UploadCounts {
        self.counts
    }

    /// Writes what is still buffered.
    ///
    /// # Errors
    /// When Redis does not answer, or the campaign has ended.
    pub async fn finish(mut self) -> Result<UploadCounts, StoreError> {
        while !self.undecided.is_empty() {
            self.decide().await?;
        }
        self.write_all().await?;
        self.store.hold_zoneless(self.info.id).await?;
        Ok(self.counts)
    }

    async fn write_all(&mut self) -> Result<(), StoreError> {
        if self.sample.is_some() {
            self.learn_dictionary().await?;
        }
        for ((lane, schema), buffer) in std::mem::take(&mut self.buffers) {
            self.send(lane, schema, buffer).await?;
        }
        while !self.in_flight.is_empty() {
            self.settle_one().await?;
        }
        Ok(())
    }

    async fn learn_dictionary(&mut self) -> Result<(), StoreError> {
        let sample = self.sample.take().unwrap_or_default();
        if sample.len() >= SAMPLE_ROWS_MIN {
            let contacts: Vec<Contact> = sample.iter().map(|(contact, _)| contact.clone()).collect();
            if let Some(dictionary) = train_dictionary(&contacts) {
                self.dictionary = Some(self.store.keep_dictionary(self.info.id, dictionary).await?);
            }
        }
        for (contact, schema) in sample {
            self.buffer(contact, schema).await?;
        }
        Ok(())
    }

    async fn schema(&mut self, columns: &[String]) -> Result<u16, StoreError> {
        if let Some(&schema) = self.schemas.get(columns) {
            return Ok(schema);
        }
        let text = serde_json::to_string(columns).expect("names serialise");
        let schema = self.store.intern(self.info.id, "schemas", &text).await?;
        self.schemas.insert(columns.to_vec(), schema);
        Ok(schema)
    }

    async fn lane(&mut self, contact: &Contact) -> Result<u16, StoreError> {
        let zone = contact.zone.map_or("", |zone| zone.name());
        let number = match self.zones.get(zone) {
            Some(&number) => number,
            None => {
                let number = self.store.intern(self.info.id, "zones", zone).await?;
                self.store.open_zone(self.info.id, number).await?;
                self.zones.insert(zone.to_owned(), number);
                number
            }
        };
        Ok(number << 4 | u16::from(contact.priority))
    }

    async fn buffer(&mut self, contact: Contact, schema: u16) -> Result<(), StoreError> {
        let lane = self.lane(&contact).await?;
        let buffer = self.buffers.entry((lane, schema)).or_default();
        buffer.contacts.push(contact);
        if buffer.contacts.len() < limits::ROWS_PER_BLOCK as usize {
            return Ok(());
        }
        let full = std::mem::take(buffer);
        self.send(lane, schema, full).await
    }

    async fn send(&mut self, lane: u16, schema: u16, buffer: Buffer) -> Result<(), StoreError> {
        if buffer.contacts.is_empty() {
            return Ok(());
        }
        while self.in_flight.len() >= BLOCKS_IN_FLIGHT {
            self.settle_one().await?;
        }
        let block = BlockOnItsWay {
            store: self.store.clone(),
            info: self.info.clone(),
            dictionary: self.dictionary.clone(),
            lane,
            schema,
            contacts: buffer.contacts,
        };
        self.in_flight.spawn(block.write());
        Ok(())
    }

    async fn settle_one(&mut self) -> Result<(), StoreError> {
        if let Some(written) = self.in_flight.join_next().await {
            let written = written.expect("writing a block does not panic")?;
            self.counts.accepted += written.counts.accepted;
            self.counts.duplicate += written.counts.duplicate;
            self.unwritten.forget(&written.keys);
        }
        Ok(())
    }
}

impl Store {
    /// Keeps a campaign's dictionary; when another upload was first, answers that one's.
    async fn keep_dictionary(&self, campaign: CampaignId, dictionary: Vec<u8>) -> Result<Arc<[u8]>, StoreError> {
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

/// Ids and numbers by which a contact is known, each once.
fn keys_of(contact: &Contact) -> impl Iterator<Item = &str> {
    let numbers = contact.numbers.iter().map(|number| number.as_e164());
    let own_id = contact.numbers.iter().all(|number| number.as_e164() != contact.id);
    numbers.chain(own_id.then_some(contact.id.as_str()))
}

struct BlockOnItsWay {
    store: Store,
    info: Arc<CampaignInfo>,
    dictionary: Option<Arc<[u8]>>,
    lane: u16,
    schema: u16,
    contacts: Vec<Contact>,
}

/// An id or number in the index: whose it is, and how many other keys already have its fingerprints.
struct IndexEntry {
    row: usize,
    key: String,
    probe: u32,
}

impl BlockOnItsWay {
    /// Writes the block. Where the index says that a key may be there already, the rows are compared: true duplicates are
    /// taken out, mere collisions probe on, and the rest is tried again.
    async fn write(self) -> Result<Written, StoreError> {
        let Self { store, info, lane, schema, mut contacts, dictionary } = self;
        let keys = contacts.iter().flat_map(keys_of).map(|key| fingerprint(key, 0)).collect();
        let mut counts = UploadCounts::default();
        let mut probes: HashMap<String, u32> = HashMap::new();
        while !contacts.is_empty() {
            let entries = index_entries(&contacts, &probes);
            let hits = store.add_block(info.id, lane, schema, dictionary.as_deref(), &contacts, &entries).await?;
            if hits.is_empty() {
                counts.accepted += contacts.len() as u64;
                break;
            }
            let duplicates = store.compare(&info, &entries, &hits, &mut probes).await?;
            counts.duplicate += duplicates.len() as u64;
            let mut row = 0;
            contacts.retain(|_| {
                row += 1;
                !duplicates.contains(&(row - 1))
            });
        }
        Ok(Written { counts, keys })
    }
}

fn unwritable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Refused(format!("a block of contacts cannot be written: {error}"))
}

fn index_entries(contacts: &[Contact], probes: &HashMap<String, u32>) -> Vec<IndexEntry> {
    let mut entries = Vec::with_capacity(contacts.len() * 2);
    let mut taken = HashSet::new();
    for (row, contact) in contacts.iter().enumerate() {
        for key in keys_of(contact) {
            let mut probe = probes.get(key).copied().unwrap_or(0);
            // Two keys of one block with one fingerprint: the later one probes on.
            while !taken.insert(index_hash(key, probe)) {
                probe += 1;
            }
            entries.push(IndexEntry { row, key: key.to_owned(), probe });
        }
    }
    entries
}

impl Store {
    /// Answers the entries whose fingerprint is in the index already, with the position it stands for; none: written.
    async fn add_block(
        &self,
        campaign: CampaignId,
        lane: u16,
        schema: u16,
        dictionary: Option<&[u8]>,
        contacts: &[Contact],
        entries: &[IndexEntry],
    ) -> Result<Vec<(usize, ContactPosition)>, StoreError> {
        let mut builder = BlockBuilder::new(lane, schema);
        let mut waits = Vec::new();
        for (row, contact) in contacts.iter().enumerate() {
            builder.push(contact).map_err(unwritable)?;
            waits.extend(contact.not_before.map(|due| format!("{row}:{}", due.as_millis().max(0))));
        }
        let mut compressor = Compressor::new(dictionary, LEVEL_DEFAULT).map_err(unwritable)?;
        let block = builder.finish(&mut compressor).map_err(unwritable)?;
        let mut index = Vec::with_capacity(entries.len() * 5);
        for entry in entries {
            index.push(entry.row as u8);
            index.extend(index_hash(&entry.key, entry.probe).to_be_bytes());
        }
        let mut arguments = Arguments::default().text(campaign).text(lane).text(contacts.len());
        arguments.push_bytes(block);
        arguments.push_bytes(index);
        arguments.push(waits.join(","));
        let answer: Vec<i64> = self.connection.run("add_block", arguments.as_slice()).await?;
        match answer.split_first() {
            Some((1, _)) => Ok(Vec::new()),
            Some((0, hits)) => Ok(hits.chunks(2).map(|hit| (hit[0] as usize, hit[1] as ContactPosition)).collect()),
            _ => Err(StoreError::Conflict(
                "the campaign has ended: it takes no more contacts; apply it under another name".to_owned(),
            )),
        }
    }

    /// Which rows are in the campaign already; the keys that only share a fingerprint get their next probe.
    async fn compare(
        &self,
        info: &CampaignInfo,
        entries: &[IndexEntry],
        hits: &[(usize, ContactPosition)],
        probes: &mut HashMap<String, u32>,
    ) -> Result<HashSet<usize>, StoreError> {
        let (_, rows) = self.rows(info.id, info.version, hits.iter().map(|&(_, position)| position)).await?;
        let mut duplicates = HashSet::new();
        for &(entry, position) in hits {
            let entry = &entries[entry];
            if has_key(&rows[&position].contact, &entry.key) {
                duplicates.insert(entry.row);
            } else {
                probes.insert(entry.key.clone(), entry.probe + 1);
            }
        }
        Ok(duplicates)
    }
}
