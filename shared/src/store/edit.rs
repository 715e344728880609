//! Changing contacts that a campaign has: a contact's row is replaced in its block, and its record changed in the same step.
//! So whoever has claimed it meanwhile is refused at begin, and no reader of blocks needs to know of edits, but for keeping
//! copies of them: a record tells which generation of its block has the contact as it is.

mod order;

use std::collections::{BTreeMap, HashSet};

use chrono_tz::Tz;

use super::{
    CampaignInfo, Row, Store, StoreError,
    arguments::Arguments,
    block::{Block, BlockBuilder, BlockError, Compressor, Decompressor, LEVEL_DEFAULT},
    contacts::block_of,
    limits, record_codec,
    upload::state_of,
};
use crate::domain::{
    CampaignId, ContactPosition, PhoneNumber,
    contact::Contact,
    edit::ContactEdit,
    record::Record,
    transition::{self, Change, Edited},
};
use order::{Again, Moves};

/// How often an edit is tried again whose contact, block or campaign changed meanwhile.
const TRIES_MAX: usize = 64;

/// What became of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditAnswer {
    /// It counts from the contact's next attempt.
    Changed,
    /// The contact was so already.
    Unchanged,
    /// Nothing was changed: another contact of the campaign has this number.
    NumberTaken {
        /// The number.
        number: PhoneNumber,
        /// Who has it.
        holder: ContactPosition,
    },
    /// Nothing was changed, for this reason.
    Refused(String),
}

/// The contacts of one block, about to be written again.
pub(super) struct Rewrite {
    pub(super) number: u32,
    stored: Vec<u8>,
    pub(super) block: Block,
    pub(super) rows: Vec<Contact>,
    columns: Vec<String>,
    /// What the campaign had when new numbers were compared with its contacts; none: there are no new ones.
    compared: Option<(u32, u64)>,
    changes: Vec<(ContactPosition, Change)>,
}

impl Store {
    /// Edits contacts, each as its edit says, in their order: a number that one of them takes off its contact is free for those
    /// behind it. A call that goes on is not touched.
    ///
    /// # Errors
    /// When Redis does not answer, or the campaign has ended or is none: some edits may have been made; they can be repeated.
    pub async fn edit(
        &self,
        campaign: CampaignId,
        edits: Vec<(ContactPosition, ContactEdit)>,
    ) -> Result<Vec<EditAnswer>, StoreError> {
        if self.unfinished(campaign).await?.is_some() {
            return Err(StoreError::Conflict("the campaign has ended: its contacts are called no more".to_owned()));
        }
        let mut answers = vec![EditAnswer::Unchanged; edits.len()];
        let (mut again, mut places) = (Again::default(), (0..edits.len()).collect::<Vec<_>>());
        while !places.is_empty() {
            for (number, places) in by_block(&edits, &places) {
                let mut left = &places[..];
                while !left.is_empty() {
                    let mut seen = HashSet::new();
                    let once = left.iter().take_while(|&&place| seen.insert(edits[place].0)).count();
                    let (now, later) = left.split_at(once);
                    let some: Vec<_> = now.iter().map(|&place| &edits[place]).collect();
                    let done = self.edit_block(campaign, number, &some).await?;
                    now.iter().zip(done).for_each(|(&place, answer)| order::note(&mut answers[place], answer));
                    left = later;
                }
            }
            places = again.places(&edits, &answers);
        }
        Ok(answers)
    }

    async fn edit_block(
        &self,
        campaign: CampaignId,
        number: u32,
        edits: &[&(ContactPosition, ContactEdit)],
    ) -> Result<Vec<EditAnswer>, StoreError> {
        for _ in 0..TRIES_MAX {
            let info = self.fresh_info(campaign).await?;
            let compared = self.extent(campaign).await?;
            self.index_blocks(&info, compared.0).await?;
            let mut rewrite = self.rewrite_of(&info, number).await?;
            let records = self.block_records(campaign, number).await?;
            let mut answers = Vec::with_capacity(edits.len());
            let mut moves = Moves::default();
            for (position, edit) in edits {
                let record = records.get(position);
                answers.push(self.edit_row(&info, &mut rewrite, *position, record, edit, &mut moves).await?);
            }
            if rewrite.changes.is_empty() {
                return Ok(answers);
            }
            if !moves.added.is_empty() {
                rewrite.compared = Some(compared);
                self.index_also(&info, moves.added).await?;
            }
            if self.write(&info, rewrite).await? {
                return Ok(answers);
            }
        }
        Err(StoreError::Conflict("the contact kept changing: try again".to_owned()))
    }

    /// What edits would do; nothing is written.
    pub(super) async fn foresee_edits(
        &self,
        info: &CampaignInfo,
        edits: &[(ContactPosition, ContactEdit)],
    ) -> Result<Vec<EditAnswer>, StoreError> {
        let mut answers = vec![EditAnswer::Unchanged; edits.len()];
        let (mut moves, mut again) = (Moves::default(), Again::default());
        let mut places: Vec<usize> = (0..edits.len()).collect();
        while !places.is_empty() {
            for (number, places) in by_block(edits, &places) {
                let mut rewrite = self.rewrite_of(info, number).await?;
                let records = self.block_records(info.id, number).await?;
                for place in places {
                    let (position, edit) = &edits[place];
                    match self.decide(info, &rewrite, *position, records.get(position), edit, &moves).await? {
                        Ok(decided) => {
                            answers[place] = EditAnswer::Changed;
                            moves.note(*position, &decided.old, &decided.new);
                            rewrite.rows[decided.place] = decided.new;
                            rewrite.columns = decided.columns;
                        }
                        Err(answer) => order::note(&mut answers[place], answer),
                    }
                }
            }
            places = again.places(edits, &answers);
        }
        Ok(answers)
    }

    /// What an edit makes of a row, or why it makes nothing of it. `moves`: what edits before it do.
    async fn decide(
        &self,
        info: &CampaignInfo,
        rewrite: &Rewrite,
        position: ContactPosition,
        record: Option<&Record>,
        edit: &ContactEdit,
        moves: &Moves,
    ) -> Result<Result<Decided, EditAnswer>, StoreError> {
        let place = rewrite.place(info, position)?;
        let old = rewrite.rows[place].clone();
        if old.numbers.is_empty() {
            return Ok(Err(EditAnswer::Refused("the contact was erased".to_owned())));
        }
        let before = match record {
            Some(record) => record.clone(),
            None => rewrite.fresh_record(self, info, &old).await?,
        };
        let new_numbers: Vec<_> =
            edit.numbers.iter().flatten().filter(|number| !old.numbers.contains(number)).cloned().collect();
        for number in &new_numbers {
            let found = self.find_all(info, number.as_e164()).await?;
            if let Some(holder) = moves.holder(number, found, position) {
                return Ok(Err(EditAnswer::NumberTaken { number: number.clone(), holder }));
            }
        }
        let (mut new, mut columns) = (old.clone(), rewrite.columns.clone());
        let row_changed = match edit.apply(&mut new, &mut columns) {
            Ok(changed) => changed,
            Err(reason) => return Ok(Err(EditAnswer::Refused(reason))),
        };
        let listed_zone = info.whereabouts(before.lane).listed_zone();
        let (zone, priority) =
            (edit.zone.unwrap_or(listed_zone), edit.priority.unwrap_or(CampaignInfo::priority(before.lane)));
        if !row_changed && zone == listed_zone && priority == CampaignInfo::priority(before.lane) {
            return Ok(Err(EditAnswer::Unchanged));
        }
        Ok(Ok(Decided { place, before, old, new, columns, listed_zone, zone, priority }))
    }

    /// Changes one row of a block that is about to be written. `moves`: numbers that its contacts get and lose.
    async fn edit_row(
        &self,
        info: &CampaignInfo,
        rewrite: &mut Rewrite,
        position: ContactPosition,
        record: Option<&Record>,
        edit: &ContactEdit,
        moves: &mut Moves,
    ) -> Result<EditAnswer, StoreError> {
        let decided = match self.decide(info, rewrite, position, record, edit, moves).await? {
            Ok(decided) => decided,
            Err(answer) => return Ok(answer),
        };
        let Decided { place, before, old, new, columns, listed_zone, zone, priority } = decided;
        let state = |contact: &Contact| state_of(&columns, &contact.attributes);
        let same_lanes = (zone, priority, &new.numbers, state(&new))
            == (listed_zone, CampaignInfo::priority(before.lane), &old.numbers, state(&old));
        let lanes = match same_lanes {
            true if before.number_lanes.is_empty() => vec![before.lane],
            true => before.number_lanes.clone(),
            false => self.lanes_of(info, zone, state(&new), priority, &new.numbers).await?,
        };
        let info = &*self.info_of_lane(info.id, info.version, lanes.iter().copied().max().unwrap_or(0)).await?;
        let edited = Edited {
            moved: old.numbers.iter().map(|number| place_of(number, &new.numbers)).collect(),
            digits: old.numbers.iter().map(|number| number.digits().to_owned()).collect(),
            numbers: new.numbers.len() as u8,
            lifts_hold: info.hold(before.lane).is_some() && info.hold(lanes[0]).is_none(),
            not_before: edit.not_before,
            generation: rewrite.block.generation() + 1,
            retry: &info.definition.retry,
            lanes,
        };
        rewrite.changes.push((position, transition::edit(&before, &edited)));
        moves.note(position, &old, &new);
        (rewrite.rows[place], rewrite.columns) = (new, columns);
        Ok(EditAnswer::Changed)
    }

    /// How many blocks the campaign has, and how often edits have added numbers to its contacts.
    pub(super) async fn extent(&self, campaign: CampaignId) -> Result<(u32, u64), StoreError> {
        let mut command = redis::cmd("HMGET");
        command.arg(self.connection.keys().campaign(campaign)).arg("blocks").arg("numbers_added");
        let (blocks, added): (Option<u32>, Option<u64>) = self.connection.query(&command).await?;
        Ok((blocks.unwrap_or(0), added.unwrap_or(0)))
    }

    /// A block as it is now.
    pub(super) async fn rewrite_of(&self, info: &CampaignInfo, number: u32) -> Result<Rewrite, StoreError> {
        let corrupt =
            |cause: &dyn std::fmt::Display| StoreError::Corrupt(format!("block {number} of {}: {cause}", info.name));
        let mut command = redis::cmd("GET");
        command.arg(self.connection.keys().block(info.id, number));
        let stored: Option<Vec<u8>> = self.connection.query(&command).await?;
        let stored = stored.ok_or_else(|| corrupt(&"it is gone"))?;
        let mut decompressor =
            Decompressor::new(self.dictionary(info).await?.as_deref()).map_err(|error| corrupt(&error))?;
        let block = Block::decode(&stored, &mut decompressor).map_err(|error| corrupt(&error))?;
        let rows =
            block.rows().map(|row| row.to_contact()).collect::<Result<_, _>>().map_err(|error| corrupt(&error))?;
        let fresh;
        let info = if info.schemas.len() > usize::from(block.schema()) {
            info
        } else {
            fresh = self.fresh_info(info.id).await?;
            &fresh
        };
        let columns = info.attribute_names(block.schema()).to_vec();
        Ok(Rewrite { number, stored, block, rows, columns, compared: None, changes: Vec::new() })
    }

    /// Writes a block and its contacts' records, unless something has changed since they were read.
    pub(super) async fn write(&self, info: &CampaignInfo, rewrite: Rewrite) -> Result<bool, StoreError> {
        let Rewrite { number, stored, block, rows, columns, compared, changes } = rewrite;
        let schema = match columns.len() == info.attribute_names(block.schema()).len() {
            true => block.schema(),
            false => self.schema_of(info.id, &columns).await?,
        };
        let mut builder = BlockBuilder::again(block.lane(), schema, block.generation() + 1);
        let no_room = |error| StoreError::Conflict(format!("the contact is not changed: {error}"));
        rows.iter().try_for_each(|row| builder.push(row)).map_err(no_room)?;
        let dictionary = self.dictionary(info).await?;
        let packed =
            Compressor::new(dictionary.as_deref(), LEVEL_DEFAULT).and_then(|mut zstd| builder.finish(&mut zstd));
        let bytes = packed.map_err(no_room_to_pack)?;
        let mut arguments = Arguments::default().text(info.id).text(number);
        arguments.push_bytes(stored);
        arguments.push_bytes(bytes);
        arguments.push(compared.map_or(String::new(), |(blocks, _)| blocks.to_string()));
        arguments.push(compared.map_or(0, |(_, added)| added));
        let mut held = false;
        for (position, change) in &changes {
            held |= info.hold(change.record.lane).is_some() && change.file;
            arguments.push(position);
            arguments.push(change.record.revision - 1);
            arguments.push_bytes(record_codec::encode(&change.record));
            arguments.push(if change.file { change.record.lane.to_string() } else { String::new() });
            arguments.push(change.record.due.map_or(0, |due| due.as_millis()));
        }
        let written = self.connection.run::<i64>("edit_block", arguments.as_slice()).await? == 1;
        if written && held {
            self.hold_zoneless(info.id).await?;
        }
        Ok(written)
    }
}

/// What an edit makes of a row.
struct Decided {
    /// Which of the block's rows it is.
    place: usize,
    before: Record,
    old: Contact,
    new: Contact,
    columns: Vec<String>,
    /// The zone that its list gave.
    listed_zone: Option<Tz>,
    /// The same from now on.
    zone: Option<Tz>,
    priority: u8,
}

impl Rewrite {
    /// Which of the rows is the contact's.
    pub(super) fn place(&self, info: &CampaignInfo, position: ContactPosition) -> Result<usize, StoreError> {
        let place = (position % limits::ROWS_PER_BLOCK as u32) as usize;
        let missing = || StoreError::Corrupt(format!("position {position} of {} is in no block", info.name));
        (place < self.rows.len()).then_some(place).ok_or_else(missing)
    }

    /// The record of a contact that has none.
    pub(super) async fn fresh_record(
        &self,
        store: &Store,
        info: &CampaignInfo,
        contact: &Contact,
    ) -> Result<Record, StoreError> {
        let row = Row { contact: contact.clone(), schema: self.block.schema() };
        let record = store.fresh_record(info, self.block.lane(), &row).await?;
        Ok(Record { due: contact.not_before.filter(|due| *due > store.clock().now()), ..record })
    }

    /// Puts a row and a record in place of the contact's.
    pub(super) fn replace(&mut self, place: usize, position: ContactPosition, row: Contact, change: Change) {
        self.rows[place] = row;
        self.changes.push((position, change));
    }
}

/// Places of edits by the blocks of their contacts.
fn by_block(edits: &[(ContactPosition, ContactEdit)], places: &[usize]) -> BTreeMap<u32, Vec<usize>> {
    let mut by_block: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    places.iter().for_each(|&place| by_block.entry(block_of(edits[place].0)).or_default().push(place));
    by_block
}

fn no_room_to_pack(error: BlockError) -> StoreError {
    StoreError::Refused(format!("a block of contacts cannot be written: {error}"))
}

fn place_of(number: &PhoneNumber, numbers: &[PhoneNumber]) -> Option<u8> {
    numbers.iter().position(|other| other == number).map(|place| place as u8)
}
