//! The API's description, generated from the handlers.

use std::sync::Arc;

use axum::{Router, http::header, response::IntoResponse, routing::get};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Content, Ref, RefOr, Response, ResponseBuilder,
        path::{Operation, PathItem},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{
    ApiState,
    problem::{PROBLEM_JSON, Problem},
};

/// What every operation of the API may answer.
const ALWAYS: [(&str, &str); 5] = [
    ("400", "The request is malformed"),
    ("401", "The token is missing, or not known"),
    ("403", "The token's role does not allow it"),
    ("429", "The token makes requests faster than it may: `Retry-After` tells when to go on"),
    ("503", "Redis does not answer, or the answer took too long"),
];
/// What every operation that takes a body may answer.
const WITH_BODY: [(&str, &str); 1] = [("413", "The body is too long")];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Redial",
        description = "Outbound call campaigns. Errors are application/problem+json. Times are RFC 3339 UTC with milliseconds. \
                       Every path but providers' hooks needs a bearer token: viewers may GET, and see phone numbers masked; operators and admins \
                       may everything.",
    ),
    components(schemas(Problem)),
    modifiers(&BearerToken),
    security(("token" = [])),
)]
struct Description;

struct BearerToken;

impl Modify for BearerToken {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The description without the paths.
pub fn document() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

/// Adds to every operation what all of them may answer, and says of errors that they are problems.
pub fn complete(document: &mut utoipa::openapi::OpenApi) {
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            let common = ALWAYS.iter().filter(|_| path.starts_with("/api/"));
            let with_body = WITH_BODY.iter().filter(|_| operation.request_body.is_some());
            let common: Vec<_> = common.chain(with_body).collect();
            let responses = &mut operation.responses.responses;
            for (status, description) in common {
                responses.entry((*status).to_owned()).or_insert_with(|| RefOr::T(problem(description)));
            }
            for (status, response) in responses.iter_mut() {
                if let RefOr::T(response) = response
                    && status.starts_with(['4', '5'])
                    && let Some(content) = response.content.swap_remove("application/json")
                {
                    response.content.insert(PROBLEM_JSON.to_owned(), content);
                }
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten()
}

fn problem(description: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new().description(description).content(PROBLEM_JSON, content).build()
}

/// Serves the whole description; it needs no token.
pub fn routes(document: &utoipa::openapi::OpenApi) -> Router<ApiState> {
    let text: Arc<str> = document.to_json().expect("a description serialises").into();
    let handler = move || {
        let text = text.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], text.to_string()).into_response() }
    };
    Router::new().route("/api/v1/openapi.json", get(handler))
}
