//! Archiving: a campaign that has been over for its `[archive] retention` moves into files, and Redis is freed.
//!
//! Its contacts and attempts are written as tables, read back and compared with what the campaign counts; then one script
//! takes the campaign out of sight, if nothing of it has changed since the first row was read, and what it held is dropped as
//! of a removed one (`scheduler/src/prune`). Whoever dies in between leaves files that do not count, and are known: the next
//! leader goes on with them, or removes them.

mod erase;
mod error;
mod manifest;
mod read;
mod rows;
mod shelf;
mod verify;
mod write;

#[cfg(test)]
mod tests;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{Stream, StreamExt, stream};
use redial_shared::{
    config::Location,
    domain::{CampaignId, Timestamp},
    storage::Storage,
    store::{
        ArchivePlace, ArchiveTrouble, CampaignInfo, Fence, Leadership, LooseFiles, Standing, Standings, Store,
        StoreError, view::CampaignView,
    },
};

use crate::{
    api::without_secrets,
    service::{Service, pass_over},
};
pub(crate) use erase::erase;
pub(crate) use error::ArchiveError;
use manifest::{FORMAT, FinalStatus, Manifest, Names};
pub(crate) use read::Reading;
pub(crate) use rows::Kept;
pub(crate) use shelf::{Shelf, machine};
use verify::verify;
use write::{remove_files, write_manifest, write_tables};

/// The edition that archiving writes.
const FIRST_EDITION: u32 = 1;
/// A campaign that could not be archived is tried again after this, twice as long each time, up to the other.
const RETRY_FIRST: Duration = Duration::from_secs(60);
const RETRY_MAX: Duration = Duration::from_secs(3_600);

/// Archives campaigns.
pub(crate) struct Archiver {
    store: Store,
    standings: Standings,
    shelf: Shelf,
    leadership: Leadership,
}

/// What a round did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Shelved {
    /// Campaigns that are files now.
    pub(crate) archived: usize,
    /// Those that changed on the way, and stay.
    pub(crate) gave_way: usize,
    /// Those that could not be written, or not be read back.
    pub(crate) failed: usize,
    /// Editions whose files were removed, for they did not count.
    pub(crate) swept: usize,
    /// Whether there is more to do.
    pub(crate) more: bool,
}

/// One campaign on its way into files.
pub(crate) struct Move {
    info: Arc<CampaignInfo>,
    view: CampaignView,
    fence: Fence,
    location: Location,
    storage: Arc<Storage>,
    names: Names,
}

impl Move {
    fn loose(&self) -> LooseFiles {
        LooseFiles {
            id: self.view.id,
            edition: FIRST_EDITION,
            campaign: self.view.name.clone(),
            location: self.location.to_string(),
            until: Timestamp::default(),
        }
    }
}

impl Archiver {
    pub(crate) fn new(store: Store, shelf: Shelf, leadership: Leadership) -> Self {
        Self { standings: store.follow_standings(), store, shelf, leadership }
    }

    /// Reads how a campaign stands, and notes where its files will be.
    ///
    /// # Errors
    /// When it has events to be told still, no place, or Redis does not answer.
    pub(crate) async fn begin(&self, campaign: CampaignId) -> Result<Move, ArchiveError> {
        // First: whatever changes from now on is seen.
        let fence = self.store.fence(campaign).await?;
        let info = self.store.fresh_info(campaign).await?;
        let view = self.store.campaign(&info.name).await?;
        let Some(archive) = &info.definition.archive else { return Err(ArchiveError::Changed) };
        if info.definition.notify.is_some() {
            let waiting = self.store.outbox_view(campaign).await?.waiting;
            if waiting > 0 {
                return Err(ArchiveError::Waits(format!("{waiting} of its events were not told to its receiver yet")));
            }
        }
        let location = self.shelf.location(archive)?;
        let storage = self.shelf.open(&location.to_string())?;
        let names = Names::of(self.shelf.workspace(), &view.name, view.id, FIRST_EDITION);
        let begun = Move { info, view, fence, location, storage, names };
        self.store.note_loose(&begun.loose()).await?;
        Ok(begun)
    }

    /// Writes its files, unless they are there as of the same moment already.
    ///
    /// # Errors
    /// When the campaign cannot be read, or the files not be kept.
    pub(crate) async fn write(&self, moving: &Move) -> Result<(), ArchiveError> {
        let Move { info, view, fence, storage, names, .. } = moving;
        let known = Reading::open(storage.clone(), names.clone()).await;
        if known.is_ok_and(|reading| reading.manifest.as_of == fence.stored) {
            return Ok(());
        }
        let attributes = info.all_columns();
        let captured: Vec<String> = info.definition.results.capture.names().map(str::to_owned).collect();
        let shape = rows::Shape::new(attributes.clone(), captured.clone());
        let blocks = self.store.block_count(view.id).await?;
        let tables = write_tables(storage, names, shape, contacts(self.store.clone(), info.clone(), blocks)).await?;
        let now = self.store.clock().now();
        let looks = self.store.looks(view.id, now).await?;
        let manifest = Manifest {
            format: FORMAT,
            workspace: self.shelf.workspace().to_owned(),
            campaign: view.name.to_string(),
            id: view.id.to_string(),
            written_at: now.to_string(),
            as_of: fence.stored.clone(),
            status: FinalStatus::of(view),
            definition: without_secrets(view.source.clone()).unwrap_or_default(),
            attributes,
            captured,
            contacts: tables.contacts,
            attempts: tables.attempts,
            rows_sha256: tables.rows_sha256,
            timeline: looks.iter().map(|look| look.to_line()).collect(),
            deliveries: self.store.outbox_view(view.id).await?.deliveries,
            seal: String::new(),
        };
        write_manifest(storage, names, &manifest).await
    }

    /// Reads its files back.
    ///
    /// # Errors
    /// When they are not what was written, or not what the campaign counts. Then they are removed, and written anew next time.
    pub(crate) async fn check(&self, moving: &Move) -> Result<Reading, ArchiveError> {
        let read = async {
            let reading = Reading::open(moving.storage.clone(), moving.names.clone()).await?;
            verify(&moving.storage, &moving.names, &reading).await?;
            Ok(reading)
        };
        match read.await {
            Ok(reading) => Ok(reading),
            Err(error) => {
                moving.storage.remove(&moving.names.manifest()).await?;
                Err(error)
            }
        }
    }

    /// From now on the files are the campaign, if it has not changed.
    ///
    /// # Errors
    /// When it has, Redis does not answer, or another scheduler leads.
    pub(crate) async fn settle(&self, moving: &Move, reading: &Reading) -> Result<(), ArchiveError> {
        let machine = if matches!(moving.location, Location::Directory(_)) { machine() } else { String::new() };
        let place = ArchivePlace {
            location: moving.location.to_string(),
            machine,
            edition: FIRST_EDITION,
            contacts: reading.manifest.contacts.clone(),
            attempts: reading.manifest.attempts.clone(),
        };
        match self.store.archive_campaign(&moving.view, &moving.fence, &place, self.leadership).await? {
            true => Ok(()),
            false => Err(ArchiveError::Changed),
        }
    }

    async fn archive(&self, campaign: CampaignId) -> Result<(), ArchiveError> {
        let moving = self.begin(campaign).await?;
        self.write(&moving).await?;
        let reading = self.check(&moving).await?;
        self.settle(&moving, &reading).await
    }

    /// Campaigns whose time has come.
    async fn due(&self, now: Timestamp) -> Result<Vec<Standing>, StoreError> {
        let mut due = Vec::new();
        for standing in self.standings.read().await? {
            if standing.is_passing || standing.ended_at.is_none() {
                continue;
            }
            match self.store.info(standing.id, standing.version).await {
                Ok(info) => {
                    let archive = info.definition.archive.as_ref();
                    let at = archive.and_then(|archive| archive.due(standing.state, standing.ended_at));
                    if at.is_some_and(|at| at <= now) {
                        due.push(standing);
                    }
                }
                Err(error) => pass_over(standing.id, error)?,
            }
        }
        due.sort_by_key(|standing| (standing.ended_at, standing.id));
        Ok(due)
    }

    /// Removes files that do not count, but for those of campaigns that are being archived.
    async fn sweep(&self, due: &[Standing], now: Timestamp, shelved: &mut Shelved) -> Result<(), StoreError> {
        for files in self.store.loose_files().await? {
            let is_wanted = files.edition == FIRST_EDITION && due.iter().any(|standing| standing.id == files.id);
            if is_wanted || files.until > now {
                continue;
            }
            let archived = self.store.archive(&files.campaign).await?;
            let counts = archived
                .is_some_and(|archived| archived.view.id == files.id && archived.place.edition == files.edition);
            match counts {
                true => self.store.forget_loose(&files).await?,
                false => shelved.swept += usize::from(sweep(&self.store, &self.shelf, files, now).await?),
            }
        }
        Ok(())
    }

    async fn note_failure(
        &self,
        campaign: CampaignId,
        tries: u32,
        error: &ArchiveError,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let pause = RETRY_FIRST.saturating_mul(1 << tries.min(16)).min(RETRY_MAX);
        let cause = format!("{error}; {}", error.hint());
        tracing::warn!(%campaign, %error, ?pause, "the campaign is not archived yet");
        let next_ms = (now + pause).as_millis();
        self.store.note_archive_trouble(campaign, Some(&ArchiveTrouble { cause, tries: tries + 1, next_ms })).await
    }
}

/// Removes files that do not count; where that fails it is put off. Answers whether they are gone.
///
/// # Errors
/// When Redis does not answer.
pub(crate) async fn sweep(store: &Store, shelf: &Shelf, files: LooseFiles, now: Timestamp) -> Result<bool, StoreError> {
    let names = Names::of(shelf.workspace(), &files.campaign, files.id, files.edition);
    let removed = async { remove_files(&*shelf.open(&files.location)?, &names).await };
    match removed.await {
        Ok(()) => store.forget_loose(&files).await.map(|()| true),
        Err(error) => {
            tracing::warn!(campaign = %files.campaign, location = files.location, %error, "files of an archive stay");
            store.put_off_loose(&LooseFiles { until: now + RETRY_MAX, ..files }).await.map(|()| false)
        }
    }
}

/// All contacts of a campaign, a block at a time. Half of the time is left to others.
fn contacts(
    store: Store,
    info: Arc<CampaignInfo>,
    blocks: u32,
) -> impl Stream<Item = Result<Vec<Kept>, ArchiveError>> + Send {
    stream::iter(0..blocks).then(move |block| {
        let (store, info) = (store.clone(), info.clone());
        async move {
            let began = Instant::now();
            let views = store.block_views(&info, block).await?;
            let fates = store.block_recordings(info.id, block).await?;
            let kept = views.into_iter().map(|view| {
                let fate = |attempt: &redial_shared::store::view::AttemptView| {
                    fates.get(&(view.position, attempt.id.revision)).cloned()
                };
                Kept { recordings: view.attempts.iter().map(fate).collect(), view }
            });
            let kept = kept.collect();
            tokio::time::sleep(began.elapsed()).await;
            Ok(kept)
        }
    })
}

impl Service for Archiver {
    const NAME: &'static str = "archive";
    const PAUSE: Duration = Duration::from_secs(5);
    type Counts = Shelved;

    /// One campaign is archived in a round.
    async fn run_once(&self, now: Timestamp) -> Result<Shelved, StoreError> {
        let mut shelved = Shelved::default();
        let due = self.due(now).await?;
        self.sweep(&due, now, &mut shelved).await?;
        if due.is_empty() {
            return Ok(shelved);
        }
        let troubles = self.store.archive_troubles().await?;
        let may =
            |standing: &&Standing| troubles.get(&standing.id).is_none_or(|trouble| trouble.next_ms <= now.as_millis());
        let mut ready = due.iter().filter(may);
        let Some(Standing { id, .. }) = ready.next() else { return Ok(shelved) };
        shelved.more = ready.next().is_some();
        match self.archive(*id).await {
            Ok(()) => {
                tracing::info!(campaign = %id, "the campaign was archived");
                shelved.archived += 1;
            }
            Err(ArchiveError::Changed) => shelved.gave_way += 1,
            Err(ArchiveError::Store(error)) => {
                shelved.gave_way += 1;
                pass_over(*id, error)?;
            }
            Err(error) => {
                shelved.failed += 1;
                let tries = troubles.get(id).map_or(0, |trouble| trouble.tries);
                self.note_failure(*id, tries, &error, now).await?;
            }
        }
        Ok(shelved)
    }

    fn has_more(shelved: &Shelved) -> bool {
        shelved.more && shelved.gave_way == 0
    }
}
