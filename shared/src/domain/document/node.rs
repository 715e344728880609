//! The values of a file with their places.

use toml::de::{DeTable, DeValue};

use super::{DefinitionError, Place};

/// A value and where it stands.
#[derive(Clone)]
pub struct Node {
    /// Where it was written.
    pub place: Place,
    /// What was written.
    pub value: Value,
}

/// A value as written.
#[derive(Clone)]
pub enum Value {
    /// A string.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Float(f64),
    /// `true` or `false`.
    Flag(bool),
    /// A date, a time, or both.
    Datetime(toml::value::Datetime),
    /// An array.
    List(Vec<Node>),
    /// A table.
    Table(Vec<Entry>),
}

/// A key of a table with its value.
#[derive(Clone)]
pub struct Entry {
    /// The key, undotted.
    pub key: String,
    /// Where the key was written.
    pub place: Place,
    /// Its value.
    pub node: Node,
}

impl Node {
    /// The entries of a table; nothing for other values.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    /// What the value is, for errors.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Text(_) => "a string",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Flag(_) => "true or false",
            Value::Datetime(_) => "a date or time",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    pub(super) fn set(&mut self, path: &[&str], variable: &str, text: &str) {
        let place = Place::Variable(variable.to_owned());
        let [key, rest @ ..] = path else {
            *self = Self { place, value: Value::Text(text.to_owned()) };
            return;
        };
        if !matches!(self.value, Value::Table(_)) {
            *self = Self { place: place.clone(), value: Value::Table(Vec::new()) };
        }
        if let Value::Table(entries) = &mut self.value {
            let at = entries.iter().position(|entry| entry.key == *key).unwrap_or_else(|| {
                let node = Self { place: place.clone(), value: Value::Table(Vec::new()) };
                entries.push(Entry { key: (*key).to_owned(), place, node });
                entries.len() - 1
            });
            entries[at].node.set(rest, variable, text);
        }
    }
}

pub(super) fn table_of(source: &str, file: &str, table: &DeTable<'_>) -> Result<Value, DefinitionError> {
    let entries = table.iter().map(|(key, value)| {
        let place = Place::Line(line_of(source, key.span().start));
        let node = Node { place: place.clone(), value: value_of(source, file, &place, value.get_ref())? };
        Ok(Entry { key: key.get_ref().to_string(), place, node })
    });
    let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
    // In the order of the file, so that the first error found is the first one written.
    entries.sort_by_key(|entry| match entry.place {
        Place::Line(line) => line,
        Place::Variable(_) => 0,
    });
    Ok(Value::Table(entries))
}

fn value_of(source: &str, file: &str, place: &Place, value: &DeValue<'_>) -> Result<Value, DefinitionError> {
    let out_of_range = |text: &str| DefinitionError::new(file, place, "", format!("`{text}` is out of range"));
    Ok(match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(digits) => {
            let number = i64::from_str_radix(digits.as_str(), digits.radix());
            Value::Integer(number.map_err(|_| out_of_range(digits.as_str()))?)
        }
        DeValue::Float(digits) => Value::Float(digits.as_str().parse().map_err(|_| out_of_range(digits.as_str()))?),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(datetime) => Value::Datetime(*datetime),
        DeValue::Array(values) => {
            let nodes = values.iter().map(|value| {
                let place = Place::Line(line_of(source, value.span().start));
                Ok(Node { value: value_of(source, file, &place, value.get_ref())?, place })
            });
            Value::List(nodes.collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => table_of(source, file, table)?,
    })
}

/// The line of a byte offset, from 1.
pub(super) fn line_of(source: &str, offset: usize) -> usize {
    1 + source.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count()
}
