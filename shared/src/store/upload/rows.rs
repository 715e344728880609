//! Rows of a list, and bounded numbers of them.

use crate::domain::{contact::Contact, contact_list::Reject};

/// A row of the list.
pub(super) struct Row {
    pub(super) contact: Contact,
    /// Which columns its attributes follow.
    pub(super) schema: u16,
    /// Its place among all rows.
    pub(super) arrival: u64,
    /// The row as it stands in the list, where it may still turn out to be refused.
    pub(super) kept: Option<Reject>,
}

/// Text that a block would have to take, and what is kept beside it.
fn text_bytes(Row { contact, kept, .. }: &Row) -> usize {
    let kept = kept.as_ref().map_or(0, |kept| kept.raw.len());
    contact.id.len() + contact.attributes.iter().map(String::len).sum::<usize>() + kept
}

/// How many rows are enough; a row may have up to a MiB.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) rows: usize,
    pub(super) bytes: usize,
}

/// Some rows.
#[derive(Default)]
pub(super) struct Rows {
    rows: Vec<Row>,
    bytes: usize,
}

impl Rows {
    /// Adds one and answers its bytes of text.
    pub(super) fn push(&mut self, row: Row) -> usize {
        let bytes = text_bytes(&row);
        self.bytes += bytes;
        self.rows.push(row);
        bytes
    }

    /// Adds some.
    pub(super) fn extend(&mut self, rows: impl IntoIterator<Item = Row>) {
        for row in rows {
            self.push(row);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Bytes of text.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether they reach a bound.
    pub(super) fn fill(&self, bound: Bound) -> bool {
        self.rows.len() >= bound.rows || self.bytes >= bound.bytes
    }

    /// Gives them away.
    pub(super) fn take(&mut self) -> Vec<Row> {
        std::mem::take(self).rows
    }
}
