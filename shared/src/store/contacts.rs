//! Contacts: rows from their blocks, records beside them, and the index from id or number to position.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::Arc,
};

use super::{
    CampaignInfo, Claimed, Store, StoreError,
    block::{Block, BlockError, Decompressor},
    limits, record_codec,
    view::{AttemptView, ContactView},
};
use crate::domain::{
    AttemptId, CampaignId, CampaignName, ContactPosition, ContactState, PhoneNumber,
    contact::Contact,
    record::{AttemptRecord, Record},
};

/// Blocks read at once where all are wanted.
const BLOCKS_PER_READ: usize = 16;

/// A contact whose row is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Where it stands.
    pub position: ContactPosition,
    /// The generation of its block that has it as it is: its record's, 0 without one.
    pub generation: u32,
    /// Its lane, where that must be known too.
    pub lane: Option<u16>,
}

impl From<ContactPosition> for Wanted {
    /// One that was never edited, or of which an older row will do.
    fn from(position: ContactPosition) -> Self {
        Self { position, generation: 0, lane: None }
    }
}

impl From<&Claimed> for Wanted {
    fn from(claimed: &Claimed) -> Self {
        let generation = claimed.record.as_ref().map_or(0, |record| record.generation);
        Self { position: claimed.position, generation, lane: Some(claimed.lane) }
    }
}

/// One row of a list, as it was uploaded.
#[derive(Debug, Clone)]
pub struct Row {
    /// The contact.
    pub contact: Contact,
    /// Which attribute names its attributes follow.
    pub(super) schema: u16,
}

impl Store {
    /// Rows of a campaign by position, and the campaign as of at least `version`, knowing all that they refer to. Each
    /// block is read once and kept for a while, unless contacts in it are edited.
    ///
    /// # Errors
    /// When Redis does not answer, or a block is damaged.
    pub async fn rows(
        &self,
        campaign: CampaignId,
        version: u32,
        wanted: impl IntoIterator<Item = impl Into<Wanted>>,
    ) -> Result<(Arc<CampaignInfo>, HashMap<ContactPosition, Row>), StoreError> {
        let info = self.info(campaign, version).await?;
        let wanted: Vec<Wanted> = wanted.into_iter().map(Into::into).collect();
        let blocks = self.blocks(&info, wanted.iter().map(|one| (block_of(one.position), one.generation))).await?;
        let info = self.knowing(info, blocks.values(), wanted.iter().filter_map(|one| one.lane)).await?;
        let row = |Wanted { position, .. }| Ok((position, row_of(&info, &blocks[&block_of(position)], position)?));
        let rows = wanted.into_iter().map(row).collect::<Result<_, StoreError>>()?;
        Ok((info, rows))
    }

    /// Uploads and edits add places and columns without a new version: reads the campaign again if a block or a lane refers to
    /// newer ones.
    pub(super) async fn knowing(
        &self,
        info: Arc<CampaignInfo>,
        mut blocks: impl Iterator<Item = &Arc<Block>>,
        mut lanes: impl Iterator<Item = u16>,
    ) -> Result<Arc<CampaignInfo>, StoreError> {
        let unknown_lane = |lane: u16| info.places.len() <= usize::from(lane >> 4);
        let unknown =
            |block: &Arc<Block>| unknown_lane(block.lane()) || info.schemas.len() <= usize::from(block.schema());
        if blocks.any(unknown) || lanes.any(unknown_lane) { self.fresh_info(info.id).await } else { Ok(info) }
    }

    /// Blocks by their numbers, each of at least the generation that is asked for.
    pub(super) async fn blocks(
        &self,
        info: &CampaignInfo,
        wanted: impl IntoIterator<Item = (u32, u32)>,
    ) -> Result<HashMap<u32, Arc<Block>>, StoreError> {
        let cache = self.cache();
        let mut generations = BTreeMap::new();
        for (number, generation) in wanted {
            let newest = generations.entry(number).or_insert(generation);
            *newest = generation.max(*newest);
        }
        let mut found = HashMap::new();
        let mut missing = Vec::new();
        for (number, generation) in generations {
            match cache.block(info.id, number).filter(|block| block.generation() >= generation) {
                Some(block) => drop(found.insert(number, block)),
                None => missing.push(number),
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        for (number, block) in self.read_blocks(info, &missing).await? {
            let block = Arc::new(block);
            cache.keep_block(info.id, number, &block);
            found.insert(number, block);
        }
        Ok(found)
    }

    async fn read_blocks(&self, info: &CampaignInfo, numbers: &[u32]) -> Result<Vec<(u32, Block)>, StoreError> {
        let mut command = redis::cmd("MGET");
        for number in numbers {
            command.arg(self.connection.keys().block(info.id, number));
        }
        let bytes: Vec<Option<Vec<u8>>> = self.connection.query(&command).await?;
        // Blocks go only with their campaign: then whoever still reads it learns that it is gone.
        if bytes.contains(&None) && self.campaign_id(&info.name).await? != info.id {
            return Err(StoreError::NoCampaign(info.name.to_string()));
        }
        let mut decompressor = Decompressor::new(self.dictionary(info).await?.as_deref()).map_err(damaged)?;
        let mut decode = |(&number, bytes): (&u32, Option<Vec<u8>>)| {
            let corrupt = |cause: String| StoreError::Corrupt(format!("block {number} of {}: {cause}", info.name));
            let bytes = bytes.ok_or_else(|| corrupt("it is gone".to_owned()))?;
            let block = Block::decode(&bytes, &mut decompressor).map_err(|error| corrupt(error.to_string()))?;
            Ok((number, block))
        };
        numbers.iter().zip(bytes).map(&mut decode).collect()
    }

    /// Shows every contact of some blocks. Its zone and priority, which are its lane's, are left out.
    pub(super) async fn each_contact(
        &self,
        info: &CampaignInfo,
        blocks: Range<u32>,
        mut show: impl FnMut(ContactPosition, &Contact),
    ) -> Result<(), StoreError> {
        let numbers: Vec<u32> = blocks.collect();
        for some in numbers.chunks(BLOCKS_PER_READ) {
            for (number, block) in self.read_blocks(info, some).await? {
                for (position, row) in (number * limits::ROWS_PER_BLOCK as u32..).zip(block.rows()) {
                    show(position, &row.to_contact().map_err(damaged)?);
                }
            }
        }
        Ok(())
    }

    /// How many blocks a campaign has.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn block_count(&self, campaign: CampaignId) -> Result<u32, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(self.connection.keys().campaign(campaign)).arg("blocks");
        Ok(self.connection.query::<Option<u32>>(&command).await?.unwrap_or(0))
    }

    /// All contacts of one block, in the list's order within their lane.
    ///
    /// # Errors
    /// When Redis does not answer, or data is damaged.
    pub async fn block_views(&self, info: &Arc<CampaignInfo>, number: u32) -> Result<Vec<ContactView>, StoreError> {
        let records = self.block_records(info.id, number).await?;
        let generation = records.values().map(|record| record.generation).max().unwrap_or(0);
        let block = self.blocks(info, [(number, generation)]).await?.remove(&number).expect("asked for");
        let lanes = records.values().map(|record| record.lane);
        let info = &self.knowing(info.clone(), std::iter::once(&block), lanes).await?;
        let unfinished = self.unfinished(info.id).await?;
        let first = number * limits::ROWS_PER_BLOCK as u32;
        (first..first + block.len() as u32)
            .map(|position| {
                let row = row_of(info, &block, position)?;
                Ok(contact_view(info, block.lane(), position, row, records.get(&position), unfinished))
            })
            .collect()
    }

    /// The records of one block's contacts that have one.
    ///
    /// # Errors
    /// When Redis does not answer, or a record is damaged.
    pub async fn block_records(
        &self,
        campaign: CampaignId,
        number: u32,
    ) -> Result<HashMap<ContactPosition, Record>, StoreError> {
        let per_block = limits::ROWS_PER_BLOCK / limits::RECORDS_PER_KEY;
        let shards = (u64::from(number) * per_block)..(u64::from(number) + 1) * per_block;
        let mut pipeline = redis::pipe();
        for shard in shards.clone() {
            pipeline.cmd("HGETALL").arg(self.connection.keys().records(campaign, shard));
        }
        let found: Vec<HashMap<u64, Vec<u8>>> = self.connection.query_all(&pipeline).await?;
        let mut records = HashMap::new();
        for (shard, fields) in shards.zip(found) {
            for (field, bytes) in fields {
                let position = (shard * limits::RECORDS_PER_KEY + field) as ContactPosition;
                records.insert(position, record_codec::decode(&bytes)?);
            }
        }
        Ok(records)
    }

    /// The contact with this id, or with this number (E.164), if there is one.
    ///
    /// # Errors
    /// When Redis does not answer, or there is no such campaign.
    pub async fn contact(&self, campaign: &CampaignName, key: &str) -> Result<Option<ContactView>, StoreError> {
        let info = self.fresh_info(self.campaign_id(campaign).await?).await?;
        let Some(position) = self.find(&info, key).await? else { return Ok(None) };
        let views = self.block_views(&info, block_of(position)).await?;
        Ok(views.into_iter().find(|view| view.position == position))
    }

    /// What the unfinished contacts of an ended campaign count as; none while it has not ended.
    pub(super) async fn unfinished(&self, campaign: CampaignId) -> Result<Option<ContactState>, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(self.connection.keys().campaign(campaign)).arg("unfinished");
        let state: Option<String> = self.connection.query(&command).await?;
        Ok(state.and_then(|state| state.parse().ok()).and_then(ContactState::from_byte))
    }
}

/// The block that holds a position.
pub(super) fn block_of(position: ContactPosition) -> u32 {
    position / limits::ROWS_PER_BLOCK as u32
}

/// Whether a row bears this id or number.
pub(super) fn has_key(row: &Contact, key: &str) -> bool {
    row.id == key || row.numbers.iter().any(|number| number.as_e164() == key)
}

fn damaged(error: BlockError) -> StoreError {
    StoreError::Corrupt(error.to_string())
}

pub(super) fn row_of(info: &CampaignInfo, block: &Block, position: ContactPosition) -> Result<Row, StoreError> {
    let row = block.row((position % limits::ROWS_PER_BLOCK as u32) as usize);
    let missing = || StoreError::Corrupt(format!("position {position} of {} is in no block", info.name));
    let mut contact = row.ok_or_else(missing)?.to_contact().map_err(damaged)?;
    contact.zone = info.zone(block.lane());
    contact.priority = CampaignInfo::priority(block.lane());
    Ok(Row { contact, schema: block.schema() })
}

impl CampaignInfo {
    /// The attribute names that a block's rows follow.
    pub(super) fn attribute_names(&self, schema: u16) -> &[String] {
        self.schemas.get(usize::from(schema)).map_or(&[], |names| names)
    }

    /// The names that a row's attributes follow.
    pub fn columns(&self, row: &Row) -> &[String] {
        self.attribute_names(row.schema)
    }
}

pub(super) fn contact_view(
    info: &CampaignInfo,
    lane: u16,
    position: ContactPosition,
    Row { contact: row, schema }: Row,
    record: Option<&Record>,
    unfinished: Option<ContactState>,
) -> ContactView {
    let fresh = Record::fresh(lane, row.numbers.len() as u8);
    let record = record.unwrap_or(&fresh);
    let open = record.state.ends_with_campaign();
    let state = unfinished.filter(|_| open).unwrap_or(record.state);
    let waits = open && record.state != ContactState::Held && unfinished.is_none();
    let attempt = |attempt: &AttemptRecord| AttemptView {
        id: AttemptId { campaign: info.id, position, revision: attempt.revision },
        number: attempt.place_then().map_or(0, |place| place + 1),
        phone: attempt.digits(&row.numbers).and_then(|digits| PhoneNumber::from_digits(digits).ok()),
        account: info.account_at(attempt.started_at).to_owned(),
        call_id: attempt.call_id.clone(),
        started_at: attempt.started_at,
        ended_at: attempt.ended_at,
        outcome: attempt.outcome,
        provider_status: attempt.provider_status.clone(),
        duration_s: attempt.duration_s.map(f64::from),
        worker: attempt.worker,
        reason: attempt.reason.clone(),
        captured: attempt.captured.clone(),
    };
    let attempts = record.attempts.iter().map(attempt).collect();
    ContactView {
        position,
        id: row.id,
        numbers: row.numbers,
        attributes: info.attribute_names(schema).iter().cloned().zip(row.attributes).collect(),
        whereabouts: info.whereabouts(record.lane),
        priority: CampaignInfo::priority(record.lane),
        state,
        outcome: record.attempts.iter().rev().find_map(|attempt| attempt.outcome),
        reason: record.reason.clone(),
        next_attempt_at: record.due.or(row.not_before).filter(|_| waits),
        attempts,
    }
}
