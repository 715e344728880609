//! What an archive says of itself, beside its two tables: `manifest.json`.

use std::collections::BTreeMap;

use redial_shared::{
    domain::{CampaignName, CampaignState, ContactState, Outcome},
    storage::FileName,
    store::{ArchivedFile, Delivery, view::CampaignView},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::rows::Shape;
use crate::api::tokens::hex;

/// Of what is written here. Another one is not read.
pub(crate) const FORMAT: u32 = 1;
/// The most of a manifest that is read.
pub(crate) const MANIFEST_MAX_BYTES: usize = 16 << 20;

/// What an archive says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// [`FORMAT`].
    pub(crate) format: u32,
    pub(crate) workspace: String,
    pub(crate) campaign: String,
    pub(crate) id: String,
    /// When it was written, RFC 3339.
    pub(crate) written_at: String,
    /// As of which moment: as [`redial_shared::store::Fence`] has it.
    pub(crate) as_of: String,
    pub(crate) status: FinalStatus,
    /// As it was applied last, TOML, without secrets.
    pub(crate) definition: String,
    /// The list's further columns, in the order of `contacts.parquet`.
    pub(crate) attributes: Vec<String>,
    /// What `[results] capture` names, which follows them.
    pub(crate) captured: Vec<String>,
    pub(crate) contacts: ArchivedFile,
    pub(crate) attempts: ArchivedFile,
    /// Fingerprint of what all rows say.
    pub(crate) rows_sha256: String,
    /// Looks at the campaign's counters: milliseconds since 1970, attempts, live calls, outcomes.
    pub(crate) timeline: Vec<String>,
    /// The last deliveries of its events, newest first.
    pub(crate) deliveries: Vec<Delivery>,
    /// Fingerprint of all this, without itself.
    pub(crate) seal: String,
}

/// How a campaign ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FinalStatus {
    pub(crate) state: CampaignState,
    pub(crate) reason: String,
    pub(crate) provider: String,
    pub(crate) version: u32,
    pub(crate) contacts: BTreeMap<ContactState, u64>,
    pub(crate) attempts: u64,
    pub(crate) outcomes: BTreeMap<Outcome, u64>,
}

impl FinalStatus {
    /// That of a campaign as it stands.
    pub(crate) fn of(view: &CampaignView) -> Self {
        Self {
            state: view.state,
            reason: view.reason.clone(),
            provider: view.account.clone(),
            version: view.version,
            contacts: view.counts.by_state.clone(),
            attempts: view.counts.attempts,
            outcomes: view.counts.outcomes.clone(),
        }
    }
}

impl Manifest {
    /// Its text, sealed.
    pub(crate) fn to_text(&self) -> Vec<u8> {
        let sealed = Self { seal: self.computed_seal(), ..self.clone() };
        serde_json::to_vec_pretty(&sealed).expect("texts and numbers serialise")
    }

    /// Whether it is as it was sealed.
    pub(crate) fn is_whole(&self) -> bool {
        self.seal == self.computed_seal()
    }

    fn computed_seal(&self) -> String {
        let open = Self { seal: String::new(), ..self.clone() };
        hex(&Sha256::digest(serde_json::to_vec(&open).expect("texts and numbers serialise")))
    }

    /// The columns of its tables.
    pub(crate) fn shape(&self) -> Shape {
        Shape::new(self.attributes.clone(), self.captured.clone())
    }
}

/// The files of one edition of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    folder: [String; 3],
}

impl Names {
    /// Those of a campaign. The folder bears its id too, for another one may have its name later.
    pub(crate) fn of(workspace: &str, campaign: &CampaignName, id: impl std::fmt::Display, edition: u32) -> Self {
        Self { folder: [workspace.to_owned(), format!("{campaign}-{id}"), edition.to_string()] }
    }

    fn file(&self, name: &str) -> FileName {
        FileName::of(self.folder.iter().map(String::as_str).chain([name]))
    }

    /// A row a contact.
    pub(crate) fn contacts(&self) -> FileName {
        self.file("contacts.parquet")
    }

    /// A row an attempt.
    pub(crate) fn attempts(&self) -> FileName {
        self.file("attempts.parquet")
    }

    /// The manifest, which is written last.
    pub(crate) fn manifest(&self) -> FileName {
        self.file("manifest.json")
    }

    /// All of them, the manifest first: what has none is no archive.
    pub(crate) fn all(&self) -> [FileName; 3] {
        [self.manifest(), self.contacts(), self.attempts()]
    }
}
