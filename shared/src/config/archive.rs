//! `[archive]`

use super::Location;
use crate::domain::document::{DefinitionError, Table};

pub(super) fn read(table: &Table<'_>) -> Result<Option<Location>, DefinitionError> {
    table.only(&["to"])?;
    table.get("to").map(|item| Location::read(&item)).transpose()
}
