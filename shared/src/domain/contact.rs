//! A contact as its list describes it.

use super::{PhoneNumber, Timestamp};

/// One good row of a contact list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The `id` column, or the first number.
    pub id: String,
    /// 1 to 10 numbers in the order in which they are tried.
    pub numbers: Vec<PhoneNumber>,
    /// The `timezone` column; of a contact that is read back from a campaign, the one zone in which it is, if it is in one.
    pub zone: Option<chrono_tz::Tz>,
    /// The `priority` column, 1 first … 9 last; 5 when absent.
    pub priority: u8,
    /// The `not_before` column.
    pub not_before: Option<Timestamp>,
    /// The other columns' values, aligned with the list's attribute names. May be shorter than these: what is missing
    /// at the end is empty.
    pub attributes: Vec<String>,
}

impl Contact {
    /// The priority of a contact whose list gives none.
    pub const PRIORITY_DEFAULT: u8 = 5;
}

impl Default for Contact {
    /// No contact yet: the buffer that a list's reader fills.
    fn default() -> Self {
        Self {
            id: String::new(),
            numbers: Vec::new(),
            zone: None,
            priority: Self::PRIORITY_DEFAULT,
            not_before: None,
            attributes: Vec::new(),
        }
    }
}
