//! Errors as `application/problem+json` (RFC 9457).

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use redial_shared::{domain::masking::without_numbers, store::StoreError};
use serde::Serialize;
use utoipa::ToSchema;

use super::requests;

/// The content type of every error.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request failed and what may be done about it. Holds no secret and no phone number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says it all.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "about:blank")]
    kind: AboutBlank,
    /// The status in words.
    #[schema(example = "Not Found")]
    title: &'static str,
    /// The HTTP status.
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16, example = 404)]
    status: StatusCode,
    /// What is wrong, in one line.
    #[schema(example = "there is no campaign `nightly`")]
    detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    hint: Option<String>,
    /// The parts of the body that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldError>,
    /// The answer's `x-request-id`, under which the server's log tells of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    request_id: Option<String>,
}

/// `about:blank`, in no space: problems are returned everywhere, and large errors cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "&'static str")]
struct AboutBlank;

impl From<AboutBlank> for &'static str {
    fn from(_: AboutBlank) -> Self {
        "about:blank"
    }
}

/// One wrong value of a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Its dotted key.
    #[schema(example = "retry.busy.delays")]
    pub key: String,
    /// What is wrong with it.
    pub detail: String,
}

impl Problem {
    /// An error of a status; `detail` is one line without a full stop.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: AboutBlank,
            title: status.canonical_reason().unwrap_or("Error"),
            status,
            detail: detail.into(),
            hint: None,
            errors: Vec::new(),
            request_id: None,
        }
    }

    /// Adds the remedy.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the key that is at fault.
    #[must_use]
    pub fn with_key(mut self, key: &str) -> Self {
        if !key.is_empty() {
            self.errors.push(FieldError { key: key.to_owned(), detail: self.detail.clone() });
        }
        self
    }

    /// Its HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// 400: the request itself is malformed.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 409: the present state does not allow it.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// 422: the body is understood and wrong.
    pub fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// 500, for what the user can do nothing about; the cause goes to the log.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed to answer")
            .with_hint("its log tells the cause under this answer's x-request-id")
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unreachable { .. } | StoreError::NotDurable { .. } | StoreError::Unwilling(_) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
                    .with_hint("start Redis, or correct `redis.url` in redial.toml; then try again")
            }
            StoreError::NoCampaign(_) => Self::not_found(error.to_string())
                .with_hint("`redial status` lists the campaigns; `redial apply FILE` creates one"),
            StoreError::Archived { ref name, .. } => {
                let hint = format!("give it another name; or `redial remove {name}` deletes the archive for good, and its name is free");
                Self::conflict(error.to_string()).with_hint(hint)
            }
            StoreError::Conflict(_) => Self::conflict(error.to_string()),
            StoreError::Outdated(_) => Self::new(StatusCode::PRECONDITION_FAILED, error.to_string()).with_hint(
                "read it again, decide anew, and send the `ETag` of that answer as `If-Match`; or send none, and whatever is there \
                 is changed",
            ),
            StoreError::Refused(_) | StoreError::Corrupt(_) => Self::internal(error),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        self.request_id = requests::current_id();
        self.detail = told(&self.detail);
        self.errors.iter_mut().for_each(|error| error.detail = told(&error.detail));
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// In one line, and as whoever asks may see it: it may repeat what was asked for.
fn told(text: &str) -> String {
    let one_line =
        text.split(|sign: char| sign.is_control()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    if requests::sees_numbers() { one_line } else { without_numbers(&one_line).into_owned() }
}

fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_carries_its_status_its_cause_and_the_remedy() {
        let problem = Problem::from(StoreError::NoCampaign("nightly".to_owned()));
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!(json["type"], "about:blank");
        assert_eq!(json["title"], "Not Found");
        assert_eq!(json["status"], 404);
        assert_eq!(json["detail"], "there is no campaign `nightly`");
        assert!(json["hint"].as_str().unwrap().contains("redial apply"));
        assert!(json.get("errors").is_none());
    }

    #[test]
    fn what_is_wrong_inside_redis_stays_in_the_log() {
        let problem = Problem::from(StoreError::Corrupt("block 7".to_owned()));
        assert_eq!(problem.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!serde_json::to_string(&problem).unwrap().contains("block 7"));
    }

    #[test]
    fn an_unreachable_redis_is_a_passing_condition() {
        let error = StoreError::Unreachable { url: "redis://h:6379".to_owned(), cause: "refused".to_owned() };
        assert_eq!(Problem::from(error).status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
