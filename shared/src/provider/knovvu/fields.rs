//! The `[call]` table of a campaign through Knovvu, completed by the account's keys.

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::{
    account::{Account, DestinationFormat},
    call::{DESTINATION, DISPLAY_NUMBER},
};
use crate::provider::{
    BadKey,
    field::{FlagField, TextField},
    keys::Keys,
};

/// The fields of a call, each parsed once.
pub(super) struct CallFields {
    pub destination_format: DestinationFormat,
    pub project: TextField,
    pub tenant: TextField,
    pub access_token: SecretString,
    pub scenario_path: TextField,
    pub orchestrator_url: TextField,
    pub display_number: TextField,
    /// Name and value of each further scenario parameter.
    pub variables: Vec<(String, TextField)>,
    pub end_user: Option<EndUserFields>,
    pub locale: Option<TextField>,
    pub result_destination: Option<TextField>,
    pub send_result_immediately: Option<FlagField>,
}

/// The fields of `EndUser`.
pub(super) struct EndUserFields {
    pub name: Option<TextField>,
    pub phone: Option<TextField>,
    pub email: Option<TextField>,
}

impl CallFields {
    /// Reads and checks the table; `columns` as in [`crate::provider::Provider::compile`].
    pub fn read(account: &Account, call: &Map<String, Value>, columns: Option<&[String]>) -> Result<Self, BadKey> {
        let mut keys = Keys::new(call, "");
        let fields = Self {
            destination_format: account.destination_format,
            project: either(&mut keys, "project", account.project.as_ref(), columns)?,
            tenant: either(&mut keys, "tenant", account.tenant.as_ref(), columns)?,
            access_token: access_token(&mut keys, account)?,
            scenario_path: either(&mut keys, "scenario_path", account.scenario_path.as_ref(), columns)?,
            orchestrator_url: either(&mut keys, "orchestrator_url", account.orchestrator_url.as_ref(), columns)?,
            display_number: display_number(&mut keys, columns)?,
            variables: variables(&mut keys, columns)?,
            end_user: end_user(&mut keys, columns)?,
            locale: text(&mut keys, "", "locale", columns)?,
            result_destination: text(&mut keys, "", "result_destination", columns)?,
            send_result_immediately: flag(&mut keys, "send_result_immediately", columns)?,
        };
        check_address(&keys, "orchestrator_url", Some(&fields.orchestrator_url))?;
        check_address(&keys, "result_destination", fields.result_destination.as_ref())?;
        keys.finish()?;
        Ok(fields)
    }
}

fn flag(keys: &mut Keys<'_>, key: &'static str, columns: Option<&[String]>) -> Result<Option<FlagField>, BadKey> {
    keys.get(key).map(|value| FlagField::read(key, value, columns)).transpose()
}

fn text(
    keys: &mut Keys<'_>,
    prefix: &str,
    key: &'static str,
    columns: Option<&[String]>,
) -> Result<Option<TextField>, BadKey> {
    keys.get(key).map(|value| TextField::read(format!("{prefix}{key}"), value, columns)).transpose()
}

/// A required field from `[call]`, else from the account.
fn either(
    keys: &mut Keys<'_>,
    key: &'static str,
    of_account: Option<&String>,
    columns: Option<&[String]>,
) -> Result<TextField, BadKey> {
    let remedy = format!("add {key} = \"…\" to [providers.NAME], or to [call] for this campaign only");
    let field = match text(keys, "", key, columns)? {
        Some(field) => field,
        None => {
            let value = of_account.ok_or_else(|| keys.bad(key, "is required by knovvu", &*remedy))?;
            TextField::literal(key, value)
        }
    };
    if field.constant().is_some_and(|text| text.is_empty()) {
        return Err(keys.bad(key, "is empty", remedy));
    }
    Ok(field)
}

/// What is the same for all contacts can be checked before any is called.
fn check_address(keys: &Keys<'_>, key: &str, field: Option<&TextField>) -> Result<(), BadKey> {
    let is_address = |text: &str| url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    match field.and_then(TextField::constant).filter(|text| !text.is_empty()) {
        Some(text) if !is_address(&text) => {
            Err(keys.bad(key, "is no http or https address", "write it whole: \"https://host/path\""))
        }
        _ => Ok(()),
    }
}

/// In `[call]` it is a plain text: a definition comes over the network, and must not read this machine's files.
fn access_token(keys: &mut Keys<'_>, account: &Account) -> Result<SecretString, BadKey> {
    const KEY: &str = "access_token";
    let remedy = "put access_token into [providers.NAME], where { env = … } and { file = … } work too";
    match keys.get(KEY) {
        None => account.access_token.clone().ok_or_else(|| keys.bad(KEY, "is required by knovvu", remedy)),
        Some(Value::String(text)) if !text.is_empty() && !text.contains("{{") => Ok(text.as_str().into()),
        Some(_) => Err(keys.bad(KEY, "must be a plain text in [call], without placeholders", remedy)),
    }
}

fn display_number(keys: &mut Keys<'_>, columns: Option<&[String]>) -> Result<TextField, BadKey> {
    const KEY: &str = "display_number";
    let remedy = "add display_number = \"200\" to [call]: the number that the called person sees";
    let field = text(keys, "", KEY, columns)?.ok_or_else(|| keys.bad(KEY, "is required by knovvu", remedy))?;
    if field.constant().is_some_and(|text| text.is_empty()) {
        return Err(keys.bad(KEY, "is empty", remedy));
    }
    Ok(field)
}

fn variables(keys: &mut Keys<'_>, columns: Option<&[String]>) -> Result<Vec<(String, TextField)>, BadKey> {
    let Some(table) = keys.table("variables")? else { return Ok(Vec::new()) };
    let read = |(name, value): (&String, &Value)| {
        let key = format!("variables.{name}");
        if name == DISPLAY_NUMBER || name == DESTINATION {
            let remedy = "use display_number; the destination is the contact's number";
            return Err(BadKey::new(key, "is set by Redial", remedy));
        }
        Ok((name.clone(), TextField::read(key, value, columns)?))
    };
    table.iter().map(read).collect()
}

fn end_user(keys: &mut Keys<'_>, columns: Option<&[String]>) -> Result<Option<EndUserFields>, BadKey> {
    const PREFIX: &str = "end_user.";
    let Some(table) = keys.table("end_user")? else { return Ok(None) };
    let mut keys = Keys::new(table, PREFIX);
    let fields = EndUserFields {
        name: text(&mut keys, PREFIX, "name", columns)?,
        phone: text(&mut keys, PREFIX, "phone", columns)?,
        email: text(&mut keys, PREFIX, "email", columns)?,
    };
    keys.finish()?;
    Ok(Some(fields))
}
