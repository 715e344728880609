//! Finding things in what a provider sends.

use serde_json::{Map, Value};

use crate::provider::wire::parse_json;

/// No id is longer; something else than an id is none.
const ID_MAX_BYTES: usize = 200;

/// What a JSON pointer leads to. A name that is not there is looked for without case, for .NET services are configured to
/// write either `UniqueId` or `uniqueId`.
pub(super) fn at<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    let parts = pointer.split('/').skip(1);
    parts.map(|part| part.replace("~1", "/").replace("~0", "~")).try_fold(value, |value, part| match value {
        Value::Object(fields) => fields
            .get(&part)
            .or_else(|| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(&part)).map(|(_, value)| value)),
        Value::Array(values) => values.get(part.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The first of some places that holds something.
pub(super) fn first<'a>(value: &'a Value, pointers: &[String]) -> Option<&'a Value> {
    pointers.iter().filter_map(|pointer| at(value, pointer)).find(|value| !value.is_null())
}

/// A text or an integer that can be a call's id.
pub(super) fn id(value: &Value, pointers: &[String]) -> Option<String> {
    pointers.iter().filter_map(|pointer| at(value, pointer)).find_map(|found| {
        let id = match found {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) if !number.is_f64() => number.to_string(),
            _ => return None,
        };
        (1..=ID_MAX_BYTES).contains(&id.len()).then_some(id)
    })
}

/// The text of whatever is there; empty if nothing is.
pub(super) fn text(value: &Value, pointers: &[String]) -> String {
    match first(value, pointers) {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// A number, or a text that is one.
pub(super) fn number(value: &Value, pointers: &[String]) -> Option<f64> {
    let found = first(value, pointers)?;
    found.as_f64().or_else(|| found.as_str()?.trim().parse().ok()).filter(|number| number.is_finite())
}

/// A body that was sent to us: JSON, or a form as a table of texts.
pub(super) fn received(body: &[u8]) -> Option<Value> {
    parse_json(body).or_else(|| {
        let text =
            std::str::from_utf8(body).ok().filter(|text| text.contains('=') && !text.contains(['{', '<', '\n']))?;
        let fields = url::form_urlencoded::parse(text.as_bytes());
        let fields: Map<String, Value> =
            fields.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect();
        Some(Value::Object(fields))
    })
}

/// Words as they are compared: letters and digits alone, in small letters.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Sentences as they are searched: words in small letters, one blank between them.
pub(super) fn spaced(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}
