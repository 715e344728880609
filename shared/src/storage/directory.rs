//! A directory of this machine.

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use tempfile::{NamedTempFile, TempPath};
use tokio::{
    fs,
    io::{AsyncReadExt, AsyncSeekExt},
};

use super::{Download, FileName, StorageError};

/// Where files are that are not whole yet: in the same file system as those that are. No file can be called so.
const UNFINISHED: &str = ".unfinished";
/// An unfinished file that nobody wrote to for so long is of a process that died.
const ABANDONED_AFTER: Duration = Duration::from_secs(24 * 3_600);

#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
}

impl Directory {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    pub(super) fn path_of(&self, name: &FileName) -> PathBuf {
        name.parts().fold(self.path.clone(), |path, part| path.join(part))
    }

    /// Where a new file is written until it is whole.
    pub(super) async fn unfinished(&self) -> Result<NamedTempFile, StorageError> {
        let folder = self.path.join(UNFINISHED);
        let failed = StorageError::file(folder.display().to_string());
        fs::create_dir_all(&folder).await.map_err(StorageError::file(folder.display()))?;
        let made = tokio::task::spawn_blocking(move || {
            remove_abandoned(&folder);
            NamedTempFile::new_in(&folder)
        });
        made.await.map_err(io::Error::other).flatten().map_err(failed)
    }

    /// Gives a whole file its name. It is on disk when this answers.
    pub(super) async fn keep(&self, name: &FileName, unfinished: TempPath) -> Result<(), StorageError> {
        let path = self.path_of(name);
        let folder = path.parent().unwrap_or(&self.path).to_owned();
        let failed = StorageError::file(path.display().to_string());
        fs::create_dir_all(&folder).await.map_err(StorageError::file(folder.display()))?;
        let kept = tokio::task::spawn_blocking(move || {
            unfinished.persist(&path).map_err(|error| error.error)?;
            std::fs::File::open(&folder)?.sync_all()
        });
        kept.await.map_err(io::Error::other).flatten().map_err(failed)
    }

    pub(super) async fn get(&self, name: &FileName) -> Result<Option<Download>, StorageError> {
        let path = self.path_of(name);
        match fs::File::open(&path).await {
            Ok(file) => Ok(Some(Download::of_file(file, path.display().to_string()))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StorageError::file(path.display())(error)),
        }
    }

    pub(super) async fn read_at(
        &self,
        name: &FileName,
        start: u64,
        length: usize,
    ) -> Result<Option<Vec<u8>>, StorageError> {
        let path = self.path_of(name);
        let failed = |error| StorageError::file(path.display())(error);
        let mut file = match fs::File::open(&path).await {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut bytes = vec![0; length];
        file.seek(io::SeekFrom::Start(start)).await.map_err(failed)?;
        file.read_exact(&mut bytes).await.map_err(failed)?;
        Ok(Some(bytes))
    }

    pub(super) async fn exists(&self, name: &FileName) -> Result<bool, StorageError> {
        let path = self.path_of(name);
        fs::try_exists(&path).await.map_err(StorageError::file(path.display()))
    }

    /// The folders that the file leaves empty go too.
    pub(super) async fn remove(&self, name: &FileName) -> Result<(), StorageError> {
        let path = self.path_of(name);
        match fs::remove_file(&path).await {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(StorageError::file(path.display())(error)),
            _ => {}
        }
        for folder in path.ancestors().skip(1).take(name.parts().count() - 1) {
            // One that is not empty stays, and that is meant.
            if fs::remove_dir(folder).await.is_err() {
                break;
            }
        }
        Ok(())
    }
}

fn remove_abandoned(folder: &Path) {
    let is_abandoned = |entry: &std::fs::DirEntry| {
        let touched = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        let age = touched.and_then(|touched| SystemTime::now().duration_since(touched).ok());
        age.is_some_and(|age| age > ABANDONED_AFTER)
    };
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten().filter(is_abandoned) {
        if let Err(error) = std::fs::remove_file(entry.path()) {
            tracing::debug!(%error, "an abandoned file stays");
        }
    }
}
