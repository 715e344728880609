//! Values with `{{placeholders}}` in them, as provider files write them, and what fills them.
//!
//! A table may be an instruction instead of a table: `{ "$each" = "variables", "$item" = …, "$first" = […] }` becomes a
//! list, of what is in `$first` and then `$item` for each entry of a list or table; `{ "$value" = …, "$unless" = { key = […] } }`
//! is left out when all of the condition holds.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::spec::{Condition, known};
use crate::domain::template::Template;

const EACH: &str = "$each";
const FIRST: &str = "$first";
const ITEM: &str = "$item";
const VALUE: &str = "$value";
const UNLESS: &str = "$unless";

/// A value of a provider file, parsed once.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    Fixed(Value),
    /// One placeholder and nothing else: its value keeps its type.
    Whole(String),
    Text(Template),
    Table(Vec<(String, Pattern)>),
    List(Vec<Pattern>),
    Each {
        over: String,
        first: Vec<Pattern>,
        item: Box<Pattern>,
    },
    Unless {
        condition: Condition,
        value: Box<Pattern>,
    },
}

/// What fills placeholders.
pub(super) trait Scope {
    /// The value of a name; none if it is absent. Names of keys within tables have dots.
    fn get(&self, name: &str) -> Option<Cow<'_, Value>>;
}

impl Pattern {
    /// Parses a value.
    ///
    /// # Errors
    /// Says what no pattern can be.
    pub fn parse(value: &Value) -> Result<Self, String> {
        match value {
            Value::String(text) => Self::parse_text(text),
            Value::Array(values) => Ok(Self::List(values.iter().map(Self::parse).collect::<Result<_, _>>()?)),
            Value::Object(table) if table.keys().any(|key| key.starts_with('$')) => Self::parse_instruction(table),
            Value::Object(table) => {
                let entries = table.iter().map(|(key, value)| Ok((key.clone(), Self::parse(value)?)));
                Ok(Self::Table(entries.collect::<Result<_, String>>()?))
            }
            fixed => Ok(Self::Fixed(fixed.clone())),
        }
    }

    /// Parses a text.
    ///
    /// # Errors
    /// When a placeholder is not closed.
    pub fn parse_text(text: &str) -> Result<Self, String> {
        let template = Template::parse(text).map_err(|error| error.to_string())?;
        let whole =
            text.strip_prefix("{{").and_then(|text| text.strip_suffix("}}")).filter(|name| !name.contains("{{"));
        Ok(match whole {
            Some(name) => Self::Whole(name.trim().to_owned()),
            None if template.is_constant() => Self::Fixed(Value::String(text.to_owned())),
            None => Self::Text(template),
        })
    }

    fn parse_instruction(table: &Map<String, Value>) -> Result<Self, String> {
        let part = |key: &str| table.get(key).ok_or(format!("`{key}` is missing"));
        let only = |keys: &[&str]| match table.keys().find(|key| !keys.contains(&key.as_str())) {
            Some(key) => Err(format!("`{key}` is not known here: {} are", keys.join(", "))),
            None => Ok(()),
        };
        if table.contains_key(EACH) {
            only(&[EACH, FIRST, ITEM])?;
            let over = part(EACH)?.as_str().ok_or("`$each` is no name of a key")?.to_owned();
            let first = match table.get(FIRST) {
                Some(Value::Array(values)) => values.iter().map(Self::parse).collect::<Result<_, _>>()?,
                Some(_) => return Err("`$first` is no list".to_owned()),
                None => Vec::new(),
            };
            return Ok(Self::Each { over, first, item: Box::new(Self::parse(part(ITEM)?)?) });
        }
        only(&[VALUE, UNLESS])?;
        let condition = serde_json::from_value(part(UNLESS)?.clone());
        let condition = condition.map_err(|_| "`$unless` is no table of lists of texts".to_owned())?;
        Ok(Self::Unless { condition, value: Box::new(Self::parse(part(VALUE)?)?) })
    }

    /// The value; none if it is empty: a placeholder without value, or a table of nothing else.
    pub fn render(&self, scope: &dyn Scope) -> Option<Value> {
        match self {
            Self::Fixed(value) => Some(value.clone()),
            Self::Whole(name) => scope.get(name).map(Cow::into_owned),
            Self::Text(template) => render_text(template, scope).map(Value::String),
            Self::List(items) => Some(items.iter().filter_map(|item| item.render(scope)).collect()),
            Self::Table(entries) => {
                let filled: Map<_, _> =
                    entries.iter().filter_map(|(key, value)| Some((key.clone(), value.render(scope)?))).collect();
                (!filled.is_empty() || entries.is_empty()).then_some(Value::Object(filled))
            }
            Self::Each { over, first, item } => {
                let mut values: Vec<Value> = first.iter().filter_map(|value| value.render(scope)).collect();
                for (name, value) in entries(scope.get(over).as_deref()) {
                    values.extend(item.render(&Entry { scope, name, value }));
                }
                Some(Value::Array(values))
            }
            Self::Unless { condition, .. } if holds(condition, scope) => None,
            Self::Unless { value, .. } => value.render(scope),
        }
    }

    /// All names that placeholders and instructions use.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Fixed(_) => Vec::new(),
            Self::Whole(name) => vec![name],
            Self::Text(template) => template.columns(),
            Self::List(items) => items.iter().flat_map(Self::names).collect(),
            Self::Table(entries) => entries.iter().flat_map(|(_, value)| value.names()).collect(),
            Self::Each { over, first, item } => {
                let inner =
                    item.names().into_iter().filter(|name| ![known::EACH_NAME, known::EACH_VALUE].contains(name));
                let first = first.iter().flat_map(Self::names);
                std::iter::once(over.as_str()).chain(first).chain(inner).collect()
            }
            Self::Unless { condition, value } => condition.keys().map(String::as_str).chain(value.names()).collect(),
        }
    }
}

/// Whether all of a condition holds.
pub(super) fn holds(condition: &Condition, scope: &dyn Scope) -> bool {
    condition.iter().all(|(key, wanted)| {
        let value = scope.get(key).map_or(String::new(), |value| text_of(&value));
        wanted.iter().any(|wanted| if wanted == "*" { !value.is_empty() } else { *wanted == value })
    })
}

/// A value as it stands within a text.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The text; none if it has placeholders and all of them are empty.
pub(super) fn render_text(template: &Template, scope: &dyn Scope) -> Option<String> {
    render_with(template, scope, |text, _| text)
}

/// The same with each placeholder's text changed by `encode`, which is told whether it stands at the very start.
pub(super) fn render_with(
    template: &Template,
    scope: &dyn Scope,
    encode: impl Fn(String, bool) -> String,
) -> Option<String> {
    let filled: Vec<(&str, String)> = std::iter::once(known::ATTEMPT)
        .chain(template.columns())
        .map(|name| (name, scope.get(name).map_or(String::new(), |value| text_of(&value))))
        .collect();
    let nothing =
        template.columns().iter().all(|name| filled.iter().any(|(known, text)| known == name && text.is_empty()));
    if nothing && !template.columns().is_empty() {
        return None;
    }
    let first = template.starts_with();
    let filled: Vec<(&str, String)> =
        filled.into_iter().map(|(name, text)| (name, encode(text, first == Some(name)))).collect();
    template.render(|name| filled.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str())).ok()
}

/// Names and values of a table, or the values of a list.
fn entries(value: Option<&Value>) -> Vec<(Option<String>, Value)> {
    match value {
        Some(Value::Object(table)) => table.iter().map(|(key, value)| (Some(key.clone()), value.clone())).collect(),
        Some(Value::Array(values)) => values.iter().map(|value| (None, value.clone())).collect(),
        _ => Vec::new(),
    }
}

/// What `$item` sees: one entry, and what is around it.
struct Entry<'a> {
    scope: &'a dyn Scope,
    name: Option<String>,
    value: Value,
}

impl Scope for Entry<'_> {
    fn get(&self, name: &str) -> Option<Cow<'_, Value>> {
        match name {
            known::EACH_NAME => self.name.clone().map(|name| Cow::Owned(Value::String(name))),
            known::EACH_VALUE => Some(Cow::Borrowed(&self.value)),
            _ => self.scope.get(name),
        }
    }
}
