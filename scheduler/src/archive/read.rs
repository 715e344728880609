//! Reading an archive: its manifest, all contacts in their order, or those who bear an id or a number.

use std::{collections::BTreeMap, mem, sync::Arc};

use futures_util::{Stream, stream};
use parquet::errors::ParquetError;
use redial_shared::{
    domain::ContactPosition,
    storage::{FileName, Storage},
    store::{RecordingFate, view::AttemptView},
};
use tokio::{sync::mpsc, task::spawn_blocking};

use super::{
    error::ArchiveError,
    manifest::{FORMAT, MANIFEST_MAX_BYTES, Manifest, Names},
    rows::{Kept, Shape},
    shelf::{StoredTable, gone},
};
use crate::table::{TableReader, Value};

/// Contacts of one batch, and batches read ahead of whoever takes them.
const BATCH: usize = 256;
const AHEAD: usize = 4;

/// An attempt with what became of its recording.
type KeptAttempt = (AttemptView, Option<RecordingFate>);

/// An archive that is being read. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Reading {
    storage: Arc<Storage>,
    names: Names,
    /// What it says of itself.
    pub(crate) manifest: Arc<Manifest>,
}

impl Reading {
    /// Reads what an archive says of itself.
    ///
    /// # Errors
    /// When it is not there, or of another release.
    pub(crate) async fn open(storage: Arc<Storage>, names: Names) -> Result<Self, ArchiveError> {
        let name = names.manifest();
        let damaged = |cause: String| ArchiveError::Damaged { place: storage.shown(&name), cause };
        let Some(download) = storage.get(&name).await? else { return Err(gone(&storage, &name)) };
        let text = download.all(MANIFEST_MAX_BYTES).await?;
        let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        match manifest.format {
            FORMAT if !manifest.is_whole() => Err(damaged("it is not what was written".to_owned())),
            FORMAT => Ok(Self { storage, names, manifest: Arc::new(manifest) }),
            other => Err(damaged(format!("it is of format {other}, which this release does not read"))),
        }
    }

    /// All contacts, in batches.
    pub(crate) fn contacts(&self) -> impl Stream<Item = Result<Vec<Kept>, ArchiveError>> + Send + use<> {
        let (batches, mut taken) = mpsc::channel(AHEAD);
        let (reading, shape) = (self.clone(), self.manifest.shape());
        spawn_blocking(move || {
            if let Err(error) = reading.read_all(&shape, &batches) {
                // Whoever reads has gone, or learns of it.
                batches.blocking_send(Err(error)).ok();
            }
        });
        stream::poll_fn(move |context| taken.poll_recv(context))
    }

    /// The contacts that bear one of these ids or numbers (E.164), in their order.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub(crate) async fn find(&self, keys: Vec<String>) -> Result<Vec<Kept>, ArchiveError> {
        let (reading, shape) = (self.clone(), self.manifest.shape());
        let found = spawn_blocking(move || reading.find_now(&shape, &keys)).await;
        found.map_err(|error| ArchiveError::BrokenOff(error.to_string()))?
    }

    fn contact_table(&self) -> Result<Table, ArchiveError> {
        Table::open(&self.storage, self.names.contacts(), self.manifest.contacts.bytes)
    }

    fn attempt_table(&self) -> Result<Table, ArchiveError> {
        Table::open(&self.storage, self.names.attempts(), self.manifest.attempts.bytes)
    }

    fn read_all(
        &self,
        shape: &Shape,
        batches: &mpsc::Sender<Result<Vec<Kept>, ArchiveError>>,
    ) -> Result<(), ArchiveError> {
        let contacts = self.contact_table()?;
        let mut attempts = Attempts::new(self.attempt_table()?, shape.clone());
        for group in 0..contacts.reader.groups() {
            let mut columns = contacts.all(group)?;
            let rows = contacts.reader.rows(group);
            for first in (0..rows).step_by(BATCH) {
                let of_row = |row: usize| {
                    let mut kept = contacts.contact(shape, row_of(&mut columns, row))?;
                    (kept.view.attempts, kept.recordings) = attempts.of(kept.view.position)?.into_iter().unzip();
                    Ok(kept)
                };
                let batch = (first..rows.min(first + BATCH)).map(of_row).collect::<Result<Vec<_>, ArchiveError>>()?;
                if batches.blocking_send(Ok(batch)).is_err() {
                    return Ok(());
                }
            }
        }
        attempts.end()
    }

    fn find_now(&self, shape: &Shape, keys: &[String]) -> Result<Vec<Kept>, ArchiveError> {
        let contacts = self.contact_table()?;
        let places = shape.lookup_places();
        let mut found = BTreeMap::new();
        for group in contacts.reader.groups_with(&places, keys).map_err(|error| contacts.error(error))? {
            let mut columns = contacts.all(group)?;
            let is_wanted = |value: &Value| matches!(value, Value::Text(text) if keys.contains(text));
            let has =
                |row: &usize| places.iter().any(|place| columns.get(*place).is_some_and(|one| is_wanted(&one[*row])));
            let rows: Vec<usize> = (0..contacts.reader.rows(group)).filter(has).collect();
            for row in rows {
                let kept = contacts.contact(shape, row_of(&mut columns, row))?;
                found.insert(kept.view.position, kept);
            }
        }
        if !found.is_empty() {
            self.add_attempts(shape, &mut found)?;
        }
        Ok(found.into_values().collect())
    }

    fn add_attempts(&self, shape: &Shape, found: &mut BTreeMap<ContactPosition, Kept>) -> Result<(), ArchiveError> {
        let attempts = self.attempt_table()?;
        for group in 0..attempts.reader.groups() {
            let range = attempts.reader.range(group, shape.attempt_position());
            let is_inside = |position: &u32| range.is_none_or(|(from, to)| (from..=to).contains(&i64::from(*position)));
            if !found.keys().any(is_inside) {
                continue;
            }
            let mut columns = attempts.all(group)?;
            for row in 0..attempts.reader.rows(group) {
                let (position, attempt, recording) = attempts.attempt(shape, &row_of(&mut columns, row))?;
                if let Some(kept) = found.get_mut(&position) {
                    kept.view.attempts.push(attempt);
                    kept.recordings.push(recording);
                }
            }
        }
        Ok(())
    }
}

/// Takes a row out of columns.
fn row_of(columns: &mut [Vec<Value>], row: usize) -> Vec<Value> {
    columns.iter_mut().map(|column| mem::replace(&mut column[row], Value::Nothing)).collect()
}

/// A table with its name, for errors.
struct Table {
    reader: TableReader<StoredTable>,
    place: String,
}

impl Table {
    fn open(storage: &Arc<Storage>, name: FileName, length: u64) -> Result<Self, ArchiveError> {
        let place = storage.shown(&name);
        let table = TableReader::open(StoredTable::new(storage.clone(), name, length));
        let reader = table.map_err(|error| ArchiveError::of_table(&place, error))?;
        Ok(Self { reader, place })
    }

    fn error(&self, error: ParquetError) -> ArchiveError {
        ArchiveError::of_table(&self.place, error)
    }

    fn damaged(&self, cause: &str) -> ArchiveError {
        ArchiveError::Damaged { place: self.place.clone(), cause: cause.to_owned() }
    }

    fn all(&self, group: usize) -> Result<Vec<Vec<Value>>, ArchiveError> {
        let columns: Vec<usize> = (0..self.reader.columns()).collect();
        self.reader.read(group, &columns).map_err(|error| self.error(error))
    }

    fn contact(&self, shape: &Shape, row: Vec<Value>) -> Result<Kept, ArchiveError> {
        let view = shape.contact(row).ok_or_else(|| self.damaged("a row that is no contact"))?;
        Ok(Kept { view, recordings: Vec::new() })
    }

    fn attempt(
        &self,
        shape: &Shape,
        row: &[Value],
    ) -> Result<(ContactPosition, AttemptView, Option<RecordingFate>), ArchiveError> {
        shape.attempt(row).ok_or_else(|| self.damaged("a row that is no attempt"))
    }
}

/// Attempts in the order of their contacts.
struct Attempts {
    table: Table,
    shape: Shape,
    next_group: usize,
    columns: Vec<Vec<Value>>,
    row: usize,
    rows: usize,
    ahead: Option<(ContactPosition, KeptAttempt)>,
}

impl Attempts {
    fn new(table: Table, shape: Shape) -> Self {
        Self { table, shape, next_group: 0, columns: Vec::new(), row: 0, rows: 0, ahead: None }
    }

    /// The attempts of the contact at a position; contacts are asked for in their order.
    fn of(&mut self, position: ContactPosition) -> Result<Vec<KeptAttempt>, ArchiveError> {
        let mut found = Vec::new();
        loop {
            let next = match self.ahead.take() {
                Some(next) => Some(next),
                None => self.read()?,
            };
            match next {
                Some((of, attempt)) if of == position => found.push(attempt),
                other => {
                    self.ahead = other;
                    return Ok(found);
                }
            }
        }
    }

    fn read(&mut self) -> Result<Option<(ContactPosition, KeptAttempt)>, ArchiveError> {
        while self.row == self.rows {
            if self.next_group == self.table.reader.groups() {
                return Ok(None);
            }
            self.columns = self.table.all(self.next_group)?;
            (self.row, self.rows) = (0, self.table.reader.rows(self.next_group));
            self.next_group += 1;
        }
        let row = row_of(&mut self.columns, self.row);
        self.row += 1;
        let (position, attempt, recording) = self.table.attempt(&self.shape, &row)?;
        Ok(Some((position, (attempt, recording))))
    }

    /// All of them are somebody's.
    fn end(mut self) -> Result<(), ArchiveError> {
        match (self.ahead.take(), self.read()?) {
            (None, None) => Ok(()),
            _ => Err(self.table.damaged("an attempt of no contact")),
        }
    }
}
