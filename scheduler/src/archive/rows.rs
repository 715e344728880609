//! A contact and its attempts as rows of two tables, and back.
//!
//! The first columns are those of `redial results` and `redial attempts`, so that whatever reads Parquet finds there what
//! exports have; those behind them, `redial_…`, hold what else is known.

use std::sync::Arc;

use redial_shared::{
    domain::{
        AttemptId, ContactState, Outcome, PhoneNumber, Timestamp, geography::Whereabouts, learned::Captured, role::Role,
    },
    store::{
        RecordingFate,
        view::{AttemptView, ContactView},
    },
};
use sha2::{Digest, Sha256};

use crate::{
    api::export::{AttemptColumns, Field, ResultColumns},
    table::{Cell, Column, Kind, Value},
};

/// Numbers that a contact can have.
const NUMBERS: usize = 10;
/// Columns of results before the attributes, and of attempts.
const RESULTS: usize = 11;
const ATTEMPTS: usize = 13;

/// Place of a contact's position behind its attributes and captured values, and what follows it.
const POSITION: usize = 0;
const PRIORITY: usize = 1;
const WHEREABOUTS: usize = 2;
const OWN_REASON: usize = 3;
const FIRST_NUMBER: usize = 4;

/// A contact with all that is archived of it.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// As everybody sees it.
    pub(crate) view: ContactView,
    /// What became of the recording of each of its attempts, as far as that is over.
    pub(crate) recordings: Vec<Option<RecordingFate>>,
}

/// The columns of one campaign's two tables.
#[derive(Clone)]
pub(crate) struct Shape {
    attributes: Vec<String>,
    captured: usize,
    contacts: Arc<ResultColumns>,
    attempts: Arc<AttemptColumns>,
}

impl Shape {
    /// Those of contacts with these attributes, and calls of which these values are captured.
    pub(crate) fn new(attributes: Vec<String>, captured: Vec<String>) -> Self {
        let (own, count) = (attributes.clone(), captured.len());
        let contacts = Arc::new(ResultColumns::new(attributes, captured, Role::Admin));
        Self { attributes: own, captured: count, contacts, attempts: Arc::new(AttemptColumns::new(Role::Admin)) }
    }

    /// The columns of contacts.
    pub(crate) fn contact_columns(&self) -> Vec<Column> {
        let own = [
            ("redial_position", Kind::Integer),
            ("redial_priority", Kind::Integer),
            ("redial_place", Kind::Text),
            ("redial_reason", Kind::Text),
        ];
        let own = own.map(|(name, kind)| Column::new(name, kind));
        let numbers = self.number_columns().into_iter().map(|name| Column::new(name, Kind::Text));
        self.contacts.columns().into_iter().chain(own).chain(numbers).collect()
    }

    fn number_columns(&self) -> Vec<String> {
        (1..=NUMBERS).map(|number| format!("redial_phone{number}")).collect()
    }

    /// The columns by which contacts are looked for.
    pub(crate) fn lookups(&self) -> Vec<String> {
        let mut names = self.number_columns();
        names.push("contact_id".to_owned());
        names
    }

    /// The places of these among the columns of contacts.
    pub(crate) fn lookup_places(&self) -> Vec<usize> {
        let first = self.extras() + FIRST_NUMBER;
        std::iter::once(0).chain(first..first + NUMBERS).collect()
    }

    /// The columns of attempts.
    pub(crate) fn attempt_columns(&self) -> Vec<Column> {
        let own = [
            ("captured", Kind::Text),
            ("recording", Kind::Text),
            ("recording_lost", Kind::Text),
            ("redial_position", Kind::Integer),
        ];
        let own = own.map(|(name, kind)| Column::new(name, kind));
        self.attempts.columns().into_iter().chain(own).collect()
    }

    /// The place of the contact's position among the columns of attempts.
    pub(crate) fn attempt_position(&self) -> usize {
        ATTEMPTS + 3
    }

    fn extras(&self) -> usize {
        RESULTS + self.attributes.len() + self.captured
    }

    /// A contact's row.
    pub(crate) fn contact_row<'a>(&self, contact: &'a Kept) -> Vec<Field<'a>> {
        let view = &contact.view;
        let mut row = self.contacts.fields(view);
        row.push(Field::Number(view.position.into()));
        row.push(Field::Number(view.priority.into()));
        row.push(Field::Owned(view.whereabouts.to_string()));
        row.push(Field::some(&view.reason));
        let numbers = view.numbers.iter().map(|number| Field::Text(number.as_e164()));
        row.extend(numbers.chain(std::iter::repeat(Field::Nothing)).take(NUMBERS));
        row
    }

    /// The rows of a contact's attempts.
    pub(crate) fn attempt_rows<'a>(&self, contact: &'a Kept) -> impl Iterator<Item = Vec<Field<'a>>> {
        let view = &contact.view;
        view.attempts.iter().zip(&contact.recordings).map(move |(attempt, recording)| {
            let mut row: Vec<Field<'a>> = self.attempts.fields(view, attempt);
            let captured = serde_json::to_string(&attempt.captured).expect("texts serialise");
            row.push(if attempt.captured.is_empty() { Field::Nothing } else { Field::Owned(captured) });
            row.push(match recording {
                Some(RecordingFate::Kept(place)) => Field::Text(place),
                _ => Field::Nothing,
            });
            row.push(match recording {
                Some(RecordingFate::Lost(reason)) => Field::Text(reason),
                _ => Field::Nothing,
            });
            row.push(Field::Number(view.position.into()));
            row
        })
    }

    /// The contact of a row, without its attempts; none: no contact has such a row.
    pub(crate) fn contact(&self, mut row: Vec<Value>) -> Option<ContactView> {
        let own = row.split_off(self.extras());
        let number = |place: usize| own.get(place + FIRST_NUMBER).and_then(text);
        let numbers = (0..NUMBERS).map_while(number).map(|number| PhoneNumber::from_e164(number).ok());
        let attributes = self.attributes.iter().zip(row.get(RESULTS..)?);
        let attributes = attributes.filter_map(|(name, value)| Some((name.clone(), text(value)?.to_owned())));
        Some(ContactView {
            position: integer(own.get(POSITION)?)?.try_into().ok()?,
            id: text(row.first()?)?.to_owned(),
            numbers: numbers.collect::<Option<_>>()?,
            attributes: attributes.collect(),
            whereabouts: Arc::new(text(own.get(WHEREABOUTS)?)?.parse::<Whereabouts>().ok()?),
            priority: integer(own.get(PRIORITY)?)?.try_into().ok()?,
            state: text(row.get(2)?)?.parse::<ContactState>().ok()?,
            outcome: outcome(row.get(3)?)?,
            reason: owned(own.get(OWN_REASON)?),
            next_attempt_at: instant(row.get(8)?),
            attempts: Vec::new(),
        })
    }

    /// The attempt of a row, with its contact's position and what became of its recording; none: no attempt has such a row.
    pub(crate) fn attempt(&self, row: &[Value]) -> Option<(u32, AttemptView, Option<RecordingFate>)> {
        let captured = match text(row.get(ATTEMPTS)?) {
            Some(json) => serde_json::from_str::<std::collections::BTreeMap<String, String>>(json).ok()?,
            None => Default::default(),
        };
        let kept = text(row.get(ATTEMPTS + 1)?).map(|place| RecordingFate::Kept(place.to_owned()));
        let lost = text(row.get(ATTEMPTS + 2)?).map(|reason| RecordingFate::Lost(reason.to_owned()));
        let attempt = AttemptView {
            id: text(row.first()?)?.parse::<AttemptId>().ok()?,
            number: integer(row.get(3)?)?.try_into().ok()?,
            phone: text(row.get(2)?).and_then(|number| PhoneNumber::from_e164(number).ok()),
            account: owned(row.get(4)?),
            call_id: owned(row.get(5)?),
            started_at: instant(row.get(6)?)?,
            ended_at: instant(row.get(7)?),
            outcome: outcome(row.get(8)?)?,
            provider_status: owned(row.get(9)?),
            duration_s: match row.get(10)? {
                Value::Decimal(seconds) => Some(f64::from(*seconds)),
                _ => None,
            },
            worker: integer(row.get(11)?)?.try_into().ok()?,
            reason: owned(row.get(12)?),
            captured: captured.into_iter().collect::<Captured>(),
        };
        Some((integer(row.get(self.attempt_position())?)?.try_into().ok()?, attempt, kept.or(lost)))
    }

    /// Takes a contact into a fingerprint of what a table's rows say.
    pub(crate) fn digest(&self, contact: &Kept, digest: &mut Sha256) {
        let mut take = |row: Vec<Field<'_>>| row.iter().for_each(|field| digest_cell(&field.cell(), digest));
        take(self.contact_row(contact));
        self.attempt_rows(contact).for_each(take);
    }
}

fn digest_cell(cell: &Cell<'_>, digest: &mut Sha256) {
    match cell {
        Cell::Nothing => digest.update([0]),
        Cell::Text(text) => {
            digest.update([1]);
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        }
        Cell::Integer(number) => {
            digest.update([2]);
            digest.update(number.to_be_bytes());
        }
        Cell::Decimal(number) => {
            digest.update([3]);
            digest.update(number.to_be_bytes());
        }
        Cell::Instant(at) => {
            digest.update([4]);
            digest.update(at.as_millis().to_be_bytes());
        }
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn owned(value: &Value) -> String {
    text(value).unwrap_or_default().to_owned()
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        _ => None,
    }
}

fn instant(value: &Value) -> Option<Timestamp> {
    integer(value).map(Timestamp::from_millis)
}

/// None: a word that is none.
fn outcome(value: &Value) -> Option<Option<Outcome>> {
    text(value).map(|word| word.parse().ok()).map_or(Some(None), |outcome| outcome.map(Some))
}
