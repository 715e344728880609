//! Access tokens: issued, checked, over after their life, revoked.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{plan::mix, words::Kind};

/// Every token that was issued.
pub(crate) struct Tokens {
    issued: Mutex<Issued>,
    salt: u64,
}

/// Tokens with whose they are, and until when, in microseconds since the Unix epoch.
type Issued = HashMap<String, (Kind, u64)>;

/// Why a token is no good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadToken {
    /// It was never issued by this provider, or there is none.
    Unknown,
    /// It was good before.
    Stale,
}

impl Tokens {
    /// Tokens of one run differ from those of another.
    pub fn new(now_us: u64) -> Self {
        Self { issued: Mutex::default(), salt: mix(now_us) }
    }

    /// A new one, good until then.
    pub fn issue(&self, kind: Kind, ends_us: u64) -> String {
        let mut issued = self.issued();
        let place = issued.len() as u64;
        let token = format!("{}.{:016x}{:016x}", kind.as_str(), mix(self.salt ^ place), mix(self.salt ^ !place));
        issued.insert(token.clone(), (kind, ends_us));
        token
    }

    /// Whether a provider takes a token.
    pub fn check(&self, kind: Kind, token: &str, now_us: u64) -> Result<(), BadToken> {
        match self.issued().get(token) {
            Some((whose, ends_us)) if *whose == kind && now_us < *ends_us => Ok(()),
            Some((whose, _)) if *whose == kind => Err(BadToken::Stale),
            _ => Err(BadToken::Unknown),
        }
    }

    /// Makes an end of all tokens, of one provider or of all.
    pub fn revoke(&self, kind: Option<Kind>) {
        let mut issued = self.issued();
        let revoked = issued.values_mut().filter(|(whose, _)| kind.is_none_or(|kind| kind == *whose));
        revoked.for_each(|(_, ends_us)| *ends_us = 0);
    }

    fn issued(&self) -> MutexGuard<'_, Issued> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_provider_until_it_is_over_or_revoked() {
        let tokens = Tokens::new(7);
        let [first, second] = [100, 200].map(|ends_us| tokens.issue(Kind::Uhlive, ends_us));
        assert_eq!(tokens.check(Kind::Uhlive, &first, 99), Ok(()));
        assert_eq!(tokens.check(Kind::Uhlive, &first, 100), Err(BadToken::Stale));
        assert_eq!(tokens.check(Kind::Mylibby, &first, 99), Err(BadToken::Unknown));
        assert_eq!(tokens.check(Kind::Uhlive, "other", 99), Err(BadToken::Unknown));
        tokens.revoke(Some(Kind::Mylibby));
        assert_eq!(tokens.check(Kind::Uhlive, &second, 99), Ok(()));
        tokens.revoke(None);
        assert_eq!(tokens.check(Kind::Uhlive, &second, 99), Err(BadToken::Stale));
    }
}
