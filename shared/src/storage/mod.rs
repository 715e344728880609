//! Files that leave Redial, in a directory or in a bucket of an S3-compatible store.
//!
//! A file appears under its name when it is whole, and not before: it is written beside and renamed, or sent in one request.
//! Nothing here holds more of a file in memory than a piece of it.

mod bucket;
mod directory;
mod download;
mod error;
mod name;
mod upload;

#[cfg(test)]
mod tests;

pub use download::Download;
pub use error::StorageError;
pub use name::FileName;
pub use upload::Upload;

use std::{env, path::Path};

use crate::config::{Location, S3Config};
use bucket::BucketStore;
use directory::Directory;

/// What is written and removed again to see whether files can be kept.
const PROBE: &str = "redial-write-test";

/// A place for files.
#[derive(Debug)]
pub struct Storage(Place);

#[derive(Debug)]
enum Place {
    Directory(Directory),
    Bucket(Box<BucketStore>),
}

impl Storage {
    /// Opens a place, with the credentials of the configuration or of the environment. Nothing is asked of a bucket yet, and
    /// a directory is made when the first file comes.
    ///
    /// # Errors
    /// When credentials are missing, or the address is none.
    pub fn open(location: &Location, s3: &S3Config) -> Result<Self, StorageError> {
        Ok(Self(match location {
            Location::Directory(path) => Place::Directory(Directory::new(path)),
            Location::Bucket { name, prefix } => {
                let variable = |name: &str| env::var(name).ok().filter(|text| !text.is_empty());
                Place::Bucket(Box::new(BucketStore::open(name, prefix, s3, variable)?))
            }
        }))
    }

    /// Begins a file. It appears when it is finished; one of the same name is replaced then.
    ///
    /// # Errors
    /// When there is no room for it.
    pub async fn create(&self, name: &FileName) -> Result<Upload<'_>, StorageError> {
        Upload::begin(self, name.clone()).await
    }

    /// Keeps a copy of a file of this machine.
    ///
    /// # Errors
    /// When it cannot be read, or not be kept.
    pub async fn put(&self, name: &FileName, file: &Path) -> Result<(), StorageError> {
        match &self.0 {
            Place::Directory(_) => {
                let mut upload = self.create(name).await?;
                upload.copy_from(file).await?;
                upload.finish().await
            }
            Place::Bucket(bucket) => bucket.put(name, file).await,
        }
    }

    /// Reads a file; none if there is none.
    ///
    /// # Errors
    /// When that cannot be told, or it cannot be read.
    pub async fn get(&self, name: &FileName) -> Result<Option<Download>, StorageError> {
        match &self.0 {
            Place::Directory(directory) => directory.get(name).await,
            Place::Bucket(bucket) => bucket.get(name).await,
        }
    }

    /// Reads `length` bytes of a file from `start` on, all of which it must have; none if there is no such file.
    ///
    /// # Errors
    /// When that cannot be told, it cannot be read, or it is shorter.
    pub async fn read_at(&self, name: &FileName, start: u64, length: usize) -> Result<Option<Vec<u8>>, StorageError> {
        match &self.0 {
            Place::Directory(directory) => directory.read_at(name, start, length).await,
            Place::Bucket(bucket) => bucket.read_at(name, start, length).await,
        }
    }

    /// Whether there is a file of this name.
    ///
    /// # Errors
    /// When that cannot be told.
    pub async fn exists(&self, name: &FileName) -> Result<bool, StorageError> {
        match &self.0 {
            Place::Directory(directory) => directory.exists(name).await,
            Place::Bucket(bucket) => bucket.exists(name).await,
        }
    }

    /// Removes a file, if it is there.
    ///
    /// # Errors
    /// When it may still be there.
    pub async fn remove(&self, name: &FileName) -> Result<(), StorageError> {
        match &self.0 {
            Place::Directory(directory) => directory.remove(name).await,
            Place::Bucket(bucket) => bucket.remove(name).await,
        }
    }

    /// Where a file of this name is, as people write it.
    pub fn shown(&self, name: &FileName) -> String {
        match &self.0 {
            Place::Directory(directory) => directory.path_of(name).display().to_string(),
            Place::Bucket(bucket) => bucket.shown(name),
        }
    }

    /// Writes a small file and removes it again.
    ///
    /// # Errors
    /// When files cannot be kept here.
    pub async fn check(&self) -> Result<(), StorageError> {
        let name = FileName::of([PROBE]);
        let mut upload = self.create(&name).await?;
        upload.write(b"Redial can write here.\n").await?;
        upload.finish().await?;
        self.remove(&name).await
    }
}
