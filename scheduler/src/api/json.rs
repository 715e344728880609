//! Bodies in JSON, refused with the place and the remedy.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::StatusCode,
};
use serde::de::DeserializeOwned;

use super::{Problem, limits::BODY_MAX_BYTES};

/// What a body is read as.
pub trait JsonRequest: DeserializeOwned {
    /// What it is, after "the body is".
    const WHAT: &str;
    /// One as it should be.
    const EXAMPLE: &str;

    /// What an empty body stands for, where it may be empty.
    fn when_empty() -> Option<Self> {
        None
    }
}

/// A request's body, read. Its content type is not looked at: nothing else than JSON is taken here.
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: JsonRequest> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            let problem = Problem::new(rejection.status(), rejection.body_text());
            match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => problem.with_hint(format!("send at most {BODY_MAX_BYTES} bytes")),
                _ => problem,
            }
        })?;
        read(&bytes).map(Self)
    }
}

fn read<T: JsonRequest>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.trim_ascii().is_empty()
        && let Some(value) = T::when_empty()
    {
        return Ok(value);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let key = error.path().to_string();
        // A dot stands for the whole body.
        let key = if key == "." { String::new() } else { key };
        (error.into_inner(), key)
    });
    let whole = read.and_then(|value| deserializer.end().map(|()| value).map_err(|error| (error, String::new())));
    whole.map_err(|(error, key)| {
        let hint = match T::when_empty() {
            Some(_) => format!("send {}, or nothing", T::EXAMPLE),
            None => format!("send {}", T::EXAMPLE),
        };
        Problem::bad_request(format!("the body is not {}: {error}", T::WHAT)).with_key(&key).with_hint(hint)
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wish {
        things: Vec<u8>,
    }

    impl JsonRequest for Wish {
        const WHAT: &str = "a wish";
        const EXAMPLE: &str = "{\"things\": [1]}";

        fn when_empty() -> Option<Self> {
            Some(Self::default())
        }
    }

    fn refused(body: &str) -> serde_json::Value {
        let problem = read::<Wish>(body.as_bytes()).unwrap_err();
        assert_eq!(problem.status(), StatusCode::BAD_REQUEST);
        serde_json::to_value(problem).unwrap()
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_the_remedy() {
        let problem = refused("{\"things\": [1, 900]}");
        assert_eq!(problem["errors"][0]["key"], "things[1]");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with("the body is not a wish: ") && detail.contains("line 1 column"), "{detail}");
        assert_eq!(problem["hint"], "send {\"things\": [1]}, or nothing");
        assert!(refused("{\"things\":")["detail"].as_str().unwrap().contains("EOF"));
        assert!(refused("{\"things\": []} x")["detail"].as_str().unwrap().contains("trailing"));
        assert!(refused("[1, \"x\"]").get("errors").is_some());
    }

    #[test]
    fn an_empty_body_may_stand_for_something() {
        assert_eq!(read::<Wish>(b" \n").unwrap(), Wish::default());
        assert_eq!(read::<Wish>(b"{\"things\": [2]}").unwrap().things, [2]);
    }
}
