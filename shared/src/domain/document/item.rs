//! Reading one value of a file.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use chrono::{DateTime, NaiveDate};

use super::{DefinitionError, Node, Place, Table, Value, table::nearest};
use crate::domain::Timestamp;

/// A value of a [`super::Document`] with its dotted key.
#[derive(Clone)]
pub struct Item<'d> {
    file: &'d str,
    key: String,
    node: &'d Node,
}

impl<'d> Item<'d> {
    pub(super) fn new(file: &'d str, key: String, node: &'d Node) -> Self {
        Self { file, key, node }
    }

    /// An error about this value.
    pub fn error(&self, cause: impl fmt::Display) -> DefinitionError {
        DefinitionError::new(self.file, &self.node.place, &self.key, cause)
    }

    /// `FILE:LINE: key`, for errors that show up later.
    pub fn place(&self) -> String {
        format!("{}: {}", self.node.place.in_file(self.file), self.key)
    }

    /// The value with its own place.
    pub fn node(&self) -> &'d Node {
        self.node
    }

    /// A string.
    ///
    /// # Errors
    /// When it is something else.
    pub fn text(&self) -> Result<&'d str, DefinitionError> {
        match &self.node.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.expected("a string")),
        }
    }

    /// A string that means a `T`, whose parser says what was expected.
    ///
    /// # Errors
    /// When it is no string, or means no `T`.
    pub fn parsed<T: FromStr<Err: fmt::Display>>(&self) -> Result<T, DefinitionError> {
        self.text()?.parse().map_err(|cause| self.error(cause))
    }

    /// A string that is one of a few words.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, DefinitionError> {
        let text = self.text()?;
        words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
            let known = words.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>().join(" or ");
            self.error(format!("`{}` is not {known}", crate::domain::units::shortened(text)))
        })
    }

    /// A whole number within bounds.
    ///
    /// # Errors
    /// When it is none, or out of bounds.
    pub fn integer<T>(&self, bounds: RangeInclusive<T>) -> Result<T, DefinitionError>
    where
        T: TryFrom<i64> + PartialOrd + fmt::Display,
    {
        let expected = || format!("a whole number from {} to {}", bounds.start(), bounds.end());
        let number = match &self.node.value {
            Value::Integer(number) => *number,
            Value::Text(text) if self.is_from_environment() => text.parse().map_err(|_| self.expected(&expected()))?,
            _ => return Err(self.expected(&expected())),
        };
        let within = T::try_from(number).ok().filter(|value| bounds.contains(value));
        within.ok_or_else(|| self.error(format!("{} expected, found {number}", expected())))
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// When it is neither.
    pub fn flag(&self) -> Result<bool, DefinitionError> {
        match &self.node.value {
            Value::Flag(flag) => Ok(*flag),
            Value::Text(text) if self.is_from_environment() => text.parse().map_err(|_| self.expected("true or false")),
            _ => Err(self.expected("true or false")),
        }
    }

    /// An instant with its offset from UTC, as a TOML date-time or as RFC 3339 in a string.
    ///
    /// # Errors
    /// When it is none, or lacks the offset.
    pub fn instant(&self) -> Result<Timestamp, DefinitionError> {
        let expected = || self.expected("an instant with its offset, like 2026-12-01T00:00:00Z,");
        let text = match &self.node.value {
            Value::Text(text) => text.clone(),
            Value::Datetime(datetime) => datetime.to_string(),
            _ => return Err(expected()),
        };
        DateTime::parse_from_rfc3339(&text).map(|at| at.to_utc().into()).map_err(|_| expected())
    }

    /// A calendar day, as a TOML date or in a string.
    ///
    /// # Errors
    /// When it is none.
    pub fn date(&self) -> Result<NaiveDate, DefinitionError> {
        let text = match &self.node.value {
            Value::Text(text) => text.clone(),
            Value::Datetime(datetime) => datetime.to_string(),
            _ => return Err(self.expected("a date like \"2026-12-24\"")),
        };
        NaiveDate::parse_from_str(&text, "%Y-%m-%d").map_err(|_| {
            let found = crate::domain::units::shortened(&text);
            self.error(format!("`{found}` is no date: one like \"2026-12-24\" expected"))
        })
    }

    /// An IANA time zone.
    ///
    /// # Errors
    /// When there is no such zone.
    pub fn zone(&self) -> Result<chrono_tz::Tz, DefinitionError> {
        let text = self.text()?;
        text.parse().map_err(|_| {
            let found = crate::domain::units::shortened(text);
            let known: Vec<&str> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
            let hint = match nearest(text, &known) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "write one like \"Europe/Paris\"".to_owned(),
            };
            self.error(format!("`{found}` is no IANA time zone")).with_hint(hint)
        })
    }

    /// The values of a list.
    ///
    /// # Errors
    /// When it is no list.
    pub fn list(&self) -> Result<Vec<Item<'d>>, DefinitionError> {
        match &self.node.value {
            Value::List(nodes) => {
                Ok(nodes.iter().map(|node| Self { file: self.file, key: self.key.clone(), node }).collect())
            }
            _ => Err(self.expected("a list")),
        }
    }

    /// A table.
    ///
    /// # Errors
    /// When it is something else.
    pub fn table(&self) -> Result<Table<'d>, DefinitionError> {
        match &self.node.value {
            Value::Table(entries) => Ok(Table::new(self.file, self.key.clone(), &self.node.place, entries)),
            _ => Err(self.expected("a table")),
        }
    }

    /// The value as JSON; dates and times become strings.
    ///
    /// # Errors
    /// For numbers that JSON cannot say (`nan`, `inf`).
    pub fn json(&self) -> Result<serde_json::Value, DefinitionError> {
        Ok(match &self.node.value {
            Value::Text(text) => text.as_str().into(),
            Value::Integer(number) => (*number).into(),
            Value::Float(number) => {
                serde_json::Number::from_f64(*number).ok_or_else(|| self.error("a finite number expected"))?.into()
            }
            Value::Flag(flag) => (*flag).into(),
            Value::Datetime(datetime) => datetime.to_string().into(),
            Value::List(_) => self.list()?.iter().map(Self::json).collect::<Result<Vec<_>, _>>()?.into(),
            Value::Table(_) => {
                let table = self.table()?;
                let fields = table.items().map(|(key, item)| Ok((key.to_owned(), item.json()?)));
                serde_json::Value::Object(fields.collect::<Result<_, _>>()?)
            }
        })
    }

    /// "… expected, found …", without the value itself, which may be a secret.
    pub fn expected(&self, what: &str) -> DefinitionError {
        self.error(format!("{what} expected, found {}", self.node.kind()))
    }

    fn is_from_environment(&self) -> bool {
        matches!(self.node.place, Place::Variable(_))
    }
}
