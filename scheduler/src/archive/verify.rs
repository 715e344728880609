//! Whether files are what was written, and what was written is the campaign: they are read back, and compared.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use redial_shared::{
    domain::ContactState,
    storage::{FileName, Storage},
    store::ArchivedFile,
};
use sha2::{Digest, Sha256};

use super::{error::ArchiveError, manifest::Names, read::Reading, shelf::gone};
use crate::api::tokens::hex;

/// Reads all of an archive back.
///
/// # Errors
/// When a file is not what was written, or its rows do not say what the campaign's counts do.
pub(crate) async fn verify(storage: &Storage, names: &Names, reading: &Reading) -> Result<(), ArchiveError> {
    let manifest = &reading.manifest;
    same_bytes(storage, &names.contacts(), &manifest.contacts).await?;
    same_bytes(storage, &names.attempts(), &manifest.attempts).await?;
    let (shape, mut digest) = (manifest.shape(), Sha256::new());
    let mut by_state: BTreeMap<ContactState, u64> = BTreeMap::new();
    let (mut contacts, mut attempts) = (0, 0);
    let mut batches = reading.contacts();
    while let Some(batch) = batches.next().await {
        for kept in batch? {
            shape.digest(&kept, &mut digest);
            *by_state.entry(kept.view.state).or_default() += 1;
            contacts += 1;
            attempts += kept.view.attempts.len() as u64;
        }
    }
    let damaged = |name: FileName, cause: String| ArchiveError::Damaged { place: storage.shown(&name), cause };
    if hex(&digest.finalize()) != manifest.rows_sha256 {
        return Err(damaged(names.contacts(), "its rows are not those that were written".to_owned()));
    }
    for (name, rows, file) in
        [(names.contacts(), contacts, &manifest.contacts), (names.attempts(), attempts, &manifest.attempts)]
    {
        if rows != file.rows {
            return Err(damaged(name, format!("{rows} rows instead of {}", file.rows)));
        }
    }
    let counted: BTreeMap<_, _> = manifest.status.contacts.iter().filter(|(_, count)| **count > 0).collect();
    if by_state.iter().collect::<BTreeMap<_, _>>() != counted {
        let cause = format!("contacts by state are {by_state:?}, and the campaign counts {counted:?}");
        return Err(damaged(names.contacts(), cause));
    }
    Ok(())
}

async fn same_bytes(storage: &Storage, name: &FileName, file: &ArchivedFile) -> Result<(), ArchiveError> {
    let Some(mut download) = storage.get(name).await? else { return Err(gone(storage, name)) };
    let (mut digest, mut bytes) = (Sha256::new(), 0);
    while let Some(piece) = download.piece().await? {
        digest.update(&piece);
        bytes += piece.len() as u64;
    }
    match (bytes, hex(&digest.finalize())) == (file.bytes, file.sha256.clone()) {
        true => Ok(()),
        false => Err(ArchiveError::Damaged {
            place: storage.shown(name),
            cause: "its checksum is not that of what was written".to_owned(),
        }),
    }
}
