//! What a provider sends to our hook, and whether it is proved that the provider sent it.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};
use ring::{hmac, signature};
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::{Core, body, request::filled};
use crate::{
    domain::Timestamp,
    provider::{
        hook::{Delivery, Forged, Hook},
        spec::{Algorithm, Encoding, Signature, SignatureKind, Signed, SignedPart},
    },
};

const TOLERANCE_DEFAULT: Duration = Duration::from_secs(300);

impl Core {
    pub(super) fn read_hook(&self, delivery: &Delivery<'_>) -> Result<Hook, Forged> {
        let signed = match &self.spec.webhook.signature {
            None => false,
            Some(signature) if signature.covers_address() && delivery.address.is_none() => false,
            Some(signature) => match filled(&signature.secret, &self.account) {
                secret if secret.is_empty() => false,
                secret => self.verify(signature, &secret, delivery).map(|()| true)?,
            },
        };
        let Some(body) = body::received(delivery.body) else { return Ok(Hook { signed, reports: Vec::new() }) };
        let webhook = &self.spec.webhook;
        let reading = webhook.reading(&self.spec.report);
        let whole = [String::new()];
        let places = if webhook.items.is_empty() { &whole[..] } else { &webhook.items };
        let items = places.iter().filter_map(|place| body::at(&body, place)).flat_map(|item| match item {
            Value::Array(items) => items.as_slice(),
            item => std::slice::from_ref(item),
        });
        Ok(Hook { signed, reports: items.filter_map(|item| self.report(item, reading, None)).collect() })
    }

    fn verify(&self, signature: &Signature, secret: &str, delivery: &Delivery<'_>) -> Result<(), Forged> {
        match signature.kind {
            SignatureKind::Basic => {
                let credentials = format!("{}:{secret}", filled(&signature.username, &self.account));
                let expected = format!("Basic {}", STANDARD.encode(credentials));
                let given = text_of(delivery.headers, header::AUTHORIZATION.as_str());
                same(given.map_err(|_| Forged::NO_CREDENTIALS)?, &expected)
            }
            SignatureKind::Header => same(text_of(delivery.headers, &signature.header)?, secret),
            SignatureKind::Hmac => {
                let (proof, signed) = parts(signature, delivery)?;
                let key = hmac::Key::new(digest(signature.algorithm), secret.as_bytes());
                hmac::verify(&key, &signed, &proof).map_err(|_| Forged("the signature is another"))
            }
            SignatureKind::Ed25519 => {
                let (proof, signed) = parts(signature, delivery)?;
                let key = decoded(secret, signature.encoding).ok_or(Forged("the public key cannot be read"))?;
                let key = signature::UnparsedPublicKey::new(&signature::ED25519, key);
                key.verify(&signed, &proof).map_err(|_| Forged("the signature is another"))
            }
        }
    }
}

/// The signature, and what was signed. It is not older than it may be.
fn parts(signature: &Signature, delivery: &Delivery<'_>) -> Result<(Vec<u8>, Vec<u8>), Forged> {
    let header = text_of(delivery.headers, &signature.header)?;
    let proof = match &signature.part {
        Some(name) => part(header, name).ok_or(Forged("the signature is missing"))?,
        None => header,
    };
    let proof = decoded(proof, signature.encoding).ok_or(Forged("the signature cannot be read"))?;
    let time = match (&signature.time_part, &signature.time_header) {
        (Some(name), _) => Some(part(header, name).ok_or(Forged("the time of signing is missing"))?),
        (None, Some(name)) => Some(text_of(delivery.headers, name)?),
        (None, None) => None,
    };
    if let Some(time) = time {
        let tolerance = signature.tolerance.map_or(TOLERANCE_DEFAULT, |tolerance| tolerance.duration());
        check_age(time, delivery.received_at, tolerance)?;
    }
    let signed = match &signature.signed {
        None => delivery.body.to_vec(),
        Some(signed) => filled_in(signed, time.unwrap_or_default(), delivery),
    };
    Ok((proof, signed))
}

fn filled_in(signed: &Signed, time: &str, delivery: &Delivery<'_>) -> Vec<u8> {
    let bytes = |part: &SignedPart| match part {
        SignedPart::Text(text) => text.clone().into_bytes(),
        SignedPart::Time => time.as_bytes().to_vec(),
        SignedPart::Body => delivery.body.to_vec(),
        SignedPart::Url => delivery.address.unwrap_or_default().as_bytes().to_vec(),
        SignedPart::Form => sorted_form(delivery.body).into_bytes(),
    };
    signed.0.iter().flat_map(bytes).collect()
}

fn sorted_form(body: &[u8]) -> String {
    let mut fields: Vec<_> = url::form_urlencoded::parse(body).collect();
    fields.sort();
    fields.iter().flat_map(|(name, value)| [&**name, &**value]).collect()
}

/// Seconds or milliseconds since 1970.
fn check_age(time: &str, now: Timestamp, tolerance: Duration) -> Result<(), Forged> {
    const LEAST_MS: i64 = 100_000_000_000;
    let time: i64 = time.trim().parse().map_err(|_| Forged("the time of signing cannot be read"))?;
    let signed_at = Timestamp::from_millis(if time < LEAST_MS { time.saturating_mul(1000) } else { time });
    match now.since(signed_at).max(signed_at.since(now)) <= tolerance {
        true => Ok(()),
        false => Err(Forged("it was signed too long ago")),
    }
}

/// A value of `t=1,v0=abc`.
fn part<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    header
        .split(',')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Forged> {
    headers.get(name).and_then(|value| value.to_str().ok()).ok_or(Forged("the header that proves it is missing"))
}

fn same(found: &str, expected: &str) -> Result<(), Forged> {
    match bool::from(found.as_bytes().ct_eq(expected.as_bytes())) {
        true => Ok(()),
        false => Err(Forged("the credentials are others")),
    }
}

fn decoded(text: &str, encoding: Encoding) -> Option<Vec<u8>> {
    let text = text.trim();
    match encoding {
        Encoding::Base64 => STANDARD.decode(text).ok(),
        Encoding::Hex => {
            let text = text.split_once('=').map_or(text, |(_, hex)| hex);
            let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
            (text.len().is_multiple_of(2) && text.is_ascii()).then(|| (0..text.len()).step_by(2).map(byte).collect())?
        }
    }
}

fn digest(algorithm: Algorithm) -> hmac::Algorithm {
    match algorithm {
        Algorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Sha256 => hmac::HMAC_SHA256,
        Algorithm::Sha512 => hmac::HMAC_SHA512,
    }
}
