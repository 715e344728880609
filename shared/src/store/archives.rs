//! Campaigns that left Redis: a few hundred bytes stay of each, so that a list of campaigns needs no file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Leadership, Store, StoreError,
    arguments::Arguments,
    claims::campaign_id,
    view::{CampaignView, Counts},
};
use crate::domain::{CampaignId, CampaignName, CampaignState, ContactState, Outcome, Timestamp};

/// What a campaign's copy is of, for the script to compare: its version, state and end, how many blocks it has, and how often it
/// was changed since its end.
const FENCE: [&str; 6] = ["version", "state", "ended_ms", "blocks", "late", "reason"];

/// A campaign that is over, as of one moment: it is the same as long as its fence is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// Which campaign.
    pub campaign: CampaignId,
    /// What must not have changed.
    pub stored: String,
}

/// One file of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedFile {
    /// Rows of its table.
    pub rows: u64,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// Where an archived campaign's files are, and what they hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivePlace {
    /// The directory, or `s3://bucket/prefix`.
    pub location: String,
    /// The machine that has the directory; empty for a bucket.
    pub machine: String,
    /// Counts how often the files were written, from 1: an erasure writes them again, beside what they were.
    pub edition: u32,
    /// A row a contact.
    pub contacts: ArchivedFile,
    /// A row an attempt.
    pub attempts: ArchivedFile,
}

/// A campaign that was archived, as far as it is known without its files.
#[derive(Debug, Clone)]
pub struct Archived {
    /// How it stood at its end; its definition is in its files.
    pub view: CampaignView,
    /// Since when.
    pub since: Timestamp,
    /// Where its files are.
    pub place: ArchivePlace,
    /// As it is stored: a change compares it.
    stored: String,
}

/// Files of one edition of an archive that may be there and do not count: not yet, or no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LooseFiles {
    /// The campaign's number.
    pub id: CampaignId,
    /// Which edition of its archive.
    pub edition: u32,
    /// Its name.
    pub campaign: CampaignName,
    /// The directory, or `s3://bucket/prefix`.
    pub location: String,
    /// Somebody may be writing them until then.
    pub until: Timestamp,
}

impl LooseFiles {
    fn field(&self) -> String {
        format!("{}:{}", self.id, self.edition)
    }

    fn stored(&self) -> String {
        format!("{} {} {}", self.until.as_millis(), self.campaign, self.location)
    }

    fn read(field: &str, text: &str) -> Option<Self> {
        let (id, edition) = field.split_once(':')?;
        let mut parts = text.splitn(3, ' ');
        Some(Self {
            id: campaign_id(id).ok()?,
            edition: edition.parse().ok()?,
            until: Timestamp::from_millis(parts.next()?.parse().ok()?),
            campaign: parts.next()?.parse().ok()?,
            location: parts.next()?.to_owned(),
        })
    }
}

/// As it is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    campaign: String,
    state: CampaignState,
    reason: String,
    version: u32,
    provider: String,
    total: u64,
    contacts: BTreeMap<ContactState, u64>,
    attempts: u64,
    outcomes: BTreeMap<Outcome, u64>,
    archived_ms: i64,
    place: ArchivePlace,
}

/// Why a campaign could not be archived so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveTrouble {
    /// What is wrong, and what to do.
    pub cause: String,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried again, milliseconds since 1970.
    pub next_ms: i64,
}

impl Archived {
    fn read(name: &str, stored: String) -> Result<Self, StoreError> {
        let corrupt = |cause: String| StoreError::Corrupt(format!("archive of {name}: {cause}"));
        let known: Stored = serde_json::from_str(&stored).map_err(|error| corrupt(error.to_string()))?;
        let counts =
            Counts { total: known.total, by_state: known.contacts, attempts: known.attempts, outcomes: known.outcomes };
        let view = CampaignView {
            id: campaign_id(&known.campaign)?,
            name: name.parse().map_err(|_| corrupt("no name of a campaign".to_owned()))?,
            state: known.state,
            reason: known.reason,
            version: known.version,
            source: String::new(),
            account: known.provider,
            counts,
            live_calls: 0,
            recent_starts: Vec::new(),
            next_run_at: None,
            run_until: None,
        };
        Ok(Self { view, since: Timestamp::from_millis(known.archived_ms), place: known.place, stored })
    }

    /// As it is stored.
    fn to_stored(view: &CampaignView, since: Timestamp, place: &ArchivePlace) -> Result<String, StoreError> {
        let known = Stored {
            campaign: view.id.to_string(),
            state: view.state,
            reason: view.reason.clone(),
            version: view.version,
            provider: view.account.clone(),
            total: view.counts.total,
            contacts: view.counts.by_state.clone(),
            attempts: view.counts.attempts,
            outcomes: view.counts.outcomes.clone(),
            archived_ms: since.as_millis(),
            place: place.clone(),
        };
        serde_json::to_string(&known).map_err(|error| StoreError::Corrupt(error.to_string()))
    }

    /// Its files, as those that do not count any more.
    pub fn loose(&self) -> LooseFiles {
        LooseFiles {
            id: self.view.id,
            edition: self.place.edition,
            campaign: self.view.name.clone(),
            location: self.place.location.clone(),
            until: Timestamp::default(),
        }
    }

    /// The error of whoever would change it.
    pub fn refusal(&self) -> StoreError {
        StoreError::Archived {
            name: self.view.name.to_string(),
            since: self.since.to_string(),
            place: self.place.location.clone(),
        }
    }
}

impl Store {
    /// All archived campaigns, by name.
    ///
    /// # Errors
    /// When Redis does not answer, or what is known of one is damaged.
    pub async fn archives(&self) -> Result<Vec<Archived>, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.connection.keys().archives());
        let stored: BTreeMap<String, String> = self.connection.query(&command).await?;
        stored.into_iter().map(|(name, stored)| Archived::read(&name, stored)).collect()
    }

    /// The archived campaign of this name, if there is one.
    ///
    /// # Errors
    /// When Redis does not answer, or what is known of it is damaged.
    pub async fn archive(&self, name: &CampaignName) -> Result<Option<Archived>, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(self.connection.keys().archives()).arg(name.as_str());
        let stored: Option<String> = self.connection.query(&command).await?;
        stored.map(|stored| Archived::read(name.as_str(), stored)).transpose()
    }

    /// Why there is no campaign of this name in Redis.
    pub(super) async fn absence(&self, name: &CampaignName) -> StoreError {
        match self.archive(name).await {
            Ok(Some(archived)) => archived.refusal(),
            Ok(None) => StoreError::NoCampaign(name.to_string()),
            Err(error) => error,
        }
    }

    /// The fence of a campaign as it is now.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn fence(&self, campaign: CampaignId) -> Result<Fence, StoreError> {
        let mut command = redis::cmd("HMGET");
        command.arg(self.connection.keys().campaign(campaign)).arg(&FENCE);
        let parts: Vec<Option<String>> = self.connection.query(&command).await?;
        let parts: Vec<String> = parts.into_iter().map(Option::unwrap_or_default).collect();
        Ok(Fence { campaign, stored: parts.join("\n") })
    }

    /// A campaign whose files are whole leaves Redis, all or nothing; `view` is how it stood. What it holds is dropped as of a
    /// removed one. False, with nothing changed: it is not over, or not as it was when the fence was read.
    ///
    /// # Errors
    /// When Redis does not answer, another scheduler leads by now, or the campaign has calls or untold events.
    pub async fn archive_campaign(
        &self,
        view: &CampaignView,
        fence: &Fence,
        place: &ArchivePlace,
        leadership: Leadership,
    ) -> Result<bool, StoreError> {
        let stored = Archived::to_stored(view, self.clock().now(), place)?;
        let arguments = Arguments::default()
            .text(&view.name)
            .text(fence.campaign)
            .text(leadership.token)
            .text(&fence.stored)
            .text(stored)
            .text(format_args!("{}:{}", fence.campaign, place.edition));
        match self.connection.run::<i64>("archive_campaign", arguments.as_slice()).await? {
            -2 => Err(Leadership::lost()),
            -3 => {
                Err(StoreError::Outdated(format!("campaign `{}` has calls, or events that were not told", view.name)))
            }
            code => Ok(code == 1),
        }
    }

    /// An archive's files are another edition from now on, and what they say; none: it is forgotten, and its name is free. The
    /// files that were its own are loose then. False: what is known of it is not what was read any more.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn swap_archive(
        &self,
        read: &Archived,
        now: Option<(&CampaignView, &ArchivePlace)>,
    ) -> Result<bool, StoreError> {
        let stored = now.map(|(view, place)| Archived::to_stored(view, read.since, place)).transpose()?;
        let former = read.loose();
        let settled = now.map(|(_, place)| LooseFiles { edition: place.edition, ..former.clone() }.field());
        let arguments = Arguments::default()
            .text(&read.view.name)
            .text(&read.stored)
            .text(stored.unwrap_or_default())
            .text(former.field())
            .text(former.stored())
            .text(settled.unwrap_or_default());
        Ok(self.connection.run::<i64>("swap_archive", arguments.as_slice()).await? == 1)
    }

    /// Files that may be there and do not count.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn loose_files(&self) -> Result<Vec<LooseFiles>, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.connection.keys().loose_files());
        let stored: BTreeMap<String, String> = self.connection.query(&command).await?;
        let read = |(field, text): (&String, &String)| {
            LooseFiles::read(field, text).ok_or_else(|| StoreError::Corrupt(format!("loose files {field}")))
        };
        stored.iter().map(read).collect()
    }

    /// Notes files that are about to be written. False: somebody has noted that edition before.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn note_loose(&self, files: &LooseFiles) -> Result<bool, StoreError> {
        let mut command = redis::cmd("HSETNX");
        command.arg(self.connection.keys().loose_files()).arg(files.field()).arg(files.stored());
        self.connection.query(&command).await
    }

    /// Notes that files are not looked at again before their `until`.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn put_off_loose(&self, files: &LooseFiles) -> Result<(), StoreError> {
        let mut command = redis::cmd("HSET");
        command.arg(self.connection.keys().loose_files()).arg(files.field()).arg(files.stored());
        self.connection.query::<i64>(&command).await.map(drop)
    }

    /// Notes that files are gone, or count.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn forget_loose(&self, files: &LooseFiles) -> Result<(), StoreError> {
        let mut command = redis::cmd("HDEL");
        command.arg(self.connection.keys().loose_files()).arg(files.field());
        self.connection.query::<i64>(&command).await.map(drop)
    }

    /// Why campaigns could not be archived so far.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn archive_troubles(&self) -> Result<BTreeMap<CampaignId, ArchiveTrouble>, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.connection.keys().archive_troubles());
        let stored: BTreeMap<String, String> = self.connection.query(&command).await?;
        let corrupt = |error: serde_json::Error| StoreError::Corrupt(format!("archive trouble: {error}"));
        let read =
            |(id, text): (String, String)| Ok((campaign_id(&id)?, serde_json::from_str(&text).map_err(corrupt)?));
        stored.into_iter().map(read).collect()
    }

    /// Notes why a campaign could not be archived; none: it could, or need not be any more.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn note_archive_trouble(
        &self,
        campaign: CampaignId,
        trouble: Option<&ArchiveTrouble>,
    ) -> Result<(), StoreError> {
        let key = self.connection.keys().archive_troubles();
        let mut command = redis::cmd(if trouble.is_some() { "HSET" } else { "HDEL" });
        command.arg(key).arg(campaign.to_string());
        if let Some(trouble) = trouble {
            command.arg(serde_json::to_string(trouble).map_err(|error| StoreError::Corrupt(error.to_string()))?);
        }
        self.connection.query::<i64>(&command).await.map(drop)
    }
}
