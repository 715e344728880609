//! Packing blocks side by side, and writing them in order.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use tokio::task::JoinHandle;

use super::{lanes::Place, rows::Row};
use crate::store::{
    CampaignInfo, Store, StoreError,
    arguments::Arguments,
    block::{BlockBuilder, Compressor, LEVEL_DEFAULT},
    index::keys_of,
};

/// Blocks written by one command: more would keep Redis from others.
const GROUP_BLOCKS: usize = 8;

/// A block that is ready to be written.
pub(super) struct Packed {
    place: Place,
    bytes: Vec<u8>,
    /// `row:due_ms,…`
    waits: String,
    /// Its rows.
    pub(super) rows: Vec<Row>,
    /// The keys of the rows, each with its row's place.
    pub(super) keys: Vec<(u32, u64)>,
}

/// What came of writing.
pub(super) enum Wrote {
    /// These blocks are in Redis, as the campaign's last ones.
    Blocks(Vec<Packed>),
    /// Nothing: the campaign has other blocks than were known. What was to be written waits again.
    Outpaced,
}

/// Blocks on their way to Redis: being packed, then one group at a time being written.
pub(super) struct Writer {
    store: Store,
    info: Arc<CampaignInfo>,
    packers: Arc<Packers>,
    waiting: VecDeque<Waiting>,
    writing: Option<JoinHandle<Written>>,
}

/// A group, and whether it was written.
type Written = (Result<bool, StoreError>, Vec<Packed>);

enum Waiting {
    Packing(JoinHandle<Result<Packed, StoreError>>),
    Ready(Packed),
}

impl Writer {
    pub(super) fn new(store: Store, info: Arc<CampaignInfo>, dictionary: Option<Arc<[u8]>>) -> Self {
        let packers = Arc::new(Packers { dictionary, idle: Mutex::default() });
        Self { store, info, packers, waiting: VecDeque::new(), writing: None }
    }

    /// Packs with this dictionary from now on.
    pub(super) fn set_dictionary(&mut self, dictionary: Arc<[u8]>) {
        self.packers = Arc::new(Packers { dictionary: Some(dictionary), idle: Mutex::default() });
    }

    /// Begins to pack a block.
    pub(super) fn pack(&mut self, place: Place, rows: Vec<Row>) {
        let packers = self.packers.clone();
        self.waiting.push_back(Waiting::Packing(tokio::spawn(async move { packers.pack(place, rows) })));
    }

    /// How many blocks are on their way, of those being written one for all.
    pub(super) fn on_their_way(&self) -> usize {
        self.waiting.len() + usize::from(self.writing.is_some())
    }

    /// Waits for the group that is being written, and begins to write the next one behind `blocks` blocks and that one,
    /// if edits have added numbers to contacts no more than so often.
    pub(super) async fn write_some(&mut self, blocks: u32, numbers_added: u64) -> Result<Wrote, StoreError> {
        let mut written = Vec::new();
        if let Some(writing) = self.writing.take() {
            let (answer, group) = writing.await.expect("writing does not panic");
            if !answer? {
                group.into_iter().rev().for_each(|packed| self.waiting.push_front(Waiting::Ready(packed)));
                return Ok(Wrote::Outpaced);
            }
            written = group;
        }
        let group = self.next_group().await?;
        if !group.is_empty() {
            let (store, info, behind) = (self.store.clone(), self.info.clone(), blocks + written.len() as u32);
            let writing = async move { (store.add_blocks(&info, (behind, numbers_added), &group).await, group) };
            self.writing = Some(tokio::spawn(writing));
        }
        Ok(Wrote::Blocks(written))
    }

    /// Takes back all rows that are not written.
    pub(super) async fn take_back(&mut self) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        while let Some(waiting) = self.waiting.pop_front() {
            rows.extend(waiting.packed().await?.rows);
        }
        Ok(rows)
    }

    /// The first block that waits, and those behind it that are packed already.
    async fn next_group(&mut self) -> Result<Vec<Packed>, StoreError> {
        let mut group = Vec::new();
        while group.len() < GROUP_BLOCKS
            && self.waiting.front().is_some_and(|next| group.is_empty() || next.is_ready())
            && let Some(next) = self.waiting.pop_front()
        {
            group.push(next.packed().await?);
        }
        Ok(group)
    }
}

impl Waiting {
    fn is_ready(&self) -> bool {
        match self {
            Self::Packing(packing) => packing.is_finished(),
            Self::Ready(_) => true,
        }
    }

    async fn packed(self) -> Result<Packed, StoreError> {
        match self {
            Self::Packing(packing) => packing.await.expect("packing does not panic"),
            Self::Ready(packed) => Ok(packed),
        }
    }
}

/// Compressors, each of which has read the dictionary once.
struct Packers {
    dictionary: Option<Arc<[u8]>>,
    idle: Mutex<Vec<Compressor>>,
}

impl Packers {
    fn pack(&self, place: Place, rows: Vec<Row>) -> Result<Packed, StoreError> {
        let (lane, schema) = place;
        let mut builder = BlockBuilder::new(lane, schema);
        let (mut waits, mut keys) = (Vec::new(), Vec::with_capacity(rows.len() * 2));
        for (place, row) in (0..).zip(&rows) {
            builder.push(&row.contact).map_err(unwritable)?;
            keys.extend(keys_of(&row.contact).map(|key| (place, key)));
            waits.extend(row.contact.not_before.map(|due| format!("{place}:{}", due.as_millis().max(0))));
        }
        let idle = self.idle.lock().expect("no panic while held").pop();
        let mut compressor = match idle {
            Some(compressor) => compressor,
            None => Compressor::new(self.dictionary.as_deref(), LEVEL_DEFAULT).map_err(unwritable)?,
        };
        let bytes = builder.finish(&mut compressor).map_err(unwritable)?;
        self.idle.lock().expect("no panic while held").push(compressor);
        Ok(Packed { place, bytes, waits: waits.join(","), rows, keys })
    }
}

fn unwritable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Refused(format!("a block of contacts cannot be written: {error}"))
}

impl Store {
    /// Appends blocks behind the known ones; false when there are others by now, or contacts with other numbers.
    async fn add_blocks(&self, info: &CampaignInfo, known: (u32, u64), blocks: &[Packed]) -> Result<bool, StoreError> {
        let zones = info.definition.calling_hours.zones.as_str();
        let mut arguments = Arguments::default().text(info.id).text(known.0).text(zones).text(known.1);
        for Packed { place: (lane, _), bytes, waits, rows, .. } in blocks {
            arguments.push(lane);
            arguments.push(rows.len());
            arguments.push_bytes(bytes.clone());
            arguments.push(waits);
        }
        match self.connection.run("add_blocks", arguments.as_slice()).await? {
            1_i64 => Ok(true),
            0 => Ok(false),
            -2 => Err(StoreError::Conflict(
                "`zones` of the campaign's [calling_hours] has changed meanwhile: upload the list again".to_owned(),
            )),
            _ => Err(ended()),
        }
    }
}

/// Why a campaign takes no list any more.
pub(super) fn ended() -> StoreError {
    StoreError::Conflict("the campaign has ended: it takes no more contacts; apply it under another name".to_owned())
}
