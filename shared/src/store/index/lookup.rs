//! Looking ids and numbers up.

use super::{IndexState, key, shard::positions, short};
use crate::{
    domain::{CampaignId, ContactPosition, contact::Contact},
    store::{CampaignInfo, Store, StoreError, contacts::has_key},
};

/// Shards asked for in one command: more would keep Redis from others.
const SHARDS_PER_COMMAND: usize = 256;

impl Store {
    /// The contact with an id or number, if there is one.
    pub(in crate::store) async fn find(
        &self,
        info: &CampaignInfo,
        text: &str,
    ) -> Result<Option<ContactPosition>, StoreError> {
        self.index_blocks(info, self.block_count(info.id).await?).await?;
        let places: Vec<_> = self.indexed(info.id, &[key(text)]).await?.into_iter().map(|(_, place)| place).collect();
        let (_, rows) = self.rows(info.id, info.version, places.iter().copied()).await?;
        Ok(places.into_iter().find(|position| has_key(&rows[position].contact, text)))
    }

    /// Which of these contacts have an id or number that the index has. Blocks that are not in it yet are not seen.
    pub(in crate::store) async fn find_known(
        &self,
        info: &CampaignInfo,
        contacts: &[&Contact],
    ) -> Result<Vec<bool>, StoreError> {
        let of_contact = |(row, contact)| super::keys_of(contact).map(move |key| (row, key));
        let (rows, keys): (Vec<usize>, Vec<u64>) = contacts.iter().copied().enumerate().flat_map(of_contact).unzip();
        let hits = self.indexed(info.id, &keys).await?;
        let (_, found) = self.rows(info.id, info.version, hits.iter().map(|&(_, position)| position)).await?;
        let mut known = vec![false; contacts.len()];
        for (place, position) in hits {
            known[rows[place]] |= share_a_key(contacts[rows[place]], &found[&position].contact);
        }
        Ok(known)
    }

    /// The positions under the fingerprints of keys, each with the key's place.
    async fn indexed(&self, campaign: CampaignId, keys: &[u64]) -> Result<Vec<(usize, ContactPosition)>, StoreError> {
        let mut state = self.index_state(campaign).await?;
        loop {
            let found = self.indexed_as(campaign, state, keys).await?;
            // A pass may have moved entries between the reads.
            let now = self.index_state(campaign).await?;
            if now == state {
                return Ok(found);
            }
            state = now;
        }
    }

    async fn indexed_as(
        &self,
        campaign: CampaignId,
        state: IndexState,
        keys: &[u64],
    ) -> Result<Vec<(usize, ContactPosition)>, StoreError> {
        let mut places: Vec<_> = keys.iter().map(|&key| state.shard_of(short(key))).zip(0..).collect();
        places.sort_unstable();
        let by_shard: Vec<&[(u64, usize)]> = places.chunk_by(|a, b| a.0 == b.0).collect();
        let shards = self.shards(campaign, by_shard.iter().map(|places| places[0].0)).await?;
        let of_shard = |(places, shard): (&[(u64, usize)], Vec<u8>)| {
            let hits =
                places.iter().map(|&(_, place)| (place, positions(&shard, short(keys[place])).collect::<Vec<_>>()));
            hits.collect::<Vec<_>>()
        };
        let hits = by_shard.into_iter().zip(shards).flat_map(of_shard);
        Ok(hits.flat_map(|(place, positions)| positions.into_iter().map(move |position| (place, position))).collect())
    }

    /// The contents of shards.
    pub(super) async fn shards(
        &self,
        campaign: CampaignId,
        shards: impl Iterator<Item = u64>,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let keys: Vec<String> = shards.map(|shard| self.connection.keys().index(campaign, shard)).collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipeline = redis::pipe();
        for some in keys.chunks(SHARDS_PER_COMMAND) {
            pipeline.cmd("MGET").arg(some);
        }
        let found: Vec<Vec<Option<Vec<u8>>>> = self.connection.query_all(&pipeline).await?;
        Ok(found.into_iter().flatten().map(Option::unwrap_or_default).collect())
    }
}

fn share_a_key(one: &Contact, other: &Contact) -> bool {
    has_key(other, &one.id) || one.numbers.iter().any(|number| has_key(other, number.as_e164()))
}
