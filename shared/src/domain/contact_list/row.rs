//! From the values of one row to a contact.

use std::borrow::Cow;

use chrono::DateTime;

use super::{
    Callable, Country, ListOptions,
    columns::{PHONE_COLUMNS_MAX, Role},
    number,
    zone::ZoneMemory,
};
use crate::domain::{Timestamp, contact::Contact};

/// Longest `id`, in bytes.
pub const ID_BYTES_MAX: usize = 200;
/// Most numbers of one contact.
pub const NUMBERS_MAX: usize = 10;

/// The values of the reserved columns; empty where there are none.
#[derive(Debug, Default)]
pub(super) struct Reserved<'a> {
    phones: [Cow<'a, str>; PHONE_COLUMNS_MAX + 1],
    id: Cow<'a, str>,
    country: Cow<'a, str>,
    timezone: Cow<'a, str>,
    priority: Cow<'a, str>,
    not_before: Cow<'a, str>,
}

impl<'a> Reserved<'a> {
    /// Takes a value; attributes are not for here.
    pub fn set(&mut self, role: Role, value: Cow<'a, str>) {
        match role {
            Role::Phone(rank) => self.phones[rank] = value,
            Role::Id => self.id = value,
            Role::Country => self.country = value,
            Role::Timezone => self.timezone = value,
            Role::Priority => self.priority = value,
            Role::NotBefore => self.not_before = value,
            Role::Attribute(_) => {}
        }
    }
}

/// Makes contacts, remembering what rows have in common.
#[derive(Debug)]
pub(super) struct Assembler {
    default_country: Option<Country>,
    callable: Option<Callable>,
    zones: ZoneMemory,
}

impl Assembler {
    pub fn new(options: &ListOptions) -> Self {
        let ListOptions { default_country, callable, .. } = options.clone();
        Self { default_country, callable, zones: ZoneMemory::default() }
    }

    /// Fills `contact` but for its attributes, or says why the row is bad.
    pub fn fill(&mut self, contact: &mut Contact, row: &Reserved<'_>) -> Result<(), String> {
        self.fill_numbers(contact, row)?;
        if let Some(callable) = &self.callable {
            callable.any(&contact.numbers).map_err(|reason| format!("phone: {reason}"))?;
        }
        fill_id(contact, row.id.trim())?;
        contact.zone = self.zone(row.timezone.trim())?;
        contact.priority = priority(row.priority.trim())?;
        contact.not_before = not_before(row.not_before.trim())?;
        Ok(())
    }

    fn fill_numbers(&self, contact: &mut Contact, row: &Reserved<'_>) -> Result<(), String> {
        contact.numbers.clear();
        let country = match row.country.trim() {
            "" => Ok(self.default_country),
            text => text.parse::<Country>().map(Some),
        };
        for (rank, text) in row.phones.iter().enumerate() {
            if text.trim().is_empty() {
                continue;
            }
            let number = match (number::normalise(text, country.unwrap_or(None)), country) {
                (Ok(number), _) => number,
                (Err(_), Err(error)) => return Err(format!("country: {error}")),
                (Err(error), Ok(_)) => return Err(format!("{}: {error}", phone_column(rank))),
            };
            if !contact.numbers.contains(&number) {
                contact.numbers.push(number);
            }
        }
        match contact.numbers.len() {
            0 => Err("phone: empty".to_owned()),
            1..=NUMBERS_MAX => Ok(()),
            count => Err(format!("{count} numbers, at most {NUMBERS_MAX} are taken")),
        }
    }

    fn zone(&mut self, name: &str) -> Result<Option<chrono_tz::Tz>, String> {
        if name.is_empty() {
            return Ok(None);
        }
        let wrong = || format!("timezone: `{}` is no time zone such as Europe/Paris or US/Eastern", clip(name));
        self.zones.by_name(name).map(Some).ok_or_else(wrong)
    }
}

fn phone_column(rank: usize) -> String {
    if rank == 0 { "phone".to_owned() } else { format!("phone{rank}") }
}

fn fill_id(contact: &mut Contact, id: &str) -> Result<(), String> {
    if id.len() > ID_BYTES_MAX {
        return Err(format!("id: {} bytes long, at most {ID_BYTES_MAX} are taken", id.len()));
    }
    contact.id.clear();
    contact.id.push_str(if id.is_empty() { contact.numbers[0].as_e164() } else { id });
    Ok(())
}

fn priority(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [] => Ok(Contact::PRIORITY_DEFAULT),
        [digit @ b'1'..=b'9'] => Ok(digit - b'0'),
        _ => Err(format!("priority: `{}` is not 1 to 9", clip(text))),
    }
}

fn not_before(text: &str) -> Result<Option<Timestamp>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |_| format!("not_before: `{}` is no RFC 3339 time such as 2026-12-01T09:00:00+01:00", clip(text));
    DateTime::parse_from_rfc3339(text).map(|instant| Some(instant.to_utc().into())).map_err(wrong)
}

/// A value from a row, short enough for a reason.
pub(super) fn clip(text: &str) -> String {
    text.chars().filter(|sign| !sign.is_control()).take(40).collect()
}
