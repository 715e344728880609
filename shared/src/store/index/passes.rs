//! Passes: taking blocks into the index, a bounded number of shards at a time.
//!
//! A pass goes over the shards in order. Each step writes some of them together with how far the pass has come, if nobody
//! else has in the meantime; so any process can go on with a pass that another has begun, and two that do the same at the
//! same time do it once.

use std::{collections::BTreeSet, ops::Range};

use super::{
    Entry, IndexState, Pass, SHARD_ENTRIES_MAX, key, keys_of, low_bits,
    shard::{deal, without},
    short,
};
use crate::{
    domain::{CampaignId, ContactPosition, PhoneNumber},
    store::{CampaignInfo, Store, StoreError, arguments::Arguments},
};

/// Shards that one step writes: more would keep Redis from others for milliseconds.
const STEP_SHARDS: u64 = 512;
/// Blocks that are read and taken in together.
const PASS_BLOCKS_MAX: u32 = 256;

impl Store {
    /// How far a campaign's index has come.
    pub(in crate::store) async fn index_state(&self, campaign: CampaignId) -> Result<IndexState, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(self.connection.keys().campaign(campaign)).arg("index");
        IndexState::parse(&self.connection.query::<Option<String>>(&command).await?.unwrap_or_default())
    }

    /// Sees to it that the first `blocks` blocks are in the index.
    pub(in crate::store) async fn index_blocks(&self, info: &CampaignInfo, blocks: u32) -> Result<(), StoreError> {
        loop {
            let state = self.index_state(info.id).await?;
            if state.indexed >= blocks {
                return Ok(());
            }
            let to = state.pass.map_or(blocks.min(state.indexed + PASS_BLOCKS_MAX), |pass| pass.to);
            let mut entries = self.entries_of(info, state.indexed..to).await?;
            self.index_entries(info.id, state, to, &mut entries).await?;
        }
    }

    /// Takes in the entries of all blocks from `state.indexed` to `to`. False when another process has changed the index
    /// since it was read as `state`, or is at another pass.
    pub(in crate::store) async fn index_entries(
        &self,
        campaign: CampaignId,
        state: IndexState,
        to: u32,
        entries: &mut [Entry],
    ) -> Result<bool, StoreError> {
        let mut stored = state.to_string();
        let (mut state, mut pass) = state.begun(to, entries.len() as u64);
        if pass.to != to {
            return Ok(false);
        }
        entries.sort_unstable_by_key(|entry| low_bits(entry.fingerprint, state.bits));
        loop {
            let step = Step::plan(state.bits, pass, entries);
            let next = state.after(pass, step.cursor, entries.len() as u64);
            let contents = self.shards(campaign, step.shards.iter().map(|(shard, _)| *shard)).await?;
            let mut arguments = Arguments::default().text(campaign).text(stored).text(next);
            for ((shard, added), contents) in step.shards.iter().zip(contents) {
                for (place, contents) in (0_u64..).zip(deal(&contents, added, state.bits, pass.bits)) {
                    arguments.push(shard + (place << state.bits));
                    arguments.push_bytes(contents);
                }
            }
            if self.connection.run::<i64>("write_index", arguments.as_slice()).await? == 0 {
                return Ok(false);
            }
            match next.pass {
                None => return Ok(true),
                Some(next_pass) => (stored, state, pass) = (next.to_string(), next, next_pass),
            }
        }
    }

    /// Takes in numbers that contacts get whose blocks are in the index.
    pub(in crate::store) async fn index_also(
        &self,
        info: &CampaignInfo,
        added: impl IntoIterator<Item = (PhoneNumber, ContactPosition)>,
    ) -> Result<(), StoreError> {
        let entry = |(number, position): (PhoneNumber, _)| Entry::new(key(number.as_e164()), position);
        let mut entries: Vec<_> = added.into_iter().map(entry).collect();
        loop {
            let state = self.index_at_rest(info).await?;
            if self.index_entries(info.id, state, state.indexed, &mut entries).await? {
                return Ok(());
            }
        }
    }

    /// Takes the entries of a contact out that it had under these keys.
    pub(in crate::store) async fn unindex(
        &self,
        info: &CampaignInfo,
        keys: &[u64],
        position: ContactPosition,
    ) -> Result<(), StoreError> {
        loop {
            let state = self.index_at_rest(info).await?;
            let shards: BTreeSet<u64> = keys.iter().map(|&key| state.shard_of(short(key))).collect();
            let contents = self.shards(info.id, shards.iter().copied()).await?;
            let (mut written, mut entries) = (Arguments::default(), state.entries);
            for (shard, contents) in shards.iter().zip(contents) {
                let (kept, gone) = without(&contents, position);
                entries = entries.saturating_sub(gone);
                written.push(shard);
                written.push_bytes(kept);
            }
            let next = IndexState { entries, changes: state.changes + 1, ..state };
            let arguments = Arguments::default().text(info.id).text(state).text(next).followed_by(written);
            if self.connection.run::<i64>("write_index", arguments.as_slice()).await? == 1 {
                return Ok(());
            }
        }
    }

    /// The index when nobody is at a pass. One that somebody has left is ended.
    async fn index_at_rest(&self, info: &CampaignInfo) -> Result<IndexState, StoreError> {
        loop {
            let state = self.index_state(info.id).await?;
            let Some(pass) = state.pass else { return Ok(state) };
            let mut entries = self.entries_of(info, state.indexed..pass.to).await?;
            self.index_entries(info.id, state, pass.to, &mut entries).await?;
        }
    }

    async fn entries_of(&self, info: &CampaignInfo, blocks: Range<u32>) -> Result<Vec<Entry>, StoreError> {
        let mut entries = Vec::new();
        self.each_contact(info, blocks, |position, contact| {
            entries.extend(keys_of(contact).map(|key| Entry::new(key, position)));
        })
        .await?;
        Ok(entries)
    }
}

impl IndexState {
    /// With the pass that it is at, or with one that begins now.
    fn begun(mut self, to: u32, added: u64) -> (Self, Pass) {
        let entries = self.entries + added;
        let bits = entries.div_ceil(SHARD_ENTRIES_MAX).next_power_of_two().trailing_zeros().max(self.bits);
        let pass = self.pass.unwrap_or(Pass { to, bits, cursor: 0 });
        if self.entries == 0 && pass.cursor == 0 {
            // No shard has anything yet, so there may be any number of them.
            self.bits = pass.bits;
        }
        self.pass = Some(pass);
        (self, pass)
    }

    /// As it stands when a pass has done the shards before `cursor`.
    fn after(self, pass: Pass, cursor: u64, added: u64) -> Self {
        let changes = self.changes + 1;
        if cursor < 1 << self.bits {
            return Self { changes, pass: Some(Pass { cursor, ..pass }), ..self };
        }
        Self { indexed: pass.to, bits: pass.bits, entries: self.entries + added, changes, pass: None }
    }
}

/// The shards that are written next, each with the entries that it gets.
struct Step<'e> {
    shards: Vec<(u64, &'e [Entry])>,
    /// Shards before this one are done then.
    cursor: u64,
}

impl<'e> Step<'e> {
    /// `entries` are in the order of their shards.
    fn plan(bits: u32, pass: Pass, entries: &'e [Entry]) -> Self {
        let shard_of = |entry: &Entry| low_bits(entry.fingerprint, bits);
        let rest = &entries[entries.partition_point(|entry| shard_of(entry) < pass.cursor)..];
        let end = 1 << bits;
        let mut by_shard = rest.chunk_by(|a, b| shard_of(a) == shard_of(b)).peekable();
        if pass.bits == bits {
            // Those that get nothing stay as they are.
            let shards =
                by_shard.by_ref().take(STEP_SHARDS as usize).map(|added| (shard_of(&added[0]), added)).collect();
            return Self { shards, cursor: by_shard.peek().map_or(end, |next| shard_of(&next[0])) };
        }
        let cursor = end.min(pass.cursor + (STEP_SHARDS >> (pass.bits - bits)).max(1));
        let mut added = |shard| by_shard.next_if(|added| shard_of(&added[0]) == shard).unwrap_or_default();
        Self { shards: (pass.cursor..cursor).map(|shard| (shard, added(shard))).collect(), cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_added_for_one_that_went_leaves_another_state_than_before() {
        let (before, pass) = IndexState { indexed: 5, bits: 1, entries: 7, changes: 3, pass: None }.begun(5, 0);
        let half = before.after(pass, 1, 0);
        let whole = half.after(half.pass.unwrap(), 2, 0);
        assert_eq!((whole.indexed, whole.bits, whole.entries, whole.pass), (5, 1, 7, None));
        assert_eq!([before, half, whole].map(|state| state.changes), [3, 4, 5]);
    }
}
