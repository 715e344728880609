//! A campaign as its definition file describes it.

mod archive;
mod call;
mod calling_hours;
mod guard;
mod learned;
mod notify;
mod pacing;
mod results;
mod retry;
mod schedule;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use super::document::DefinitionError;
use super::{
    CampaignName,
    archive::Archive,
    calling_hours::CallingHours,
    caps::{self, Caps},
    document::{Document, Table},
    guard::Guard,
    notify::Notify,
    retry::RetryPolicy,
    schedule::Schedule,
};
pub use call::CallFields;
pub use pacing::Pacing;
pub use results::ResultsPolicy;

const KEYS: &[&str] = &[
    "name",
    "provider",
    "schedule",
    "calling_hours",
    "pacing",
    "retry",
    "caps",
    "call",
    "results",
    "guard",
    "notify",
    "archive",
];

/// Everything a definition says, with its defaults filled in. It serialises to JSON under the file's own keys.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct CampaignDefinition {
    /// The campaign's name.
    #[serde(serialize_with = "super::wire::display")]
    pub name: CampaignName,
    /// The account it dials through, as `[providers.NAME]` of the configuration names it.
    pub provider: String,
    /// When it runs.
    pub schedule: Schedule,
    /// When its contacts may be called.
    #[serde(skip_serializing_if = "is_any_time")]
    pub calling_hours: CallingHours,
    /// How fast it dials.
    pub pacing: Pacing,
    /// When contacts are called again.
    pub retry: RetryPolicy,
    /// How often its contacts may be called, calls of other campaigns counted in.
    #[serde(skip_serializing_if = "Caps::is_empty")]
    pub caps: Caps,
    /// The provider kind's own fields of a call; the kind checks them.
    pub call: CallFields,
    /// How results are learned.
    pub results: ResultsPolicy,
    /// What pauses it.
    #[serde(skip_serializing_if = "Guard::is_empty")]
    pub guard: Guard,
    /// Who is told what happens in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify: Option<Notify>,
    /// When it leaves Redis after its end; none: it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive: Option<Archive>,
}

impl CampaignDefinition {
    /// The columns that the call's templates use, without `attempt.id`.
    pub fn columns_used(&self) -> BTreeSet<String> {
        self.call.columns_used()
    }
}

/// Reads a definition. `file_name` is what errors call it.
///
/// # Errors
/// For the first thing that is wrong: no TOML, an unknown key, a wrong unit or an impossible combination.
pub fn parse(source: &str, file_name: &str) -> Result<CampaignDefinition, DefinitionError> {
    let document = Document::parse(source, file_name)?;
    let root = document.root();
    root.only(KEYS)?;
    let name = root.required("name")?.parsed()?;
    schedule::check_not_after_itself(&root, &name)?;
    let provider = provider_name(&root)?;
    Ok(CampaignDefinition {
        name,
        provider,
        schedule: read(&root, "schedule", schedule::read)?,
        calling_hours: read(&root, "calling_hours", calling_hours::read)?,
        pacing: read(&root, "pacing", pacing::read)?,
        retry: read(&root, "retry", retry::read)?,
        caps: read(&root, "caps", caps::read)?,
        call: read(&root, "call", call::read)?,
        results: read(&root, "results", results::read)?,
        guard: read(&root, "guard", guard::read)?,
        notify: root.table("notify")?.as_ref().map(notify::read).transpose()?,
        archive: root.table("archive")?.as_ref().map(archive::read).transpose()?,
    })
}

/// A table's concern, or its defaults where the table is absent.
fn read<T: Default>(
    root: &Table<'_>,
    key: &str,
    reader: fn(&Table<'_>) -> Result<T, DefinitionError>,
) -> Result<T, DefinitionError> {
    root.table(key)?.map_or_else(|| Ok(T::default()), |table| reader(&table))
}

fn provider_name(root: &Table<'_>) -> Result<String, DefinitionError> {
    let item = root.required("provider")?;
    let name = item.text()?;
    if name.is_empty() {
        return Err(item.error("the name of a provider account expected").with_hint("name one of [providers.NAME]"));
    }
    Ok(name.to_owned())
}

fn is_any_time(hours: &CallingHours) -> bool {
    *hours == CallingHours::default()
}
