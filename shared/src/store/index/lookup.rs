//! Looking ids and numbers up.

use super::{IndexState, key, shard::positions, short};
use crate::{
    domain::{AttemptId, CampaignId, ContactPosition, contact::Contact, record::Record},
    store::{CampaignInfo, Store, StoreError, Wanted, contacts::has_key},
};

/// Shards asked for in one command: more would keep Redis from others.
const SHARDS_PER_COMMAND: usize = 256;

/// What a campaign has of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Known {
    /// Nothing.
    New,
    /// The contact itself.
    As(ContactPosition),
    /// One of its numbers, or its id, as another contact's: this one's, if no other's.
    InPart(ContactPosition),
}

impl Store {
    /// The contact with an id or number, if there is one.
    pub(in crate::store) async fn find(
        &self,
        info: &CampaignInfo,
        text: &str,
    ) -> Result<Option<ContactPosition>, StoreError> {
        Ok(self.find_all(info, text).await?.into_iter().next())
    }

    /// Every contact with an id or number: one may have for its id what is another's number.
    pub(in crate::store) async fn find_all(
        &self,
        info: &CampaignInfo,
        text: &str,
    ) -> Result<Vec<ContactPosition>, StoreError> {
        self.index_blocks(info, self.block_count(info.id).await?).await?;
        let mut places: Vec<_> =
            self.indexed(info.id, &[key(text)]).await?.into_iter().map(|(_, place)| place).collect();
        let wanted = self.as_they_are(info.id, &places).await?;
        let (_, rows) = self.rows(info.id, info.version, wanted).await?;
        places.retain(|position| has_key(&rows[position].contact, text));
        places.dedup();
        Ok(places)
    }

    /// Contacts that may have had this number, or id, and do not have it now: it stays in the index.
    pub(in crate::store) async fn find_former(
        &self,
        info: &CampaignInfo,
        text: &str,
    ) -> Result<Vec<ContactPosition>, StoreError> {
        let have_it = self.find_all(info, text).await?;
        let hits = self.indexed(info.id, &[key(text)]).await?.into_iter().map(|(_, position)| position);
        Ok(hits.filter(|position| !have_it.contains(position)).collect())
    }

    /// Contacts whose rows are wanted as they are now. Where none was ever edited, there is nothing to look up.
    async fn as_they_are(
        &self,
        campaign: CampaignId,
        positions: &[ContactPosition],
    ) -> Result<Vec<Wanted>, StoreError> {
        let mut command = redis::cmd("HEXISTS");
        command.arg(self.connection.keys().campaign(campaign)).arg("edited");
        if positions.is_empty() || !self.connection.query::<bool>(&command).await? {
            return Ok(positions.iter().map(|&position| position.into()).collect());
        }
        let attempt = |&position: &ContactPosition| AttemptId { campaign, position, revision: 0 };
        let records = self.records(positions.iter().map(attempt)).await?;
        let generation = |record: Option<Record>| record.map_or(0, |record| record.generation);
        let wanted = |(&position, record)| Wanted { position, generation: generation(record), lane: None };
        Ok(positions.iter().zip(records).map(wanted).collect())
    }

    /// Whether these contacts have an id or number that the index has. Blocks that are not in it yet are not seen.
    pub(in crate::store) async fn find_known(
        &self,
        info: &CampaignInfo,
        contacts: &[&Contact],
    ) -> Result<Vec<Known>, StoreError> {
        let of_contact = |(row, contact)| super::keys_of(contact).map(move |key| (row, key));
        let (rows, keys): (Vec<usize>, Vec<u64>) = contacts.iter().copied().enumerate().flat_map(of_contact).unzip();
        let hits = self.indexed(info.id, &keys).await?;
        let positions: Vec<_> = hits.iter().map(|&(_, position)| position).collect();
        let wanted = self.as_they_are(info.id, &positions).await?;
        let (_, found) = self.rows(info.id, info.version, wanted).await?;
        let mut known = vec![Known::New; contacts.len()];
        for (place, position) in hits {
            let (row, of) = (contacts[rows[place]], &mut known[rows[place]]);
            let holder = &found[&position].contact;
            if is_of(row, holder) {
                *of = Known::As(position);
            } else if *of == Known::New && share_a_key(row, holder) {
                *of = Known::InPart(position);
            }
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

/// Whether a row is of this contact: by its id, or if it has none, by its first number.
fn is_of(row: &Contact, holder: &Contact) -> bool {
    let has_id = row.numbers.first().is_none_or(|number| number.as_e164() != row.id);
    if has_id { row.id == holder.id } else { has_key(holder, &row.id) }
}

fn share_a_key(one: &Contact, other: &Contact) -> bool {
    has_key(other, &one.id) || one.numbers.iter().any(|number| has_key(other, number.as_e164()))
}
