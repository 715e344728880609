//! Where archives are.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use parquet::errors::ParquetError;
use redial_shared::{
    config::{Config, Location, S3Config},
    domain::archive::Archive,
    storage::{FileName, Storage, StorageError},
    store::Archived,
};
use tokio::runtime::Handle;

use super::{error::ArchiveError, manifest::Names, read::Reading};
use crate::table::Source;

/// The places of one workspace's archives. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    workspace: Arc<str>,
    usual: Location,
    s3: Arc<S3Config>,
}

impl Shelf {
    /// Those of a configuration.
    pub(crate) fn new(config: &Config) -> Self {
        Self { workspace: config.workspace.as_str().into(), usual: config.archive(), s3: Arc::new(config.s3.clone()) }
    }

    /// Whereto a campaign goes: a directory by its whole path, so that it means the same wherever a process was started.
    ///
    /// # Errors
    /// When its definition names no place.
    pub(crate) fn location(&self, archive: &Archive) -> Result<Location, ArchiveError> {
        let location = match &archive.to {
            None => self.usual.clone(),
            Some(to) => to.parse().map_err(|bad| StorageError::Config {
                cause: format!("archive.to: {bad}"),
                hint: "correct `[archive] to` of the campaign's definition and apply it again".to_owned(),
            })?,
        };
        Ok(match location {
            Location::Directory(path) => Location::Directory(absolute(path)?),
            bucket => bucket,
        })
    }

    /// Opens a place as it is stored.
    ///
    /// # Errors
    /// When it is none, or its credentials are missing.
    pub(crate) fn open(&self, location: &str) -> Result<Arc<Storage>, ArchiveError> {
        let cause = |bad| StorageError::Config { cause: format!("{location}: {bad}"), hint: String::new() };
        let location: Location = location.parse().map_err(cause)?;
        Ok(Arc::new(Storage::open(&location, &self.s3)?))
    }

    /// Reads what an archive says of itself.
    ///
    /// # Errors
    /// When it cannot be read here.
    pub(crate) async fn read(&self, archived: &Archived) -> Result<Reading, ArchiveError> {
        let place = &archived.place;
        let names = Names::of(&self.workspace, &archived.view.name, archived.view.id, place.edition);
        let read = Reading::open(self.open(&place.location)?, names).await;
        let is_elsewhere = !place.machine.is_empty() && place.machine != machine();
        match read {
            Err(ArchiveError::Damaged { .. }) if is_elsewhere => Err(ArchiveError::Elsewhere {
                place: place.location.clone(),
                machine: format!(" of the machine `{}` has it", place.machine),
            }),
            other => other,
        }
    }

    /// The workspace whose archives these are.
    pub(crate) fn workspace(&self) -> &str {
        &self.workspace
    }
}

fn absolute(path: PathBuf) -> Result<PathBuf, StorageError> {
    let place = path.display().to_string();
    std::path::absolute(path).map_err(|source| StorageError::File { place, source })
}

/// The name of this machine, as far as the system tells.
pub(crate) fn machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

/// A table in a place for files. It blocks: it is for threads on which that does no harm.
pub(crate) struct StoredTable {
    storage: Arc<Storage>,
    name: FileName,
    length: u64,
    runtime: Handle,
}

impl StoredTable {
    /// A file of this length.
    pub(crate) fn new(storage: Arc<Storage>, name: FileName, length: u64) -> Self {
        Self { storage, name, length, runtime: Handle::current() }
    }
}

impl Source for StoredTable {
    fn length(&self) -> u64 {
        self.length
    }

    fn bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let external = |error: ArchiveError| ParquetError::External(Box::new(error));
        match self.runtime.block_on(self.storage.read_at(&self.name, start, length)) {
            Ok(Some(bytes)) => Ok(bytes.into()),
            Ok(None) => Err(external(gone(&self.storage, &self.name))),
            Err(error) => Err(external(error.into())),
        }
    }
}

/// The error of a file that should be there.
pub(crate) fn gone(storage: &Storage, name: &FileName) -> ArchiveError {
    ArchiveError::Damaged { place: storage.shown(name), cause: "it is not there".to_owned() }
}
