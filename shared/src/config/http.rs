//! `[http]`

use crate::domain::document::{DefinitionError, Item, Table};

const KEYS: &[&str] = &["listen", "public_url"];

/// What the process serves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpConfig {
    /// `HOST:PORT`; none when it is not set: then a worker alone serves nothing, others [`HttpConfig::DEFAULT_LISTEN`].
    pub listen: Option<String>,
    /// How providers reach our hooks, without a slash at its end.
    pub public_url: Option<String>,
}

impl HttpConfig {
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
    })
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
