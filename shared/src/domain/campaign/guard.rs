//! `[guard]`

use crate::domain::{
    document::{DefinitionError, Item, Table},
    guard::Guard,
};

pub(super) fn read(table: &Table<'_>) -> Result<Guard, DefinitionError> {
    table.only(&["pause_if"])?;
    let conditions = table.required("pause_if")?.list()?;
    Ok(Guard { pause_if: conditions.iter().map(Item::parsed).collect::<Result<_, _>>()? })
}
