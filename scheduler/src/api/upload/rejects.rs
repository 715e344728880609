//! Rejected rows: the first ones in memory, all of them, where they are asked for, in a temporary file.

use std::{
    fs::File,
    io::{self, BufWriter, Seek, Write},
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use redial_shared::domain::contact_list::Reject;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Rejects that an answer lists.
pub const REJECTS_LISTED_MAX: usize = 1_000;

/// A row that became no contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RejectedRow {
    /// Line on which the row begins; the header is line 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// The rejects of one list.
pub struct Rejects {
    count: u64,
    first: Vec<RejectedRow>,
    /// None unless whole rows are asked for.
    spool: Option<Spool>,
}

/// The rejects of one list, to which both its reader and the store add.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<Rejects>>);

impl Shared {
    /// Begins with these.
    pub fn new(rejects: Rejects) -> Self {
        Self(Arc::new(Mutex::new(rejects)))
    }

    /// As [`Rejects::push`].
    ///
    /// # Errors
    /// As those of [`Rejects::push`].
    pub fn push(&self, reject: &Reject) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(reject)
    }

    /// All of them, once nobody else adds any.
    pub fn into_all(self) -> Option<Rejects> {
        Some(Arc::into_inner(self.0)?.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Default)]
struct Spool(Option<BufWriter<File>>);

impl Rejects {
    /// With `whole_rows` the rows themselves are kept too, in a file that nobody else can open.
    pub fn new(whole_rows: bool) -> Self {
        Self { count: 0, first: Vec::new(), spool: whole_rows.then(Spool::default) }
    }

    /// Adds one.
    ///
    /// # Errors
    /// Those of the temporary file.
    pub fn push(&mut self, reject: &Reject) -> io::Result<()> {
        self.count += 1;
        if self.first.len() < REJECTS_LISTED_MAX {
            self.first.push(RejectedRow { line: reject.line, reason: reject.reason.clone() });
        }
        self.spool.as_mut().map_or(Ok(()), |spool| spool.push(reject))
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The first [`REJECTS_LISTED_MAX`] that were added, by line.
    pub fn first(&self) -> Vec<RejectedRow> {
        let mut first = self.first.clone();
        first.sort_by_key(|reject| reject.line);
        first
    }

    /// All of them, a line of JSON each; none when there are none, or none were kept.
    ///
    /// # Errors
    /// Those of the temporary file.
    pub fn into_file(self) -> io::Result<Option<File>> {
        let Some(writer) = self.spool.and_then(|spool| spool.0) else { return Ok(None) };
        let mut file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(Some(file))
    }
}

#[derive(Serialize)]
struct Line<'a> {
    line: u64,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    row_base64: Option<String>,
}

impl Spool {
    fn push(&mut self, reject: &Reject) -> io::Result<()> {
        let out = match &mut self.0 {
            Some(out) => out,
            none => none.insert(BufWriter::new(tempfile::tempfile()?)),
        };
        let row = std::str::from_utf8(&reject.raw).ok();
        let row_base64 = row.is_none().then(|| BASE64_STANDARD.encode(&reject.raw));
        serde_json::to_writer(&mut *out, &Line { line: reject.line, reason: &reject.reason, row, row_base64 })?;
        out.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn reject(line: u64, raw: &[u8]) -> Reject {
        Reject { line, reason: "bad".to_owned(), raw: raw.to_vec() }
    }

    #[test]
    fn whole_rows_come_back_as_text_or_as_bytes() {
        let mut rejects = Rejects::new(true);
        rejects.push(&reject(2, b"12,\"Bob\"")).unwrap();
        rejects.push(&reject(3, b"12,\xff")).unwrap();
        assert_eq!((rejects.count(), rejects.first().len()), (2, 2));
        let mut text = String::new();
        rejects.into_file().unwrap().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(
            text,
            "{\"line\":2,\"reason\":\"bad\",\"row\":\"12,\\\"Bob\\\"\"}\n\
             {\"line\":3,\"reason\":\"bad\",\"row_base64\":\"MTIs/w==\"}\n"
        );
    }

    #[test]
    fn only_the_first_ones_stay_in_memory() {
        let mut rejects = Rejects::new(false);
        for line in 0..1_500 {
            rejects.push(&reject(line, b"x")).unwrap();
        }
        assert_eq!((rejects.count(), rejects.first().len()), (1_500, 1_000));
        assert!(rejects.into_file().unwrap().is_none());
    }
}
