//! Requests of a provider file, made ready for one account.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use serde_json::{Map, Value};

use super::account::Account;
use crate::{
    domain::template::Template,
    provider::{
        keys::BadKey,
        pattern::{Pattern, Scope, render_text, render_with, text_of},
        spec::{Auth, Request},
        wire::HttpRequest,
    },
};

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// One request, to be filled.
pub(super) struct Filled {
    method: Method,
    base: String,
    url: Template,
    headers: Vec<(HeaderName, Pattern)>,
    body: Body,
}

enum Body {
    None,
    Json(Pattern),
    Form(Pattern),
}

impl Filled {
    /// Makes a request ready. `auth` is what every request but the one for a token carries.
    ///
    /// # Errors
    /// For a header that cannot be sent.
    pub fn new(request: &Request, base: &str, auth: Option<(&Auth, &Account)>) -> Result<Self, BadKey> {
        let mut headers = Vec::new();
        let carried = auth.iter().flat_map(|(auth, _)| &auth.headers);
        for (name, value) in carried.chain(&request.headers) {
            let remedy = "mend the provider file";
            let bad = |_| BadKey::new(name, "is no name of a header", remedy);
            let name: HeaderName = name.parse().map_err(bad)?;
            headers.push((name, parsed(&Value::String(value.clone()))));
        }
        if let Some((basic, account)) = auth.and_then(|(auth, account)| Some((auth.basic.as_ref()?, account))) {
            let credentials = format!("{}:{}", filled(&basic.username, account), filled(&basic.password, account));
            let value = format!("Basic {}", STANDARD.encode(credentials));
            headers.push((header::AUTHORIZATION, Pattern::Fixed(Value::String(value))));
        }
        let body = match (&request.json, &request.form) {
            (Some(json), _) => Body::Json(parsed(json)),
            (None, Some(form)) => Body::Form(parsed(&Value::Object(form.clone()))),
            (None, None) => Body::None,
        };
        let default = if matches!(body, Body::None) { Method::GET } else { Method::POST };
        let method = request.method.as_ref().map_or(Ok(default), |method| method.parse());
        let method = method.expect("provider files are checked when read");
        let base = if request.url.starts_with('/') { base.to_owned() } else { String::new() };
        Ok(Self { method, base, url: template(&request.url), headers, body })
    }

    /// The request; none if a placeholder of its address is empty.
    pub fn render(&self, scope: &dyn Scope) -> Option<HttpRequest> {
        let uri = self.uri(scope)?;
        let mut headers = HeaderMap::new();
        let body = match &self.body {
            Body::None => Vec::new(),
            Body::Json(pattern) => {
                headers.insert(header::CONTENT_TYPE, JSON);
                let value = pattern.render(scope).unwrap_or_else(|| Value::Object(Map::new()));
                serde_json::to_vec(&value).expect("a value is always JSON")
            }
            Body::Form(pattern) => {
                headers.insert(header::CONTENT_TYPE, FORM);
                form(pattern.render(scope).as_ref()).into_bytes()
            }
        };
        for (name, pattern) in &self.headers {
            if let Some(value) = pattern.render(scope) {
                headers.insert(name.clone(), header_value(&text_of(&value)));
            }
        }
        Some(HttpRequest { method: self.method.clone(), uri, headers, body })
    }

    fn uri(&self, scope: &dyn Scope) -> Option<Uri> {
        let empty = |name: &&str| scope.get(name).is_none_or(|value| text_of(&value).is_empty());
        if self.url.columns().iter().any(empty) {
            return None;
        }
        let encode = |text: String, at_start: bool| match at_start && self.base.is_empty() {
            true => text,
            false => percent_encoded(&text),
        };
        format!("{}{}", self.base, render_with(&self.url, scope, encode)?).parse().ok()
    }
}

/// A text of the account's values.
pub(super) fn filled(text: &str, account: &Account) -> String {
    render_text(&template(text), account).unwrap_or_default()
}

fn template(text: &str) -> Template {
    Template::parse(text).expect("provider files are checked when read")
}

fn parsed(value: &Value) -> Pattern {
    Pattern::parse(value).expect("provider files are checked when read")
}

/// What cannot stand in a header is left out, so that no value can add another header.
fn header_value(text: &str) -> HeaderValue {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    HeaderValue::from_bytes(text.as_bytes()).expect("control characters are gone")
}

/// All but letters, digits and `-._~`, so that no value can reach beyond its place in an address.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// A list becomes a field for each of its values, a table its JSON.
fn form(fields: Option<&Value>) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields.and_then(Value::as_object).into_iter().flatten() {
        match value {
            Value::Array(values) => values.iter().for_each(|value| {
                form.append_pair(name, &text_of(value));
            }),
            value => {
                form.append_pair(name, &text_of(value));
            }
        }
    }
    form.finish()
}
