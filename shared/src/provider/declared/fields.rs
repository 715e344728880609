//! The keys of a `[call]` table, each read once, and their values for one attempt.

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::{
    account::Account,
    typed::{check_written, convert, time},
};
use crate::{
    domain::{Outcome, Timestamp, template::Template},
    provider::{
        answer::Refusal,
        call::{Values, check_columns},
        keys::BadKey,
        spec::{Field, FieldType},
    },
};

/// One key of a campaign's calls.
pub(super) struct CallField {
    pub key: String,
    pub field: Field,
    content: Content,
}

enum Content {
    /// The same for every contact; none if it is empty.
    Fixed(Option<Value>),
    Secret(SecretString),
    Written(Written),
    /// The first of these columns that has something.
    Columns(Vec<String>),
}

/// A value with the columns of a list in it.
enum Written {
    Fixed(Value),
    Text(Template),
    List(Vec<Written>),
    Table(Vec<(String, Written)>),
}

impl CallField {
    /// Reads a key from `[call]`, else from the account, else its default.
    pub fn read(
        key: &str,
        field: &Field,
        call: &Map<String, Value>,
        account: &Account,
        columns: Option<&[String]>,
    ) -> Result<Self, BadKey> {
        let content = match call.get(key).filter(|value| !value.is_null()) {
            Some(value) if field.kind == FieldType::Secret => Content::Secret(plain_secret(key, value)?),
            Some(value) => Content::read(key, field, value, columns)?,
            None => match (account.secret(key), account.value(key), &field.default) {
                (Some(secret), ..) => Content::Secret(secret.clone()),
                (_, Some(value), _) => Content::Fixed(Some(value.clone())),
                (.., Some(default)) => Content::read(key, field, default, None)?,
                _ if !field.default_columns.is_empty() => Content::Columns(field.default_columns.clone()),
                _ => Content::Fixed(None),
            },
        };
        Ok(Self { key: key.to_owned(), field: field.clone(), content })
    }

    /// The value, if it is the same for all contacts: then none within if it is empty.
    pub fn constant(&self) -> Option<Option<&Value>> {
        match &self.content {
            Content::Fixed(value) => Some(value.as_ref()),
            _ => None,
        }
    }

    /// Its secret, if it is one.
    pub fn secret(&self) -> Option<&SecretString> {
        match &self.content {
            Content::Secret(secret) => Some(secret),
            _ => None,
        }
    }

    /// The value for one attempt; none if it is empty.
    ///
    /// # Errors
    /// When the contact's columns give nothing that can be sent.
    pub fn render(&self, values: &Values<'_>, now: Timestamp) -> Result<Option<Value>, Refusal> {
        let value = match &self.content {
            Content::Fixed(value) => value.clone(),
            Content::Secret(_) => return Ok(None),
            Content::Columns(columns) => {
                let found = columns.iter().find_map(|name| values.get(name).filter(|text| !text.trim().is_empty()));
                self.converted(Value::String(found.unwrap_or_default().to_owned()))?
            }
            Content::Written(written) => {
                self.converted(written.render(values).map_err(|cause| self.refuse(&cause))?)?
            }
        };
        if self.field.kind == FieldType::Time
            && let Some(at) = value.as_ref().and_then(Value::as_str).and_then(time)
            && at <= now
        {
            return Err(self.refuse("is not in the future"));
        }
        if value.is_none() && self.field.required {
            return Err(self.refuse("is empty for this contact"));
        }
        Ok(value)
    }

    fn converted(&self, value: Value) -> Result<Option<Value>, Refusal> {
        convert(&self.field, value).map_err(|cause| self.refuse(&format!("{cause} for this contact")))
    }

    /// Refuses a contact for what this key is.
    pub fn refuse(&self, cause: &str) -> Refusal {
        Refusal::Contact {
            outcome: Outcome::Error,
            provider_status: String::new(),
            message: format!("[call] {}: {cause}", self.key),
        }
    }
}

impl Content {
    fn read(key: &str, field: &Field, value: &Value, columns: Option<&[String]>) -> Result<Self, BadKey> {
        let remedy = || field.remedy.clone().unwrap_or_else(|| format!("write {key} = {} in [call]", field.example()));
        let bad = |(within, cause): (String, String)| BadKey::new(format!("{key}{within}"), cause, remedy());
        check_written(field, value, false).map_err(bad)?;
        match Written::parse(key, value, columns)? {
            Written::Fixed(value) => {
                convert(field, value).map(Self::Fixed).map_err(|cause| bad((String::new(), cause)))
            }
            written => Ok(Self::Written(written)),
        }
    }
}

impl Written {
    fn parse(key: &str, value: &Value, columns: Option<&[String]>) -> Result<Self, BadKey> {
        let written = match value {
            Value::String(text) => {
                let remedy = "close each {{ with }} around a column's name or attempt.id";
                let template = Template::parse(text).map_err(|error| BadKey::new(key, error.to_string(), remedy))?;
                if let Some(columns) = columns {
                    check_columns(key, &template, columns)?;
                }
                Self::Text(template)
            }
            Value::Array(values) => {
                Self::List(values.iter().map(|value| Self::parse(key, value, columns)).collect::<Result<_, _>>()?)
            }
            Value::Object(table) => {
                let parse = |(name, value): (&String, &Value)| {
                    Ok((name.clone(), Self::parse(&format!("{key}.{name}"), value, columns)?))
                };
                Self::Table(table.iter().map(parse).collect::<Result<_, BadKey>>()?)
            }
            other => Self::Fixed(other.clone()),
        };
        Ok(if written.is_constant() { Self::Fixed(value.clone()) } else { written })
    }

    fn is_constant(&self) -> bool {
        match self {
            Self::Fixed(_) => true,
            Self::Text(template) => template.is_constant(),
            Self::List(values) => values.iter().all(Self::is_constant),
            Self::Table(entries) => entries.iter().all(|(_, value)| value.is_constant()),
        }
    }

    fn render(&self, values: &Values<'_>) -> Result<Value, String> {
        match self {
            Self::Fixed(value) => Ok(value.clone()),
            Self::Text(template) => {
                template.render(|name| values.get(name)).map(Value::String).map_err(|error| error.to_string())
            }
            Self::List(items) => items.iter().map(|item| item.render(values)).collect(),
            Self::Table(entries) => {
                entries.iter().map(|(key, value)| Ok((key.clone(), value.render(values)?))).collect()
            }
        }
    }
}

/// A definition comes over the network, and must not read this machine's files.
fn plain_secret(key: &str, value: &Value) -> Result<SecretString, BadKey> {
    match value {
        Value::String(text) if !text.is_empty() && !text.contains("{{") => Ok(text.as_str().into()),
        _ => {
            let remedy = format!("put {key} into [providers.NAME], where {{ env = … }} and {{ file = … }} work too");
            Err(BadKey::new(key, "must be a plain text in [call], without placeholders", remedy))
        }
    }
}
