//! API tokens. Only their SHA-256 is stored, so reading Redis gives nobody access; a hash is looked up, never compared.

use super::{Store, StoreError};
use crate::domain::role::Role;

impl Store {
    /// The role of the token with this SHA-256 (hexadecimal), if it is known.
    ///
    /// # Errors
    /// When Redis does not answer, or what it holds is no role.
    pub async fn token_role(&self, hash_hex: &str) -> Result<Option<Role>, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(self.connection.keys().tokens()).arg(hash_hex);
        let stored: Option<String> = self.connection.query(&command).await?;
        let role = |stored: String| {
            let (role, _name) = stored.split_once(' ').unwrap_or((&stored, ""));
            role.parse().map_err(|_| StoreError::Corrupt("the role of a token".to_owned()))
        };
        stored.map(role).transpose()
    }

    /// Makes a token known by its SHA-256 (hexadecimal); `name` is what lists call it. One that is known changes.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn keep_token(&self, hash_hex: &str, role: Role, name: &str) -> Result<(), StoreError> {
        let mut command = redis::cmd("HSET");
        command.arg(self.connection.keys().tokens()).arg(hash_hex).arg(format!("{role} {name}"));
        self.connection.query(&command).await
    }
}
