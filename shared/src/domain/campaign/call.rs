//! `[call]`

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::domain::{
    document::{DefinitionError, Item, Node, Table, Value as Written},
    template::Template,
};

/// The provider kind's own fields of a call, as JSON. Their strings are templates, all of which parse.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
#[serde(transparent)]
pub struct CallFields(Map<String, Value>);

impl CallFields {
    /// The fields.
    pub fn fields(&self) -> &Map<String, Value> {
        &self.0
    }

    /// One field.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// The columns that templates anywhere in the fields use, without `attempt.id`.
    pub fn columns_used(&self) -> BTreeSet<String> {
        let mut columns = BTreeSet::new();
        self.0.values().for_each(|value| collect_columns(value, &mut columns));
        columns
    }
}

fn collect_columns(value: &Value, columns: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let template = Template::parse(text);
            columns.extend(template.iter().flat_map(Template::columns).map(str::to_owned));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_columns(value, columns)),
        Value::Object(fields) => fields.values().for_each(|value| collect_columns(value, columns)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

pub(super) fn read(table: &Table<'_>) -> Result<CallFields, DefinitionError> {
    let fields = table.items().map(|(key, item)| {
        check_templates(&item)?;
        Ok((key.to_owned(), item.json()?))
    });
    fields.collect::<Result<_, _>>().map(CallFields)
}

fn check_templates(item: &Item<'_>) -> Result<(), DefinitionError> {
    let Node { value, .. } = item.node();
    match value {
        Written::Text(text) => Template::parse(text).map(drop).map_err(|error| item.error(error)),
        Written::List(_) => item.list()?.iter().try_for_each(check_templates),
        Written::Table(_) => item.table()?.items().try_for_each(|(_, item)| check_templates(&item)),
        _ => Ok(()),
    }
}
