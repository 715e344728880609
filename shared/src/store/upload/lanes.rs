//! Rows that wait until there are enough of their lane for a block.

use std::collections::BTreeMap;

use super::rows::{Bound, Row, Rows};
use crate::store::{block::TEXT_BYTES_FULL, limits};

/// A block.
const BLOCK: Bound = Bound { rows: limits::ROWS_PER_BLOCK as usize, bytes: TEXT_BYTES_FULL };
/// Rows that wait, over all lanes: a list of very many lanes makes smaller blocks.
const WAITING: Bound = Bound { rows: 32_768, bytes: 16 * 1024 * 1024 };

/// Lane and columns, which the rows of a block have in common.
pub(super) type Place = (u16, u16);

/// Rows by lane.
#[derive(Default)]
pub(super) struct Lanes {
    waiting: BTreeMap<Place, Rows>,
    rows: usize,
    bytes: usize,
}

impl Lanes {
    /// Adds a row. Answers the rows of a block if one has become full, or if too many rows wait.
    pub(super) fn add(&mut self, place: Place, row: Row) -> Option<(Place, Vec<Row>)> {
        let rows = self.waiting.entry(place).or_default();
        self.bytes += rows.push(row);
        self.rows += 1;
        if rows.fill(BLOCK) {
            return self.take(place);
        }
        if self.rows >= WAITING.rows {
            return self.take_largest(Rows::len);
        }
        if self.bytes >= WAITING.bytes { self.take_largest(Rows::bytes) } else { None }
    }

    /// The rows of any lane that has some.
    pub(super) fn take_any(&mut self) -> Option<(Place, Vec<Row>)> {
        let place = *self.waiting.first_key_value()?.0;
        self.take(place)
    }

    fn take_largest(&mut self, size: impl Fn(&Rows) -> usize) -> Option<(Place, Vec<Row>)> {
        let place = self.waiting.iter().max_by_key(|(_, rows)| size(rows)).map(|(place, _)| *place)?;
        self.take(place)
    }

    fn take(&mut self, place: Place) -> Option<(Place, Vec<Row>)> {
        let mut rows = self.waiting.remove(&place)?;
        self.rows -= rows.len();
        self.bytes -= rows.bytes();
        Some((place, rows.take()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::Contact;

    fn row(bytes: usize) -> Row {
        Row { contact: Contact { id: "x".repeat(bytes), ..Contact::default() }, schema: 0, arrival: 0, kept: None }
    }

    #[test]
    fn a_block_is_full_by_its_rows_or_by_its_text() {
        let mut lanes = Lanes::default();
        let mut full = |bytes: usize| (1..).find_map(|_| lanes.add((1, 0), row(bytes))).unwrap().1.len();
        assert_eq!(full(10), BLOCK.rows);
        assert_eq!(full(TEXT_BYTES_FULL / 4), 4);
        assert_eq!(full(2 * TEXT_BYTES_FULL), 1);
        assert!(lanes.take_any().is_none());
    }

    #[test]
    fn however_many_lanes_there_are_a_bounded_number_of_rows_waits() {
        let mut lanes = Lanes::default();
        let mut waiting = 0;
        for n in 0..100_000_usize {
            let sent = lanes.add(((n % 4_000) as u16, 0), row(10));
            waiting = waiting + 1 - sent.map_or(0, |(_, rows)| rows.len());
            assert!(waiting <= WAITING.rows);
        }
    }
}
