//! Duplicates that change the contacts that they are of, where that is asked for.

use super::{
    Upload,
    rows::{Bound, Row, Rows},
};
use crate::{
    domain::{ContactPosition, contact_list::Given, edit::ContactEdit},
    store::{EditAnswer, StoreError, limits},
};

/// Duplicates that wait to be applied together: those of one block cost little more than one.
const WAITING: Bound = Bound { rows: 16_384, bytes: 8 * 1024 * 1024 };

/// Rows that change contacts.
pub(super) struct Updates {
    /// Which of the columns the list has that are no attributes.
    gives: Given,
    /// Contacts from here on came after the upload began: who repeats one of these is a duplicate and nothing more.
    first_new: ContactPosition,
    rows: Rows,
    /// Of each row, whom it changes.
    positions: Vec<ContactPosition>,
}

impl Upload {
    /// From now on a row with the id of a contact that the campaign had before this upload, or with its number if the row has
    /// no id, changes that contact: numbers and attributes, and what else the list `gives`.
    pub fn update_duplicates(&mut self, gives: Given) {
        match &mut self.updates {
            Some(updates) => updates.gives = gives,
            none => {
                let first_new = self.blocks * limits::ROWS_PER_BLOCK as u32;
                *none = Some(Updates { gives, first_new, rows: Rows::default(), positions: Vec::new() });
            }
        }
    }

    /// Takes a row that is of a contact which the campaign has; gives it back if it does not change that one.
    pub(super) fn take_update(&mut self, row: Row, position: ContactPosition) -> Option<Row> {
        match &mut self.updates {
            Some(updates) if position < updates.first_new => {
                updates.rows.push(row);
                updates.positions.push(position);
                None
            }
            _ => Some(row),
        }
    }

    /// Whether there are enough to be applied.
    pub(super) fn has_many_updates(&self) -> bool {
        self.updates.as_ref().is_some_and(|updates| updates.rows.fill(WAITING))
    }

    /// Applies all that wait, in the list's order.
    pub(super) async fn apply_updates(&mut self) -> Result<(), StoreError> {
        let Some(updates) = &mut self.updates else { return Ok(()) };
        let (positions, rows, gives) = (std::mem::take(&mut updates.positions), updates.rows.take(), updates.gives);
        let names = |schema: u16| self.schemas.iter().find(|(_, known)| **known == schema).map(|(names, _)| &names[..]);
        let edit = |(position, row): (ContactPosition, Row)| {
            (position, edit_of(names(row.schema).unwrap_or_default(), row, gives))
        };
        let edits = positions.into_iter().zip(rows).map(edit).collect();
        for answer in self.store.edit(self.info.id, edits).await? {
            match answer {
                EditAnswer::Changed => self.counts.updated += 1,
                EditAnswer::Unchanged | EditAnswer::NumberTaken(_) | EditAnswer::Refused(_) => {
                    self.counts.duplicate += 1
                }
            }
        }
        Ok(())
    }
}

fn edit_of(names: &[String], Row { contact, .. }: Row, gives: Given) -> ContactEdit {
    let mut values = contact.attributes.into_iter();
    ContactEdit {
        numbers: Some(contact.numbers),
        zone: gives.timezone.then_some(contact.zone),
        priority: gives.priority.then_some(contact.priority),
        not_before: gives.not_before.then_some(contact.not_before),
        attributes: names.iter().map(|name| (name.clone(), values.next().unwrap_or_default())).collect(),
    }
}
