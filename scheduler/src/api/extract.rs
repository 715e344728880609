//! Parts of requests, with refusals as problems.

use axum::{
    RequestPartsExt,
    extract::{FromRequestParts, Path, Query},
    http::{StatusCode, request::Parts},
};
use redial_shared::domain::CampaignName;
use serde::de::DeserializeOwned;

use super::Problem;

/// Characters of a wrong value that an error repeats.
const VALUE_SHOWN_MAX: usize = 80;

/// The campaign that the path names. A text that is no campaign name names none: 404.
pub struct Campaign(pub CampaignName);

/// The query string as a `T`.
pub struct Params<T>(pub T);

impl<S: Send + Sync> FromRequestParts<S> for Campaign {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let text = path_part(parts, "name").await?;
        text.parse().map(Self).map_err(|error| Problem::not_found(format!("there is no such campaign: {error}")))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send + Sync + 'static> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let params = parts.extract::<Query<T>>().await.map(|Query(params)| Self(params));
        params.map_err(|error| wrong_parameter(parts.uri.query().unwrap_or_default(), &error.body_text()))
    }
}

/// Names the parameter that cannot be read, its value, and what may stand there. `cause` is serde's: `name: what is wrong`,
/// behind axum's words.
fn wrong_parameter(query: &str, cause: &str) -> Problem {
    let cause = cause.strip_prefix("Failed to deserialize query string: ").unwrap_or(cause);
    let Some((name, why)) = cause.split_once(": ").filter(|(name, _)| !name.contains(' ')) else {
        let missing = cause.strip_prefix("missing field ").map(|name| format!("{name} is missing"));
        let twice = cause.strip_prefix("duplicate field ").map(|name| format!("{name} is given twice"));
        let why = missing.or(twice).unwrap_or_else(|| cause.to_owned());
        return Problem::bad_request(format!("wrong query: {why}"));
    };
    let value = repeated(Some(query), name).into_iter().next().unwrap_or_default();
    let value: String = value.chars().take(VALUE_SHOWN_MAX).collect();
    let is_number =
        ["invalid digit", "cannot parse integer", "too large", "too small"].iter().any(|part| why.contains(part));
    let allowed = match why.split_once(", expected ") {
        Some((_, allowed)) => format!("{} is expected", allowed.replace("one of ", "").replace("`, `", "` or `")),
        None if is_number => "a whole number is expected".to_owned(),
        None => why.replace("provided string was not `true` or `false`", "`true` or `false` is expected"),
    };
    Problem::bad_request(format!("wrong query: {name}: `{value}` is none: {allowed}")).with_key(name)
}

/// All values of a parameter that may be repeated in the query.
pub fn repeated(query: Option<&str>, name: &str) -> Vec<String> {
    let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.filter(|(known, _)| known == name).map(|(_, value)| value.into_owned()).collect()
}

/// One named part of the path, decoded.
pub async fn path_part(parts: &mut Parts, name: &str) -> Result<String, Problem> {
    let Path(found) = parts
        .extract::<Path<Vec<(String, String)>>>()
        .await
        .map_err(|_| Problem::bad_request("the path is not UTF-8"))?;
    let part = found.into_iter().find(|(known, _)| known == name);
    part.map(|(_, text)| text).ok_or_else(|| Problem::internal(format!("the route has no part {name}")))
}

/// Whether a header's value names one of these media types.
pub fn names_media_type(value: Option<&axum::http::HeaderValue>, wanted: &[&str]) -> bool {
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let types = value.split(',').map(|one| one.split(';').next().unwrap_or_default().trim());
    types.into_iter().any(|one| wanted.iter().any(|wanted| one.eq_ignore_ascii_case(wanted)))
}

/// For paths that lead nowhere.
pub async fn no_such_path() -> Problem {
    Problem::not_found("there is nothing at this path").with_hint("/api/v1/openapi.json lists what there is")
}

/// For paths that do not take this method.
pub async fn no_such_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method")
        .with_hint("the `Allow` header names those it takes")
}
