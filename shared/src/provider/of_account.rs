//! From an account's configuration to its provider.

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::{
    Provider, ResolveSecret, build_spec,
    kinds::{HTTP, shipped, shipped_names},
    spec::{FieldType, Spec},
};
use crate::{
    config::{self, AccountConfig, Secret},
    domain::document::DefinitionError,
};

/// The key that names a provider file under `kind = "http"`.
const SPEC: &str = "spec";

/// What a provider file calls the operation that tells where a call's recording is.
pub const RECORDING: &str = "recording";

/// Makes the provider of a configured account, with its secrets resolved.
///
/// # Errors
/// A key that the kind does not know or cannot use, a provider file that is none, or a secret that cannot be had, naming
/// file, line and key.
pub fn of_account(account: &AccountConfig) -> Result<Arc<dyn Provider>, DefinitionError> {
    made(account, &|_, _| true)
}

/// The same where only [`Provider::hook`] is wanted: of the secrets, those are resolved that prove who sends.
///
/// # Errors
/// As [`of_account`].
pub fn of_account_for_hooks(account: &AccountConfig) -> Result<Arc<dyn Provider>, DefinitionError> {
    made(account, &|spec, key| spec.webhook.names_secret(key))
}

/// The same where secrets are not needed and may not be there, to read `[call]` tables and check numbers.
///
/// # Errors
/// As [`of_account`], but for secrets.
pub fn of_account_without_secrets(account: &AccountConfig) -> Result<Arc<dyn Provider>, DefinitionError> {
    made(account, &|_, _| false)
}

/// `is_needed` tells which secrets are resolved; in the place of the others stands a text that is none.
fn made(
    account: &AccountConfig,
    is_needed: &dyn Fn(&Spec, &str) -> bool,
) -> Result<Arc<dyn Provider>, DefinitionError> {
    let table = account.own.table();
    let keys = table.items().map(|(key, item)| Ok((key.to_owned(), item.json()?)));
    let mut keys = keys.collect::<Result<Map<_, _>, DefinitionError>>()?;
    keys.remove(config::RECORDINGS);
    let spec = spec_of(account, &mut keys)?;
    let known: Vec<&str> = spec.account.keys().map(String::as_str).chain([SPEC]).collect();
    account.own.only(&known)?;
    for (key, value) in &mut keys {
        if spec.account.get(key).is_some_and(|field| field.kind == FieldType::Secret) && !is_needed(&spec, key) {
            *value = "not needed".into();
        }
    }
    let resolve: ResolveSecret<'_> = &|value| resolve(value, &account.name);
    let provider = build_spec(spec, account.base_url.as_deref(), &keys, resolve).map_err(|error| {
        match table.get(error.key()) {
            Some(item) => item.error(error.cause()),
            None => match table.get(error.key().split('.').next().unwrap_or_default()) {
                Some(item) => item.error(&error),
                None => table.error(&error),
            },
        }
        .with_hint(error.remedy())
    })?;
    if account.recordings.is_some() && !provider.operations().contains(&RECORDING) {
        return Err(account
            .own
            .recordings_error(format!("{} has no recordings", provider.kind()))
            .with_hint("remove `recordings`: only providers whose file has [operations.recording] have them"));
    }
    Ok(provider)
}

/// The kind's own file, or the one that the account names: one that ships by its name, else a path.
fn spec_of(account: &AccountConfig, keys: &mut Map<String, Value>) -> Result<Spec, DefinitionError> {
    let table = account.own.table();
    let kind = account.kind.as_str();
    if kind != HTTP {
        let spec = shipped(kind).ok_or_else(|| table.error(format!("there is no provider file for kind {kind}")))?;
        return spec.map_err(|error| table.error(error));
    }
    let known =
        || format!("write spec = \"NAME\" or a path; there are {}", shipped_names().collect::<Vec<_>>().join(", "));
    let item = table.get(SPEC).ok_or_else(|| table.error("`spec` is required by kind http").with_hint(known()))?;
    keys.remove(SPEC);
    let name = item.text()?;
    let spec = match shipped(name) {
        Some(spec) => spec,
        None => {
            let text = config::provider_file(name).map_err(|cause| {
                item.error(format!("no provider file: {name} cannot be read: {cause}")).with_hint(known())
            })?;
            Spec::parse(&text, name)
        }
    };
    spec.map_err(|error| item.error(error))
}

/// A secret's text: itself, or what `{ env = … }` or `{ file = … }` names.
fn resolve(value: &Value, place: &str) -> Result<SecretString, String> {
    let secret =
        Secret::from_json(value, place).ok_or("a string, { env = \"NAME\" } or { file = \"PATH\" } expected")?;
    secret.resolve().map_err(|error| error.cause())
}
