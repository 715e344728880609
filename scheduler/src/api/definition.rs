//! A definition as a request brings it: read, and checked against what this server knows.

use axum::http::{HeaderMap, StatusCode, header};
use redial_shared::{
    config::{AccountConfig, BadLocation, Config, Location},
    domain::{
        CampaignName,
        campaign::{self, CampaignDefinition, DefinitionError},
        secret::SecretSource,
    },
    provider::{self, BadKey},
};

use super::{Problem, extract::names_media_type};

const TOML_TYPES: &[&str] = &["application/toml", "text/plain", "application/octet-stream"];
const JSON_TYPES: &[&str] = &["application/json"];

/// The definition of a body, and its text as TOML, which is what is stored.
///
/// # Errors
/// 415 for other content types, 422 for what is no definition, or not the one that the path names.
pub fn read(headers: &HeaderMap, body: &[u8], name: &CampaignName) -> Result<(CampaignDefinition, String), Problem> {
    let source = text(headers, body)?;
    let is_json = names_media_type(headers.get(header::CONTENT_TYPE), JSON_TYPES);
    let told = |error: DefinitionError| if is_json { without_place(&error) } else { wrong(error) };
    let definition = campaign::parse(&source, &format!("{name}.toml")).map_err(told)?;
    if definition.name == *name {
        return Ok((definition, source));
    }
    let detail = format!("the path says `{name}` and the definition `{}`", definition.name);
    Err(Problem::unprocessable(detail).with_key("name").with_hint("make both the same"))
}

fn text(headers: &HeaderMap, body: &[u8]) -> Result<String, Problem> {
    let content_type = headers.get(header::CONTENT_TYPE);
    if names_media_type(content_type, JSON_TYPES) {
        return json_as_toml(body);
    }
    if content_type.is_some() && !names_media_type(content_type, TOML_TYPES) {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a definition is TOML or JSON")
            .with_hint("send it as application/toml or application/json"));
    }
    let text = std::str::from_utf8(body).map_err(|_| Problem::unprocessable("the definition is not UTF-8"))?;
    Ok(text.to_owned())
}

fn json_as_toml(body: &[u8]) -> Result<String, Problem> {
    let wrong = |error: &dyn std::fmt::Display| Problem::unprocessable(format!("not a definition in JSON: {error}"));
    let value: serde_json::Value = serde_json::from_slice(body).map_err(|error| wrong(&error))?;
    toml::to_string(&without_nulls(value)).map_err(|error| wrong(&error))
}

/// A definition that was applied, in JSON; dates are texts there.
///
/// # Errors
/// When it is no TOML.
pub fn as_json(source: &str) -> Result<serde_json::Value, toml::de::Error> {
    source.parse::<toml::Table>().map(|table| json_of(toml::Value::Table(table)))
}

/// The text of a definition without the secrets that stand in it: it must be kept from whoever may read definitions. One
/// without any stays as it was written.
///
/// # Errors
/// When it is not TOML.
pub fn without_secrets(source: String) -> Result<String, Problem> {
    let mut table: toml::Table = source.parse().map_err(Problem::internal)?;
    let notify = table.get_mut("notify").and_then(toml::Value::as_table_mut);
    let mut inline = notify
        .into_iter()
        .flat_map(|notify| notify.iter_mut())
        .filter(|(key, value)| key.ends_with("secret") && value.is_str())
        .map(|(_, value)| value)
        .peekable();
    if inline.peek().is_none() {
        return Ok(source);
    }
    inline.for_each(|value| *value = SecretSource::LEFT_OUT.into());
    toml::to_string(&table).map_err(Problem::internal)
}

fn json_of(value: toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(instant) => instant.to_string().into(),
        toml::Value::Array(values) => values.into_iter().map(json_of).collect(),
        toml::Value::Table(fields) => fields.into_iter().map(|(key, value)| (key, json_of(value))).collect(),
    }
}

/// TOML has no null: a key without a value is a key that is not there.
fn without_nulls(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
            kept.map(|(key, value)| (key, without_nulls(value))).collect()
        }
        serde_json::Value::Array(values) => values.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

fn wrong(error: DefinitionError) -> Problem {
    problem(error.to_string(), &error)
}

fn problem(detail: String, error: &DefinitionError) -> Problem {
    let problem = Problem::unprocessable(detail).with_key(error.key());
    match error.hint() {
        Some(hint) => problem.with_hint(hint),
        None => problem,
    }
}

/// What is wrong in JSON, which has no lines that anybody would know.
fn without_place(error: &DefinitionError) -> Problem {
    problem(format!("{}: {}", error.key(), error.cause()), error)
}

/// Whether this server has the account, and its kind takes the `[call]` table.
///
/// # Errors
/// 422, naming the accounts there are, or the key that is wrong.
pub fn check_provider(config: &Config, definition: &CampaignDefinition) -> Result<(), Problem> {
    let name = &definition.provider;
    let Some(account) = config.providers.get(name) else {
        let known: Vec<&str> = config.providers.keys().map(String::as_str).collect();
        let known =
            if known.is_empty() { "there is none".to_owned() } else { format!("there are {}", known.join(", ")) };
        return Err(Problem::unprocessable(format!("there is no provider account `{name}`: {known}"))
            .with_key("provider")
            .with_hint(format!("add [providers.{name}] to the server's redial.toml, or name another account")));
    };
    check_archive(definition)?;
    check_call(account, definition)
}

fn check_archive(definition: &CampaignDefinition) -> Result<(), Problem> {
    let to = definition.archive.as_ref().and_then(|archive| archive.to.as_deref());
    to.map_or(Ok(()), |to| {
        to.parse::<Location>().map(drop).map_err(|bad| {
            Problem::unprocessable(format!("archive.to: {bad}")).with_key("archive.to").with_hint(BadLocation::HINT)
        })
    })
}

/// Lists come later, so the columns that templates use are not looked at. Secrets are not needed to read a `[call]` table,
/// and may be known to the workers alone.
fn check_call(account: &AccountConfig, definition: &CampaignDefinition) -> Result<(), Problem> {
    let provider = provider::of_account_without_secrets(account).map_err(wrong)?;
    provider.compile(definition.call.fields(), None).map(drop).map_err(|error| bad_key("call", &error))
}

fn bad_key(table: &str, error: &BadKey) -> Problem {
    Problem::unprocessable(format!("[{table}] {error}"))
        .with_key(&format!("{table}.{}", error.key()))
        .with_hint(error.remedy())
}
