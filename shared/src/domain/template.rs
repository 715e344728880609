//! Texts with places for a contact's columns: `Hello {{first_name}}`, `{{attempt.id}}`.

/// The one name that is no column: the attempt's id.
pub const ATTEMPT_ID: &str = "attempt.id";

/// A text with `{{name}}` places, parsed once. Space around a name does not matter; there is no escape for `{{`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

/// Why a text is no template.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadTemplate {
    /// `{{` without `}}`.
    #[error("`{{{{` is never closed by `}}}}`")]
    Unclosed,
    /// `{{}}`, or braces within a name.
    #[error("`{{{{{0}}}}}` names no column")]
    NoName(String),
    /// Something else of the attempt than its id.
    #[error("`{{{{{0}}}}}` does not exist: of an attempt there is only `{{{{attempt.id}}}}`")]
    NoSuchAttemptField(String),
}

/// A column that the contact lacks.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the contact has no column `{0}`")]
pub struct MissingColumn(pub String);

impl Template {
    /// Parses a text.
    ///
    /// # Errors
    /// When a place is not closed, empty, or names what cannot exist.
    pub fn parse(text: &str) -> Result<Self, BadTemplate> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").ok_or(BadTemplate::Unclosed)?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Name(checked_name(name)?));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// The columns used, in the order of their first use; not `attempt.id`.
    pub fn columns(&self) -> Vec<&str> {
        let mut columns = Vec::new();
        for part in &self.parts {
            if let Part::Name(name) = part
                && name != ATTEMPT_ID
                && !columns.contains(&name.as_str())
            {
                columns.push(name.as_str());
            }
        }
        columns
    }

    /// The name that stands at the very start, if one does.
    pub fn starts_with(&self) -> Option<&str> {
        match self.parts.first() {
            Some(Part::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// Whether it is always the same text.
    pub fn is_constant(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Text(_)))
    }

    /// Fills the places with what `value_of` knows of each name, `attempt.id` included.
    ///
    /// # Errors
    /// When it does not know one.
    pub fn render<'v>(&self, value_of: impl Fn(&str) -> Option<&'v str>) -> Result<String, MissingColumn> {
        let mut rendered = String::new();
        for part in &self.parts {
            rendered.push_str(match part {
                Part::Text(text) => text,
                Part::Name(name) => value_of(name).ok_or_else(|| MissingColumn(name.clone()))?,
            });
        }
        Ok(rendered)
    }
}

fn checked_name(written: &str) -> Result<String, BadTemplate> {
    let name = written.trim();
    if name.is_empty() || name.contains(['{', '}']) {
        return Err(BadTemplate::NoName(written.to_owned()));
    }
    if name.starts_with("attempt.") && name != ATTEMPT_ID {
        return Err(BadTemplate::NoSuchAttemptField(name.to_owned()));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(name: &str) -> Option<&'static str> {
        match name {
            "first_name" => Some("Ada"),
            "city" => Some(""),
            "attempt.id" => Some("0000000a-1-2"),
            _ => None,
        }
    }

    #[test]
    fn places_are_filled_and_the_rest_is_kept() {
        for (text, rendered) in [
            ("", ""),
            ("plain } {text}", "plain } {text}"),
            ("{{first_name}}", "Ada"),
            ("Hello {{ first_name }}{{city}}, {{attempt.id}}!", "Hello Ada, 0000000a-1-2!"),
            ("{\"a\":{\"b\":\"{{first_name}}\"}}", "{\"a\":{\"b\":\"Ada\"}}"),
        ] {
            assert_eq!(Template::parse(text).unwrap().render(values).as_deref(), Ok(rendered), "{text}");
        }
    }

    #[test]
    fn columns_are_listed_once_and_without_the_attempt() {
        let template = Template::parse("{{b}} {{a}} {{attempt.id}} {{b}}").unwrap();
        assert_eq!(template.columns(), ["b", "a"]);
        assert!(!template.is_constant());
    }

    #[test]
    fn a_missing_column_is_named() {
        let template = Template::parse("{{surname}}").unwrap();
        assert_eq!(template.render(values), Err(MissingColumn("surname".to_owned())));
    }

    #[test]
    fn a_place_that_can_never_be_filled_is_refused() {
        for text in ["{{first_name", "{{}}", "{{ }}", "{{{x}}", "{{attempt.number}}"] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
        let shown = Template::parse("{{ }}").unwrap_err().to_string();
        assert_eq!(shown, "`{{ }}` names no column");
    }
}
