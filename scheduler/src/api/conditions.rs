//! `ETag`, `If-Match` and `If-None-Match`.
//!
//! A campaign's tag is the edition of its definition, `"0000002a-7"`. Behind a dot may follow what tells one answer of the same
//! edition from another: `If-Match` compares what stands before it, for a change is decided from the definition, and counts
//! move meanwhile; `If-None-Match` compares all of it.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use redial_shared::{
    domain::CampaignName,
    store::{Edition, Present, Store, StoreError},
};
use sha2::{Digest, Sha256};

use super::{Problem, tokens::hex};

/// Bytes of a digest that are enough to tell two answers apart.
const DIGEST_BYTES: usize = 8;

/// The tag of a definition.
pub fn definition_tag(edition: Edition) -> String {
    format!("\"{edition}\"")
}

/// The tag of an answer that tells more, or otherwise, than the definition.
pub fn answer_tag(edition: Edition, body: &[u8]) -> String {
    format!("\"{edition}.{}\"", hex(&Sha256::digest(body)[..DIGEST_BYTES]))
}

/// An answer with its tag, or 304 without it where the client has just that.
pub fn tagged(headers: &HeaderMap, tag: &str, answer: impl IntoResponse) -> Response {
    let known = tags(headers, header::IF_NONE_MATCH).any(|known| known == "*" || known == tag);
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { answer.into_response() };
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// What `If-Match` and `If-None-Match` of a change ask for.
pub struct Conditions {
    /// One of these editions; none: the header is absent.
    editions: Option<Vec<Edition>>,
    /// Any edition will do.
    any: bool,
    /// There must be no such campaign.
    absent: bool,
}

impl Conditions {
    fn of(headers: &HeaderMap) -> Self {
        let matches: Vec<&str> = tags(headers, header::IF_MATCH).collect();
        let edition = |tag: &&str| tag.trim_matches('"').split('.').next().unwrap_or_default().parse().ok();
        Self {
            any: matches.contains(&"*"),
            editions: headers.contains_key(header::IF_MATCH).then(|| matches.iter().filter_map(edition).collect()),
            absent: tags(headers, header::IF_NONE_MATCH).any(|tag| tag == "*"),
        }
    }

    /// What must be there for a definition to be applied.
    ///
    /// # Errors
    /// 412 when it is not.
    pub async fn for_definition(&self, store: &Store, name: &CampaignName) -> Result<Present, Problem> {
        match self.edition(store, name).await {
            Ok(Some(edition)) => Ok(Present::Edition(edition)),
            Ok(None) if self.absent => Ok(Present::Nothing),
            Ok(None) => Ok(Present::Anything),
            // What does not exist matches nothing.
            Err(problem) if problem.status() == StatusCode::NOT_FOUND => Err(failed(name)),
            Err(problem) => Err(problem),
        }
    }

    /// The edition that a change is for; none: whichever there is.
    ///
    /// # Errors
    /// 412 when it is not the present one, 404 when there is none.
    pub async fn edition(&self, store: &Store, name: &CampaignName) -> Result<Option<Edition>, Problem> {
        let Some(editions) = &self.editions else { return Ok(None) };
        let present = store.edition(name).await?;
        if self.any || editions.contains(&present) { Ok(Some(present)) } else { Err(failed(name)) }
    }
}

/// 412 for `If-None-Match: *`.
pub fn is_there(name: &CampaignName) -> Problem {
    let detail = format!("there is a campaign `{name}` already, and `If-None-Match: *` asks that there be none");
    Problem::new(StatusCode::PRECONDITION_FAILED, detail).with_hint(
        "give the new one another name; or send no `If-None-Match`, and the campaign that is there is changed",
    )
}

fn failed(name: &CampaignName) -> Problem {
    Problem::from(StoreError::Outdated(format!("the definition of `{name}` is not the one that was asked for")))
}

impl<S: Send + Sync> FromRequestParts<S> for Conditions {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self::of(&parts.headers))
    }
}

/// The entity tags of a header, with their quotes; weak ones are as good as others.
fn tags(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    let tags = values.flat_map(|value| value.split(',')).map(str::trim);
    tags.map(|tag| tag.strip_prefix("W/").unwrap_or(tag)).filter(|tag| !tag.is_empty())
}

#[cfg(test)]
mod tests {
    use redial_shared::domain::CampaignId;

    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn a_condition_compares_the_definition_and_not_the_counts() {
        let edition = Edition { campaign: CampaignId(42), version: 7 };
        for tag in [definition_tag(edition), answer_tag(edition, b"counts"), "W/\"x\", \"0000002a-7\"".to_owned()] {
            let conditions = Conditions::of(&headers(header::IF_MATCH, &tag));
            assert_eq!(conditions.editions.as_deref(), Some(&[edition][..]), "{tag}");
        }
        assert!(Conditions::of(&headers(header::IF_MATCH, "*")).any);
        assert_eq!(Conditions::of(&headers(header::IF_MATCH, "\"x\"")).editions.as_deref(), Some(&[][..]));
        assert_eq!(Conditions::of(&HeaderMap::new()).editions, None);
    }

    #[test]
    fn an_answer_that_the_client_has_is_not_sent_again() {
        let status =
            |known: &str| tagged(&headers(header::IF_NONE_MATCH, known), "\"a-1.f\"", "text").status().as_u16();
        assert_eq!(
            ["\"a-1.f\"", "W/\"a-1.f\"", "\"b\", \"a-1.f\"", "*", "\"a-1\""].map(status),
            [304, 304, 304, 304, 200]
        );
    }
}
