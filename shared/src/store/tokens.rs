//! API tokens. Only their SHA-256 is stored, so reading Redis gives nobody access; a hash is looked up, never compared.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Store, StoreError};
use crate::domain::{Timestamp, role::Role};

/// Characters of a token's hash that name it in lists.
const ID_CHARACTERS: usize = 12;

/// A token as it is known, without itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownToken {
    /// What lists call it, drawn from its hash.
    pub id: String,
    /// What its bearer may do.
    pub role: Role,
    /// What it is for, in its maker's words.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From then on it is good for nothing; none: it is good until it is revoked.
    pub expires_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    role: String,
    name: String,
    created_ms: i64,
    expires_ms: Option<i64>,
}

impl Store {
    /// The role of the token with this SHA-256 (hexadecimal), if it is known and has not expired.
    ///
    /// # Errors
    /// When Redis does not answer, or what it holds is no token.
    pub async fn token_role(&self, hash_hex: &str) -> Result<Option<Role>, StoreError> {
        Ok(self.token(hash_hex).await?.map(|token| token.role))
    }

    /// The token with this SHA-256 (hexadecimal), if it is known and has not expired.
    ///
    /// # Errors
    /// As [`Store::token_role`].
    pub async fn token(&self, hash_hex: &str) -> Result<Option<KnownToken>, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(self.connection.keys().tokens()).arg(hash_hex);
        let stored: Option<String> = self.connection.query(&command).await?;
        let token = stored.map(|stored| read(hash_hex, &stored)).transpose()?;
        Ok(token.filter(|token| !self.has_expired(token)))
    }

    /// Makes a token known by its SHA-256 (hexadecimal). One that is known changes.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn keep_token(
        &self,
        hash_hex: &str,
        role: Role,
        name: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<KnownToken, StoreError> {
        let created_at = self.clock().now();
        let stored = Stored {
            role: role.to_string(),
            name: name.to_owned(),
            created_ms: created_at.as_millis(),
            expires_ms: expires_at.map(Timestamp::as_millis),
        };
        let text = serde_json::to_string(&stored).expect("texts and numbers serialise");
        let mut command = redis::cmd("HSET");
        command.arg(self.connection.keys().tokens()).arg(hash_hex).arg(text);
        self.connection.query::<()>(&command).await?;
        Ok(KnownToken { id: id_of(hash_hex), role, name: name.to_owned(), created_at, expires_at })
    }

    /// All tokens that are good for something, the oldest first. Those that have expired are forgotten.
    ///
    /// # Errors
    /// As [`Store::token_role`].
    pub async fn tokens(&self) -> Result<Vec<KnownToken>, StoreError> {
        let mut tokens = Vec::new();
        for (hash, token) in self.all_tokens().await? {
            if self.has_expired(&token) { self.forget_token(&hash).await? } else { tokens.push(token) }
        }
        tokens.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(tokens)
    }

    /// Makes a token good for nothing; none if there is none of this id.
    ///
    /// # Errors
    /// When Redis does not answer, or nobody could make tokens any more.
    pub async fn revoke_token(&self, id: &str) -> Result<Option<KnownToken>, StoreError> {
        let tokens = self.all_tokens().await?;
        let Some((hash, token)) = tokens.iter().find(|(_, token)| token.id == id) else { return Ok(None) };
        let is_admin = |token: &KnownToken| token.role == Role::Admin && !self.has_expired(token);
        if is_admin(token) && tokens.iter().filter(|(_, token)| is_admin(token)).count() == 1 {
            return Err(StoreError::Conflict("it is the last token of an admin".to_owned()));
        }
        self.forget_token(hash).await?;
        Ok(Some(token.clone()))
    }

    async fn all_tokens(&self) -> Result<Vec<(String, KnownToken)>, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.connection.keys().tokens());
        let stored: HashMap<String, String> = self.connection.query(&command).await?;
        stored.into_iter().map(|(hash, text)| read(&hash, &text).map(|token| (hash, token))).collect()
    }

    async fn forget_token(&self, hash_hex: &str) -> Result<(), StoreError> {
        let mut command = redis::cmd("HDEL");
        command.arg(self.connection.keys().tokens()).arg(hash_hex);
        self.connection.query(&command).await
    }

    fn has_expired(&self, token: &KnownToken) -> bool {
        token.expires_at.is_some_and(|expires_at| expires_at <= self.clock().now())
    }
}

fn id_of(hash_hex: &str) -> String {
    hash_hex.chars().take(ID_CHARACTERS).collect()
}

fn read(hash_hex: &str, text: &str) -> Result<KnownToken, StoreError> {
    let corrupt = || StoreError::Corrupt("an API token".to_owned());
    let Stored { role, name, created_ms, expires_ms } = serde_json::from_str(text).map_err(|_| corrupt())?;
    Ok(KnownToken {
        id: id_of(hash_hex),
        role: role.parse().map_err(|_| corrupt())?,
        name,
        created_at: Timestamp::from_millis(created_ms),
        expires_at: expires_ms.map(Timestamp::from_millis),
    })
}
