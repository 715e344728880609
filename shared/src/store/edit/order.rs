//! Edits take effect in their order, though they are made block by block: what they move, and which are to be tried again.

use std::collections::{HashMap, HashSet};

use super::EditAnswer;
use crate::{
    domain::{ContactPosition, PhoneNumber, contact::Contact, edit::ContactEdit},
    store::contacts::has_key,
};

/// Numbers that edits, not written yet, move.
#[derive(Default)]
pub(super) struct Moves {
    /// What contacts get.
    pub(super) added: HashSet<(PhoneNumber, ContactPosition)>,
    /// What they had and are found by no longer.
    gone: HashSet<(PhoneNumber, ContactPosition)>,
}

impl Moves {
    /// Notes that a contact becomes another one.
    pub(super) fn note(&mut self, position: ContactPosition, old: &Contact, new: &Contact) {
        for number in new.numbers.iter().filter(|number| !old.numbers.contains(number)) {
            let entry = (number.clone(), position);
            self.gone.remove(&entry);
            self.added.insert(entry);
        }
        for number in old.numbers.iter().filter(|number| !has_key(new, number.as_e164())) {
            let entry = (number.clone(), position);
            self.added.remove(&entry);
            self.gone.insert(entry);
        }
    }

    /// Which contact but `position` has a number then, of those that have it now and those that get it.
    pub(super) fn holder(
        &self,
        number: &PhoneNumber,
        found: Vec<ContactPosition>,
        position: ContactPosition,
    ) -> Option<ContactPosition> {
        let gets_it = self.added.iter().filter(|(other, _)| other == number).map(|(_, of)| *of);
        let stays = found.into_iter().filter(|&of| !self.gone.contains(&(number.clone(), of)));
        stays.chain(gets_it).find(|&of| of != position)
    }
}

/// Edits that found a number taken by a contact which an edit before them has taken off it since.
#[derive(Default)]
pub(super) struct Again {
    /// Which edits were tried again for which.
    tried: HashSet<(usize, usize)>,
}

impl Again {
    /// The edits to be tried again, with those of the same contacts behind them, which are to have the last word.
    pub(super) fn places(&mut self, edits: &[(ContactPosition, ContactEdit)], answers: &[EditAnswer]) -> Vec<usize> {
        let mut made: HashMap<ContactPosition, Vec<usize>> = HashMap::new();
        let changed = answers.iter().enumerate().filter(|(_, answer)| **answer == EditAnswer::Changed);
        changed.for_each(|(place, _)| made.entry(edits[place].0).or_default().push(place));
        let mut first: HashMap<ContactPosition, usize> = HashMap::new();
        for (place, answer) in answers.iter().enumerate() {
            let EditAnswer::NumberTaken { number, holder } = answer else { continue };
            let lets_go = |edit: &ContactEdit| edit.numbers.as_ref().is_some_and(|numbers| !numbers.contains(number));
            let mut before = made.get(holder).into_iter().flatten().take_while(|before| **before < place);
            if before.any(|&before| lets_go(&edits[before].1) && self.tried.insert((place, before))) {
                first.entry(edits[place].0).or_insert(place);
            }
        }
        let is_again = |place: &usize| first.get(&edits[*place].0).is_some_and(|first| place >= first);
        (0..edits.len()).filter(is_again).collect()
    }
}

/// Notes an answer to an edit; what has changed a contact has, though it changes nothing when tried again.
pub(super) fn note(answer: &mut EditAnswer, now: EditAnswer) {
    if !(*answer == EditAnswer::Changed && now == EditAnswer::Unchanged) {
        *answer = now;
    }
}
