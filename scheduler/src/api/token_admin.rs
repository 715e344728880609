//! Making, listing and revoking API tokens.

use axum::{Extension, Json, extract::State, http::request::Parts};
use redial_shared::{
    domain::{role::Role, units::Span},
    store::KnownToken,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    ApiState, Problem,
    auth::Caller,
    extract::path_part,
    json::{JsonBody, JsonRequest},
    tokens,
};

/// The longest name of a token, in bytes.
const NAME_BYTES_MAX: usize = 100;

/// What a new token is for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// `viewer`, `operator` or `admin`.
    #[schema(example = "operator")]
    role: String,
    /// What lists call it.
    #[serde(default)]
    name: String,
    /// For how long it is good, like `30d`; absent: until it is revoked.
    #[serde(default)]
    expires: Option<String>,
}

impl JsonRequest for TokenRequest {
    const WHAT: &str = "a description of a token";
    const EXAMPLE: &str = "{\"role\": \"operator\", \"name\": \"nightly upload\", \"expires\": \"30d\"}";
}

/// A new token. It is told this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewToken {
    /// What goes into `Authorization: Bearer …`.
    token: String,
    #[serde(flatten)]
    known: TokenAnswer,
}

/// A token, without itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenAnswer {
    /// By this it is revoked.
    id: String,
    /// What its bearer may do.
    role: &'static str,
    /// What it is for.
    name: String,
    /// When it was made, RFC 3339.
    #[schema(format = DateTime)]
    created_at: String,
    /// Until when it is good, RFC 3339; null: until it is revoked.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// All tokens that are good for something.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenList {
    /// The oldest first.
    tokens: Vec<TokenAnswer>,
}

impl From<KnownToken> for TokenAnswer {
    fn from(token: KnownToken) -> Self {
        Self {
            id: token.id,
            role: token.role.as_str(),
            name: token.name,
            created_at: token.created_at.to_string(),
            expires_at: token.expires_at.map(|at| at.to_string()),
        }
    }
}

/// Make a token. Only admins can.
#[utoipa::path(
    post, path = "/api/v1/tokens", operation_id = "create_token", tag = "tokens",
    request_body(content = TokenRequest),
    responses(
        (status = 200, description = "The token; it is not told again", body = NewToken),
        (status = 400, description = "The body is no such description", body = Problem),
        (status = 403, description = "Not an admin's token", body = Problem),
        (status = 422, description = "No such role, or no duration", body = Problem),
    ),
)]
pub async fn create(
    State(state): State<ApiState>,
    Extension(caller): Caller,
    request: Result<JsonBody<TokenRequest>, Problem>,
) -> Result<Json<NewToken>, Problem> {
    only_admins(caller)?;
    let JsonBody(request) = request?;
    let role: Role = request.role.parse().map_err(|error| Problem::unprocessable(format!("role: {error}")))?;
    if request.name.len() > NAME_BYTES_MAX {
        return Err(Problem::unprocessable(format!("name: longer than {NAME_BYTES_MAX} bytes")));
    }
    let expires = request.expires.as_deref().map(str::parse::<Span>).transpose();
    let expires = expires.map_err(|error| Problem::unprocessable(format!("expires: {error}")))?;
    let token = tokens::draw_token();
    if expires.is_some_and(|expires| expires.duration().is_zero()) {
        return Err(Problem::unprocessable("expires: a token of no time is good for nothing: write a time like 30d"));
    }
    let expires_at = expires.map(|expires| state.store.clock().now() + expires.duration());
    let known = state.store.keep_token(&tokens::hash_of(&token), role, &request.name, expires_at).await?;
    tracing::info!(id = known.id, %role, "token made");
    Ok(Json(NewToken { token, known: known.into() }))
}

/// List the tokens that are good for something. Only admins can.
#[utoipa::path(
    get, path = "/api/v1/tokens", operation_id = "tokens", tag = "tokens",
    responses(
        (status = 200, description = "The oldest first", body = TokenList),
        (status = 403, description = "Not an admin's token", body = Problem),
    ),
)]
pub async fn list(State(state): State<ApiState>, Extension(caller): Caller) -> Result<Json<TokenList>, Problem> {
    only_admins(caller)?;
    Ok(Json(TokenList { tokens: state.store.tokens().await?.into_iter().map(TokenAnswer::from).collect() }))
}

/// Revoke a token: from now on it is good for nothing. Only admins can.
#[utoipa::path(
    delete, path = "/api/v1/tokens/{id}", operation_id = "revoke_token", tag = "tokens",
    params(("id" = String, Path, description = "Its id, as the list tells it")),
    responses(
        (status = 200, description = "It is good for nothing any more", body = TokenAnswer),
        (status = 403, description = "Not an admin's token", body = Problem),
        (status = 404, description = "No such token", body = Problem),
        (status = 409, description = "It is the last token of an admin", body = Problem),
    ),
)]
pub async fn revoke(
    State(state): State<ApiState>,
    Extension(caller): Caller,
    mut parts: Parts,
) -> Result<Json<TokenAnswer>, Problem> {
    only_admins(caller)?;
    let id = path_part(&mut parts, "id").await?;
    let revoked = state.store.revoke_token(&id).await?;
    let revoked = revoked.ok_or_else(|| {
        Problem::not_found(format!("there is no token `{id}`")).with_hint("`redial token list` tells their ids")
    })?;
    tracing::info!(id, "token revoked");
    Ok(Json(revoked.into()))
}

fn only_admins(caller: Role) -> Result<(), Problem> {
    if caller == Role::Admin {
        return Ok(());
    }
    let detail = format!("a token with the role {caller} has no say over tokens");
    Err(Problem::new(axum::http::StatusCode::FORBIDDEN, detail).with_hint("use a token with the role admin"))
}
