//! The language in which providers are written: one TOML file a provider, read once and checked as a whole.
//!
//! `config/providers/README.md` explains it with examples. In short: `[account]` and `[call]` declare the keys that users
//! write; `[number]` how numbers are written and which are refused; `[auth]` what every request carries; `[dial]`,
//! `[poll]`, `[tail]`, `[check]` and `[operations.NAME]` are requests; `[accepted]`, `[[rules]]`, `[report]`, `[[states]]` and
//! `[webhook]` say what comes back.
//!
//! Texts hold placeholders: a key of `[account]` or `[call]` by its name, `{{end_user.name}}` for a key within a table, and
//! what Redial knows by the names in [`known`]. A text that is one placeholder takes the value as it is, number, list or
//! table; whatever is empty is left out.

mod answers;
mod check;
mod field;
pub(super) mod known;
mod request;
mod results;
mod webhook;

use std::collections::BTreeMap;

use serde::Deserialize;

pub(super) use answers::{Accepted, Availability, Class, Rule};
pub(super) use field::{Condition, Field, FieldType};
pub(super) use request::{Auth, Number, Request};
pub(super) use results::{Batch, Reading, Report, State, Tail};
pub(super) use webhook::{Algorithm, Encoding, Signature, SignatureKind, Signed, SignedPart, Webhook};

use crate::domain::units::Rate;

/// A provider, as its file describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// What configuration calls it.
    pub(super) name: String,
    /// What people call it.
    #[expect(dead_code, reason = "for readers of the file")]
    title: String,
    /// The pages that the file was written from.
    #[serde(default)]
    #[expect(dead_code, reason = "for readers of the file")]
    pages: Vec<String>,
    /// The provider's own host, which an account's `base_url` replaces; absent: every account must have one.
    pub(super) base_url: Option<String>,
    /// What to write when `base_url` is missing.
    pub(super) base_url_remedy: Option<String>,
    #[serde(default)]
    pub(super) account: BTreeMap<String, Field>,
    #[serde(default)]
    pub(super) call: BTreeMap<String, Field>,
    #[serde(default)]
    pub(super) number: Number,
    #[serde(default)]
    pub(super) auth: Auth,
    pub(super) dial: Request,
    /// The key of `[call]` that puts the call off to a later time.
    pub(super) scheduled_by: Option<String>,
    #[serde(default)]
    pub(super) accepted: Accepted,
    #[serde(default)]
    pub(super) rules: Vec<Rule>,
    pub(super) poll: Option<Request>,
    pub(super) tail: Option<Tail>,
    #[serde(default)]
    pub(super) report: Report,
    #[serde(default)]
    pub(super) states: Vec<State>,
    #[serde(default)]
    pub(super) webhook: Webhook,
    #[serde(default)]
    pub(super) operations: BTreeMap<String, Request>,
    pub(super) check: Option<Request>,
    pub(super) availability: Option<Availability>,
    #[serde(default)]
    pub(super) limits: Limits,
}

/// What the provider documents as its limits.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    /// All requests of an account together.
    pub requests: Option<Rate>,
}

/// Why a text describes no provider: what its place is called, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {cause}")]
pub struct BadSpec {
    place: String,
    cause: String,
}

impl Spec {
    /// Reads a provider file and checks that all that it refers to is there. `file` is only what errors call it.
    ///
    /// # Errors
    /// Names the file and the table or line at fault.
    pub fn parse(text: &str, file: &str) -> Result<Self, BadSpec> {
        let unreadable = |error: toml::de::Error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            let cause = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
            BadSpec { place: format!("{file}:{line}"), cause }
        };
        let spec: Self = toml::from_str(text).map_err(unreadable)?;
        check::check(&spec).map_err(|(place, cause)| BadSpec { place: format!("{file}: {place}"), cause })?;
        Ok(spec)
    }

    /// What configuration calls the provider.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The keys that `[call]` may hold: its own, and those of the account that say so.
    pub(super) fn call_fields(&self) -> impl Iterator<Item = (&str, &Field)> {
        let shared = self.account.iter().filter(|(_, field)| field.in_call);
        self.call.iter().chain(shared).map(|(key, field)| (key.as_str(), field))
    }
}
