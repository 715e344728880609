//! From lanes to Redis: blocks, their entries in the index, and what other uploads have done meanwhile.

use super::{
    HELD_KEYS_MAX, HELD_KEYS_MIN, LOOKUP, OTHERS_READ_MAX, Upload,
    held::Standing,
    rows::Row,
    writer::{Packed, Wrote},
};
use crate::{
    domain::contact::Contact,
    store::{
        StoreError,
        index::{Entry, Known, keys_of},
        limits,
    },
};

impl Upload {
    /// Leaves out the rows of which the index has an id or number, and counts them.
    pub(super) async fn without_indexed(&mut self, rows: Vec<Row>) -> Result<Vec<Row>, StoreError> {
        let held = &self.held;
        let may_be_indexed = |row: &Row| keys_of(&row.contact).any(|key| held.may_be_indexed(key));
        let (asked, mut new): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(may_be_indexed);
        let mut asked = asked.into_iter().peekable();
        while asked.peek().is_some() {
            let some: Vec<Row> = asked.by_ref().take(LOOKUP.rows).collect();
            let contacts: Vec<&Contact> = some.iter().map(|row| &row.contact).collect();
            let known = self.store.find_known(&self.info, &contacts).await?;
            for (row, known) in some.into_iter().zip(known) {
                let Some(row) = self.wait_for_updates(row, known) else { continue };
                match known {
                    Known::New => new.push(row),
                    Known::As(position) => {
                        self.counts.duplicate += u64::from(self.take_update(row, position).is_some())
                    }
                    Known::InPart(_) => self.counts.duplicate += 1,
                }
            }
        }
        new.sort_unstable_by_key(|row| row.arrival);
        Ok(new)
    }

    /// Writes everything that has been taken, unless another upload throws it into doubt: then it arrives again.
    pub(super) async fn write_all(&mut self) -> Result<(), StoreError> {
        self.learn_dictionary().await?;
        while let Some((place, rows)) = self.lanes.take_any() {
            self.writer.pack(place, rows);
        }
        self.write_down_to(0).await?;
        // If they have not arrived again, the rows that they repeat are written.
        self.counts.duplicate += self.repeats.take().len() as u64;
        Ok(())
    }

    /// Writes until at most so many blocks are on their way.
    pub(super) async fn write_down_to(&mut self, most: usize) -> Result<(), StoreError> {
        while self.writer.on_their_way() > most {
            match self.writer.write_some(self.blocks, self.numbers_added).await? {
                Wrote::Blocks(blocks) => blocks.iter().for_each(|block| self.note_written(block)),
                Wrote::Outpaced => self.meet_others().await?,
            }
        }
        Ok(())
    }

    fn note_written(&mut self, block: &Packed) {
        let first = self.blocks * limits::ROWS_PER_BLOCK as u32;
        self.entries.extend(block.keys.iter().map(|&(row, key)| Entry::new(key, first + row)));
        self.held.hold(block.keys.iter().map(|(_, key)| *key), Standing::Written);
        self.counts.accepted += block.rows.len() as u64;
        self.blocks += 1;
    }

    /// Takes in what other uploads, and edits, have written since. Rows that are not written arrive again if theirs may have the same
    /// ids and numbers.
    async fn meet_others(&mut self) -> Result<(), StoreError> {
        let (blocks, numbers_added) = self.store.extent(self.info.id).await?;
        if blocks < self.blocks {
            let lost = "Redis has lost contacts that it had taken; upload the list again, and what is missing is added";
            return Err(StoreError::Conflict(lost.to_owned()));
        }
        if blocks - self.blocks > OTHERS_READ_MAX || numbers_added != self.numbers_added {
            self.numbers_added = numbers_added;
            self.blocks = blocks;
            self.take_into_index().await?;
            self.held.distrust_index();
            return self.arrive_again().await;
        }
        let mut others = Vec::new();
        let read = self.store.each_contact(&self.info, self.blocks..blocks, |position, contact| {
            others.extend(keys_of(contact).map(|key| (position, key)));
        });
        read.await?;
        self.blocks = blocks;
        self.entries.extend(others.iter().map(|&(position, key)| Entry::new(key, position)));
        let shared = others.iter().any(|&(_, key)| self.held.holder([key].into_iter()) == Some(Standing::Unwritten));
        if shared {
            self.arrive_again().await?;
        }
        self.held.hold(others.into_iter().map(|(_, key)| key), Standing::Written);
        Ok(())
    }

    /// Lets all rows that are not written arrive again, with those that were taken for duplicates of them.
    async fn arrive_again(&mut self) -> Result<(), StoreError> {
        let mut rows = self.writer.take_back().await?;
        while let Some((_, some)) = self.lanes.take_any() {
            rows.extend(some);
        }
        rows.extend(self.sample.as_mut().map_or(Vec::new(), |sample| sample.take()));
        rows.extend(self.repeats.take());
        self.held.release_unwritten();
        self.arrived.extend(rows);
        Ok(())
    }

    /// Whether there is enough to take into the index.
    pub(super) fn holds_many(&self) -> bool {
        self.entries.len() as u64 >= self.index.entries().clamp(HELD_KEYS_MIN, HELD_KEYS_MAX)
    }

    /// Takes the written blocks into the index. Nothing that is held is unwritten.
    pub(super) async fn extend_index(&mut self) -> Result<(), StoreError> {
        if self.entries.is_empty() {
            return Ok(());
        }
        let (store, campaign) = (&self.store, self.info.id);
        let is_next = self.index.indexed == self.entries_from && store.index_state(campaign).await? == self.index;
        if !is_next || !store.index_entries(campaign, self.index, self.blocks, &mut self.entries).await? {
            store.index_blocks(&self.info, self.blocks).await?;
        }
        self.index_is_extended().await
    }

    async fn take_into_index(&mut self) -> Result<(), StoreError> {
        self.store.index_blocks(&self.info, self.blocks).await?;
        self.index_is_extended().await
    }

    async fn index_is_extended(&mut self) -> Result<(), StoreError> {
        self.index = self.store.index_state(self.info.id).await?;
        self.entries_from = self.blocks;
        self.entries.clear();
        self.held.move_to_index();
        Ok(())
    }
}
