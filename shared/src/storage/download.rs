//! A file that is being read.

use tokio::{fs::File, io::AsyncReadExt};

use super::StorageError;

const PIECE_BYTES: usize = 1 << 16;

/// A file that is being read, piece by piece.
#[derive(Debug)]
pub struct Download {
    source: Source,
    place: String,
}

#[derive(Debug)]
enum Source {
    File(File),
    Answer(Box<reqwest::Response>),
}

impl Download {
    pub(super) fn of_file(file: File, place: String) -> Self {
        Self { source: Source::File(file), place }
    }

    pub(super) fn of_answer(answer: reqwest::Response, place: String) -> Self {
        Self { source: Source::Answer(Box::new(answer)), place }
    }

    /// Whether it is no more than the part that was asked for.
    pub(super) fn is_part(&self) -> bool {
        matches!(&self.source, Source::Answer(answer) if answer.status() == reqwest::StatusCode::PARTIAL_CONTENT)
    }

    /// The next piece, never an empty one; none at the end.
    ///
    /// # Errors
    /// When the rest cannot be read.
    pub async fn piece(&mut self) -> Result<Option<Vec<u8>>, StorageError> {
        match &mut self.source {
            Source::File(file) => {
                let mut piece = vec![0; PIECE_BYTES];
                let length = file.read(&mut piece).await.map_err(StorageError::file(&self.place))?;
                piece.truncate(length);
                Ok((length > 0).then_some(piece))
            }
            Source::Answer(answer) => loop {
                let failed = |error: reqwest::Error| StorageError::Unreachable {
                    place: self.place.clone(),
                    cause: error.without_url().to_string(),
                };
                match answer.chunk().await.map_err(failed)? {
                    Some(piece) if piece.is_empty() => {}
                    piece => return Ok(piece.map(Vec::from)),
                }
            },
        }
    }

    /// All of it, at most so many bytes.
    ///
    /// # Errors
    /// When it is longer, or cannot be read.
    pub async fn all(mut self, most: usize) -> Result<Vec<u8>, StorageError> {
        let mut all = Vec::new();
        while let Some(piece) = self.piece().await? {
            all.extend_from_slice(&piece);
            if all.len() > most {
                let cause = format!("it is longer than {most} bytes");
                return Err(StorageError::Unreachable { place: self.place, cause });
            }
        }
        Ok(all)
    }
}
