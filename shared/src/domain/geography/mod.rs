//! Where telephone numbers can be, by their first digits: time zones and regions all over the world.
//!
//! The data is libphonenumber's, in `shared/data/numbers`, where `generate.py` makes it. A number that belongs to no place
//! (most mobiles, toll-free ones) can be anywhere in its country.

mod states;
mod table;
#[cfg(test)]
mod tests;
mod whereabouts;

use super::{PhoneNumber, Place};
pub use states::State;
pub use whereabouts::{Clues, Whereabouts, ZoneSource};

/// Where a number can be: one of the few hundred places that the numbering plans tell apart. Small and quickly compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct NumberPlace(u16);

impl NumberPlace {
    /// Nothing is known.
    pub const NOWHERE: Self = Self(0);

    /// The place of a number, by the longest prefix that is known of it. Costs some tens of nanoseconds.
    pub fn of(number: &PhoneNumber) -> Self {
        Self(table::TABLE.find(number.digits()))
    }

    /// Its zones and regions.
    pub fn place(self) -> &'static Place {
        table::TABLE.place(self.0)
    }
}
