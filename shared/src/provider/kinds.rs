//! The provider files that ship with Redial, compiled in.

use super::spec::{BadSpec, Spec};

/// Name and text of each file of `config/providers/`.
const FILES: &[(&str, &str)] = &[
    ("uhlive", include_str!("../../../config/providers/uhlive.toml")),
    ("knovvu", include_str!("../../../config/providers/knovvu.toml")),
    ("livecall", include_str!("../../../config/providers/livecall.toml")),
    ("ccai", include_str!("../../../config/providers/ccai.toml")),
    ("mylibby", include_str!("../../../config/providers/mylibby.toml")),
    ("twilio", include_str!("../../../config/providers/twilio.toml")),
    ("vonage", include_str!("../../../config/providers/vonage.toml")),
    ("telnyx", include_str!("../../../config/providers/telnyx.toml")),
    ("plivo", include_str!("../../../config/providers/plivo.toml")),
    ("vapi", include_str!("../../../config/providers/vapi.toml")),
    ("retell", include_str!("../../../config/providers/retell.toml")),
    ("bland", include_str!("../../../config/providers/bland.toml")),
    ("elevenlabs", include_str!("../../../config/providers/elevenlabs.toml")),
];

/// The kinds that configuration names by themselves; all other files are named by `spec`, under `kind = "http"`.
pub const KINDS: &[&str] = &["uhlive", "knovvu", "livecall", "ccai", "mylibby"];

/// The kind of provider that a file describes which the account names.
pub const HTTP: &str = "http";

/// A provider file that ships, by its name; none if there is no such file.
pub fn shipped(name: &str) -> Option<Result<Spec, BadSpec>> {
    let (name, text) = FILES.iter().find(|(known, _)| *known == name)?;
    Some(Spec::parse(text, &format!("config/providers/{name}.toml")))
}

/// The names of all provider files that ship.
pub fn shipped_names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}
