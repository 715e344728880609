//! `[notify]`

use crate::domain::{
    document::{DefinitionError, Item, Table},
    notify::{Notify, Topic},
    secret::SecretSource,
};

const KEYS: &[&str] = &["webhook", "secret", "former_secret", "events"];

pub(super) fn read(table: &Table<'_>) -> Result<Notify, DefinitionError> {
    table.only(KEYS)?;
    let topics = match table.get("events") {
        None => Topic::NAMED.map(|(_, topic)| topic).to_vec(),
        Some(events) => events.list()?.iter().map(|event| event.one_of(&Topic::NAMED)).collect::<Result<_, _>>()?,
    };
    Ok(Notify {
        webhook: webhook(&table.required("webhook")?)?,
        secret: SecretSource::read(&table.required("secret")?)?,
        former_secret: table.get("former_secret").map(|item| SecretSource::read(&item)).transpose()?,
        events: topics.into_iter().collect(),
    })
}

fn webhook(item: &Item<'_>) -> Result<String, DefinitionError> {
    let text = item.text()?;
    let is_address = url::Url::parse(text).is_ok_and(|url| {
        ["http", "https"].contains(&url.scheme())
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    });
    match is_address {
        true => Ok(text.to_owned()),
        false => Err(item
            .error("no address that events can be posted to")
            .with_hint("write one like https://crm.example.com/redial; user and password do not belong in it")),
    }
}
