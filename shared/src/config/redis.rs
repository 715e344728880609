//! `[redis]`

use super::Secret;
use crate::domain::document::{DefinitionError, Item, Table};

const KEYS: &[&str] = &["url", "durability"];
const SCHEMES: &[&str] = &["redis", "rediss", "valkey", "valkeys", "unix"];

/// Which Redis, and how much it must have written before a call is placed.
#[derive(Debug, Clone, Default)]
pub struct RedisConfig {
    /// `redis://`, `rediss://`, `redis+unix://` and the like; none: an embedded one in the data directory. It may hold a
    /// password, so it is a secret.
    pub url: Option<Secret>,
    /// How safe an intent is before its call is placed.
    pub durability: Durability,
}

/// How safe an intent is before its call is placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Written; on disk within a second.
    #[default]
    Everysec,
    /// On disk.
    Strict,
}

pub(super) fn read(table: &Table<'_>) -> Result<RedisConfig, DefinitionError> {
    table.only(KEYS)?;
    let mut redis = RedisConfig::default();
    if let Some(item) = table.get("url") {
        redis.url = Some(url(&item)?);
    }
    if let Some(item) = table.get("durability") {
        redis.durability = item.one_of(&[("everysec", Durability::Everysec), ("strict", Durability::Strict)])?;
    }
    Ok(redis)
}

/// The scheme alone is checked here, and never shown with the rest, which may hold a password.
fn url(item: &Item<'_>) -> Result<Secret, DefinitionError> {
    if let Ok(text) = item.text() {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        // `redis+unix`, `redis-sentinel`, …: what follows the family's name is the store's to judge.
        let family = scheme.and_then(|scheme| scheme.split(['+', '-']).next());
        if !family.is_some_and(|family| SCHEMES.contains(&family)) {
            return Err(item
                .error("no Redis URL: redis://, rediss:// or redis+unix:// expected")
                .with_hint("write one like redis://127.0.0.1:6379"));
        }
    }
    Secret::read(item)
}
