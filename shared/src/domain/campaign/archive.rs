//! `[archive]`

use crate::domain::{
    archive::Archive,
    document::{DefinitionError, Table},
    units::Span,
};

const KEYS: &[&str] = &["retention", "to"];

pub(super) fn read(table: &Table<'_>) -> Result<Archive, DefinitionError> {
    table.only(KEYS)?;
    let retention = table.required("retention")?;
    let to = match table.get("to") {
        None => None,
        Some(item) => match item.text()? {
            "" => Err(item
                .error("a directory or a bucket expected")
                .with_hint("write a directory, or \"s3://bucket/prefix\"; without it, the configuration says where"))?,
            place => Some(place.to_owned()),
        },
    };
    match retention.parsed::<Span>()? {
        Span::ZERO => Err(retention.error("more than no time expected")),
        retention => Ok(Archive { retention, to }),
    }
}
