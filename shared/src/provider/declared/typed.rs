//! Values of the types that provider files declare: what may be written, and what becomes of it.

use serde_json::{Map, Number, Value};

use crate::{
    domain::{Outcome, PhoneNumber, Timestamp},
    provider::{
        keys::{kind_of, unknown_key},
        spec::{Field, FieldType},
    },
};

/// Where within a key, `.name` or nothing, and what is wrong there.
type Wrong = (String, String);

/// Whether a value, still with placeholders, can become one of the field's type. `literal`: there are no placeholders,
/// and numbers and booleans are written as such.
pub(super) fn check_written(field: &Field, value: &Value, literal: bool) -> Result<(), Wrong> {
    let wrong = || Err((String::new(), format!("is {}", kind_of(value))));
    match field.kind {
        FieldType::Any => Ok(()),
        FieldType::Integer | FieldType::Number | FieldType::Boolean if literal && value.is_string() => wrong(),
        FieldType::Integer | FieldType::Number => {
            if value.is_number() || value.is_string() {
                Ok(())
            } else {
                wrong()
            }
        }
        FieldType::Boolean => {
            if value.is_boolean() || value.is_string() {
                Ok(())
            } else {
                wrong()
            }
        }
        FieldType::List => match value {
            Value::Array(values) => values.iter().try_for_each(|value| check_scalar("", value)),
            _ => wrong(),
        },
        FieldType::Pairs => match value {
            Value::Array(values) => values.iter().try_for_each(check_pair),
            _ => wrong(),
        },
        FieldType::Table | FieldType::Outcomes => match value {
            Value::Object(table) => check_table(field, table),
            _ => wrong(),
        },
        _ if literal && value.as_str().is_some_and(str::is_empty) => wrong(),
        _ => check_scalar("", value),
    }
}

fn check_scalar(within: &str, value: &Value) -> Result<(), Wrong> {
    match value {
        Value::String(_) | Value::Number(_) | Value::Bool(_) => Ok(()),
        _ => Err((within.to_owned(), format!("is {}", kind_of(value)))),
    }
}

fn check_pair(value: &Value) -> Result<(), Wrong> {
    match value.as_object().filter(|pair| pair.len() == 1).and_then(|pair| pair.values().next()) {
        Some(value) => check_scalar("", value),
        None => Err((String::new(), "holds something else than tables of one key and its value".to_owned())),
    }
}

fn check_table(field: &Field, table: &Map<String, Value>) -> Result<(), Wrong> {
    for (key, value) in table {
        let within = format!(".{key}");
        if field.reserved.contains(key) {
            return Err((within, "is set by Redial".to_owned()));
        }
        if !field.keys.is_empty() && !field.keys.contains(key) {
            let error = unknown_key("", key, field.keys.iter().map(String::as_str));
            return Err((within, format!("is not known here: {}", error.remedy())));
        }
        check_scalar(&within, value)?;
    }
    Ok(())
}

/// The value to send, of the field's type; none if it is empty.
pub(super) fn convert(field: &Field, value: Value) -> Result<Option<Value>, String> {
    match (field.kind, value) {
        (FieldType::Any, value) => Ok(Some(value)),
        (FieldType::List, Value::Array(values)) => {
            let texts: Vec<Value> = values.iter().filter_map(text).map(Value::String).collect();
            Ok((field.keep_empty || !texts.is_empty()).then_some(Value::Array(texts)))
        }
        (FieldType::Pairs, Value::Array(values)) => {
            let pairs: Vec<Value> = values
                .iter()
                .filter_map(Value::as_object)
                .map(texts_of)
                .filter(|pair| !pair.is_empty())
                .map(Value::Object)
                .collect();
            Ok((field.keep_empty || !pairs.is_empty()).then_some(Value::Array(pairs)))
        }
        (FieldType::Table, Value::Object(table)) => {
            let texts = texts_of(&table);
            Ok((field.keep_empty || !texts.is_empty()).then_some(Value::Object(texts)))
        }
        (FieldType::Outcomes, Value::Object(table)) => outcomes(table).map(Some),
        (kind, value) => text(&value).map(|text| scalar(field, kind, text)).transpose(),
    }
}

/// The text of a scalar, without space around it; none if it is empty.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

fn texts_of(table: &Map<String, Value>) -> Map<String, Value> {
    table.iter().filter_map(|(key, value)| Some((key.clone(), Value::String(text(value)?)))).collect()
}

fn scalar(field: &Field, kind: FieldType, text: String) -> Result<Value, String> {
    match kind {
        FieldType::Integer => integer(field, &text),
        FieldType::Number => {
            let number = text.parse().ok().and_then(Number::from_f64);
            number.map(Value::Number).ok_or_else(|| "is no number".to_owned())
        }
        FieldType::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err("is neither true nor false".to_owned()),
        },
        FieldType::OneOf if !field.of.contains(&text) => {
            Err(format!("`{text}` is not known: one of {}", field.of.join(", ")))
        }
        FieldType::Address if !is_address(&text) => Err("is no http or https address".to_owned()),
        FieldType::Phone if PhoneNumber::from_e164(&text).is_err() => {
            Err("is no number in E.164, as in +12025550101".to_owned())
        }
        FieldType::Time if time(&text).is_none() => Err("is no RFC 3339 time, as in 2027-01-31T10:00:00Z".to_owned()),
        _ => Ok(Value::String(text)),
    }
}

fn integer(field: &Field, text: &str) -> Result<Value, String> {
    let number: i64 = text.parse().map_err(|_| "is no whole number".to_owned())?;
    let (min, max) = (field.min.unwrap_or(i64::MIN), field.max.unwrap_or(i64::MAX));
    match (min..=max).contains(&number) {
        true => Ok(number.into()),
        false => Err(format!("is not from {min} to {max}")),
    }
}

fn outcomes(table: Map<String, Value>) -> Result<Value, String> {
    for value in table.values() {
        let text = value.as_str().unwrap_or_default();
        text.parse::<Outcome>().map_err(|error| error.to_string())?;
    }
    Ok(Value::Object(table))
}

fn is_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// An RFC 3339 time.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    chrono::DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc().into())
}

impl Field {
    /// What its value looks like in TOML.
    pub(super) fn example(&self) -> String {
        match self.kind {
            FieldType::Integer => format!("{}", self.min.unwrap_or(1)),
            FieldType::Number => "0.5".to_owned(),
            FieldType::Boolean => "true".to_owned(),
            FieldType::OneOf => self.of.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" or "),
            FieldType::Address => "\"https://host/path\"".to_owned(),
            FieldType::Phone => "\"+12025550101\"".to_owned(),
            FieldType::Time => "\"2027-01-31T10:00:00Z\"".to_owned(),
            FieldType::List => "[\"…\"]".to_owned(),
            FieldType::Table => "{ name = \"…\" }".to_owned(),
            FieldType::Pairs => "[{ question = \"answer\" }]".to_owned(),
            FieldType::Outcomes => "{ word = \"busy\" }".to_owned(),
            FieldType::Secret => "{ env = \"NAME\" }".to_owned(),
            FieldType::Text | FieldType::Any => "\"…\"".to_owned(),
        }
    }
}
