//! Rows from a list, in batches, on a thread that blocks.

use std::{io, sync::Arc};

use redial_shared::domain::{
    contact::Contact,
    contact_list::{ContactListReader, Encoding, Given, ListError, ListHeader, ListOptions, Reject, Row},
};
use tokio::sync::mpsc;

use super::{body::BodyReader, rejects::Shared};

/// Rows handed over at once: waking the other side costs little then.
const BATCH_ROWS: usize = 1_000;

/// Good rows.
pub struct Batch {
    /// The contacts.
    pub contacts: Vec<Contact>,
    /// The rows as they stand in the list, if they are kept.
    pub kept: Vec<Option<Reject>>,
    /// The names that their attributes follow.
    pub columns: Arc<[String]>,
    /// What the list tells beside numbers, ids and attributes.
    pub gives: Given,
}

/// Why a list was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The list or its transfer is at fault.
    #[error(transparent)]
    List(#[from] ListError),
    /// Rejected rows cannot be kept.
    #[error(transparent)]
    Spool(#[from] io::Error),
    /// Nobody takes the rows any more.
    #[error("nobody takes the rows")]
    Stopped,
}

/// What is known of a list that was read to its end.
pub struct Whole {
    /// Its header, where the format has one.
    pub header: Option<ListHeader>,
    /// How it is encoded.
    pub encoding: Encoding,
}

/// Reads a whole list: good rows go to `batches`, bad ones to `rejects`. With `keeps_rows` good ones are handed over as they stand in
/// the list too.
///
/// # Errors
/// See [`ReadError`]; batches that were handed over stand.
pub fn read(
    reader: BodyReader,
    options: ListOptions,
    keeps_rows: bool,
    rejects: &Shared,
    batches: &mpsc::Sender<Batch>,
) -> Result<Whole, ReadError> {
    let mut list = ContactListReader::new(reader, options)?;
    let (header, encoding) = (list.header().cloned(), list.encoding());
    if keeps_rows {
        list.keep_rows();
    }
    let mut batch = empty_batch(&list);
    let ended = loop {
        let mut contact = Contact::default();
        match list.next_row(&mut contact) {
            Ok(Row::Contact) => {
                // A row of JSON may bring new columns: those before it follow the old ones.
                if list.columns().len() != batch.columns.len() || batch.contacts.len() >= BATCH_ROWS {
                    hand_over(std::mem::replace(&mut batch, empty_batch(&list)), batches)?;
                }
                batch.contacts.push(contact);
                batch.kept.push(list.take_kept());
            }
            Ok(Row::Rejected(reject)) => rejects.push(&reject)?,
            Ok(Row::End) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    hand_over(batch, batches)?;
    ended?;
    Ok(Whole { header, encoding })
}

fn empty_batch(list: &ContactListReader) -> Batch {
    let (contacts, kept) = (Vec::with_capacity(BATCH_ROWS), Vec::with_capacity(BATCH_ROWS));
    Batch { contacts, kept, columns: list.columns().into(), gives: list.gives() }
}

fn hand_over(batch: Batch, batches: &mpsc::Sender<Batch>) -> Result<(), ReadError> {
    if batch.contacts.is_empty() {
        return Ok(());
    }
    batches.blocking_send(batch).map_err(|_| ReadError::Stopped)
}
