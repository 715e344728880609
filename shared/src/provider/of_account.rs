//! From an account's configuration to its provider.

use std::sync::Arc;

use serde_json::Value;

use super::{Provider, build};
use crate::{
    config::{AccountConfig, Secret},
    domain::document::DefinitionError,
};

/// Makes the provider of a configured account, with its secrets resolved.
///
/// # Errors
/// A key that the kind does not know or cannot use, or a secret that cannot be had, naming file, line and key.
pub fn of_account(account: &AccountConfig) -> Result<Arc<dyn Provider>, DefinitionError> {
    let table = account.own.table();
    let keys = table.items().map(|(key, item)| Ok((key.to_owned(), item.json()?))).collect::<Result<_, _>>()?;
    let built =
        build(account.kind.as_str(), account.base_url.as_deref(), &keys, &|value| resolve(value, &account.name));
    built.map_err(|error| {
        let cause = error.to_string();
        match table.get(error.key().split('.').next().unwrap_or_default()) {
            Some(item) => item.error(cause),
            None => table.error(cause),
        }
        .with_hint(error.remedy())
    })
}

/// A secret's text: itself, or what `{ env = … }` or `{ file = … }` names.
fn resolve(value: &Value, place: &str) -> Result<secrecy::SecretString, String> {
    let secret =
        Secret::from_json(value, place).ok_or("a string, { env = \"NAME\" } or { file = \"PATH\" } expected")?;
    secret.resolve().map_err(|error| error.to_string())
}
