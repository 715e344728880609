//! What a process has read of campaigns. A restart of Redis may lose the last writes, and the same version or block number
//! may then come to stand for something else: nothing that was read before a restart counts after it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use super::{CampaignInfo, block::Block};
use crate::domain::CampaignId;

/// Decoded blocks kept in memory, over all campaigns.
const BLOCKS_KEPT: usize = 256;

#[derive(Default)]
pub(super) struct Cache(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// How many restarts of Redis had been met when this was read.
    restarts: u64,
    infos: HashMap<CampaignId, Arc<CampaignInfo>>,
    /// The most recently used blocks, each with its last use.
    blocks: HashMap<(CampaignId, u32), (u64, Arc<Block>)>,
    uses: u64,
}

/// The cache as it is after so many restarts of Redis. What is read for it is kept only if no other has been met meanwhile.
pub(super) struct CacheSince<'a> {
    cache: &'a Cache,
    restarts: u64,
}

impl Cache {
    pub(super) fn since(&self, restarts: u64) -> CacheSince<'_> {
        CacheSince { cache: self, restarts }
    }
}

impl CacheSince<'_> {
    pub(super) fn info(&self, campaign: CampaignId) -> Option<Arc<CampaignInfo>> {
        self.kept()?.infos.get(&campaign).cloned()
    }

    pub(super) fn keep_info(&self, info: &Arc<CampaignInfo>) {
        if let Some(mut kept) = self.kept() {
            kept.infos.insert(info.id, info.clone());
        }
    }

    pub(super) fn block(&self, campaign: CampaignId, number: u32) -> Option<Arc<Block>> {
        let mut kept = self.kept()?;
        kept.uses += 1;
        let now = kept.uses;
        let (used, block) = kept.blocks.get_mut(&(campaign, number))?;
        *used = now;
        Some(block.clone())
    }

    pub(super) fn keep_block(&self, campaign: CampaignId, number: u32, block: &Arc<Block>) {
        let Some(mut kept) = self.kept() else { return };
        if kept.blocks.len() >= BLOCKS_KEPT
            && let Some(oldest) = kept.blocks.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| *key)
        {
            kept.blocks.remove(&oldest);
        }
        kept.uses += 1;
        let now = kept.uses;
        kept.blocks.insert((campaign, number), (now, block.clone()));
    }

    /// None when somebody has met a later restart.
    fn kept(&self) -> Option<MutexGuard<'_, Kept>> {
        let mut kept = self.cache.0.lock().expect("no panic while held");
        if kept.restarts < self.restarts {
            *kept = Kept { restarts: self.restarts, ..Kept::default() };
        }
        (kept.restarts == self.restarts).then_some(kept)
    }
}
