//! What each column means.

use super::{ColumnMap, ListError};

/// Most columns of a list.
pub const COLUMNS_MAX: usize = 1_000;
/// Highest number in a column name `phone1` … `phone10`.
pub(super) const PHONE_COLUMNS_MAX: usize = 10;

/// The meaning of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// `phone` (rank 0) or `phone1` … `phone10`.
    Phone(usize),
    Id,
    Country,
    Timezone,
    Priority,
    NotBefore,
    /// Place among the attributes.
    Attribute(usize),
}

impl Role {
    /// The role of a reserved name, in any case; none for attributes.
    pub fn reserved(name: &str) -> Option<Self> {
        // The longest reserved name has ten letters.
        let mut lower = [0; 10];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        match &*lower {
            b"phone" => Some(Self::Phone(0)),
            b"phone10" => Some(Self::Phone(PHONE_COLUMNS_MAX)),
            [b'p', b'h', b'o', b'n', b'e', digit @ b'1'..=b'9'] => Some(Self::Phone(usize::from(digit - b'0'))),
            b"id" => Some(Self::Id),
            b"country" => Some(Self::Country),
            b"timezone" => Some(Self::Timezone),
            b"priority" => Some(Self::Priority),
            b"not_before" => Some(Self::NotBefore),
            _ => None,
        }
    }
}

/// Whether a column of this name is no attribute: `phone`, `id`, `timezone`, …, in any case.
pub fn is_reserved(name: &str) -> bool {
    Role::reserved(name).is_some()
}

/// Which columns a list has of those that tell more of a contact than its numbers and its id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Given {
    /// `timezone`.
    pub timezone: bool,
    /// `priority`.
    pub priority: bool,
    /// `not_before`.
    pub not_before: bool,
}

impl Given {
    /// By the columns' roles.
    pub(super) fn of(roles: impl Iterator<Item = Role>) -> Self {
        let mut given = Self::default();
        for role in roles {
            given.timezone |= role == Role::Timezone;
            given.priority |= role == Role::Priority;
            given.not_before |= role == Role::NotBefore;
        }
        given
    }
}

/// The columns of a list with a header.
#[derive(Debug)]
pub(super) struct Columns {
    /// By place in the row.
    pub roles: Vec<Role>,
    /// Names of the attributes.
    pub attributes: Vec<String>,
}

impl Columns {
    /// From the names in the header, each taken for what `map` says.
    pub fn from_names(names: &[String], map: &ColumnMap) -> Result<Self, ListError> {
        if names.len() > COLUMNS_MAX {
            return Err(ListError::TooManyColumns { found: names.len(), limit: COLUMNS_MAX });
        }
        map.check(names)?;
        let mut columns = Self { roles: Vec::with_capacity(names.len()), attributes: Vec::new() };
        for (place, name) in names.iter().enumerate() {
            columns.add(map.name_of(name), place)?;
        }
        if columns.roles.iter().any(|role| matches!(role, Role::Phone(_))) {
            Ok(columns)
        } else {
            Err(ListError::NoPhoneColumn { columns: names.to_vec() })
        }
    }

    fn add(&mut self, name: &str, place: usize) -> Result<(), ListError> {
        let reserved = Role::reserved(name);
        let twice = match reserved {
            Some(role) => self.roles.contains(&role),
            None => self.attributes.iter().any(|known| known == name),
        };
        if twice && !name.is_empty() {
            return Err(ListError::ColumnTwice { name: name.chars().filter(|sign| !sign.is_control()).collect() });
        }
        self.roles.push(reserved.unwrap_or(Role::Attribute(self.attributes.len())));
        if reserved.is_none() {
            let nameless = name.is_empty();
            self.attributes.push(if nameless { format!("column_{}", place + 1) } else { name.to_owned() });
        }
        Ok(())
    }
}
