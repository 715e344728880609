//! What of a list a campaign holds already, and the columns of the lists it holds: for readers.

use std::collections::HashMap;

use super::{
    CampaignInfo, Store, StoreError,
    contacts::{has_key, index_hash, shard_of},
};
use crate::domain::{ContactPosition, contact::Contact};

impl CampaignInfo {
    /// The attribute names of all its lists, each once, in the order in which they came.
    pub fn all_columns(&self) -> Vec<String> {
        let mut columns: Vec<String> = Vec::new();
        for name in self.schemas.iter().flat_map(|names| names.iter()) {
            if !columns.contains(name) {
                columns.push(name.clone());
            }
        }
        columns
    }
}

impl Store {
    /// How many of these contacts the campaign holds already, by id or number. Costs one round trip and the blocks of the
    /// hits; a contact that is added at this very moment may be missed.
    ///
    /// # Errors
    /// When Redis does not answer, or data is damaged.
    pub async fn count_known(&self, info: &CampaignInfo, contacts: &[&Contact]) -> Result<u64, StoreError> {
        let keys: Vec<(usize, &str)> = contacts
            .iter()
            .enumerate()
            .flat_map(|(row, contact)| {
                let numbers = contact.numbers.iter().map(|number| number.as_e164());
                numbers.chain([contact.id.as_str()]).map(move |key| (row, key))
            })
            .collect();
        if keys.is_empty() {
            return Ok(0);
        }
        let positions = self.first_positions(info, keys.iter().map(|(_, key)| *key)).await?;
        let (_, rows) = self.rows(info.id, info.version, positions.iter().flatten().copied()).await?;
        let mut known = vec![false; contacts.len()];
        for ((row, key), position) in keys.into_iter().zip(positions) {
            let Some(position) = position else { continue };
            // A row that bears another key only shares its fingerprint: the further probes tell.
            known[row] |= has_key(&rows[&position].contact, key) || self.find(info, key).await?.is_some();
        }
        Ok(known.into_iter().filter(|known| *known).count() as u64)
    }

    /// The positions under the keys' first fingerprints.
    async fn first_positions<'k>(
        &self,
        info: &CampaignInfo,
        keys: impl Iterator<Item = &'k str>,
    ) -> Result<Vec<Option<ContactPosition>>, StoreError> {
        let shards = self.index_shards(info.id).await?;
        let mut by_shard: HashMap<u64, Vec<(usize, u32)>> = HashMap::new();
        let mut count = 0;
        for (place, key) in keys.enumerate() {
            let hash = index_hash(key, 0);
            by_shard.entry(shard_of(hash, shards)).or_default().push((place, hash));
            count = place + 1;
        }
        let mut pipeline = redis::pipe();
        for (shard, hashes) in &by_shard {
            pipeline.cmd("HMGET").arg(self.connection.keys().index(info.id, shard));
            for (_, hash) in hashes {
                pipeline.arg(i64::from(*hash) - (1 << 31));
            }
        }
        let found: Vec<Vec<Option<ContactPosition>>> = self.connection.query_all(&pipeline).await?;
        let mut positions = vec![None; count];
        for ((_, hashes), found) in by_shard.iter().zip(found) {
            for ((place, _), position) in hashes.iter().zip(found) {
                positions[*place] = position;
            }
        }
        Ok(positions)
    }
}
