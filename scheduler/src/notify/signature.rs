//! Standard Webhooks (<https://www.standardwebhooks.com>): what proves to a receiver that an event is ours.

use base64::{Engine, engine::general_purpose::STANDARD};
use redial_shared::domain::Timestamp;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

/// What a secret that is written in base64 begins with.
const BASE64_PREFIX: &str = "whsec_";

/// Signs events.
pub(super) struct Signer {
    keys: Vec<hmac::Key>,
}

impl Signer {
    /// Signs with each of these secrets: `whsec_` and base64, or else any text, whose bytes are the key.
    pub(super) fn new(secrets: &[SecretString]) -> Self {
        let key = |secret: &SecretString| hmac::Key::new(hmac::HMAC_SHA256, &bytes_of(secret.expose_secret()));
        Self { keys: secrets.iter().map(key).collect() }
    }

    /// The value of `webhook-signature`.
    pub(super) fn sign(&self, id: &str, at: Timestamp, body: &str) -> String {
        let signed = format!("{id}.{}.{body}", seconds(at));
        let one = |key: &hmac::Key| format!("v1,{}", STANDARD.encode(hmac::sign(key, signed.as_bytes())));
        self.keys.iter().map(one).collect::<Vec<_>>().join(" ")
    }
}

/// The value of `webhook-timestamp`.
pub(super) fn seconds(at: Timestamp) -> i64 {
    at.as_millis() / 1000
}

fn bytes_of(secret: &str) -> Vec<u8> {
    let decoded = secret.strip_prefix(BASE64_PREFIX).and_then(|base64| STANDARD.decode(base64).ok());
    decoded.unwrap_or_else(|| secret.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_614_265_330_999);

    /// Computed by another implementation (Python's `hmac`): the key's bytes are 0 to 23.
    #[test]
    fn a_known_message_has_its_known_signature() {
        let secret = SecretString::from("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
        let signature = Signer::new(&[secret]).sign("0000002a-7-1-answered", AT, r#"{"type":"attempt"}"#);
        assert_eq!(signature, "v1,s8anjX3+QrNPJ5bTHPJSC7U//ESCtLiJUKc0P7BRw4M=");
    }

    #[test]
    fn while_secrets_change_both_sign() {
        let (one, other) = (SecretString::from("one"), SecretString::from("other"));
        let alone = |secret: &SecretString| Signer::new(std::slice::from_ref(secret)).sign("id", AT, "{}");
        let both = Signer::new(&[one.clone(), other.clone()]).sign("id", AT, "{}");
        assert_eq!(both, format!("{} {}", alone(&one), alone(&other)));
        assert_ne!(alone(&one), alone(&other));
    }
}
