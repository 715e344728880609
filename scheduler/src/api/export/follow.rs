//! Results as contacts finish.
//!
//! The store keeps no list of who finished when, and following should cost calls nothing. So what is remembered is who was
//! told already, a bit a contact; when the campaign's counts show that more have finished, the blocks that are not told
//! wholly yet are looked through. Looking takes a twentieth of the time at most: a long list is looked through less often.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, stream};
use redial_shared::{
    domain::{CampaignId, CampaignName, CampaignState, ContactState, record::Record},
    store::{StoreError, limits::ROWS_PER_BLOCK, view::ContactView},
};
use tokio::{sync::mpsc, time::Instant};

use super::{super::ApiState, format::RowWriter};

/// Between two looks at the counts.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A pause is so many times as long as the look before it took.
const PAUSE_TIMES: u32 = 20;
/// Parts that wait for a slow client.
const PARTS_AHEAD: usize = 4;

/// Writes one contact's row.
pub type WriteRow = Box<dyn Fn(&mut ContactView, &mut RowWriter) + Send + Sync>;

/// Who was told already.
#[derive(Default)]
struct Told {
    /// For each block a bit a row, and whether all of its rows were told.
    blocks: Vec<([u64; (ROWS_PER_BLOCK / u64::BITS as u64) as usize], bool)>,
}

/// A campaign that somebody follows.
pub struct Follow {
    state: ApiState,
    name: CampaignName,
    write: WriteRow,
    rows: RowWriter,
    told: Told,
    parts: mpsc::Sender<Bytes>,
}

/// Each contact's row, as it finishes, until the campaign ends or nobody listens.
pub fn follow(
    state: ApiState,
    name: CampaignName,
    rows: RowWriter,
    write: WriteRow,
) -> impl Stream<Item = Result<Bytes, StoreError>> + Send + 'static {
    let (parts, receiver) = mpsc::channel(PARTS_AHEAD);
    let following = Follow { state, name, write, rows, told: Told::default(), parts: parts.clone() };
    let closing = following.state.closing.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = parts.closed() => {}
            () = closing.cancelled() => {}
            () = following.run() => {}
        }
    });
    stream::unfold(receiver, |mut parts| async { parts.recv().await.map(|part| (Ok(part), parts)) })
}

impl Follow {
    async fn run(mut self) {
        let mut finished_before = None;
        loop {
            let began = Instant::now();
            match self.look(&mut finished_before).await {
                Ok(false) => {}
                Ok(true) | Err(StoreError::NoCampaign(_) | StoreError::Archived { .. }) => return,
                Err(error) => tracing::warn!(%error, campaign = %self.name, "following goes on when Redis answers"),
            }
            tokio::time::sleep(LOOK_EVERY.max(began.elapsed() * PAUSE_TIMES)).await;
        }
    }

    /// Tells of those who have finished since; true when nobody will any more.
    async fn look(&mut self, finished_before: &mut Option<u64>) -> Result<bool, StoreError> {
        self.send().await;
        let campaign = self.state.store.campaign(&self.name).await?;
        let open = [ContactState::Pending, ContactState::Active, ContactState::Waiting, ContactState::Held];
        let open = open.iter().filter_map(|state| campaign.counts.by_state.get(state)).sum::<u64>();
        let finished = Some(campaign.counts.total - open);
        let has_ended = matches!(campaign.state, CampaignState::Completed | CampaignState::Stopped);
        if finished != *finished_before || has_ended {
            for block in 0..self.state.store.block_count(campaign.id).await? {
                self.look_at(campaign.id, block, has_ended).await?;
            }
            *finished_before = finished;
        }
        Ok(has_ended)
    }

    async fn look_at(&mut self, campaign: CampaignId, block: u32, has_ended: bool) -> Result<(), StoreError> {
        if self.told.is_whole(block) {
            return Ok(());
        }
        let store = &self.state.store;
        // Records alone are quickly read, and say whether rows are worth it; the end also finishes those who have none.
        let records = store.block_records(campaign, block).await?;
        let is_new = |(position, record): (&u32, &Record)| is_finished(record.state) && !self.told.has(*position);
        if !has_ended && !records.iter().any(is_new) {
            return Ok(());
        }
        let info = store.info(campaign, 0).await?;
        let mut contacts = store.block_views(&info, block).await?;
        for contact in contacts.iter_mut().filter(|contact| is_finished(contact.state)) {
            if self.told.tell(contact.position) {
                (self.write)(contact, &mut self.rows);
            }
        }
        self.told.judge(block, contacts.len());
        self.send().await;
        Ok(())
    }

    async fn send(&mut self) {
        let part = self.rows.take();
        if !part.is_empty() {
            // Nobody listens: the task is about to end.
            let _ = self.parts.send(part.into()).await;
        }
    }
}

impl Told {
    fn place(position: u32) -> (usize, usize, u32) {
        let (block, row) = (position / ROWS_PER_BLOCK as u32, position % ROWS_PER_BLOCK as u32);
        (block as usize, (row / u64::BITS) as usize, row % u64::BITS)
    }

    fn has(&self, position: u32) -> bool {
        let (block, word, bit) = Self::place(position);
        self.blocks.get(block).is_some_and(|(rows, _)| rows[word] & (1 << bit) != 0)
    }

    fn is_whole(&self, block: u32) -> bool {
        self.blocks.get(block as usize).is_some_and(|(_, whole)| *whole)
    }

    /// False: it was told before.
    fn tell(&mut self, position: u32) -> bool {
        let (block, word, bit) = Self::place(position);
        if self.has(position) {
            return false;
        }
        if self.blocks.len() <= block {
            self.blocks.resize(block + 1, Default::default());
        }
        self.blocks[block].0[word] |= 1 << bit;
        true
    }

    /// Blocks never grow: one whose rows were all told is not looked at again.
    fn judge(&mut self, block: u32, rows: usize) {
        if let Some((told, whole)) = self.blocks.get_mut(block as usize) {
            *whole = told.iter().map(|word| word.count_ones() as usize).sum::<usize>() == rows;
        }
    }
}

pub(super) fn is_finished(state: ContactState) -> bool {
    !state.is_open() && state != ContactState::Held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_contact_is_told_once_and_a_block_is_whole_when_all_were() {
        let mut told = Told::default();
        assert!(told.tell(256) && !told.tell(256) && told.has(256) && !told.has(0));
        told.judge(1, 2);
        assert!(!told.is_whole(1));
        assert!(told.tell(257));
        told.judge(1, 2);
        assert!(told.is_whole(1) && !told.is_whole(0));
    }
}
