//! The dashboard: a page, its styles and its modules, compiled in. What it knows it asks of the public API, with the token
//! that its user gives it; so nothing here needs one.

use std::{fmt::Write, sync::LazyLock};

use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use sha2::{Digest, Sha256};

use crate::api::no_such_path;

/// Everything comes from here, and nobody may frame it. There is no inline script or style.
const POLICY: &str =
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A browser asks each time whether what it has is still right, and mostly hears that it is.
const CACHE: &str = "no-cache";
/// Paths of the page: it shows by itself what the address names.
const PAGES: [&str; 8] =
    ["/", "/campaigns", "/campaigns/{*rest}", "/contacts", "/do-not-call", "/providers", "/workers", "/help"];

macro_rules! files {
    ($($name:literal)+) => {
        &[$(($name, include_str!(concat!("../dashboard/", $name))),)+]
    };
}

/// Names under `/assets/`, and contents.
const FILES: &[(&str, &str)] = files!(
    "index.html" "icon.svg" "base.css" "layout.css" "parts.css" "charts.css" "views.css"
    "app.js" "api.js" "chart.js" "dialog.js" "dom.js" "format.js" "icons.js" "live.js" "parts.js" "router.js" "session.js"
    "words.js" "csv.js"
    "views/campaign.js" "views/campaigns.js" "views/charts.js" "views/contact.js" "views/contacts.js" "views/help.js"
    "views/problems.js" "views/providers.js" "views/signin.js" "views/suppressions.js" "views/upload.js" "views/verbs.js"
    "views/workers.js" "views/zones.js"
);

/// One file, ready to be sent.
struct Asset {
    name: &'static str,
    text: &'static str,
    etag: HeaderValue,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let asset = |(name, text): &(&'static str, &'static str)| Asset { name, text, etag: etag(text) };
    FILES.iter().map(asset).collect()
});

/// The page under each of its paths, and its files under `/assets/`.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let router = Router::new().route("/assets/{*name}", get(file));
    PAGES.iter().fold(router, |router, path| router.route(path, get(page)))
}

async fn page(headers: HeaderMap) -> Response {
    send("index.html", &headers).await
}

async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    send(&name, &headers).await
}

async fn send(name: &str, headers: &HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return no_such_path().await.into_response();
    };
    let common = [
        (header::ETAG, asset.etag.clone()),
        (header::CACHE_CONTROL, HeaderValue::from_static(CACHE)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok()).unwrap_or_default();
    if known.split(',').any(|one| one.trim() == asset.etag) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(header::CONTENT_TYPE, content_type(name))], asset.text).into_response()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}

fn etag(text: &str) -> HeaderValue {
    let mut tag = String::from("\"");
    for byte in &Sha256::digest(text.as_bytes())[..16] {
        write!(tag, "{byte:02x}").expect("writing to a string succeeds");
    }
    tag.push('"');
    HeaderValue::try_from(tag).expect("hexadecimal is a header's value")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What stands between quotes behind one of these words.
    fn named<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
        text.split(before).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    #[test]
    fn whatever_a_file_asks_for_is_there() {
        let names: BTreeSet<&str> = FILES.iter().map(|(name, _)| *name).collect();
        for (name, text) in FILES {
            for wanted in named(text, " from \"").into_iter().chain(named(text, "import \"")) {
                let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                let path = match (wanted.strip_prefix("../"), wanted.strip_prefix("./")) {
                    (Some(above), _) => above.to_owned(),
                    (None, Some(beside)) if folder.is_empty() => beside.to_owned(),
                    (None, Some(beside)) => format!("{folder}/{beside}"),
                    (None, None) => panic!("{name} asks for {wanted}, which is nowhere here"),
                };
                assert!(names.contains(&*path), "{name} asks for {wanted}");
            }
            for wanted in named(text, "\"/assets/") {
                assert!(names.contains(wanted), "{name} asks for /assets/{wanted}");
            }
        }
    }

    #[test]
    fn nothing_comes_from_elsewhere_and_nothing_is_inline() {
        for (name, text) in FILES {
            let elsewhere = text.replace("http://www.w3.org/", "");
            assert!(!elsewhere.contains("http://") && !elsewhere.contains("https://"), "{name} names another place");
            for inline in ["style=\"", "onclick=", "<style", "innerHTML", "eval("] {
                assert!(!text.contains(inline), "{name} has {inline}");
            }
        }
    }
}
