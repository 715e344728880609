//! A file that is being written.

use std::path::Path;

use tempfile::{NamedTempFile, TempPath};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncWriteExt},
};

use super::{FileName, Place, Storage, StorageError};

const PIECE_BYTES: usize = 1 << 16;

/// A file that is being written, on this machine until it is finished. Dropped before that, nothing stays of it.
#[derive(Debug)]
pub struct Upload<'s> {
    storage: &'s Storage,
    name: FileName,
    file: File,
    unfinished: TempPath,
    bytes: u64,
}

impl<'s> Upload<'s> {
    pub(super) async fn begin(storage: &'s Storage, name: FileName) -> Result<Self, StorageError> {
        let unfinished = match &storage.0 {
            Place::Directory(directory) => directory.unfinished().await?,
            Place::Bucket(_) => tokio::task::spawn_blocking(NamedTempFile::new)
                .await
                .map_err(std::io::Error::other)
                .flatten()
                .map_err(StorageError::file(std::env::temp_dir().display()))?,
        };
        let (file, unfinished) = unfinished.into_parts();
        Ok(Self { storage, name, file: File::from_std(file), unfinished, bytes: 0 })
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// When the disk is full, or does not work.
    pub async fn write(&mut self, piece: &[u8]) -> Result<(), StorageError> {
        self.bytes += piece.len() as u64;
        self.file.write_all(piece).await.map_err(StorageError::file(self.unfinished.display()))
    }

    /// Adds all that a file of this machine holds.
    ///
    /// # Errors
    /// When it cannot be read, or as [`Upload::write`].
    pub async fn copy_from(&mut self, path: &Path) -> Result<(), StorageError> {
        let failed = |error| StorageError::file(path.display())(error);
        let mut file = File::open(path).await.map_err(failed)?;
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            match file.read(&mut piece).await.map_err(failed)? {
                0 => return Ok(()),
                length => self.write(&piece[..length]).await?,
            }
        }
    }

    /// Bytes written so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes the file appear under its name. When this answers it is on disk, or the store has it.
    ///
    /// # Errors
    /// When it could not be kept; nothing stays of it then.
    pub async fn finish(mut self) -> Result<(), StorageError> {
        let failed = |error| StorageError::file(self.unfinished.display())(error);
        self.file.flush().await.map_err(failed)?;
        match &self.storage.0 {
            Place::Directory(directory) => {
                self.file.sync_all().await.map_err(failed)?;
                directory.keep(&self.name, self.unfinished).await
            }
            Place::Bucket(bucket) => bucket.put(&self.name, &self.unfinished).await,
        }
    }
}
