//! HTTP requests and answers as plain values.

use std::{fmt, time::Duration};

use chrono::DateTime;
use http::{HeaderMap, HeaderName, Method, Uri, header};
use serde::de::DeserializeOwned;

use super::keys::BadKey;
use crate::domain::Timestamp;

/// The most of an answer's body that is read: more is no answer that any provider gives.
pub const ANSWER_MAX_BYTES: usize = 1 << 20;
/// A longer wait asked for by a provider is cut to this; then one request asks again.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(3_600);

/// A request to be sent as it is. Its `Debug` shows neither body nor header values, which hold secrets and numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// An absolute `http` or `https` address.
    pub uri: Uri,
    /// All headers but `Host` and those which the connection needs.
    pub headers: HeaderMap,
    /// The body; its length is known, so it is sent with `Content-Length`.
    pub body: Vec<u8>,
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.shown(), self.body.len())
    }
}

impl HttpRequest {
    /// Method, host, port and path: what may be told of it.
    pub fn shown(&self) -> String {
        let host = self.uri.host().unwrap_or_default();
        let port = self.uri.port_u16().map_or(String::new(), |port| format!(":{port}"));
        format!("{} {host}{port}{}", self.method, self.uri.path())
    }
}

/// An answer, read to its end or to [`ANSWER_MAX_BYTES`] and one byte more.
#[derive(Clone, Copy)]
pub struct HttpAnswer<'a> {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
    /// When it was received, to count the time that `Retry-After` gives as a date.
    pub received_at: Timestamp,
}

impl HttpAnswer<'_> {
    /// `Retry-After`, in seconds or as a date (counted from the answer's own `Date`, if it has one, for the provider's clock
    /// is not ours); none if it is absent or unreadable.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let text = self.header(header::RETRY_AFTER)?.trim();
        let wait = match text.parse::<u64>() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => {
                let now = self.header(header::DATE).and_then(http_date).unwrap_or(self.received_at);
                http_date(text)?.since(now)
            }
        };
        Some(wait.min(RETRY_AFTER_MAX))
    }

    /// The body as JSON; none if it is too long or something else.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        parse_json(self.body)
    }

    fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A JSON text from outside; none if it is too long or malformed.
pub(super) fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    if body.len() > ANSWER_MAX_BYTES { None } else { serde_json::from_slice(body).ok() }
}

fn http_date(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc2822(text.trim()).ok().map(|date| date.to_utc().into())
}

/// Checks `base_url` and takes the slash off its end.
pub(super) fn base_url(text: &str) -> Result<String, BadKey> {
    let bad = |cause: &str| {
        let remedy = "write scheme, host, port and path prefix, as in \"https://voice.example.com:22222\"";
        BadKey::new("base_url", cause.to_owned(), remedy)
    };
    let url = url::Url::parse(text).map_err(|error| bad(&format!("is no address: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(bad("is no http or https address"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("holds credentials, which would show in logs"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("has a query or fragment"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn retry_after(headers: &[(HeaderName, &'static str)]) -> Option<Duration> {
        let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        let headers = HeaderMap::from_iter(headers);
        // 2026-10-21T07:28:00Z
        let received_at = Timestamp::from_millis(1_792_567_680_000);
        HttpAnswer { status: 429, headers: &headers, body: b"", received_at }.retry_after()
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(retry_after(&[(header::RETRY_AFTER, "7")]), seconds(7));
        assert_eq!(retry_after(&[(header::RETRY_AFTER, "Wed, 21 Oct 2026 07:28:30 GMT")]), seconds(30));
        let theirs = (header::DATE, "Wed, 21 Oct 2026 07:27:00 GMT");
        assert_eq!(retry_after(&[(header::RETRY_AFTER, "Wed, 21 Oct 2026 07:28:30 GMT"), theirs]), seconds(90));
        assert_eq!(retry_after(&[(header::RETRY_AFTER, "Wed, 21 Oct 2015 07:28:00 GMT")]), seconds(0));
        assert_eq!(retry_after(&[(header::RETRY_AFTER, "99999999")]), Some(RETRY_AFTER_MAX));
        assert_eq!(retry_after(&[(header::RETRY_AFTER, "soon")]), None);
        assert_eq!(retry_after(&[]), None);
    }

    #[test]
    fn a_base_url_is_an_address_without_secrets() {
        assert_eq!(base_url("https://voice.example.com:22222/").unwrap(), "https://voice.example.com:22222");
        assert_eq!(base_url("http://127.0.0.1:8080/api/").unwrap(), "http://127.0.0.1:8080/api");
        for bad in ["voice.example.com", "ftp://x", "https://u:p@x", "https://x/?k=v", "https://x/#a", ""] {
            assert!(base_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_request_shows_neither_body_nor_query() {
        let uri = Uri::from_static("https://x.example.com/v2/call?key=s3cret");
        let request = HttpRequest { method: Method::POST, uri, headers: HeaderMap::new(), body: b"s3cret".to_vec() };
        assert_eq!(format!("{request:?}"), "POST x.example.com/v2/call (6 bytes)");
    }
}
