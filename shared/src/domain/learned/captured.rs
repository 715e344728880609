//! Values taken out of reports by their names.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// The most values that one campaign captures.
pub const CAPTURES_MAX: usize = 32;
/// The longest value that is kept, in bytes.
const VALUE_BYTES_MAX: usize = 255;

/// `[results] capture`: a name for each place (JSON pointer, RFC 6901) in a provider's report of a call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Capture(BTreeMap<String, String>);

/// Captured values by their names. None is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Captured(BTreeMap<String, String>);

impl Capture {
    /// From names and pointers, which the caller has checked.
    pub fn new(places: BTreeMap<String, String>) -> Self {
        Self(places)
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether nothing is captured.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a report holds at these places. Texts are taken as they are, numbers and truth values as JSON writes them,
    /// lists and objects as compact JSON; each is cut after 255 bytes. What is absent, null or empty is not there.
    pub fn of(&self, report: &Value) -> Captured {
        let value = |(name, place): (&String, &String)| Some((name.clone(), text_of(report.pointer(place)?)?));
        Captured(self.0.iter().filter_map(value).collect())
    }
}

fn text_of(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.trim().to_owned(),
        Value::Array(items) if items.is_empty() => return None,
        Value::Object(fields) if fields.is_empty() => return None,
        other => other.to_string(),
    };
    let end = (0..=text.len().min(VALUE_BYTES_MAX)).rev().find(|&end| text.is_char_boundary(end))?;
    Some(text[..end].to_owned()).filter(|text| !text.is_empty())
}

impl Captured {
    /// Takes in what is not known yet: as with outcomes, the first word stays. Answers whether there was something.
    pub fn learn(&mut self, more: &Self) -> bool {
        let before = self.0.len();
        for (name, value) in &more.0 {
            self.0.entry(name.clone()).or_insert_with(|| value.clone());
        }
        self.0.len() > before
    }

    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, String)> for Captured {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn capture(places: &[(&str, &str)]) -> Capture {
        Capture::new(places.iter().map(|(name, place)| ((*name).to_owned(), (*place).to_owned())).collect())
    }

    #[test]
    fn values_are_taken_from_their_places_as_text() {
        let report = json!({
            "custom": { "disposition": " callback ", "score": 7.5, "agreed": true, "tags": ["a", "b"], "none": null, "gap": "" },
            "a/b": "slash",
        });
        let captured = capture(&[
            ("disposition", "/custom/disposition"),
            ("score", "/custom/score"),
            ("agreed", "/custom/agreed"),
            ("tags", "/custom/tags"),
            ("none", "/custom/none"),
            ("gap", "/custom/gap"),
            ("absent", "/nowhere"),
            ("slash", "/a~1b"),
        ])
        .of(&report);
        let found: Vec<_> = captured.iter().collect();
        assert_eq!(
            found,
            [
                ("agreed", "true"),
                ("disposition", "callback"),
                ("score", "7.5"),
                ("slash", "slash"),
                ("tags", "[\"a\",\"b\"]")
            ]
        );
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let captured = capture(&[("text", "/text")]).of(&json!({ "text": "é".repeat(200) }));
        assert_eq!(captured.get("text"), Some("é".repeat(127).as_str()));
    }

    #[test]
    fn the_first_word_stays() {
        let of = |values: &[(&str, &str)]| -> Captured {
            values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let mut known = of(&[("disposition", "callback")]);
        assert!(!known.learn(&of(&[("disposition", "refused")])));
        assert!(known.learn(&of(&[("disposition", "refused"), ("score", "1")])));
        assert_eq!(known, of(&[("disposition", "callback"), ("score", "1")]));
    }
}
