//! Imports of whole lists: numbers are gathered, sorted and merged into containers, a batch at a time. Until an import is
//! finished nobody sees any of it, unless it adds to a list that is there.

use super::{Scope, Store, StoreError, container, stored_scope, too_many_lists, value};
use crate::{
    domain::{
        PhoneNumber, Timestamp,
        suppression::{ListName, reason_of},
    },
    store::{arguments::Arguments, limits},
};

/// Numbers gathered before they are written: 8 bytes each.
const BATCH_MAX: usize = 1 << 20;
/// Containers read, merged and written in one go: 128 KiB of numbers at the density of a national registry.
const CONTAINERS_PER_SCRIPT: usize = 64;
/// How often a write is tried anew because somebody else has changed the same list.
const TRIES_MAX: usize = 64;

/// A file of numbers on its way to a list.
pub struct Import {
    store: Store,
    scope: Scope,
    list: ListName,
    until: Option<Timestamp>,
    reason: String,
    generation: u64,
    /// It becomes the list's import at its end; otherwise it is that already.
    is_new: bool,
    gathered: Vec<u64>,
    /// Numbers that were written and had not been there.
    new: u64,
}

/// What became of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// Numbers that were not in it before: for a new import, each number that it holds.
    pub new: u64,
    /// Numbers that the import holds now.
    pub numbers: u64,
}

impl Store {
    /// Begins an import. It replaces the list's imported numbers at its end, at once; with `append` it adds to them as
    /// it goes, and the end and the reason that they have stay.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn import(
        &self,
        scope: Scope,
        list: ListName,
        append: bool,
        until: Option<Timestamp>,
        reason: &str,
    ) -> Result<Import, StoreError> {
        let present = if append { self.generation_of(scope, &list).await? } else { 0 };
        let generation = match present {
            0 => self.connection.run("open_generation", &[]).await?,
            present => present,
        };
        Ok(Import {
            store: self.clone(),
            scope,
            list,
            until,
            reason: reason_of(reason),
            generation,
            is_new: present == 0,
            gathered: Vec::new(),
            new: 0,
        })
    }

    /// Takes numbers out of a list's import. Answers for each whether it was there.
    pub(super) async fn remove_imported(
        &self,
        scope: Scope,
        list: &ListName,
        numbers: &[u64],
    ) -> Result<Vec<bool>, StoreError> {
        let mut sorted = numbers.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        for _ in 0..TRIES_MAX {
            let generation = self.generation_of(scope, list).await?;
            if generation == 0 {
                break;
            }
            let mut gone = Vec::new();
            let mut take = |high: u64, held: &[u16], given: &[u16]| {
                let (out, rest): (Vec<u16>, Vec<u16>) = held.iter().partition(|low| given.binary_search(low).is_ok());
                gone.extend(out.iter().map(|low| high << 16 | u64::from(*low)));
                rest
            };
            if self.edit_containers(generation, &sorted, &mut take).await?.is_some() {
                return Ok(numbers.iter().map(|number| gone.contains(number)).collect());
            }
        }
        Ok(vec![false; numbers.len()])
    }

    async fn generation_of(&self, scope: Scope, list: &ListName) -> Result<u64, StoreError> {
        let lists = self.stored_lists(scope).await?;
        Ok(lists.into_iter().find(|(name, _)| name == list).map_or(0, |(_, stored)| stored.generation))
    }

    /// Changes the containers in which `numbers` (in order) lie, by `edit` of a container's high part, what it holds, and
    /// which of the numbers belong there. Answers by how many numbers the import has grown; none: it is gone.
    async fn edit_containers(
        &self,
        generation: u64,
        numbers: &[u64],
        edit: &mut impl FnMut(u64, &[u16], &[u16]) -> Vec<u16>,
    ) -> Result<Option<i64>, StoreError> {
        let containers: Vec<&[u64]> = numbers.chunk_by(|a, b| a >> 16 == b >> 16).collect();
        let mut grown = 0;
        for some in containers.chunks(CONTAINERS_PER_SCRIPT) {
            match self.edit_some(generation, some, edit).await? {
                Some(more) => grown += more,
                None => return Ok(None),
            }
        }
        Ok(Some(grown))
    }

    async fn edit_some(
        &self,
        generation: u64,
        containers: &[&[u64]],
        edit: &mut impl FnMut(u64, &[u16], &[u16]) -> Vec<u16>,
    ) -> Result<Option<i64>, StoreError> {
        for tries in 0..TRIES_MAX {
            let (revision, held) = self.read_containers(generation, containers).await?;
            if tries > 0 && revision == 0 {
                break;
            }
            let (mut grown, mut changed) = (0, Arguments::default());
            for (numbers, held) in containers.iter().zip(held) {
                let high = numbers[0] >> 16;
                let given: Vec<u16> = numbers.iter().map(|number| *number as u16).collect();
                let edited = edit(high, &held, &given);
                grown += edited.len() as i64 - held.len() as i64;
                changed.push(high);
                changed.push_bytes(container::encode(&edited));
            }
            let arguments = Arguments::default().text(generation).text(revision).text(grown).followed_by(changed);
            if self.connection.run::<u64>("write_generation", arguments.as_slice()).await? > 0 {
                return Ok(Some(grown));
            }
        }
        Ok(None)
    }

    /// An import's revision, and what some of its containers hold.
    async fn read_containers(
        &self,
        generation: u64,
        containers: &[&[u64]],
    ) -> Result<(u64, Vec<Vec<u16>>), StoreError> {
        let keys = self.connection.keys();
        let mut pipeline = redis::pipe();
        pipeline.atomic();
        pipeline.cmd("HGET").arg(keys.generation(generation)).arg("revision");
        for numbers in containers {
            let high = numbers[0] >> 16;
            pipeline.cmd("HGET").arg(keys.generation_part(generation, high % limits::GENERATION_PARTS)).arg(high);
        }
        let mut found: Vec<Option<Vec<u8>>> = self.connection.query_all(&pipeline).await?;
        let held = found.split_off(1);
        let corrupt = || StoreError::Corrupt("a container of a do-not-call list".to_owned());
        let revision = found.remove(0).and_then(|text| String::from_utf8(text).ok());
        let revision = revision.map_or(Ok(0), |text| text.parse().map_err(|_| corrupt()))?;
        let decode = |bytes: Option<Vec<u8>>| container::decode(&bytes.unwrap_or_default()).ok_or_else(corrupt);
        Ok((revision, held.into_iter().map(decode).collect::<Result<_, _>>()?))
    }
}

impl Import {
    /// Takes numbers. They are written a million at a time.
    ///
    /// # Errors
    /// When Redis does not answer, or the import is gone because nothing was written for an hour.
    pub async fn push(&mut self, numbers: impl IntoIterator<Item = PhoneNumber>) -> Result<(), StoreError> {
        self.gathered.extend(numbers.into_iter().map(|number| value(&number)));
        if self.gathered.len() >= BATCH_MAX { self.write().await } else { Ok(()) }
    }

    /// Writes the rest. A new import becomes the list's from this moment on, in place of what it had.
    ///
    /// # Errors
    /// When Redis does not answer, the import is gone because nothing was written for an hour, or the scope has too many
    /// lists.
    pub async fn finish(mut self) -> Result<Imported, StoreError> {
        self.write().await?;
        let numbers = self.store.imported_numbers(self.generation).await?;
        let imported = Imported { new: self.new, numbers };
        if !self.is_new {
            return Ok(imported);
        }
        let arguments = Arguments::default()
            .text(stored_scope(self.scope))
            .text(&self.list)
            .text(self.generation)
            .text(self.until.map_or(0, Timestamp::as_millis))
            .text(&self.reason);
        match self.store.connection.run::<i64>("publish_generation", arguments.as_slice()).await? {
            1 => Ok(imported),
            -1 => Err(too_many_lists()),
            _ => Err(given_up()),
        }
    }

    async fn write(&mut self) -> Result<(), StoreError> {
        self.gathered.sort_unstable();
        self.gathered.dedup();
        let mut merge = |_: u64, held: &[u16], given: &[u16]| container::union(held, given);
        let grown = self.store.edit_containers(self.generation, &self.gathered, &mut merge).await?;
        self.new += grown.ok_or_else(given_up)?.unsigned_abs();
        self.gathered.clear();
        Ok(())
    }
}

fn given_up() -> StoreError {
    StoreError::Conflict(
        "the import was replaced, or was given up after an hour without a number: begin it again".into(),
    )
}
