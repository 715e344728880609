//! Writing an archive's tables, in bounded memory: contacts come in batches, a thread of its own makes tables of them, and their
//! bytes go to where files are kept.

use std::pin::pin;

use futures_util::{Stream, StreamExt};
use parquet::errors::ParquetError;
use redial_shared::{
    storage::{Storage, Upload},
    store::ArchivedFile,
};
use sha2::{Digest, Sha256};
use tokio::{sync::mpsc, task::spawn_blocking};

use super::{
    error::ArchiveError,
    manifest::{Manifest, Names},
    rows::{Kept, Shape},
};
use crate::{api::tokens::hex, table::TableWriter};

/// Batches of contacts, and pieces of tables, between those who work at them.
const AHEAD: usize = 2;

/// The two tables as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tables {
    pub(crate) contacts: ArchivedFile,
    pub(crate) attempts: ArchivedFile,
    /// Fingerprint of what their rows say.
    pub(crate) rows_sha256: String,
}

/// A piece of one of the tables.
enum Piece {
    Contacts(Vec<u8>),
    Attempts(Vec<u8>),
}

/// What the thread counted.
struct Rows {
    contacts: u64,
    attempts: u64,
    sha256: String,
}

/// Writes contacts, in the order of their positions, as tables. They have their names when this answers, and no file before
/// it was whole.
///
/// # Errors
/// When the contacts cannot be had, or the files not be kept.
pub(crate) async fn write_tables(
    storage: &Storage,
    names: &Names,
    shape: Shape,
    contacts: impl Stream<Item = Result<Vec<Kept>, ArchiveError>> + Send,
) -> Result<Tables, ArchiveError> {
    let (batches, taken) = mpsc::channel(AHEAD);
    let (pieces, mut made) = mpsc::channel(AHEAD);
    let encoder = spawn_blocking(move || encode(&shape, taken, &pieces));
    let feed = async move {
        let mut contacts = pin!(contacts);
        while let Some(batch) = contacts.next().await {
            if batches.send(batch?).await.is_err() {
                break;
            }
        }
        Ok(())
    };
    let keep = async {
        let mut contacts = Keeping::begin(storage.create(&names.contacts()).await?);
        let mut attempts = Keeping::begin(storage.create(&names.attempts()).await?);
        while let Some(piece) = made.recv().await {
            match piece {
                Piece::Contacts(bytes) => contacts.add(&bytes).await?,
                Piece::Attempts(bytes) => attempts.add(&bytes).await?,
            }
        }
        Ok::<_, ArchiveError>((contacts, attempts))
    };
    let ((), (contacts, attempts)) = tokio::try_join!(feed, keep)?;
    let rows = encoder.await.map_err(|error| ArchiveError::BrokenOff(error.to_string()))??;
    Ok(Tables {
        contacts: contacts.finish(rows.contacts).await?,
        attempts: attempts.finish(rows.attempts).await?,
        rows_sha256: rows.sha256,
    })
}

/// Writes what an archive says of itself, behind its tables.
///
/// # Errors
/// When it cannot be kept.
pub(crate) async fn write_manifest(storage: &Storage, names: &Names, manifest: &Manifest) -> Result<(), ArchiveError> {
    let mut upload = storage.create(&names.manifest()).await?;
    upload.write(&manifest.to_text()).await?;
    Ok(upload.finish().await?)
}

/// Removes an edition's files; those that are not there are no error.
///
/// # Errors
/// When one may still be there.
pub(crate) async fn remove_files(storage: &Storage, names: &Names) -> Result<(), ArchiveError> {
    for name in names.all() {
        storage.remove(&name).await?;
    }
    Ok(())
}

/// A file that is being written, with its fingerprint.
struct Keeping<'s> {
    upload: Upload<'s>,
    digest: Sha256,
}

impl<'s> Keeping<'s> {
    fn begin(upload: Upload<'s>) -> Self {
        Self { upload, digest: Sha256::new() }
    }

    async fn add(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.digest.update(bytes);
        Ok(self.upload.write(bytes).await?)
    }

    async fn finish(self, rows: u64) -> Result<ArchivedFile, ArchiveError> {
        let file = ArchivedFile { rows, bytes: self.upload.bytes(), sha256: hex(&self.digest.finalize()) };
        self.upload.finish().await?;
        Ok(file)
    }
}

fn encode(
    shape: &Shape,
    mut batches: mpsc::Receiver<Vec<Kept>>,
    pieces: &mpsc::Sender<Piece>,
) -> Result<Rows, ArchiveError> {
    let failed = |error: ParquetError| ArchiveError::BrokenOff(error.to_string());
    let gone = |_| ArchiveError::BrokenOff("nobody takes the files".to_owned());
    let lookups = shape.lookups();
    let lookups: Vec<&str> = lookups.iter().map(String::as_str).collect();
    let mut contacts = TableWriter::with_lookups(Vec::new(), &shape.contact_columns(), &lookups).map_err(failed)?;
    let mut attempts = TableWriter::new(Vec::new(), &shape.attempt_columns()).map_err(failed)?;
    let (mut rows, mut digest) = (Rows { contacts: 0, attempts: 0, sha256: String::new() }, Sha256::new());
    while let Some(batch) = batches.blocking_recv() {
        for contact in &batch {
            shape.digest(contact, &mut digest);
            contacts.row(shape.contact_row(contact).iter().map(|field| field.cell())).map_err(failed)?;
            rows.contacts += 1;
            for row in shape.attempt_rows(contact) {
                attempts.row(row.iter().map(|field| field.cell())).map_err(failed)?;
                rows.attempts += 1;
            }
        }
        for piece in [Piece::Contacts(std::mem::take(contacts.out())), Piece::Attempts(std::mem::take(attempts.out()))]
        {
            pieces.blocking_send(piece).map_err(gone)?;
        }
    }
    pieces.blocking_send(Piece::Contacts(contacts.finish().map_err(failed)?)).map_err(gone)?;
    pieces.blocking_send(Piece::Attempts(attempts.finish().map_err(failed)?)).map_err(gone)?;
    rows.sha256 = hex(&digest.finalize());
    Ok(rows)
}
