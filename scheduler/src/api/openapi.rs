//! The API's description, generated from the handlers.

use std::sync::Arc;

use axum::{Router, http::header, response::IntoResponse, routing::get};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use super::{ApiState, problem::Problem};

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

/// Serves the whole description; it needs no token.
pub fn routes(document: &utoipa::openapi::OpenApi) -> Router<ApiState> {
    let text: Arc<str> = document.to_json().expect("a description serialises").into();
    let handler = move || {
        let text = text.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], text.to_string()).into_response() }
    };
    Router::new().route("/api/v1/openapi.json", get(handler))
}
