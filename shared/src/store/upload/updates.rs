//! Duplicates that change the contacts that they are of, where that is asked for.

use std::collections::{HashMap, HashSet};

use super::{
    Upload,
    rows::{Bound, Row, Rows},
};
use crate::{
    domain::{
        ContactPosition, PhoneNumber,
        contact::Contact,
        contact_list::{Given, Reject},
        edit::ContactEdit,
        units::shortened,
    },
    store::{
        CampaignInfo, EditAnswer, Store, StoreError,
        index::{Known, key},
        limits,
    },
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
    /// The numbers that they give each of these, the last one counting, as keys.
    numbers: HashMap<ContactPosition, Vec<u64>>,
    /// All numbers that they give.
    wanted: HashSet<u64>,
    /// Rows behind them that are compared anew when they are applied: whether these are duplicates hangs on them.
    behind: Rows,
}

impl Updates {
    /// Rows that change contacts from before this position.
    fn new(gives: Given, first_new: ContactPosition) -> Self {
        let (rows, behind) = (Rows::default(), Rows::default());
        Self { gives, first_new, rows, positions: Vec::new(), numbers: HashMap::new(), wanted: HashSet::new(), behind }
    }

    fn push(&mut self, row: Row, position: ContactPosition) {
        let keys: Vec<u64> = number_keys(&row.contact).collect();
        self.wanted.extend(&keys);
        self.numbers.insert(position, keys);
        self.rows.push(row);
        self.positions.push(position);
    }

    /// Whether they may make something else of a row than what is known of it now: they may take off the number by which it is
    /// known, or give somebody one that it brings.
    fn bear_on(&self, contact: &Contact, known: Known) -> bool {
        match known {
            Known::New => number_keys(contact).any(|key| self.wanted.contains(&key)),
            Known::InPart(holder) => {
                let left = self.numbers.get(&holder);
                left.is_some_and(|left| number_keys(contact).any(|key| !left.contains(&key)))
            }
            Known::As(position) => {
                let by_number = contact.numbers.first().is_some_and(|number| number.as_e164() == contact.id);
                by_number && self.numbers.get(&position).is_some_and(|left| !left.contains(&key(&contact.id)))
            }
        }
    }
}

impl Upload {
    /// From now on a row with the id of a contact that the campaign had before this upload, or with its number if the row has
    /// no id, changes that contact: numbers and attributes, and what else the list `gives`.
    pub fn update_duplicates(&mut self, gives: Given) {
        match &mut self.updates {
            Some(updates) => updates.gives = gives,
            none => {
                let first_new = self.blocks * limits::ROWS_PER_BLOCK as u32;
                *none = Some(Updates::new(gives, first_new));
            }
        }
    }

    /// Takes a row that is of a contact which the campaign has; gives it back if it does not change that one.
    pub(super) fn take_update(&mut self, row: Row, position: ContactPosition) -> Option<Row> {
        match &mut self.updates {
            Some(updates) if position < updates.first_new => {
                updates.push(row, position);
                None
            }
            _ => Some(row),
        }
    }

    /// Keeps a row back until the updates before it are applied, if these bear on it; else gives it back.
    pub(super) fn wait_for_updates(&mut self, row: Row, known: Known) -> Option<Row> {
        match &mut self.updates {
            Some(updates) if updates.bear_on(&row.contact, known) => {
                updates.behind.push(row);
                None
            }
            _ => Some(row),
        }
    }

    /// Whether there are enough to be applied.
    pub(super) fn has_many_updates(&self) -> bool {
        self.updates.as_ref().is_some_and(|updates| updates.rows.fill(WAITING) || updates.behind.fill(WAITING))
    }

    /// Applies all that wait, in the list's order. Rows that were kept back for them arrive again.
    pub(super) async fn apply_updates(&mut self) -> Result<(), StoreError> {
        let Some(updates) = &mut self.updates else { return Ok(()) };
        let fresh = Updates::new(updates.gives, updates.first_new);
        let Updates { gives, positions, mut rows, mut behind, .. } = std::mem::replace(updates, fresh);
        let (rows, behind) = (rows.take(), behind.take());
        let names = |schema: u16| self.schemas.iter().find(|(_, known)| **known == schema).map(|(names, _)| &names[..]);
        let (mut edits, mut kept) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for (position, row) in positions.into_iter().zip(rows) {
            edits.push((position, edit_of(names(row.schema).unwrap_or_default(), row.contact, gives)));
            kept.push(row.kept);
        }
        let wanted: Vec<_> = edits.iter().map(|(position, edit)| (*position, edit.numbers.clone())).collect();
        let answers = self.store.edit(self.info.id, edits).await?;
        let refusals = self.store.refusals(&self.info, &wanted, &answers).await?;
        for ((answer, refusal), kept) in answers.into_iter().zip(refusals).zip(kept) {
            match (refusal, kept) {
                (Some(reason), Some(row)) => self.refused.push(Reject { reason, ..row }),
                _ if answer == EditAnswer::Changed => self.counts.updated += 1,
                _ => self.counts.duplicate += 1,
            }
        }
        self.arrived.extend(behind);
        Ok(())
    }

    /// Rows that were refused since they were last taken, with the reason.
    pub fn take_refused(&mut self) -> Vec<Reject> {
        std::mem::take(&mut self.refused)
    }
}

/// What would become of a row whose list may change contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Foreseen {
    /// The campaign has nothing of it.
    New,
    /// It would change its contact.
    Updated,
    /// It changes nothing.
    Duplicate,
    /// It cannot change its contact, for this reason.
    Refused(String),
}

impl Store {
    /// What would become of rows whose attributes follow `columns`, if their list may change contacts. Writes no contact; a row
    /// is not compared with those before it, unless they stand here too and change contacts.
    ///
    /// # Errors
    /// When Redis does not answer, or data is damaged.
    pub async fn foresee_updates(
        &self,
        info: &CampaignInfo,
        contacts: &[Contact],
        columns: &[String],
        gives: Given,
    ) -> Result<Vec<Foreseen>, StoreError> {
        self.index_blocks(info, self.block_count(info.id).await?).await?;
        let known = self.find_known(info, &contacts.iter().collect::<Vec<_>>()).await?;
        let own = known.iter().zip(contacts).filter_map(|(known, contact)| match known {
            Known::As(position) => Some((*position, edit_of(columns, contact.clone(), gives))),
            Known::New | Known::InPart(_) => None,
        });
        let edits: Vec<(ContactPosition, ContactEdit)> = own.collect();
        let answers = self.foresee_edits(info, &edits).await?;
        let wanted: Vec<_> = edits.into_iter().map(|(position, edit)| (position, edit.numbers)).collect();
        let refusals = self.refusals(info, &wanted, &answers).await?;
        let mut of_own = answers.into_iter().zip(refusals).map(|(answer, refusal)| match refusal {
            Some(reason) => Foreseen::Refused(reason),
            None if answer == EditAnswer::Changed => Foreseen::Updated,
            None => Foreseen::Duplicate,
        });
        // What the rows so far leave to the contacts that they change.
        let mut left: HashMap<ContactPosition, &Contact> = HashMap::new();
        let foreseen = known.into_iter().zip(contacts).map(|(known, contact)| match known {
            Known::New => Foreseen::New,
            Known::InPart(holder) => match left.get(&holder) {
                Some(left) if number_keys(contact).all(|key| !number_keys(left).any(|other| other == key)) => {
                    Foreseen::New
                }
                _ => Foreseen::Duplicate,
            },
            Known::As(position) => {
                let foreseen = of_own.next().unwrap_or(Foreseen::Duplicate);
                if foreseen == Foreseen::Updated {
                    left.insert(position, contact);
                }
                foreseen
            }
        });
        Ok(foreseen.collect())
    }

    /// Why edits, of contacts that were to have these numbers, were refused; none where they were not.
    async fn refusals(
        &self,
        info: &CampaignInfo,
        wanted: &[(ContactPosition, Option<Vec<PhoneNumber>>)],
        answers: &[EditAnswer],
    ) -> Result<Vec<Option<String>>, StoreError> {
        let both = wanted.iter().zip(answers).filter_map(|((position, _), answer)| match answer {
            EditAnswer::NumberTaken { holder, .. } => Some([*position, *holder]),
            _ => None,
        });
        // An id never changes: an older row will do.
        let (_, rows) = self.rows(info.id, info.version, both.flatten().collect::<Vec<_>>()).await?;
        let refusal = |((position, numbers), answer): (&(ContactPosition, Option<Vec<PhoneNumber>>), &EditAnswer)| {
            match answer {
                EditAnswer::Changed | EditAnswer::Unchanged => None,
                EditAnswer::Refused(reason) => Some(reason.clone()),
                EditAnswer::NumberTaken { number, holder } => {
                    let numbers = numbers.as_deref().unwrap_or_default();
                    let place = numbers.iter().position(|other| other == number).map_or(0, |place| place + 1);
                    let which = if numbers.len() > 1 { format!("its number {place}") } else { "its number".to_owned() };
                    let (own, other) = (&rows[position].contact.id, &rows[holder].contact.id);
                    Some(format!(
                        "it is of contact `{}`, but {which} is contact `{}`'s: correct the id or the number, or change that \
                         contact first",
                        shortened(own),
                        shortened(other)
                    ))
                }
            }
        };
        Ok(wanted.iter().zip(answers).map(refusal).collect())
    }
}

/// A contact's numbers as keys.
fn number_keys(contact: &Contact) -> impl Iterator<Item = u64> + '_ {
    contact.numbers.iter().map(|number| key(number.as_e164()))
}

fn edit_of(names: &[String], contact: Contact, gives: Given) -> ContactEdit {
    let mut values = contact.attributes.into_iter();
    ContactEdit {
        numbers: Some(contact.numbers),
        zone: gives.timezone.then_some(contact.zone),
        priority: gives.priority.then_some(contact.priority),
        not_before: gives.not_before.then_some(contact.not_before),
        attributes: names.iter().map(|name| (name.clone(), values.next().unwrap_or_default())).collect(),
    }
}
