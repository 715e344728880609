//! Values of a `[call]` table: typed, or templates that become typed for each contact.

use serde_json::Value;

use super::{
    answer::Refusal,
    call::{CallRequest, is_column},
    keys::{BadKey, kind_of},
};
use crate::domain::{
    AttemptId, Outcome,
    template::{ATTEMPT_ID, Template},
};

/// A text with placeholders.
#[derive(Debug)]
pub(super) struct TextField {
    /// What errors call it: `end_user.name`.
    key: String,
    text: Text,
}

#[derive(Debug)]
enum Text {
    Literal(String),
    Template(Template),
}

/// A boolean, or a text with placeholders that becomes one.
#[derive(Debug)]
pub(super) enum FlagField {
    Value(bool),
    Text(TextField),
}

/// One attempt's values for placeholders.
pub(super) struct Values<'a> {
    request: &'a CallRequest<'a>,
    attempt: String,
}

impl TextField {
    /// Reads a text, or a number or boolean as its text. `columns` as in [`super::Provider::compile`].
    pub fn read(key: impl Into<String>, value: &Value, columns: Option<&[String]>) -> Result<Self, BadKey> {
        let key = key.into();
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return Err(BadKey::new(key, format!("is {}", kind_of(value)), "write a text in quotes")),
        };
        let remedy = "close each {{ with }} around a column's name or attempt.id";
        let template = Template::parse(&text).map_err(|error| BadKey::new(&key, error.to_string(), remedy))?;
        if let Some(columns) = columns {
            check_columns(&key, &template, columns)?;
        }
        Ok(Self { key, text: Text::Template(template) })
    }

    /// A text that is sent as it is, braces and all.
    pub fn literal(key: &str, text: &str) -> Self {
        Self { key: key.to_owned(), text: Text::Literal(text.to_owned()) }
    }

    /// The text for this attempt, without space around it.
    pub fn render(&self, values: &Values<'_>) -> Result<String, Refusal> {
        let text = match &self.text {
            Text::Literal(text) => return Ok(text.clone()),
            Text::Template(template) => template.render(|name| values.get(name)),
        };
        let text = text.map_err(|error| self.refuse(&error.to_string()))?;
        Ok(if text.trim().len() == text.len() { text } else { text.trim().to_owned() })
    }

    /// The text for this attempt; none if it is empty.
    pub fn render_optional(&self, values: &Values<'_>) -> Result<Option<String>, Refusal> {
        self.render(values).map(|text| Some(text).filter(|text| !text.is_empty()))
    }

    /// The text for this attempt; an empty one refuses the contact.
    pub fn render_required(&self, values: &Values<'_>) -> Result<String, Refusal> {
        let text = self.render(values)?;
        if text.is_empty() { Err(self.refuse("is empty for this contact")) } else { Ok(text) }
    }

    /// The text without space around it, if it is the same for all contacts.
    pub fn constant(&self) -> Option<String> {
        match &self.text {
            Text::Literal(text) => Some(text.clone()),
            Text::Template(template) => template.render(|_| None).ok().map(|text| text.trim().to_owned()),
        }
    }

    fn refuse(&self, cause: &str) -> Refusal {
        Refusal::Contact {
            outcome: Outcome::Error,
            provider_status: String::new(),
            message: format!("[call] {}: {cause}", self.key),
        }
    }
}

impl FlagField {
    /// Reads a boolean or a text with placeholders.
    pub fn read(key: &str, value: &Value, columns: Option<&[String]>) -> Result<Self, BadKey> {
        let bad = |cause| Err(BadKey::new(key, cause, "write true, false or \"{{column}}\""));
        match value {
            Value::Bool(flag) => Ok(Self::Value(*flag)),
            Value::String(_) => {
                let field = TextField::read(key, value, columns)?;
                match field.constant() {
                    None => Ok(Self::Text(field)),
                    Some(text) => match parse_flag(&text) {
                        Some(flag) => Ok(Self::Value(flag)),
                        None => bad(format!("`{text}` is neither true nor false")),
                    },
                }
            }
            _ => bad(format!("is {}", kind_of(value))),
        }
    }

    /// The value for this attempt; none if the text is empty. Another text than `true` or `false` refuses the contact.
    pub fn render(&self, values: &Values<'_>) -> Result<Option<bool>, Refusal> {
        match self {
            Self::Value(flag) => Ok(Some(*flag)),
            Self::Text(field) => match field.render_optional(values)? {
                None => Ok(None),
                Some(text) => match parse_flag(&text) {
                    Some(flag) => Ok(Some(flag)),
                    None => Err(field.refuse("is neither true nor false for this contact")),
                },
            },
        }
    }
}

impl<'a> Values<'a> {
    pub fn of(request: &'a CallRequest<'a>) -> Self {
        Self { request, attempt: request.attempt.to_string() }
    }

    pub fn attempt(&self) -> &str {
        &self.attempt
    }

    fn get(&self, name: &str) -> Option<&str> {
        if name == ATTEMPT_ID { Some(&self.attempt) } else { self.request.column(name) }
    }
}

/// Our hook's address for one attempt.
pub(super) fn hook_url_for(hook_url: &str, attempt: AttemptId) -> String {
    let separator = if hook_url.contains('?') { '&' } else { '?' };
    format!("{hook_url}{separator}attempt={attempt}")
}

fn check_columns(key: &str, template: &Template, columns: &[String]) -> Result<(), BadKey> {
    for name in template.columns() {
        if !is_column(name, columns) {
            let remedy = format!("columns: id, phone, timezone, priority, {}", columns.join(", "));
            return Err(BadKey::new(key, format!("the list has no column `{name}`"), remedy));
        }
    }
    Ok(())
}

fn parse_flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}
