//! `[notify]`

use crate::domain::document::{DefinitionError, Table};

/// How campaigns' events are told to their receivers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NotifyConfig {
    /// Receivers may have private addresses, which only this machine or its network can reach.
    pub allow_private: bool,
}

pub(super) fn read(table: &Table<'_>) -> Result<NotifyConfig, DefinitionError> {
    table.only(&["allow_private"])?;
    Ok(NotifyConfig { allow_private: table.get("allow_private").map_or(Ok(false), |item| item.flag())? })
}
