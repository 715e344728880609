//! The accounts that have a hook, with the secrets of theirs that a hook needs.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use redial_shared::{
    config::{AccountConfig, Config},
    provider::{self, Provider, Results},
    store::HookTerms,
};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use super::super::tokens;

/// Beyond the account's time-out, how long the end of a call waits for the call's own response.
const EARLY_GRACE: Duration = Duration::from_secs(60);
/// Hints of this time share a request, where one asks for many calls.
const GATHER: Duration = Duration::from_millis(500);

/// The accounts that have a hook.
pub struct Hooks(BTreeMap<String, Configured>);

struct Configured {
    /// None: it cannot be had.
    secret_hash: Option<String>,
    /// None: what else it needs cannot be had.
    account: Option<HookAccount>,
}

/// One account's hook. Cheap to clone.
#[derive(Clone)]
pub struct HookAccount {
    name: Arc<str>,
    provider: Arc<dyn Provider>,
    terms: HookTerms,
}

impl Hooks {
    /// Makes the hooks of all accounts that have a `hook_secret`. A secret that cannot be had is logged, and the hook answers
    /// 503 meanwhile: results are polled all the same, and providers try again.
    pub fn open(config: &Config) -> Self {
        let with_hook = config.providers.iter().filter(|(_, account)| account.hook_secret.is_some());
        Self(with_hook.map(|(name, account)| (name.clone(), Configured::open(name, account))).collect())
    }

    /// The account of this name, if it has a hook with this secret.
    ///
    /// # Errors
    /// When a secret of the hook's cannot be had.
    pub fn account(&self, name: &str, secret: &str) -> Result<Option<HookAccount>, String> {
        // Hashes are compared, and always: how long it takes tells nothing of the secret or of who has one.
        let given = tokens::hash_of(secret);
        let Some(configured) = self.0.get(name) else { return Ok(None) };
        let unusable = || format!("the hook of {name} lacks a secret here");
        let expected = configured.secret_hash.as_ref().ok_or_else(unusable)?;
        match bool::from(given.as_bytes().ct_eq(expected.as_bytes())) {
            true => configured.account.clone().map(Some).ok_or_else(unusable),
            false => Ok(None),
        }
    }
}

impl Configured {
    fn open(name: &str, account: &AccountConfig) -> Self {
        let failed = |cause: String, hint: &str| {
            tracing::error!(account = name, cause, hint, "the hook of this account answers 503");
        };
        let secret = account.hook_secret.as_ref().map(|secret| secret.resolve());
        let secret_hash = match secret {
            Some(Ok(secret)) => Some(tokens::hash_of(secret.expose_secret())),
            Some(Err(error)) => {
                failed(error.to_string(), &error.hint());
                None
            }
            None => None,
        };
        let account = match provider::of_account_for_hooks(account) {
            Ok(provider) => Some(HookAccount::new(name, account, provider)),
            Err(error) => {
                failed(error.to_string(), "every secret that proves a hook must be readable by this process too");
                None
            }
        };
        Self { secret_hash, account }
    }
}

impl HookAccount {
    fn new(name: &str, account: &AccountConfig, provider: Arc<dyn Provider>) -> Self {
        let poll_in = match provider.results() {
            Results::None | Results::Hook => None,
            Results::Poll { batch: 1 } => Some(Duration::ZERO),
            Results::Poll { .. } | Results::Tail { .. } => Some(GATHER),
        };
        let terms = HookTerms { keep_early: account.timeout.duration() + EARLY_GRACE, poll_in };
        Self { name: name.into(), provider, terms }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What reads its deliveries.
    pub fn provider(&self) -> &dyn Provider {
        &*self.provider
    }

    /// How it deals with them.
    pub fn terms(&self) -> &HookTerms {
        &self.terms
    }

    /// Whether the provider can be asked for calls.
    pub fn is_asked(&self) -> bool {
        self.terms.poll_in.is_some()
    }
}
