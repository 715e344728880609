//! `[http]`

use std::time::Duration;

use crate::domain::{
    document::{DefinitionError, Item, Table},
    units::Rate,
};

const KEYS: &[&str] = &["listen", "public_url", "rate", "cors_origins"];

/// What the process serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpConfig {
    /// `HOST:PORT`; none when it is not set: then a worker alone serves nothing, others [`HttpConfig::DEFAULT_LISTEN`].
    pub listen: Option<String>,
    /// How providers reach our hooks, without a slash at its end.
    pub public_url: Option<String>,
    /// Requests that one token may make of one process.
    pub rate: Rate,
    /// Web pages of other origins (`https://HOST`) whose scripts may use the API.
    pub cors_origins: Vec<String>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self { listen: None, public_url: None, rate: Self::DEFAULT_RATE, cors_origins: Vec::new() }
    }
}

impl HttpConfig {
    /// Requests of one token unless set.
    pub const DEFAULT_RATE: Rate = Rate { count: 1_000, per: Duration::from_secs(1) };

    /// Where API and dashboard are served unless set.
    pub const DEFAULT_LISTEN: &str = "127.0.0.1:7171";

    /// Where API and dashboard are served.
    pub fn listen_or_default(&self) -> &str {
        self.listen.as_deref().unwrap_or(Self::DEFAULT_LISTEN)
    }
}

pub(super) fn read(table: &Table<'_>) -> Result<HttpConfig, DefinitionError> {
    table.only(KEYS)?;
    Ok(HttpConfig {
        listen: table.get("listen").map(|item| listen(&item)).transpose()?,
        public_url: table.get("public_url").map(|item| base_url(&item)).transpose()?,
        rate: table.get("rate").map_or(Ok(HttpConfig::DEFAULT_RATE), |item| item.parsed())?,
        cors_origins: table.get("cors_origins").map_or_else(|| Ok(Vec::new()), |item| origins(&item))?,
    })
}

fn origins(item: &Item<'_>) -> Result<Vec<String>, DefinitionError> {
    let origin = |item: Item<'_>| {
        let text = item.text()?;
        // A browser compares it letter by letter, so it must be just the origin, as browsers write it.
        let is_origin = url::Url::parse(text)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text);
        match is_origin {
            true => Ok(text.to_owned()),
            false => Err(item
                .error(
                    "no origin: http:// or https:// with a host, a port unless it is the usual one, and nothing else",
                )
                .with_hint("write one like \"https://crm.example.com\"")),
        }
    };
    item.list()?.into_iter().map(origin).collect()
}

fn listen(item: &Item<'_>) -> Result<String, DefinitionError> {
    let text = item.text()?;
    let parts = text.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>()));
    match parts {
        Some((host, Ok(_))) if !host.is_empty() => Ok(text.to_owned()),
        _ => Err(item.error("an address and a port expected").with_hint("write one like \"127.0.0.1:7171\"")),
    }
}

/// A URL that paths are appended to. It is not shown, for it may hold a password.
pub(super) fn base_url(item: &Item<'_>) -> Result<String, DefinitionError> {
    let parsed = url::Url::parse(item.text()?).ok();
    let usable = parsed
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none());
    match usable {
        Some(url) => Ok(url.as_str().trim_end_matches('/').to_owned()),
        None => Err(item
            .error("no base URL: http:// or https:// with a host, and without `?` or `#`, expected")
            .with_hint("write one like \"https://calls.example.com\"")),
    }
}
