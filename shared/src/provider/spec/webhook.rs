//! What comes to our hook: `[webhook]`.

use serde::Deserialize;

use super::results::{Reading, Report};
use crate::{domain::units::Span, provider::pattern::Pattern};

/// What the provider sends to our hook.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct Webhook {
    /// One call or a list of calls, at each of these places; absent: the whole body.
    #[serde(default)]
    pub items: Vec<String>,
    /// As in `[report]`, which is used where these are absent.
    #[serde(default)]
    pub id: Vec<String>,
    /// Where our attempt's id is, if it went along.
    #[serde(default)]
    pub attempt: Vec<String>,
    #[serde(default)]
    pub status: Vec<String>,
    #[serde(default)]
    pub reason: Vec<String>,
    #[serde(default)]
    pub duration: Vec<String>,
    /// What proves that the provider sent it; absent: only the secret in the hook's address.
    pub signature: Option<Signature>,
}

/// A proof. If the account lacks its secret, there is none, and what comes is a hint.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::provider) struct Signature {
    pub kind: SignatureKind,
    /// The secret, or for `ed25519` the public key: a text with placeholders.
    pub secret: String,
    /// For `basic`.
    #[serde(default)]
    pub username: String,
    /// The header that holds the signature.
    #[serde(default)]
    pub header: String,
    #[serde(default)]
    pub algorithm: Algorithm,
    #[serde(default)]
    pub encoding: Encoding,
    /// The signature's name in a header of `name=value` pairs; absent: the header is the signature.
    pub part: Option<String>,
    /// The time's name in such a header.
    pub time_part: Option<String>,
    /// The header that holds the time.
    pub time_header: Option<String>,
    /// What is signed; absent: the body.
    pub signed: Option<Signed>,
    /// How old it may be; absent: 5 min.
    pub tolerance: Option<Span>,
}

/// How a hook is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::provider) enum SignatureKind {
    Hmac,
    Ed25519,
    /// HTTP Basic.
    Basic,
    /// The header is the secret.
    Header,
}

/// The digest of an HMAC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::provider) enum Algorithm {
    #[default]
    Sha256,
    Sha1,
    Sha512,
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::provider) enum Encoding {
    #[default]
    Hex,
    Base64,
}

/// What is signed: a text with `{time}`, `{body}`, `{url}` and `{form}`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(in crate::provider) struct Signed(pub Vec<SignedPart>);

#[derive(Debug, PartialEq, Eq)]
pub(in crate::provider) enum SignedPart {
    Text(String),
    Time,
    Body,
    /// The address that the delivery was sent to.
    Url,
    /// The names and values of a form, sorted by name, with nothing in between.
    Form,
}

impl TryFrom<String> for Signed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, place)) = rest.split_once('{') {
            let (name, after) = place.split_once('}').ok_or("`{` without `}`")?;
            parts.push(SignedPart::Text(before.to_owned()));
            parts.push(match name {
                "time" => SignedPart::Time,
                "body" => SignedPart::Body,
                "url" => SignedPart::Url,
                "form" => SignedPart::Form,
                other => return Err(format!("`{{{other}}}` is none of {{time}}, {{body}}, {{url}}, {{form}}")),
            });
            rest = after;
        }
        parts.push(SignedPart::Text(rest.to_owned()));
        Ok(Self(parts))
    }
}

impl Signature {
    /// Whether the address is signed that a delivery was sent to.
    pub fn covers_address(&self) -> bool {
        self.signed.as_ref().is_some_and(|signed| signed.0.contains(&SignedPart::Url))
    }
}

impl Webhook {
    /// Whether a key of the account is part of what proves the sender.
    pub fn names_secret(&self, key: &str) -> bool {
        let texts = self.signature.iter().flat_map(|signature| [&signature.secret, &signature.username]);
        let patterns = texts.map(|text| Pattern::parse_text(text).expect("provider files are checked when read"));
        patterns.into_iter().any(|pattern| pattern.names().contains(&key))
    }

    pub fn reading<'a>(&'a self, report: &'a Report) -> Reading<'a> {
        fn own<'a>(own: &'a [String], other: &'a [String]) -> &'a [String] {
            if own.is_empty() { other } else { own }
        }
        Reading {
            id: own(&self.id, &report.id),
            attempt: &self.attempt,
            status: own(&self.status, &report.status),
            reason: own(&self.reason, &report.reason),
            duration: own(&self.duration, &report.duration),
            duration_per_s: report.duration_per_s.unwrap_or(1.0),
        }
    }
}
