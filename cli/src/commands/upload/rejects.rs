//! The rejects file: each bad row as it was, with `line` and `reason` behind it.

use std::{
    fs::File,
    io::{self, BufWriter},
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::TryStreamExt;
use redial_shared::domain::contact_list::{Reject, RejectsWriter};
use reqwest::Response;
use tokio::io::AsyncBufReadExt;
use tokio_util::io::StreamReader;

use crate::{
    api::{self, Uploaded},
    client::Client,
    failure::Failure,
};

/// A rejects file being written.
pub(super) struct RejectsFile {
    path: PathBuf,
    file: File,
}

impl RejectsFile {
    /// Makes the file, before anything is sent.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        let path = path.to_owned();
        let file = File::create(&path).map_err(|error| cannot_write(&path, &error))?;
        Ok(Self { path, file })
    }

    /// Writes the rows of a JSON Lines answer as they come and gives the counts of its first line.
    pub(super) async fn receive(self, response: Response, client: &Client) -> Result<Uploaded, Failure> {
        let failed = |error| cannot_write(&self.path, &error);
        let broken = |error| client.broken(&error);
        let mut lines = StreamReader::new(response.bytes_stream().map_err(io::Error::other)).lines();
        let first = lines.next_line().await.map_err(broken)?.unwrap_or_default();
        let counts: Uploaded = client.read(&first)?;
        let mut out = RejectsWriter::new(BufWriter::new(self.file), counts.header.clone());
        while let Some(line) = lines.next_line().await.map_err(broken)? {
            out.write(&as_reject(client.read(&line)?)).map_err(failed)?;
        }
        out.finish().map_err(failed)?;
        Ok(counts)
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::failed(format_args!("cannot write {}: {error}", path.display()))
}

fn as_reject(reject: api::Reject) -> Reject {
    let encoded = reject.row_base64.and_then(|row| BASE64_STANDARD.decode(row).ok());
    let raw = encoded.or_else(|| reject.row.map(String::into_bytes)).unwrap_or_default();
    Reject { line: reject.line, reason: reject.reason, raw }
}
