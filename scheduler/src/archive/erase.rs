//! Erasing a person in an archive: its files are written anew without them, read back, and then take the place of the former
//! ones, which are removed.

use std::{mem, time::Duration};

use futures_util::{StreamExt, TryStreamExt};
use redial_shared::{
    domain::{ContactState, PhoneNumber, learned::Captured, transition::ERASED},
    store::{ArchivePlace, Archived, LooseFiles, Store, StoreError},
};

use super::{
    error::ArchiveError,
    manifest::{FinalStatus, Manifest, Names},
    read::Reading,
    rows::Kept,
    shelf::{Shelf, machine},
    sweep,
    verify::verify,
    write::{write_manifest, write_tables},
};

/// Whoever writes files is done by then; else they are swept away.
const WRITE_WITHIN: Duration = Duration::from_secs(6 * 3_600);
/// How often it is tried again while others erase somebody else.
const TRIES_MAX: usize = 16;

/// What was erased in one archive.
#[derive(Debug, Default)]
pub(crate) struct Erasure {
    /// How many contacts.
    pub(crate) erased: usize,
    /// The other numbers that they had.
    pub(crate) other_numbers: Vec<PhoneNumber>,
}

/// Erases every contact that has a number in one archive.
///
/// # Errors
/// When the files cannot be read or written: the former ones count then, and it can be repeated.
pub(crate) async fn erase(
    store: &Store,
    shelf: &Shelf,
    mut archived: Archived,
    number: &PhoneNumber,
) -> Result<Erasure, ArchiveError> {
    for _ in 0..TRIES_MAX {
        let reading = shelf.read(&archived).await?;
        let found = reading.find(vec![number.as_e164().to_owned()]).await?;
        let found: Vec<Kept> = found.into_iter().filter(|kept| kept.view.numbers.contains(number)).collect();
        if found.is_empty() {
            return Ok(Erasure::default());
        }
        if rewrite(store, shelf, &archived, &reading, &found, number).await? {
            let numbers = found.iter().flat_map(|kept| &kept.view.numbers);
            let other_numbers = numbers.filter(|other| *other != number).cloned().collect();
            sweep(store, shelf, archived.loose(), store.clock().now()).await?;
            return Ok(Erasure { erased: found.len(), other_numbers });
        }
        match store.archive(&archived.view.name).await? {
            Some(now) if now.view.id == archived.view.id => archived = now,
            _ => return Ok(Erasure::default()),
        }
    }
    Err(StoreError::Conflict("the archive kept changing: try again".to_owned()).into())
}

/// Writes an archive without some of its people. False: it is another by now.
async fn rewrite(
    store: &Store,
    shelf: &Shelf,
    archived: &Archived,
    reading: &Reading,
    found: &[Kept],
    number: &PhoneNumber,
) -> Result<bool, ArchiveError> {
    let storage = shelf.open(&archived.place.location)?;
    let loose = draw_edition(store, archived).await?;
    let names = Names::of(shelf.workspace(), &archived.view.name, archived.view.id, loose.edition);
    let without = |batch: Vec<Kept>| {
        let one = |kept: Kept| if kept.view.numbers.contains(number) { erased(kept) } else { kept };
        batch.into_iter().map(one).collect::<Vec<_>>()
    };
    let contacts = reading.contacts().map_ok(without).boxed();
    let tables = write_tables(&storage, &names, reading.manifest.shape(), contacts).await?;
    let mut view = archived.view.clone();
    for kept in found {
        let (from, to) = (kept.view.state, state_of_erased(kept.view.state));
        if let Some(count) = view.counts.by_state.get_mut(&from) {
            *count = count.saturating_sub(1);
        }
        *view.counts.by_state.entry(to).or_default() += 1;
    }
    view.counts.by_state.retain(|_, count| *count > 0);
    let manifest = Manifest {
        written_at: store.clock().now().to_string(),
        status: FinalStatus::of(&view),
        contacts: tables.contacts,
        attempts: tables.attempts,
        rows_sha256: tables.rows_sha256,
        ..(*reading.manifest).clone()
    };
    write_manifest(&storage, &names, &manifest).await?;
    let written = Reading::open(storage.clone(), names.clone()).await?;
    verify(&storage, &names, &written).await?;
    let place = ArchivePlace {
        edition: loose.edition,
        machine: if archived.place.machine.is_empty() { String::new() } else { machine() },
        contacts: manifest.contacts,
        attempts: manifest.attempts,
        ..archived.place.clone()
    };
    let is_swapped = store.swap_archive(archived, Some((&view, &place))).await?;
    if !is_swapped {
        sweep(store, shelf, loose, store.clock().now()).await?;
    }
    Ok(is_swapped)
}

/// An edition that nobody else writes.
async fn draw_edition(store: &Store, archived: &Archived) -> Result<LooseFiles, StoreError> {
    let mut loose = LooseFiles { until: store.clock().now() + WRITE_WITHIN, ..archived.loose() };
    loop {
        loose.edition += 1;
        if store.note_loose(&loose).await? {
            return Ok(loose);
        }
    }
}

/// As `transition::erase` leaves a record: nothing is known any more but how the contact was counted.
fn erased(kept: Kept) -> Kept {
    let Kept { mut view, mut recordings } = kept;
    view.state = state_of_erased(view.state);
    view.id = format!("erased-{}", view.position);
    view.numbers.clear();
    view.attributes.clear();
    view.next_attempt_at = None;
    ERASED.clone_into(&mut view.reason);
    for attempt in &mut view.attempts {
        (attempt.number, attempt.phone) = (0, None);
        attempt.captured = Captured::default();
        for text in [&mut attempt.call_id, &mut attempt.provider_status, &mut attempt.reason] {
            text.clear();
        }
    }
    recordings.iter_mut().for_each(|recording| drop(mem::take(recording)));
    Kept { view, recordings }
}

fn state_of_erased(state: ContactState) -> ContactState {
    if state.is_open() || state == ContactState::Held { ContactState::Cancelled } else { state }
}
